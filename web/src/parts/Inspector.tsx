import { BOX, layOut, type Place } from "../paint/graph.ts";
import { Asking, edgeName, figures, unitName, useLook } from "../inspecting.ts";
import { lights, lit, type Lights } from "../lights.ts";
import { useLooking } from "../looking.ts";
import type { Inspected } from "../state.ts";
import { Rule } from "./Rule.tsx";
import { Sheet } from "./Sheet.tsx";
import { Slider } from "./fields.tsx";

const ROOMY = 18; // letters that a box has room for; more are set closer

interface BoxProps {
  at: Place;
  lines: string[];
  label: string;
  picked?: boolean;
  lit?: boolean;
  onClick?: () => void;
}

function Box({ at, lines, label, picked, lit, onClick }: BoxProps) {
  return (
    <g class={`box${picked ? " is-picked" : ""}${lit ? " is-lit" : ""}${onClick ? " is-open" : ""}`} onClick={onClick}>
      <title>{label}</title>
      <rect x={at.x} y={at.y - BOX.height / 2} width={BOX.width} height={BOX.height} rx={8} />
      {lines.map((line, k) => (
        <text
          key={k} x={at.x + BOX.width / 2} y={at.y + 4 + (k - (lines.length - 1) / 2) * 16}
          textLength={line.length > ROOMY ? BOX.width - 10 : undefined} lengthAdjust="spacingAndGlyphs"
        >
          {line}
        </text>
      ))}
    </g>
  );
}

/** The network as a diagram: on every edge its weight above its gradient, in every unit what goes forward and back. */
function Diagram({ told }: { told: Inspected }) {
  const look = useLook();
  const classes = useLooking().state.value?.material.classes ?? [];
  const graph = layOut([told.x.length, ...told.layers.map((layer) => layer.z.length)]);
  const most = Math.max(1e-9, ...told.layers.flatMap((layer) => layer.W.flat().map((w) => Math.abs(w ?? 0))));
  const isPicked = (layer: number, unit: number, input: number | null) =>
    told.layer === layer && told.unit === unit && told.input === input;
  const last = told.layers.length;
  const light: Lights = lights(lit.value, last, told.layer);
  const isLit = (layer: number, unit: number, input: number | null) =>
    light?.on === "edges" ? light.layer === layer && (layer > told.layer + 1 || input === told.unit) : light?.on === "edge" && isPicked(layer, unit, input);
  const isLitUnit = (layer: number, unit: number) =>
    (light?.on === "units" && light.layer === layer && (layer > told.layer || unit === told.unit)) || isLit(layer, unit, null);
  const loss = graph.columns[last + 1]![0]!;
  const edges = [...graph.edges].sort((p, q) => Number(isPicked(p.layer, p.unit, p.input)) - Number(isPicked(q.layer, q.unit, q.input)));
  return (
    <div class="diagram" tabIndex={0} role="group" aria-label="diagram of the network; the table below has its numbers">
      <svg width={graph.width} height={graph.height} viewBox={`0 0 ${graph.width} ${graph.height}`} aria-hidden="true">
        {graph.columns[last]!.map(({ x, y }) => (
          <line key={y} class={light?.on === "loss" ? "edge is-lit" : "edge"} x1={x + BOX.width} y1={y} x2={loss.x} y2={loss.y} />
        ))}
        {edges.map(({ layer, unit, input, from, to }) => {
          const w = told.layers[layer - 1]!.W[unit]![input]!;
          const picked = isPicked(layer, unit, input);
          return (
            <g key={`${layer} ${unit} ${input}`} class={`edge${(w ?? 0) < 0 ? " below" : ""}${picked ? " is-picked" : ""}${isLit(layer, unit, input) ? " is-lit" : ""}`} onClick={() => look(told, { layer, unit, input })}>
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
              lit={isLitUnit(l + 1, i)}
              onClick={() => look(told, { layer: l + 1, unit: i, input: null })}
            />
          )),
        )}
        <Box at={loss} lines={[`J = ${figures(told.loss)}`, `y = ${classOf(told.y, classes)}`]} label={told.loss_name} lit={light?.on === "loss"} />
      </svg>
    </div>
  );
}

/** What a sample is: a number, or of several classes the name of one, as far as a box has room for it. */
function classOf(y: number, names: string[]): string {
  if (names.length < 3) return figures(y);
  const name = names[y]!;
  return name.length > 10 ? `${name.slice(0, 9)}…` : name;
}

/** Every edge as a row: the way to them by keyboard, and all numbers where the diagram has no room for them. */
function Edges({ told }: { told: Inspected }) {
  const look = useLook();
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

interface Props {
  told: Inspected | null;
  /** What the network is called. */
  of: string;
  shown: boolean;
  /** At which it stands; null of one that trains no more. */
  epoch: number | null;
  forked?: boolean;
  onLook: (fields: Record<string, unknown>) => unknown;
  onStep: () => unknown;
  onClose: () => void;
}

/** The picked network on one training point: all numbers of the way forward and back, and one edge's chain rule. */
export function Inspector({ told, of, shown, epoch, forked, onLook, onStep, onClose }: Props) {
  return (
    <Asking.Provider value={onLook}>
      <Sheet name="inspector" title={`Inspect: ${of}`} shown={shown} onClose={onClose}>
        {told ? <Inside told={told} epoch={epoch} forked={forked} onStep={onStep} /> : <p>This network has too many weights to be drawn edge by edge.</p>}
      </Sheet>
    </Asking.Provider>
  );
}

function Inside({ told, epoch, forked, onStep }: { told: Inspected } & Pick<Props, "epoch" | "forked" | "onStep">) {
  const look = useLook();
  return (
    <div class="inspector">
      <div class="asked">
        <Slider label={epoch === null ? "row of the data" : "training point"} value={told.row} least={0} most={told.rows - 1} onValue={(row) => look(told, { row })} />
        {epoch !== null && <button onClick={onStep}>One epoch</button>}
        <p class="quiet-text">
          J is the loss of this point alone, without penalties{forked && ", of side A"}
          {epoch !== null && `, at epoch ${epoch.toLocaleString("en")}`}. Dashed edges are below zero; click an edge, or a unit for its bias.
        </p>
      </div>
      <Diagram told={told} />
      <div class="beside">
        <Rule told={told} />
        <Edges told={told} />
      </div>
    </div>
  );
}
