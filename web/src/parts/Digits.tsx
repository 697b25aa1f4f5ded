import { useEffect, useRef } from "preact/hooks";
import { counted, frame, mapBoxes, mapsHeight, paintPixels, stroke, unitAt } from "../paint/digits.ts";
import { number } from "../paint/scale.ts";
import { drag, repaint, send } from "../store.ts";
import type { Digits as Told, Maps } from "../state.ts";
import { Canvas } from "./Canvas.tsx";
import { Select, Slider } from "./fields.tsx";

const SIDE = 8;
const FARTHEST = 3; // pixels of a shift
const TURNED = 90; // degrees of a turn
const KEY_TURNS = 15; // degrees of a key
const WORDS: Record<string, string> = {
  conv2d: "convolution", locally_connected2d: "local units", max_pool2d: "the largest of 2 × 2", dense: "dense units",
};
const STEPS: Record<string, [number, number]> = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const TURNS: Record<string, number> = { PageUp: -1, PageDown: 1 };
const within = (value: number, most: number, least = 0) => Math.max(least, Math.min(most, value));

/** The pad: a pointer draws, arrow keys shift what is drawn, and page keys turn it. */
function Pad({ told }: { told: Told }) {
  const fine = useRef(new Uint8Array(32 * 32));
  const base = useRef(told.pixels);
  const drawn = useRef<number[] | null>(null);
  useEffect(() => {
    if (told.pixels.join() === drawn.current?.join()) return;
    fine.current.fill(0);
    base.current = told.pixels;
    drawn.current = null;
  }, [told.pixels.join()]);
  const draw = (event: PointerEvent) => {
    if (!(event.buttons & 1)) return;
    const box = (event.currentTarget as HTMLElement).getBoundingClientRect();
    stroke(fine.current, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height);
    drawn.current = counted(fine.current, base.current);
    drag("draw", { pixels: drawn.current });
    repaint();
  };
  return (
    <div
      class="plot pad" tabIndex={0} role="group" aria-label="drawing; arrow keys shift it, page keys turn it" onPointerDown={draw} onPointerMove={draw}
      onKeyDown={(event) => {
        const by = STEPS[event.key];
        const turn = TURNS[event.key];
        if (!by && !turn) return;
        event.preventDefault();
        event.stopPropagation();
        if (turn) drag("rotate", { degrees: within(told.degrees + turn * KEY_TURNS, TURNED, -TURNED) });
        if (!by) return;
        const [across, down] = [told.across + by[0], told.down + by[1]];
        drag("shift", { across: within(across, FARTHEST, -FARTHEST), down: within(down, FARTHEST, -FARTHEST) });
      }}
    >
      <Canvas
        height={(w) => w}
        paint={(ctx, w, h, t) => {
          const box = { x: 0, y: 0, w, h };
          paintPixels(ctx, moved(told) || !drawn.current ? told.image : drawn.current.map((v) => v / 16), SIDE, box, 1, t);
          if (told.looked) frame(ctx, told.looked.rows, told.looked.columns, SIDE, box, t.picked);
        }}
      />
    </div>
  );
}

/** One layer's maps; a click or the arrow keys lead to a unit. */
function Layer({ told, layer, place }: { told: Told; layer: Maps; place: number }) {
  const [maps, rows, columns] = layer.shape as [number, number, number];
  const most = Math.max(1e-9, ...layer.values.map(Math.abs));
  const looked = told.looked?.layer === place ? told.looked : null;
  const own = (k: number) => layer.values.slice(k * rows * columns, (k + 1) * rows * columns);
  return (
    <>
      <h3>
        {WORDS[layer.name] ?? layer.name} <small>{maps} maps of {rows} × {columns}{moved(told) && `; the move changes them by ${number(layer.change * 100, 2)} %`}</small>
      </h3>
      <div
        class="plot" tabIndex={0} role="group" aria-label={`layer ${place}; arrow keys lead from unit to unit, page keys from map to map`}
        onKeyDown={(event) => {
          const by = STEPS[event.key];
          const turn = event.key === "PageDown" ? 1 : event.key === "PageUp" ? -1 : 0;
          if (!by && !turn) return;
          event.preventDefault();
          event.stopPropagation();
          const from = looked ?? { map: 0, row: 0, column: 0 };
          drag("look", {
            layer: place, map: within(from.map + turn, maps - 1), row: within(from.row + (by?.[1] ?? 0), rows - 1),
            column: within(from.column + (by?.[0] ?? 0), columns - 1),
          });
        }}
      >
        <Canvas
          height={(w) => mapsHeight(mapBoxes(maps, rows, columns, w))}
          paint={(ctx, w, _, t) =>
            mapBoxes(maps, rows, columns, w).forEach((box, k) => {
              paintPixels(ctx, own(k), columns, box, most, t);
              if (looked?.map === k) frame(ctx, [looked.row, looked.row + 1], [looked.column, looked.column + 1], columns, box, t.picked);
            })
          }
          onClick={(x, y, w) => {
            const unit = unitAt(mapBoxes(maps, rows, columns, w), rows, columns, x, y);
            if (unit) void send("look", { layer: place, map: unit[0], row: unit[1], column: unit[2] });
          }}
        />
      </div>
    </>
  );
}

const moved = (told: Told) => told.across !== 0 || told.down !== 0 || told.degrees !== 0;

/** How far it is moved, in words. */
function movedWords({ across, down, degrees }: Told): string {
  const turn = degrees && `turned ${number(Math.abs(degrees), 3)}° ${degrees > 0 ? "clockwise" : "counterclockwise"}`;
  const shift = (across || down) && `shifted ${across} right, ${down} down`;
  const words = [turn, shift].filter(Boolean).join(", ");
  return words ? `${words[0]!.toUpperCase()}${words.slice(1)}.` : "Arrow keys on the drawing shift it, page keys turn it.";
}

function Looked({ told }: { told: Told }) {
  const { looked } = told;
  if (!looked) return <p class="quiet-text">Click a unit of a map: its receptive field is framed in the drawing.</p>;
  const { product } = looked;
  const terms = product?.weights.map((w, k) => `${number(w, 2)} · ${number(product.seen[k]!, 2)}`);
  return (
    <>
      <p role="status">
        Map {looked.map + 1}, row {looked.row + 1}, column {looked.column + 1} sees rows {looked.rows[0] + 1} to {looked.rows[1]} and columns{" "}
        {looked.columns[0] + 1} to {looked.columns[1]}: a = <b>{number(looked.value, 4)}</b>
      </p>
      {product && (
        <p class="quiet-text product" data-testid="product">
          z = {terms!.join(" + ")} + {number(product.bias, 2)} = <b>{number(product.z, 4)}</b>
        </p>
      )}
    </>
  );
}

/** A digit drawn by hand, the classes that a network sees in it, and what every layer makes of it. */
export function Digits({ told }: { told: Told }) {
  const next = () => void send("example", { number: Math.floor(Math.random() * told.examples) });
  const best = told.probabilities.indexOf(Math.max(...told.probabilities));
  return (
    <>
      <section class="panel digits" aria-labelledby="digits-title">
        <h2 id="digits-title">
          Draw a digit <small>8 × 8 pixels; fill the height of the frame</small>
        </h2>
        <div class="beside-pad">
          <div class="whole">
            <Select label="network" value={told.network} values={Object.keys(told.networks)} words={told.networks} onValue={(network) => void send("digits", { network })} />
            <p class="quiet-text">
              {told.parameters.toLocaleString("en")} weights and biases; right for {number(100 * told.accuracy, 3)} % of the digits that chose its start.
            </p>
          </div>
          <Pad told={told} />
          <div>
            <h3>Probability of each digit</h3>
            <ol class="bars" aria-label="classes">
              {told.probabilities.map((share, k) => (
                <li key={k} class={k === best ? "is-best" : undefined}>
                  <span>{k}</span>
                  <span class="bar">
                    <span style={{ width: `${100 * share}%` }} />
                  </span>
                  <span>{number(share, 2)}</span>
                </li>
              ))}
            </ol>
            <p class="pair">
              <button onClick={next}>A digit of the set</button>
              <button onClick={() => void send("draw", { pixels: new Array(SIDE * SIDE).fill(0) })}>Clear</button>
              <button onClick={() => void send("shift", { across: 0, down: 0 }).then(() => send("rotate", { degrees: 0 }))} disabled={!moved(told)}>
                Move back
              </button>
            </p>
            <Slider label="turned, in degrees" value={told.degrees} least={-TURNED} most={TURNED} step={5} onValue={(degrees) => drag("rotate", { degrees })} />
            <p class="quiet-text" data-testid="shift">
              {movedWords(told)}
            </p>
          </div>
        </div>
        <Looked told={told} />
      </section>
      <section class="panel" aria-labelledby="layers-title">
        <h2 id="layers-title">
          What the layers make of it <small>ink is large, the other colour below zero</small>
        </h2>
        {told.layers.map((layer) =>
          layer.shape.length === 3 ? (
            <Layer key={layer.number} told={told} layer={layer} place={layer.number} />
          ) : (
            <div key={layer.number}>
              <h3>
                {WORDS[layer.name] ?? layer.name} <small>{layer.shape[0]} units{layer === told.layers.at(-1) && ", z of the digits from 0 to 9"}{moved(told) && `; the move changes them by ${number(layer.change * 100, 2)} %`}</small>
              </h3>
              <div class="plot">
                <Canvas height={22} paint={(ctx, w, h, t) => paintPixels(ctx, layer.values, layer.values.length, { x: 0, y: 0, w, h }, Math.max(1e-9, ...layer.values.map(Math.abs)), t)} />
              </div>
            </div>
          ),
        )}
      </section>
    </>
  );
}
