// Scales and ticks: plain functions of numbers.

/** Pixels above a picture, in which the name of its upward axis stands. */
export const NAMED = 22;

export interface Scale {
  (value: number): number;
  ticks: number[];
}

/** A scale from [low, high] to [from, to], with ticks at 1, 2 or 5 times a power of ten. */
export function linear(low: number, high: number, from: number, to: number, most = 5): Scale {
  const span = high - low || 1;
  const scale = ((value: number) => from + ((value - low) / span) * (to - from)) as Scale;
  const rough = span / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find((k) => k * power >= rough) ?? 10);
  scale.ticks = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + 1e-9 * span; k++) scale.ticks.push(k * step + 0);
  return scale;
}

/** A logarithmic scale, with ticks at 1, 2 and 5 times powers of ten, or at powers alone where there are many. */
export function logarithmic(low: number, high: number, from: number, to: number): Scale {
  const [a, b] = [Math.log(low), Math.log(high)];
  const span = b - a || 1;
  const scale = ((value: number) => from + ((Math.log(value) - a) / span) * (to - from)) as Scale;
  const decades = span / Math.LN10;
  const steps = decades > 5 ? [1] : decades > 2.2 ? [1, 3] : [1, 2, 5];
  scale.ticks = [];
  for (let p = Math.floor(Math.log10(low)); p <= Math.log10(high); p++)
    for (const k of steps) {
      const tick = k * 10 ** p;
      if (tick >= low * (1 - 1e-9) && tick <= high * (1 + 1e-9)) scale.ticks.push(tick);
    }
  return scale;
}

/** Writes a number in few digits: 0.0982, 12.3, 1·10⁻⁵. */
export function number(value: number, digits = 3): string {
  if (!Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (value === 0 || (size >= 1e-3 && size < 1e5)) return String(Number(value.toPrecision(digits))).replace("-", "−");
  const [mantissa, power] = value.toExponential(digits - 1).split("e") as [string, string];
  const raised = [...String(Number(power))].map((d) => (d === "-" ? "⁻" : "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(d)])).join("");
  const front = String(Number(mantissa)).replace("-", "−");
  return front === "1" ? `10${raised}` : `${front}·10${raised}`;
}

/** Multiples of the golden ratio modulo one never come close to each other: where a start stands in its column. */
export const aside = (start: number): number => (((start + 1) * 0.6180339887) % 1) - 0.5;

/** The limits of a picture of losses: those of most networks, for one that grows beyond all bounds shows nothing. */
export function lossLimits(losses: Float32Array[]): [number, number] {
  const finite = losses.flatMap((one) => [...one]).filter((v) => Number.isFinite(v) && v > 0);
  if (!finite.length) return [0.01, 1];
  finite.sort((a, b) => a - b);
  const low = finite[0]!;
  const high = finite[Math.floor(0.985 * (finite.length - 1))]!;
  return [low / 1.25, Math.max(high * 1.3, low * 4)];
}
