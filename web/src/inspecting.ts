// What the inspector's parts share: asking for an edge, and how numbers and edges are written.

import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { number } from "./paint/scale.ts";
import type { Inspected } from "./state.ts";

const SHOWN = 3; // numbers of a vector

const asked = ({ row, layer, unit, input, h, rate }: Inspected) => ({ row, layer, unit, input, h, rate });

/** Asks a lab, or a kernel, for an edge on a sample. */
export const Asking = createContext<(fields: Record<string, unknown>) => unknown>(() => undefined);
/** Returns what looks at something else than what is told, as far as it is named. */
export function useLook() {
  const ask = useContext(Asking);
  return (told: Inspected, change: Partial<Inspected>) => ask({ ...asked(told), ...change });
}

export const figures = (value: number | null, digits = 3) => (value === null ? "–" : number(value, digits));
export const lowered = (n: number) => [...String(n)].map((digit) => "₀₁₂₃₄₅₆₇₈₉"[Number(digit)]).join("");
export const formula = (text: string) => text.replace(/([a-zA-Zδ])(\d+)/g, (_, letter: string, n: string) => letter + lowered(Number(n)));
export const vector = (values: (number | null)[]) => {
  if (values.length === 1) return figures(values[0]!);
  const rest = values.length > SHOWN ? ` … ${values.length} numbers` : "";
  return `(${values.slice(0, SHOWN).map((one) => figures(one)).join(", ")}${rest})`;
};

export const edgeName = (layer: number, unit: number, input: number | null) =>
  input === null ? `b${lowered(layer)}[${unit + 1}]` : `W${lowered(layer)}[${unit + 1}, ${input + 1}]`;
export const unitName = (layer: number, unit: number, told: Inspected) =>
  layer === 0 ? `x${lowered(unit + 1)}` : layer === told.layers.length ? `ŷ${told.layers.at(-1)!.z.length > 1 ? lowered(unit + 1) : ""}` : `a${lowered(layer)}[${unit + 1}]`;
