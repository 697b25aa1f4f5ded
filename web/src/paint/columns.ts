// A: every network as a point, a column a size, the validation error upwards.

import type { Theme } from "../theme.ts";
import { ABSENT } from "../walk.ts";
import { blank, lay } from "./ink.ts";
import { aside, logarithmic, lossLimits, number, type Scale } from "./scale.ts";

type Context = CanvasRenderingContext2D;

export interface ColumnsView {
  hidden: (number | string)[];
  starts: number;
  losses: Float32Array[]; // a side each
  chosen: (number | null)[]; // a side each
  threshold: number | null;
  picked: number;
  pointed: number | null;
  label: string;
}

const TAG = 20; // below the smallest loss, where the choice is, for its name

export interface Layout {
  x: (side: number, network: number) => number;
  y: Scale;
  top: number;
  bottom: number;
  left: number;
  right: number;
  width: number;
}

export function layout(view: ColumnsView, w: number, h: number): Layout {
  const [left, right, top, bottom] = [52, w - 10, 12, h - 40];
  const y = logarithmic(...lossLimits(view.losses), bottom - TAG, top);
  const width = (right - left) / view.hidden.length;
  const sides = view.losses.length;
  const x = (side: number, network: number) => {
    const place = Math.floor(network / view.starts);
    const spread = (width * 0.74) / sides;
    const middle = left + (place + 0.5) * width + (side - (sides - 1) / 2) * spread * 1.1;
    return middle + aside(network % view.starts) * spread * (sides > 1 ? 0.8 : 1);
  };
  return { x, y, top, bottom, left, right, width };
}

/** Where a network stands; one that diverged, or is above the picture, stands at its upper edge. */
export function place(l: Layout, view: ColumnsView, side: number, network: number): [number, number] {
  const loss = view.losses[side]?.[network] ?? NaN;
  const y = Number.isFinite(loss) ? Math.max(l.y(loss), l.top) : l.top;
  return [l.x(side, network), Math.min(y, l.bottom)];
}

/** The network nearest to a place, within reach of a finger. */
export function nearest(view: ColumnsView, w: number, h: number, x: number, y: number): number | null {
  const l = layout(view, w, h);
  let best: number | null = null;
  let reach = 24 ** 2;
  for (let side = 0; side < view.losses.length; side++)
    for (let k = 0; k < view.losses[side]!.length; k++) {
      if (view.losses[side]![k] === ABSENT) continue;
      const [px, py] = place(l, view, side, k);
      const far = (px - x) ** 2 + (py - y) ** 2;
      if (far < reach) [best, reach] = [k, far];
    }
  return best;
}

export function paintColumns(ctx: Context, w: number, h: number, view: ColumnsView, t: Theme): void {
  const l = layout(view, w, h);
  axes(ctx, l, view, t, h);
  view.losses.forEach((losses, side) => {
    medians(ctx, l, view, side, t);
    const ink = blank(ctx, side ? t.b : t.a);
    const { dense } = ink;
    const shape = (side ? triangle : disc)(3 * dense);
    for (let k = 0; k < losses.length; k++) {
      if (losses[k] === ABSENT) continue;
      const [x, y] = place(l, view, side, k);
      ink.point(x * dense, y * dense, 4.5 * dense, view.starts > 60 ? 0.45 : 0.72, shape);
    }
    lay(ctx);
  });
  if (view.pointed !== null) ring(ctx, l, view, view.pointed, t.ink, 6, 1.5);
  ring(ctx, l, view, view.picked, t.picked, 6.5, 2.5, t.picked);
  view.chosen.forEach((network, side) => {
    if (network === null) return;
    const [x, y] = place(l, view, side, network);
    ctx.strokeStyle = t.chosen;
    ctx.lineWidth = 2.5;
    ctx.beginPath();
    ctx.arc(x, y, 10, 0, 7);
    ctx.stroke();
    tag(ctx, x, y, view.chosen.length > 1 ? `choice ${"AB"[side]}` : "the choice", l, t);
  });
}

function axes(ctx: Context, l: Layout, view: ColumnsView, t: Theme, h: number): void {
  ctx.font = `12px ${t.font}`;
  ctx.textBaseline = "middle";
  ctx.textAlign = "right";
  ctx.lineWidth = 1;
  for (const tick of l.y.ticks) {
    const y = Math.round(l.y(tick)) + 0.5;
    ctx.strokeStyle = t.line;
    ctx.beginPath();
    ctx.moveTo(l.left, y);
    ctx.lineTo(l.right, y);
    ctx.stroke();
    ctx.fillStyle = t.quiet;
    ctx.fillText(number(tick), l.left - 8, y);
  }
  if (view.threshold !== null && view.threshold > 0) {
    const y = l.y(view.threshold);
    ctx.strokeStyle = t.chosen;
    ctx.setLineDash([5, 4]);
    ctx.beginPath();
    ctx.moveTo(l.left, y);
    ctx.lineTo(l.right, y);
    ctx.stroke();
    ctx.setLineDash([]);
    const words = "within one standard error";
    const wide = ctx.measureText(words).width + 6;
    ctx.globalAlpha = 0.88;
    ctx.fillStyle = t.ground;
    ctx.fillRect(l.right - wide, y - 18, wide, 16);
    ctx.globalAlpha = 1;
    ctx.fillStyle = t.chosen;
    ctx.fillText(words, l.right - 3, y - 9);
  }
  ctx.textAlign = "center";
  ctx.font = `600 13px ${t.font}`;
  const widest = Math.max(...view.hidden.map((M) => ctx.measureText(String(M)).width));
  const few = Math.max(Math.ceil(view.hidden.length / 24), Math.ceil((widest + 8) / l.width));
  const here = Math.floor(view.picked / view.starts);
  view.hidden.forEach((M, k) => {
    if (k === here ? false : k % few || Math.abs(k - here) < few - 1) return;
    ctx.font = `${k === here ? "600 " : ""}13px ${t.font}`;
    ctx.fillStyle = k === here ? t.picked : t.ink;
    ctx.fillText(String(M), l.left + (k + 0.5) * l.width, l.bottom + 15);
  });
  ctx.font = `12px ${t.font}`;
  ctx.fillStyle = t.quiet;
  ctx.fillText(view.label, (l.left + l.right) / 2, h - 8);
}

/** A line through each column at its median: what an ordinary start of that size ends at. */
function medians(ctx: Context, l: Layout, view: ColumnsView, side: number, t: Theme): void {
  const sides = view.losses.length;
  const spread = (l.width * 0.8) / sides;
  ctx.strokeStyle = t.ink;
  ctx.globalAlpha = 0.55;
  ctx.lineWidth = 1.5;
  view.hidden.forEach((_, k) => {
    const own = [...view.losses[side]!.subarray(k * view.starts, (k + 1) * view.starts)].filter(Number.isFinite);
    if (own.length < 3) return;
    own.sort((a, b) => a - b);
    const y = Math.max(l.y(own[Math.floor(own.length / 2)]!), l.top);
    const x = l.left + (k + 0.5) * l.width + (side - (sides - 1) / 2) * spread;
    ctx.beginPath();
    ctx.moveTo(x - spread / 2, y);
    ctx.lineTo(x + spread / 2, y);
    ctx.stroke();
  });
  ctx.globalAlpha = 1;
}

/** How far a place is within a disc, and within a triangle that stands on its base. */
const disc = (r: number) => (dx: number, dy: number): number => r - Math.sqrt(dx * dx + dy * dy);
const triangle = (r: number) => (dx: number, dy: number): number => {
  const [wide, tall] = [1.2 * r, 2.25 * r];
  return Math.min(r - dy, ((dy + 1.25 * r) * wide - Math.abs(dx) * tall) / Math.hypot(wide, tall));
};

/** A network of side A is a disc, one of side B a triangle. */
function dot(ctx: Context, side: number, x: number, y: number, r: number): void {
  ctx.beginPath();
  if (side) {
    ctx.moveTo(x, y - r * 1.25);
    ctx.lineTo(x + r * 1.2, y + r);
    ctx.lineTo(x - r * 1.2, y + r);
  } else ctx.arc(x, y, r, 0, 7);
  ctx.fill();
}

function ring(ctx: Context, l: Layout, view: ColumnsView, k: number, colour: string, r: number, width: number, fill?: string) {
  for (let side = 0; side < view.losses.length; side++) {
    if (k >= view.losses[side]!.length) return;
    const [x, y] = place(l, view, side, k);
    if (fill) {
      ctx.fillStyle = fill;
      dot(ctx, side, x, y, 4.5);
    }
    ctx.strokeStyle = colour;
    ctx.lineWidth = width;
    ctx.beginPath();
    ctx.arc(x, y, r, 0, 7);
    ctx.stroke();
  }
}

function tag(ctx: Context, x: number, y: number, text: string, l: Layout, t: Theme): void {
  ctx.font = `600 12px ${t.font}`;
  const wide = ctx.measureText(text).width + 10;
  const left = Math.min(Math.max(x - wide / 2, l.left), l.right - wide);
  const top = y + 15 > l.bottom - 8 ? y - 32 : y + 14;
  ctx.fillStyle = t.ground;
  ctx.globalAlpha = 0.88;
  ctx.fillRect(left, top, wide, 18);
  ctx.globalAlpha = 1;
  ctx.fillStyle = t.chosen;
  ctx.textAlign = "center";
  ctx.fillText(text, left + wide / 2, top + 9.5);
}
