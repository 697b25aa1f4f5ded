// The picked network from inside: what its units answer, its losses over the epochs, its parameters as bars.

import type { Floats } from "../frames.ts";
import type { Theme } from "../theme.ts";
import { field } from "./plane.ts";
import { linear, logarithmic, number } from "./scale.ts";

type Context = CanvasRenderingContext2D;

/** Every hidden unit on the grid: a curve, or a map of the plane. */
export function paintUnits(ctx: Context, w: number, h: number, units: Floats | undefined, plane: boolean, t: Theme): void {
  if (!units) return;
  const { P, G, values } = units;
  const across = Math.min(P, Math.max(1, Math.floor(w / (P > 16 || plane ? 36 : 56))), 12);
  const lines = Math.ceil(P / across);
  const [wide, high] = [Math.min(w / across, plane ? h / lines : 110), Math.min(h / lines, 60)];
  for (let u = 0; u < P; u++) {
    const own = values.subarray(u * G, (u + 1) * G);
    const [x, y] = [(u % across) * wide, Math.floor(u / across) * high];
    let [low, top] = [Infinity, -Infinity];
    for (const v of own) [low, top] = [Math.min(low, v), Math.max(top, v)];
    const reach = Math.max(Math.abs(low), Math.abs(top), 1e-9);
    const bounds = reach <= 1.0001 ? 1 : reach;
    if (plane) {
      const box = Math.min(wide, high) - 4;
      field(ctx, own, x, y, box, box, (v) => 0.5 + v / bounds / 2, t);
      continue;
    }
    ctx.fillStyle = t.faint;
    ctx.fillRect(x, y, wide - 4, high - 4);
    ctx.strokeStyle = t.line;
    ctx.lineWidth = 1;
    ctx.beginPath();
    ctx.moveTo(x, y + (high - 4) / 2);
    ctx.lineTo(x + wide - 4, y + (high - 4) / 2);
    ctx.stroke();
    ctx.strokeStyle = t.ink;
    ctx.lineWidth = 1.5;
    ctx.beginPath();
    for (let g = 0; g < G; g++) {
      const [px, py] = [x + ((wide - 4) * g) / (G - 1), y + 2 + ((high - 8) * (1 - own[g]! / bounds)) / 2];
      if (g) ctx.lineTo(px, py);
      else ctx.moveTo(px, py);
    }
    ctx.stroke();
  }
}

/** Objective in training and validation loss, on a logarithmic axis, from the first epoch to this one. */
export function paintLosses(ctx: Context, w: number, h: number, losses: Floats | undefined, name: string, t: Theme): void {
  const [left, right, top, bottom] = [44, w - 70, 8, h - 22];
  if (!losses || !losses.G) {
    ctx.font = `13px ${t.font}`;
    ctx.fillStyle = t.quiet;
    ctx.textBaseline = "middle";
    ctx.textAlign = "left";
    ctx.fillText(!losses ? "Nothing is known of it." : losses.epoch ? "Its losses were not kept." : "It has not begun to train.", left, h / 2, w - left);
    return;
  }
  const { G, values, epoch } = losses;
  let [low, high] = [Infinity, 0];
  for (const v of values)
    if (v > 0 && Number.isFinite(v)) [low, high] = [Math.min(low, v), Math.max(high, v)];
  if (!(high > 0)) return;
  const y = logarithmic(low / 1.15, high * 1.15, bottom, top);
  const x = linear(0, Math.max(epoch, 1), left, right, 4);
  ctx.font = `12px ${t.font}`;
  ctx.textBaseline = "middle";
  ctx.textAlign = "right";
  ctx.lineWidth = 1;
  ctx.strokeStyle = t.line;
  ctx.fillStyle = t.quiet;
  for (const tick of y.ticks.length > 6 ? y.ticks.filter((v) => Number.isInteger(Math.log10(v) + 1e-12) || y.ticks.length < 9) : y.ticks) {
    ctx.beginPath();
    ctx.moveTo(left, Math.round(y(tick)) + 0.5);
    ctx.lineTo(right, Math.round(y(tick)) + 0.5);
    ctx.stroke();
    ctx.fillText(number(tick), left - 8, y(tick));
  }
  ctx.textAlign = "center";
  for (const tick of x.ticks) if (Number.isInteger(tick)) ctx.fillText(tick.toLocaleString("en"), x(tick), bottom + 12);
  ctx.textAlign = "left";
  ctx.fillText("epoch", right + 16, bottom + 12);
  const ends: number[] = [];
  for (const row of [0, 1]) {
    ctx.strokeStyle = row ? t.chosen : t.ink;
    ctx.setLineDash(row ? [] : [5, 3]);
    ctx.lineWidth = 2;
    ctx.beginPath();
    let last = NaN;
    for (let g = 0; g < G; g++) {
      const v = values[row * G + g]!;
      if (!(v > 0)) continue;
      const px = x(G > 1 ? 1 + ((epoch - 1) * g) / (G - 1) : 1);
      if (Number.isNaN(last)) ctx.moveTo(px, y(v));
      else ctx.lineTo(px, y(v));
      last = y(v);
    }
    ctx.stroke();
    if (G === 1 && Number.isFinite(last)) {
      ctx.fillStyle = ctx.strokeStyle; // of one epoch there is no line
      ctx.fillRect(x(1) - 3, last - 3, 6, 6);
    }
    ends.push(last);
  }
  ctx.setLineDash([]);
  const apart = Math.abs(ends[0]! - ends[1]!) < 15 ? (ends[0]! > ends[1]! ? 8 : -8) : 0;
  ctx.fillStyle = t.ink;
  ctx.fillText("training", right + 6, Math.min(bottom - 4, ends[0]! + apart));
  ctx.fillStyle = t.chosen;
  ctx.fillText(name, right + 6, Math.min(bottom - 4, ends[1]! - apart));
}

/** Every parameter as a bar up or down from zero. */
export function paintTheta(ctx: Context, w: number, h: number, theta: Floats | undefined, t: Theme): void {
  if (!theta) return;
  const { G, values } = theta;
  let most = 1e-9;
  for (const v of values) if (Number.isFinite(v)) most = Math.max(most, Math.abs(v));
  const left = 44;
  const wide = (w - left) / G;
  const middle = h / 2;
  ctx.fillStyle = t.quiet;
  ctx.font = `12px ${t.font}`;
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  ctx.fillText(number(most, 2), left - 8, 7);
  ctx.fillText(`−${number(most, 2)}`, left - 8, h - 7);
  ctx.fillStyle = t.line;
  ctx.fillRect(left, middle - 0.5, w - left, 1);
  for (let k = 0; k < G; k++) {
    const tall = (values[k]! / most) * (middle - 2);
    ctx.fillStyle = tall < 0 ? t.one : t.a;
    ctx.fillRect(left + k * wide, middle - Math.max(tall, 0), Math.max(wide - 1, 0.7), Math.abs(tall));
  }
}
