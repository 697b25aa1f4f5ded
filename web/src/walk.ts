// Walking through the shoal by arrow keys, as the lecture's live figure does: left and right from size to size,
// up and down within one by validation error.

export interface Shoal {
  hidden: (number | string)[];
  starts: number;
}

/** The loss of a start that there is not: a study has not the same number of every size. */
export const ABSENT = -Infinity;

/** The networks of a size, best validation error first; what is not finite comes last. */
export function ranked(losses: Float32Array, place: number, starts: number): number[] {
  const rank = (k: number) => (Number.isFinite(losses[k]!) ? losses[k]! : Infinity);
  const own = Array.from({ length: starts }, (_, s) => place * starts + s).filter((k) => losses[k] !== ABSENT);
  return own.sort((a, b) => rank(a) - rank(b) || a - b);
}

/** The rank of a network among all, from 1. */
export function rankOf(losses: Float32Array, network: number): number {
  const own = losses[network]!;
  let better = 0;
  for (const loss of losses) if ((loss < own && loss !== ABSENT) || (!Number.isFinite(own) && Number.isFinite(loss))) better++;
  return better + 1;
}

/** The network that a key leads to. */
export function walk(key: string, shoal: Shoal, losses: Float32Array, from: number): number {
  const place = Math.floor(from / shoal.starts);
  if (key === "ArrowLeft" || key === "ArrowRight") {
    const next = place + (key === "ArrowRight" ? 1 : -1);
    if (next < 0 || next >= shoal.hidden.length) return from;
    const far = (k: number) => Math.abs(Math.log(losses[k]!) - Math.log(losses[from]!));
    const own = ranked(losses, next, shoal.starts);
    return own.reduce((a, b) => (far(b) < far(a) ? b : a));
  }
  const own = ranked(losses, place, shoal.starts);
  const at = own.indexOf(from) + (key === "ArrowUp" ? 1 : -1);
  if (key === "Home") return own[0]!;
  if (key === "End") return own[own.length - 1]!;
  return own[at] ?? from;
}

/** What a network is called. */
export function named(shoal: Shoal, network: number): string {
  const M = shoal.hidden[Math.floor(network / shoal.starts)]!;
  const size = typeof M === "number" ? `${M} hidden unit${M === 1 ? "" : "s"}` : M;
  return `${size}, start ${network % shoal.starts}`;
}
