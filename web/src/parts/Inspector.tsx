import { useEffect } from "preact/hooks";
import { BOX, layOut, type Place } from "../paint/graph.ts";
import { number } from "../paint/scale.ts";
import { drag, open, send, state, step } from "../store.ts";
import type { Inspected } from "../state.ts";
import { named } from "../walk.ts";
import { Dialog } from "./Dialog.tsx";
import { Slider } from "./fields.tsx";

const LEAST = 1e-12; // of h
const RIGHT = 1e-6; // an error below is none of the chain rule
const SHOWN = 3; // numbers of a vector

/** Opens the inspector on the first edge; a network that is too large is refused in a sentence. */
export async function inspect(): Promise<void> {
  if (await send("inspect")) open.value = "inspector";
}

const asked = ({ row, layer, unit, input, h }: Inspected) => ({ row, layer, unit, input, h });
const look = (told: Inspected, change: Partial<Inspected>) => drag("inspect", { ...asked(told), ...change });

const figures = (value: number | null, digits = 3) => (value === null ? "–" : number(value, digits));
const lowered = (n: number) => [...String(n)].map((digit) => "₀₁₂₃₄₅₆₇₈₉"[Number(digit)]).join("");
const formula = (text: string) => text.replace(/([a-zA-Zδ])(\d+)/g, (_, letter: string, n: string) => letter + lowered(Number(n)));
const vector = (values: (number | null)[]) => {
  if (values.length === 1) return figures(values[0]!);
  const rest = values.length > SHOWN ? ` … ${values.length} numbers` : "";
  return `(${values.slice(0, SHOWN).map((one) => figures(one)).join(", ")}${rest})`;
};

const edgeName = (layer: number, unit: number, input: number | null) =>
  input === null ? `b${lowered(layer)}[${unit + 1}]` : `W${lowered(layer)}[${unit + 1}, ${input + 1}]`;
const unitName = (layer: number, unit: number, told: Inspected) =>
  layer === 0 ? `x${lowered(unit + 1)}` : layer === told.layers.length ? "ŷ" : `a${lowered(layer)}[${unit + 1}]`;

function Box({ at, lines, label, picked, onClick }: { at: Place; lines: string[]; label: string; picked?: boolean; onClick?: () => void }) {
  return (
    <g class={`box${picked ? " is-picked" : ""}${onClick ? " is-open" : ""}`} onClick={onClick}>
      <title>{label}</title>
      <rect x={at.x} y={at.y - BOX.height / 2} width={BOX.width} height={BOX.height} rx={8} />
      {lines.map((line, k) => (
        <text key={k} x={at.x + BOX.width / 2} y={at.y + 4 + (k - (lines.length - 1) / 2) * 16}>
          {line}
        </text>
      ))}
    </g>
  );
}

/** The network as a diagram: on every edge its weight above its gradient, in every unit what goes forward and back. */
function Diagram({ told }: { told: Inspected }) {
  const graph = layOut([told.x.length, ...told.layers.map((layer) => layer.z.length)]);
  const most = Math.max(1e-9, ...told.layers.flatMap((layer) => layer.W.flat().map((w) => Math.abs(w ?? 0))));
  const isPicked = (layer: number, unit: number, input: number | null) =>
    told.layer === layer && told.unit === unit && told.input === input;
  const last = told.layers.length;
  const loss = graph.columns[last + 1]![0]!;
  const out = graph.columns[last]![0]!;
  const edges = [...graph.edges].sort((p, q) => Number(isPicked(p.layer, p.unit, p.input)) - Number(isPicked(q.layer, q.unit, q.input)));
  return (
    <div class="diagram" tabIndex={0} role="group" aria-label="diagram of the network; the table below has its numbers">
      <svg width={graph.width} height={graph.height} viewBox={`0 0 ${graph.width} ${graph.height}`} aria-hidden="true">
        <line class="edge" x1={out.x + BOX.width} y1={out.y} x2={loss.x} y2={loss.y} />
        {edges.map(({ layer, unit, input, from, to }) => {
          const w = told.layers[layer - 1]!.W[unit]![input]!;
          const picked = isPicked(layer, unit, input);
          return (
            <g key={`${layer} ${unit} ${input}`} class={`edge${(w ?? 0) < 0 ? " below" : ""}${picked ? " is-picked" : ""}`} onClick={() => look(told, { layer, unit, input })}>
              <title>{edgeName(layer, unit, input)}</title>
              <line class="reach" x1={from.x} y1={from.y} x2={to.x} y2={to.y} />
              <line x1={from.x} y1={from.y} x2={to.x} y2={to.y} stroke-width={1 + (3 * Math.abs(w ?? 0)) / most} />
            </g>
          );
        })}
        {edges.map(({ layer, unit, input, label, labelled }) => {
          const { W, dW } = told.layers[layer - 1]!;
          const picked = isPicked(layer, unit, input);
          if (!labelled && !picked) return null;
          return (
            <g key={`${layer} ${unit} ${input} numbers`} class={picked ? "numbers is-picked" : "numbers"}>
              <text x={label.x} y={label.y - 3}>{figures(W[unit]![input]!)}</text>
              <text class="back" x={label.x} y={label.y + 10}>∂ {figures(dW[unit]![input]!, 2)}</text>
            </g>
          );
        })}
        {graph.columns[0]!.map((at, j) => (
          <Box key={j} at={at} lines={[`${unitName(0, j, told)} = ${figures(told.x[j]!)}`]} label="input" />
        ))}
        {told.layers.flatMap((layer, l) =>
          graph.columns[l + 1]!.map((at, i) => (
            <Box
              key={`${l} ${i}`}
              at={at}
              lines={[`z ${figures(layer.z[i]!)}  ${l + 1 === last ? "ŷ" : "a"} ${figures(layer.a[i]!)}`, `δ ${figures(layer.delta[i]!)}`]}
              label={`${unitName(l + 1, i, told)}; click for its bias`}
              picked={isPicked(l + 1, i, null)}
              onClick={() => look(told, { layer: l + 1, unit: i, input: null })}
            />
          )),
        )}
        <Box at={loss} lines={[`J = ${figures(told.loss)}`, `y = ${figures(told.y)}`]} label={told.loss_name} />
      </svg>
    </div>
  );
}

/** One edge: its factors from the loss down to it, and the difference beside what they multiply to. */
function Rule({ told }: { told: Inspected }) {
  const { layer, unit, input, factors, value, numerical, error, h } = told;
  const name = edgeName(layer, unit, input);
  return (
    <section class="rule" aria-labelledby="rule-title">
      <h3 id="rule-title">
        The chain rule for {name} <small>= {figures(input === null ? told.layers[layer - 1]!.b[unit]! : told.layers[layer - 1]!.W[unit]![input]!)}</small>
      </h3>
      <p class="formula">
        ∂J/∂{input === null ? "b" : "W"}{lowered(layer)} = {formula(told.product)}
      </p>
      <div class="scroll" tabIndex={0} role="group" aria-label="factors">
        <table>
          <thead>
            <tr>
              <th scope="col">factor</th>
              <th scope="col">is</th>
              <th scope="col">here</th>
              <th scope="col">product so far</th>
            </tr>
          </thead>
          <tbody>
            {factors.map((factor) => (
              <tr key={factor.symbol}>
                <th scope="row">{formula(factor.symbol)}</th>
                <td>{formula(factor.formula)}</td>
                <td>{vector(factor.values)}</td>
                <td>{vector(factor.so_far)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <dl class="compared">
        <dt>∂J/∂{name} by the chain rule</dt>
        <dd data-testid="analytic">{figures(value, 9)}</dd>
        <dt>(J(w + h) − J(w − h)) / 2h</dt>
        <dd data-testid="numerical">{figures(numerical, 9)}</dd>
        <dt>relative error</dt>
        <dd>
          <span role="status" data-testid="error">
            {figures(error, 2)} {error !== null && error < RIGHT ? "✓" : ""}
          </span>
        </dd>
      </dl>
      <Slider label="h" value={h} least={LEAST} most={1} log onValue={(given) => look(told, { h: Math.max(given, LEAST) })} />
    </section>
  );
}

/** Every edge as a row: the way to them by keyboard, and all numbers where the diagram has no room for them. */
function Edges({ told }: { told: Inspected }) {
  const rows = told.layers.flatMap((layer, l) =>
    layer.W.flatMap((weights, unit) => [
      ...weights.map((w, input) => ({ l: l + 1, unit, input: input as number | null, w, dw: layer.dW[unit]![input]! })),
      { l: l + 1, unit, input: null, w: layer.b[unit]!, dw: layer.db[unit]! },
    ]),
  );
  return (
    <div class="scroll edges" tabIndex={0} role="group" aria-label="edges">
      <table>
        <thead>
          <tr>
            <th scope="col">edge</th>
            <th scope="col">from → to</th>
            <th scope="col">value</th>
            <th scope="col">gradient</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ l, unit, input, w, dw }) => (
            <tr key={edgeName(l, unit, input)}>
              <th scope="row">
                <button
                  class="link"
                  aria-pressed={told.layer === l && told.unit === unit && told.input === input}
                  onClick={() => look(told, { layer: l, unit, input })}
                >
                  {edgeName(l, unit, input)}
                </button>
              </th>
              <td>
                {input === null ? "1" : unitName(l - 1, input, told)} → {unitName(l, unit, told)}
              </td>
              <td>{figures(w, 4)}</td>
              <td>{figures(dw, 4)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** The picked network on one training point: all numbers of the way forward and back, and one edge's chain rule. */
export function Inspector() {
  const { inspected: told, design, picked, sides } = state.value!;
  const shown = open.value === "inspector";
  useEffect(() => {
    if (shown) return () => void send("close_inspector");
  }, [shown]);
  return (
    <Dialog name="inspector" title={`Inspect: ${named(design, picked)}`}>
      {told ? (
        <div class="inspector">
          <div class="asked">
            <Slider label="training point" value={told.row} least={0} most={told.rows - 1} onValue={(row) => look(told, { row })} />
            <button onClick={() => void step()}>One epoch</button>
            <p class="quiet-text">
              J is the loss of this point alone, without penalties{sides.length > 1 && ", of side A"}, at epoch {sides[0]!.epoch.toLocaleString("en")}. Dashed edges
              are below zero; click an edge, or a unit for its bias.
            </p>
          </div>
          <Diagram told={told} />
          <div class="beside">
            <Rule told={told} />
            <Edges told={told} />
          </div>
        </div>
      ) : (
        <p>This network has too many weights to be drawn edge by edge.</p>
      )}
    </Dialog>
  );
}
