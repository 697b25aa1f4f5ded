// Where the units and the edges of a network are drawn: a column a layer, inputs on the left.

export const BOX = { width: 128, height: 44, gap: 14 };
const COLUMN = 350; // two numbers beside each other fit on an edge
const LOSS = 180; // from the output to what it costs
const MARGIN = 12;
/** With more units on both ends than that, only the picked edge has its numbers on it: the table has all. */
const CROWDED = 2;

export interface Place {
  x: number;
  y: number;
}

export interface Edge {
  layer: number;
  unit: number;
  input: number;
  from: Place;
  to: Place;
  /** Where its numbers stand. */
  label: Place;
  labelled: boolean;
}

export interface Graph {
  width: number;
  height: number;
  /** The left middle of every box: of the inputs, of each layer's units, and at the end of the loss. */
  columns: Place[][];
  edges: Edge[];
}

/** Lays out a network of so many inputs and units, such as [1, 3, 1]. */
export function layOut(sizes: number[]): Graph {
  const each = BOX.height + BOX.gap;
  const height = Math.max(...sizes, 2) * each + 2 * MARGIN;
  const left = (k: number) => MARGIN + (k < sizes.length ? k * COLUMN : (k - 1) * COLUMN + LOSS);
  const columns = [...sizes, 1].map((count, k) =>
    Array.from({ length: count }, (_, i) => ({ x: left(k), y: height / 2 + (i - (count - 1) / 2) * each })),
  );
  const edges = sizes.slice(1).flatMap((units, k) => columns[k + 1]!.flatMap((to, i) => columns[k]!.map((from, j) => edge(k + 1, i, j, from, to, units, sizes[k]!))));
  return { width: left(sizes.length) + BOX.width + MARGIN, height, columns, edges };
}

/** Numbers stand nearer to the side that has more units, where edges are far apart, and those of neighbours do not meet. */
function edge(layer: number, unit: number, input: number, start: Place, to: Place, units: number, inputs: number): Edge {
  const from = { x: start.x + BOX.width, y: start.y };
  const spread = (k: number, count: number) => (count > 1 ? (0.34 * k) / (count - 1) : 0.08);
  const at = inputs <= units ? 0.46 + spread(input, inputs) : 0.54 - spread(unit, units);
  const label = { x: from.x + at * (to.x - from.x), y: from.y + at * (to.y - from.y) };
  return { layer, unit, input, from, to, label, labelled: Math.min(units, inputs) <= CROWDED };
}
