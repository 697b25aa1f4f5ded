// B: every network as a little picture: a row a size, in the order of starts or of validation errors.

import type { Decisions, Functions, Maps } from "../frames.ts";
import type { Theme } from "../theme.ts";
import { decided } from "./classes.ts";
import { blank, lay } from "./ink.ts";
import { colours } from "./plane.ts";

type Context = CanvasRenderingContext2D;

export interface ShoalView {
  hidden: (number | string)[];
  starts: number;
  order: number[]; // networks, row after row, as they stand
  functions: Functions | undefined;
  maps: Maps | undefined;
  decisions: Decisions | undefined;
  /** Whether the pictures are of a plane. */
  square: boolean;
  low: number;
  high: number;
  picked: number;
  pointed: number | null;
  chosen: number | null;
  reason: Uint8Array | undefined;
}

/** From where to where a picture is near what can be seen of it. */
export type Band = [number, number];

const LEFT = 30;
const GAP = 2;

export interface Cells {
  across: number;
  wide: number;
  high: number;
  lines: number; // of a size: more starts than fit beside each other go on below
}

/** How large the pictures are: as many beside each other as are wide enough to be seen. */
export function cells(view: { hidden: (number | string)[]; starts: number }, w: number, square: boolean): Cells {
  const room = w - LEFT;
  const lines = Math.max(1, Math.ceil((view.starts * 15) / room));
  const across = Math.ceil(view.starts / lines);
  const wide = Math.min(room / across, 64);
  return { across, wide, high: square ? wide : Math.max(25, Math.min(wide * 1.15, 44)), lines };
}

export const shoalHeight = (view: { hidden: (number | string)[]; starts: number }, w: number, square: boolean): number => {
  const c = cells(view, w, square);
  return Math.ceil(view.hidden.length * (c.lines * c.high + 3));
};

function corner(view: ShoalView, c: Cells, at: number): [number, number] {
  const row = Math.floor(at / view.starts);
  const k = at % view.starts;
  const line = Math.floor(k / c.across);
  return [LEFT + (k % c.across) * c.wide, row * (c.lines * c.high + 3) + line * c.high];
}

/** The network under a place of the picture. */
export function under(view: ShoalView, w: number, x: number, y: number): number | null {
  const c = cells(view, w, view.square);
  const row = Math.floor(y / (c.lines * c.high + 3));
  const line = Math.floor((y - row * (c.lines * c.high + 3)) / c.high);
  const column = Math.floor((x - LEFT) / c.wide);
  const k = line * c.across + column;
  if (x < LEFT || row < 0 || row >= view.hidden.length || column >= c.across || line >= c.lines || k >= view.starts)
    return null;
  return view.order[row * view.starts + k] ?? null;
}

/** Paints the little pictures, of which those alone can be seen that reach into ``band``, from its top to its bottom. */
export function paintShoal(ctx: Context, w: number, _h: number, view: ShoalView, t: Theme, band: Band): void {
  const c = cells(view, w, view.square);
  ctx.font = `12px ${t.font}`;
  ctx.textAlign = "right";
  ctx.textBaseline = "middle";
  const here = Math.floor(view.picked / view.starts);
  view.hidden.forEach((M, row) => {
    ctx.fillStyle = row === here ? t.picked : t.quiet;
    ctx.font = `${row === here ? "600 " : ""}12px ${t.font}`;
    ctx.fillText(String(M), LEFT - 8, row * (c.lines * c.high + 3) + c.high / 2);
  });
  const shown = inBand(view, c, band);
  if (view.maps) maps(ctx, view, c, view.maps, shown, t);
  if (view.decisions) classes(ctx, view, c, view.decisions, shown, t);
  if (view.functions) curves(ctx, view, c, view.functions, shown, band, t);
  for (const at of shown) {
    const network = view.order[at];
    const marked = network === view.picked ? t.picked : network === view.chosen ? t.chosen : network === view.pointed ? t.ink : "";
    if (!marked) continue;
    const [x, y] = corner(view, c, at);
    ctx.strokeStyle = marked;
    ctx.lineWidth = 2;
    ctx.strokeRect(x + 0.5, y + 0.5, c.wide - GAP + 1, c.high - GAP + 1);
  }
}

/** The places whose pictures reach into a band. */
export function inBand(view: ShoalView, c: Cells, [top, bottom]: Band): number[] {
  const reaches = (at: number) => {
    const y = corner(view, c, at)[1];
    return y < bottom && y + c.high > top;
  };
  return view.order.map((_, at) => at).filter(reaches);
}

function curves(ctx: Context, view: ShoalView, c: Cells, block: Functions, shown: number[], [top, bottom]: Band, t: Theme): void {
  const { values, P, G, low, high } = block;
  const [wide, tall] = [c.wide - GAP, c.high - GAP];
  const unit = (high - low) / 65534 / (view.high - view.low);
  const first = (view.high - low) / (view.high - view.low);
  const ink = blank(ctx, t.a, top, bottom);
  const { dense } = ink;
  const levels = new Float32Array(G);
  const path = new Path2D(); // of the picked network, in a colour of its own
  ctx.fillStyle = t.faint;
  for (const at of shown) {
    const network = view.order[at]!;
    const [x, y] = corner(view, c, at);
    ctx.fillRect(x + 1, y + 1, wide, tall);
    if (network >= P) continue;
    for (let g = 0; g < G; g++) {
      const share = first - (values[network * G + g]! + 32767) * unit;
      levels[g] = (y + 1 + tall * Math.min(1, Math.max(0, share)) - top) * dense;
    }
    if (network !== view.picked) {
      ink.curve(levels, (x + 1) * dense, (x + 1 + wide) * dense, 1.1 * dense, 1);
      continue;
    }
    path.moveTo(x + 1, levels[0]! / dense + top);
    for (let g = 1; g < G; g++) path.lineTo(x + 1 + (wide * g) / (G - 1), levels[g]! / dense + top);
  }
  lay(ctx, top);
  ctx.lineWidth = 1.1;
  ctx.lineJoin = "round";
  ctx.strokeStyle = t.picked;
  ctx.stroke(path);
}

function maps(ctx: Context, view: ShoalView, c: Cells, block: Maps, shown: number[], t: Theme): void {
  const side = Math.round(Math.sqrt(block.G));
  const table = colours(t);
  const image = ctx.createImageData(side, side);
  const pixels = new Uint32Array(image.data.buffer);
  const little = new OffscreenCanvas(side, side);
  const draw = little.getContext("2d", { willReadFrequently: true })!;
  ctx.imageSmoothingEnabled = true;
  for (const at of shown) {
    const network = view.order[at]!;
    if (network >= block.P) continue;
    for (let g = 0; g < block.G; g++) pixels[g] = table[block.values[network * block.G + g]!]!;
    draw.putImageData(image, 0, 0);
    const [x, y] = corner(view, c, at);
    ctx.drawImage(little, x + 1, y + 1, c.wide - GAP, c.high - GAP);
  }
}

function classes(ctx: Context, view: ShoalView, c: Cells, block: Decisions, shown: number[], t: Theme): void {
  const draw = decided(ctx, block, view.square, t);
  for (const at of shown) {
    const network = view.order[at]!;
    if (network < block.P) draw(network, corner(view, c, at)[0] + 1, corner(view, c, at)[1] + 1, c.wide - GAP, c.high - GAP);
  }
}
