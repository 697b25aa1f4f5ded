// Several classes: a hue each, paler the less sure a network is, and points of a shape each.

import type { Decisions } from "../frames.ts";
import type { Material } from "../state.ts";
import { css, type Theme } from "../theme.ts";

type Context = CanvasRenderingContext2D;

const PALEST = 0.08; // of a hue, where all classes are as likely

const pixel = (t: Theme, hue: number, share: number): number => {
  const [r, g, b] = t.middle.map((m, i) => Math.round(m + (t.classes[hue]![i]! - m) * (PALEST + (1 - PALEST) * share))) as [number, number, number];
  return ((255 << 24) | (b << 16) | (g << 8) | r) >>> 0;
};

/** Colours of the bytes that decisions among so many classes are, as pixels of a little-endian machine. */
export function hues(t: Theme, classes: number): Uint32Array {
  const steps = Math.floor(256 / classes);
  return Uint32Array.from({ length: 256 }, (_, v) => {
    const hue = Math.min(Math.floor(v / steps), classes - 1);
    return pixel(t, hue, Math.min(1, (v - hue * steps) / (steps - 1)));
  });
}

/** Pictures of all networks on the grid, one after the other: square, or strips along a feature. */
export function decided(ctx: Context, block: Decisions, square: boolean, t: Theme): (network: number, x: number, y: number, w: number, h: number) => void {
  const side = square ? Math.round(Math.sqrt(block.G)) : block.G;
  const colours = hues(t, block.high);
  const image = ctx.createImageData(side, block.G / side);
  const pixels = new Uint32Array(image.data.buffer);
  const little = new OffscreenCanvas(side, block.G / side);
  const draw = little.getContext("2d", { willReadFrequently: true })!;
  return (network, x, y, w, h) => {
    for (let g = 0; g < block.G; g++) pixels[g] = colours[block.values[network * block.G + g]!]!;
    draw.putImageData(image, 0, 0);
    ctx.imageSmoothingEnabled = false; // between two hues is a third, of a class that is none of them
    ctx.drawImage(little, x, y, w, h);
  };
}

/** Probabilities (K, G) that make the picture of a network: of the likeliest class, and of all others alike. */
export function likeliest(block: Decisions, network: number): Float32Array {
  const [K, G, steps] = [block.high, block.G, Math.floor(256 / block.high)];
  const found = new Float32Array(K * G);
  for (let g = 0; g < G; g++) {
    const v = block.values[network * G + g]!;
    const best = Math.min(Math.floor(v / steps), K - 1);
    const p = 1 / K + (1 - 1 / K) * Math.min(1, (v - best * steps) / (steps - 1));
    for (let k = 0; k < K; k++) found[k * G + g] = k === best ? p : (1 - p) / (K - 1);
  }
  return found;
}

/** By how much each class of values (K, G) is likelier than any other, (K, G). */
export function margins(values: Float32Array, classes: number): Float32Array {
  const G = values.length / classes;
  const found = new Float32Array(values.length);
  for (let g = 0; g < G; g++) {
    let [first, second, best] = [-Infinity, -Infinity, 0];
    for (let k = 0; k < classes; k++) {
      const p = values[k * G + g]!;
      if (p > first) [second, first, best] = [first, p, k];
      else if (p > second) second = p;
    }
    for (let k = 0; k < classes; k++) found[k * G + g] = values[k * G + g]! - (k === best ? second : first);
  }
  return found;
}

/** Fills a box with the likeliest classes of probabilities (K, G) on a square grid, row after row from the top. */
export function regions(ctx: Context, values: Float32Array, classes: number, x: number, y: number, w: number, h: number, t: Theme): void {
  const G = values.length / classes;
  const codes = new Uint8Array(G);
  const steps = Math.floor(256 / classes);
  for (let g = 0; g < G; g++) {
    let best = 0;
    for (let k = 1; k < classes; k++) if (values[k * G + g]! > values[best * G + g]!) best = k;
    const sure = (values[best * G + g]! - 1 / classes) / (1 - 1 / classes);
    codes[g] = best * steps + Math.round(Math.min(1, Math.max(0, sure || 0)) * (steps - 1));
  }
  decided(ctx, { kind: 8, side: 0, run: 0, epoch: 0, P: 1, G, low: 0, high: classes, values: codes }, true, t)(0, x, y, w, h);
}

/** A point of a class, in its hue and its shape, about a place. */
export function mark(ctx: Context, k: number, x: number, y: number, r: number, t: Theme): void {
  ctx.beginPath();
  SHAPES[k % SHAPES.length]!(ctx, x, y, r);
  ctx.fillStyle = css(t.classes[k % t.classes.length]!);
  ctx.fill();
  ctx.strokeStyle = t.ground;
  ctx.stroke();
}

type Shape = (ctx: Context, x: number, y: number, r: number) => void;

/** A star of so many points, or with ``inner`` 0 a polygon; ``turn`` in turns from the top. */
const star = (points: number, inner: number, turn = 0): Shape => (ctx, x, y, r) => {
  const corners = inner ? 2 * points : points;
  for (let c = 0; c < corners; c++) {
    const [angle, reach] = [2 * Math.PI * (c / corners + turn), inner && c % 2 ? r * inner : r];
    ctx.lineTo(x + reach * Math.sin(angle), y - reach * Math.cos(angle));
  }
  ctx.closePath();
};

/** Those of CLASSES, in the same order. */
const SHAPES: Shape[] = [
  (ctx, x, y, r) => ctx.arc(x, y, 0.9 * r, 0, 7),
  star(4, 0, 1 / 8),
  star(3, 0),
  star(4, 0),
  star(3, 0, 1 / 2),
  star(5, 0.45),
  star(4, 0.45),
  star(4, 0.45, 1 / 8),
  star(6, 0),
];

/** Probabilities of the classes along a feature, and their points in a row each below them. */
export function paintProbabilities(
  ctx: Context, data: Material, values: Float32Array | undefined, validation: boolean, x: (v: number) => number, y: (v: number) => number, t: Theme,
): void {
  const K = data.classes.length;
  const row = -data.low / (K + 1);
  const [from, to] = data.extent[0]!;
  if (values) {
    const G = values.length / K;
    ctx.lineWidth = 2.5;
    for (let k = 0; k < K; k++) {
      ctx.strokeStyle = css(t.classes[k]!);
      ctx.setLineDash(DASHES[k % DASHES.length]!);
      ctx.beginPath();
      for (let g = 0; g < G; g++) ctx.lineTo(x(from + ((to - from) * g) / (G - 1)), y(values[k * G + g]!));
      ctx.stroke();
    }
    ctx.setLineDash([]);
  }
  const level = (k: number) => y(-row * (k + 1));
  if (validation) {
    ctx.fillStyle = t.quiet;
    data.validation.X.forEach(([v], i) => ctx.fillRect(x(v!) - 1.5, level(data.validation.y[i]!) - 1.5, 3, 3));
  }
  ctx.lineWidth = 1;
  data.train.X.forEach(([v], i) => mark(ctx, data.train.y[i]!, x(v!), level(data.train.y[i]!), 4.5, t));
}

const DASHES = [[], [9, 3], [3, 3], [12, 3, 3, 3], [6, 2]];
