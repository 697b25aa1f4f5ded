// A saved page: what was shown lies in it, and there is no lab behind it.

import { Kind, type Seen } from "./frames.ts";
import { likeliest } from "./paint/classes.ts";

export const COPY = "this page is a copy, with nothing behind it; start shoal lab to train";

interface Copy {
  state: unknown;
  frame: ArrayBuffer;
}

/** What lies in this page, if it is a saved one. */
export const copy = found();

function found(): Copy | null {
  const text = document.getElementById("frozen")?.textContent;
  if (!text) return null;
  const { state, frame } = JSON.parse(text) as { state: unknown; frame: string };
  return { state, frame: Uint8Array.from(atob(frame), (letter) => letter.charCodeAt(0)).buffer };
}

/** What a frame has of another network than the one it was made for: its function, coarser, or in a ``plane`` its classes. */
export function aside(side: Seen, network: number, plane: boolean): Seen {
  const { epoch, run, functions, maps, decisions, scores } = side;
  const block = functions ?? maps;
  const others: Seen = { epoch, run, functions, maps, decisions, scores };
  if (decisions && plane) {
    const { kind: _, values: __, ...head } = decisions; // which keeps the likeliest class, and how sure a network is of it
    return { ...others, picked: { ...head, kind: Kind.picked, P: decisions.high, values: likeliest(decisions, network) } };
  }
  if (!block) return others;
  const { kind, values, G, low, high, ...head } = block;
  const scale = (high - low) / (kind === Kind.functions ? 65534 : 255);
  const from = kind === Kind.functions ? 32767 : 0;
  const own = Float32Array.from(values.subarray(network * G, (network + 1) * G), (v) => low + (v + from) * scale);
  return { ...others, picked: { ...head, kind: Kind.picked, G, low, high, P: 1, values: own } };
}
