import { colours } from "../paint/plane.ts";
import { logarithmic, number } from "../paint/scale.ts";
import { drag, send } from "../store.ts";
import type { Spelling as Told } from "../state.ts";
import { Canvas } from "./Canvas.tsx";
import { Select, useDraft } from "./fields.tsx";
import type { Theme } from "../theme.ts";

const NAMES: Record<string, string> = { rnn: "plain recurrent units", gru: "gated units (GRU)", lstm: "LSTM" };
const LEFT = 44;
const FOOT = 22;

/** The word below a picture, a letter a column. */
function letters(ctx: CanvasRenderingContext2D, h: number, wide: number, told: Told, t: Theme): void {
  ctx.font = `14px ${t.font}`;
  ctx.fillStyle = t.ink;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  [...told.word].forEach((letter, k) => ctx.fillText(letter, LEFT + (k + 0.5) * wide, h - FOOT / 2));
}

/** The state as strips: a row a unit, a column a letter. */
function paintStates(ctx: CanvasRenderingContext2D, w: number, h: number, told: Told, t: Theme): void {
  const [units, T] = [told.states.length, told.word.length];
  const [wide, high] = [(w - LEFT) / T, (h - FOOT) / units];
  letters(ctx, h, wide, told, t);
  const most = Math.max(1e-9, ...told.states.flat().map(Math.abs));
  const own = colours(t);
  ctx.font = `12px ${t.font}`;
  ctx.textAlign = "right";
  ctx.fillStyle = t.quiet;
  for (let i = 0; i < units; i++) ctx.fillText(String(i + 1), LEFT - 6, (i + 0.5) * high);
  told.states.forEach((row, i) =>
    row.forEach((value, k) => {
      const colour = own[Math.round(127.5 * (1 + value / most))]!;
      ctx.fillStyle = `rgb(${colour & 255} ${(colour >> 8) & 255} ${(colour >> 16) & 255})`;
      ctx.fillRect(LEFT + k * wide, i * high, wide - 1, high - 1);
    }),
  );
}

/** How long the gradient at each state is, as bars on a logarithmic axis. */
function paintNorms(ctx: CanvasRenderingContext2D, w: number, h: number, told: Told, t: Theme): void {
  const least = 1e-8;
  const wide = (w - LEFT) / told.word.length;
  const foot = h - FOOT;
  const y = logarithmic(least, 10, foot, 6);
  letters(ctx, h, wide, told, t);
  ctx.font = `12px ${t.font}`;
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  ctx.lineWidth = 1;
  for (const tick of [1, 1e-2, 1e-4, 1e-6, 1e-8]) {
    ctx.strokeStyle = t.line;
    ctx.beginPath();
    ctx.moveTo(LEFT, y(tick));
    ctx.lineTo(w, y(tick));
    ctx.stroke();
    ctx.fillStyle = t.quiet;
    ctx.fillText(number(tick, 1), LEFT - 6, y(tick));
  }
  ctx.fillStyle = t.a;
  told.norms.forEach((norm, k) => {
    if (norm === null) return;
    const top = y(Math.max(norm, least));
    ctx.fillRect(LEFT + k * wide + wide * 0.15, top, wide * 0.7, foot - top);
  });
}

/** A word, the state of a recurrent network letter by letter, and how far the gradient reaches back. */
export function Spelling({ told }: { told: Told }) {
  const letters = [...told.word];
  const draft = useDraft(told.word);
  return (
    <section class="panel spelling" aria-labelledby="spelling-title">
      <h2 id="spelling-title">
        Type a word <small>at its end the network says whether its first letter was a vowel</small>
      </h2>
      <div class="asked">
        <div class="field">
          <label for="word">word</label>
          <input
            id="word" type="text" class="word" maxLength={told.longest} value={draft.value} autocomplete="off" spellcheck={false}
            onInput={(event) => {
              const word = event.currentTarget.value.toLowerCase().replace(/[^a-z]/g, "");
              draft.give(event.currentTarget.value, word ? drag("spell", { word }) : undefined);
            }}
          />
        </div>
        <Select label="units" value={told.cell} values={told.cells} words={NAMES} onValue={(cell) => void send("spelling", { cell })} />
        <p class="quiet-text">
          {told.states.length} units, {told.parameters.toLocaleString("en")} weights and biases; right for {number(100 * told.accuracy, 3)} % of the words that chose its start.
        </p>
      </div>
      <h3>
        The state after each letter <small>a row a unit; blue is below zero</small>
      </h3>
      <div class="plot">
        <Canvas height={182} paint={(ctx, w, h, t) => paintStates(ctx, w, h, told, t)} />
      </div>
      <h3>
        How far back the gradient reaches <small>‖∂J/∂h‖ at each letter over that at the last</small>
      </h3>
      <div class="plot">
        <Canvas height={170} paint={(ctx, w, h, t) => paintNorms(ctx, w, h, told, t)} />
      </div>
      <div class="scroll" tabIndex={0} role="group" aria-label="numbers">
        <table>
          <thead>
            <tr>
              <th scope="col">letter</th>
              {letters.map((letter, k) => (
                <th key={k} scope="col">
                  {letter}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            <tr>
              <th scope="row">a vowel at first?</th>
              {told.probabilities.map((share, k) => (
                <td key={k}>{number(share, 2)}</td>
              ))}
            </tr>
            <tr>
              <th scope="row">gradient</th>
              {told.norms.map((norm, k) => (
                <td key={k}>{norm === null ? "–" : number(norm, 2)}</td>
              ))}
            </tr>
          </tbody>
        </table>
      </div>
    </section>
  );
}
