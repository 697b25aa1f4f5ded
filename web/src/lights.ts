// Where a factor of the chain rule is at work: the loss, the units of a layer, the edges between two, the edge itself.

import { signal } from "@preact/signals";

/** How many factors are lit, the last of them brightly; 0 is all of them, none more than another. */
export const lit = signal(0);

export type Lights = { on: "loss" | "edge" } | { on: "units" | "edges"; layer: number } | null;

/** How many factors lead from the loss of a network of so many layers down to an edge into a layer. */
export const factorsTo = (layers: number, layer: number): number => 2 * (layers - layer) + 3;

/** The place of factor `k`, from 1, on the way from the loss down to an edge into `layer`. */
export function lights(k: number, layers: number, layer: number): Lights {
  const most = factorsTo(layers, layer);
  if (k < 1 || k > most) return null;
  if (k === 1) return { on: "loss" };
  if (k === most) return { on: "edge" };
  return k % 2 ? { on: "edges", layer: layers - (k - 3) / 2 } : { on: "units", layer: layers - (k - 2) / 2 };
}
