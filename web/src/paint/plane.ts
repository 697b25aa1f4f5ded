// A set of classes in a plane: how sure a network is where, the boundary, and the points.

import type { Material, Points } from "../state.ts";
import type { Theme } from "../theme.ts";
import { margins, mark, regions } from "./classes.ts";
import { linear, NAMED, number } from "./scale.ts";

type Context = CanvasRenderingContext2D;

let table: Uint32Array | null = null;
let tableOf = "";

/** Colours of 0 … 255, from one class over the ground to the other, as pixels of a little-endian machine. */
export function colours(t: Theme): Uint32Array {
  const name = [t.cold, t.middle, t.warm].join();
  if (table && tableOf === name) return table;
  table = new Uint32Array(256);
  for (let k = 0; k < 256; k++) {
    const share = k / 127.5 - 1;
    const end = share < 0 ? t.cold : t.warm;
    const mix = t.middle.map((m, i) => Math.round(m + (end[i]! - m) * Math.abs(share)));
    table[k] = (255 << 24) | (mix[2]! << 16) | (mix[1]! << 8) | mix[0]!;
  }
  tableOf = name;
  return table;
}

/** Fills a box with values on a square grid, row after row from the top; ``scale`` makes 0 … 1 of them. */
export function field(
  ctx: Context, values: Float32Array, x: number, y: number, w: number, h: number, scale: (v: number) => number, t: Theme,
): void {
  const side = Math.round(Math.sqrt(values.length));
  const own = colours(t);
  const image = ctx.createImageData(side, side);
  const pixels = new Uint32Array(image.data.buffer);
  for (let g = 0; g < values.length; g++) {
    const share = scale(values[g]!);
    pixels[g] = own[Math.min(255, Math.max(0, Math.round(255 * (Number.isFinite(share) ? share : 0.5))))]!;
  }
  const little = new OffscreenCanvas(side, side);
  little.getContext("2d", { willReadFrequently: true })!.putImageData(image, 0, 0);
  ctx.imageSmoothingEnabled = true;
  ctx.drawImage(little, x, y, w, h);
}

/** Draws where values on a square grid cross a level, by marching squares. */
export function contour(
  ctx: Context, values: Float32Array, level: number, x: number, y: number, w: number, h: number,
): void {
  const n = Math.round(Math.sqrt(values.length));
  const at = (i: number, j: number): [number, number] => [x + ((i + 0.5) / n) * w, y + ((j + 0.5) / n) * h];
  ctx.beginPath();
  for (let j = 0; j + 1 < n; j++)
    for (let i = 0; i + 1 < n; i++) {
      const corners = [values[j * n + i]!, values[j * n + i + 1]!, values[(j + 1) * n + i + 1]!, values[(j + 1) * n + i]!];
      const below = corners.filter((v) => v < level).length;
      if (!below || below === 4) continue;
      const places = [at(i, j), at(i + 1, j), at(i + 1, j + 1), at(i, j + 1)];
      const cuts: [number, number][] = [];
      for (let e = 0; e < 4; e++) {
        const [a, b] = [corners[e]! - level, corners[(e + 1) % 4]! - level];
        if (a < 0 === b < 0) continue;
        const share = a / (a - b);
        const [p, q] = [places[e]!, places[(e + 1) % 4]!];
        cuts.push([p[0] + share * (q[0] - p[0]), p[1] + share * (q[1] - p[1])]);
      }
      for (let c = 0; c + 1 < cuts.length; c += 2) {
        ctx.moveTo(...cuts[c]!);
        ctx.lineTo(...cuts[c + 1]!);
      }
    }
  ctx.stroke();
}

export function paintPlane(ctx: Context, w: number, h: number, data: Material, values: Float32Array | undefined, t: Theme): void {
  const [left, right, top, bottom] = [44, w - 8, NAMED, h - 32];
  const [ex, ey] = data.extent as [[number, number], [number, number]];
  const x = linear(ex[0], ex[1], left, right);
  const y = linear(ey[0], ey[1], bottom, top);
  const several = data.classes.length > 2;
  if (values && several) {
    regions(ctx, values, data.classes.length, left, top, right - left, bottom - top, t);
    ctx.lineWidth = 1.5;
    ctx.strokeStyle = t.ink;
    const by = margins(values, data.classes.length);
    const G = values.length / data.classes.length;
    data.classes.forEach((_, k) => contour(ctx, by.subarray(k * G, (k + 1) * G), 0, left, top, right - left, bottom - top));
  } else if (values) {
    field(ctx, values, left, top, right - left, bottom - top, (v) => v, t);
    ctx.lineWidth = 2;
    ctx.strokeStyle = t.ink;
    contour(ctx, values, 0.5, left, top, right - left, bottom - top);
  }
  ctx.font = `12px ${t.font}`;
  ctx.fillStyle = t.quiet;
  ctx.textAlign = "center";
  ctx.textBaseline = "middle";
  for (const tick of x.ticks) ctx.fillText(number(tick), x(tick), bottom + 14);
  ctx.fillText(data.inputs[0]!, (left + right) / 2, h - 6);
  ctx.textAlign = "right";
  for (const tick of y.ticks) ctx.fillText(number(tick), left - 6, y(tick));
  ctx.textAlign = "left";
  ctx.fillText(data.inputs[1]!, 2, 8);
  ctx.lineWidth = 1;
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, right - left, bottom - top);
  ctx.clip();
  if (several) data.train.X.forEach(([a, b], k) => mark(ctx, data.train.y[k]!, x(a!), y(b!), 4.5, t));
  else points(ctx, data.train, x, y, t);
  ctx.restore();
}

/** Class 0 are discs, class 1 squares. */
function points(ctx: Context, part: Points, x: (v: number) => number, y: (v: number) => number, t: Theme): void {
  ctx.lineWidth = 1.2;
  part.X.forEach(([a, b], k) => {
    const [px, py] = [x(a!), y(b!)];
    ctx.beginPath();
    if (part.y[k]) ctx.rect(px - 3, py - 3, 6, 6);
    else ctx.arc(px, py, 3.5, 0, 7);
    ctx.fillStyle = part.y[k] ? t.one : t.a;
    ctx.fill();
    ctx.strokeStyle = t.ground;
    ctx.stroke();
  });
}
