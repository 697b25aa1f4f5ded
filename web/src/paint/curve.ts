// C: the function of the picked network, the other starts of its size behind it, the points, and what made them.

import type { Functions } from "../frames.ts";
import type { Material } from "../state.ts";
import type { Theme } from "../theme.ts";
import { paintProbabilities } from "./classes.ts";
import { blank, lay } from "./ink.ts";
import { linear, NAMED, number } from "./scale.ts";

type Context = CanvasRenderingContext2D;

export interface CurveView {
  data: Material;
  picked: (Float32Array | undefined)[]; // a side each
  others: Functions | undefined;
  first: number; // the networks of the same size
  starts: number;
  validation: boolean;
}

export function paintCurve(ctx: Context, w: number, h: number, view: CurveView, t: Theme): void {
  const { data } = view;
  const [left, right, top, bottom] = [44, w - 8, NAMED, h - 32];
  const [from, to] = data.extent[0]!;
  const x = linear(from, to, left, right, 6);
  const y = linear(data.low, data.high, bottom, top, 5);
  ctx.font = `12px ${t.font}`;
  ctx.textBaseline = "middle";
  ctx.strokeStyle = t.line;
  ctx.fillStyle = t.quiet;
  ctx.lineWidth = 1;
  ctx.textAlign = "right";
  for (const tick of y.ticks) {
    ctx.beginPath();
    ctx.moveTo(left, Math.round(y(tick)) + 0.5);
    ctx.lineTo(right, Math.round(y(tick)) + 0.5);
    ctx.stroke();
    ctx.fillText(number(tick), left - 8, y(tick));
  }
  ctx.textAlign = "center";
  for (const tick of x.ticks) ctx.fillText(number(tick), x(tick), bottom + 14);
  ctx.fillText(data.inputs[0]!, (left + right) / 2, h - 6);
  ctx.textAlign = "left";
  ctx.fillText(data.output, 2, 8);
  ctx.save();
  ctx.beginPath();
  ctx.rect(left, top, right - left, bottom - top);
  ctx.clip();
  if (data.classes.length > 2) paintProbabilities(ctx, data, view.picked[0], view.validation, x, y, t);
  else overlaid(ctx, view, [left, right, top, bottom], x, y, t);
  ctx.restore();
}

/** The picked network over the other starts, what made the targets, and the points. */
function overlaid(ctx: Context, view: CurveView, box: number[], x: (v: number) => number, y: (v: number) => number, t: Theme): void {
  const { data } = view;
  const [from, to] = data.extent[0]!;
  if (view.others) siblings(ctx, view, view.others, box, y, t);
  if (data.truth) {
    ctx.strokeStyle = t.truth;
    ctx.lineWidth = 2;
    ctx.setLineDash([6, 4]);
    line(ctx, data.truth.length, from, to, (g) => data.truth![g]!, x, y);
    ctx.setLineDash([]);
  }
  if (view.validation) {
    ctx.fillStyle = t.quiet;
    ctx.globalAlpha = 0.6;
    data.validation.X.forEach((row, k) => {
      ctx.fillRect(x(row[0]!) - 1.5, y(data.validation.y[k]!) - 1.5, 3, 3);
    });
    ctx.globalAlpha = 1;
  }
  view.picked.forEach((values, side) => {
    if (!values) return;
    ctx.strokeStyle = side ? t.b : t.picked;
    ctx.lineWidth = 3;
    ctx.setLineDash(side ? [9, 4] : []);
    line(ctx, values.length, from, to, (g) => values[g]!, x, y);
    ctx.setLineDash([]);
  });
  data.train.X.forEach((row, k) => {
    ctx.beginPath();
    ctx.arc(x(row[0]!), y(data.train.y[k]!), 4.5, 0, 7);
    ctx.fillStyle = t.ground;
    ctx.fill();
    ctx.strokeStyle = t.ink;
    ctx.lineWidth = 1.8;
    ctx.stroke();
  });
}

function siblings(ctx: Context, view: CurveView, block: Functions, box: number[], y: (v: number) => number, t: Theme) {
  const unit = (block.high - block.low) / 65534;
  const levels = new Float32Array(block.G);
  const ink = blank(ctx, t.a);
  const [left, right, top, bottom] = box.map((edge) => edge * ink.dense) as [number, number, number, number];
  for (let k = view.first; k < Math.min(view.first + view.starts, block.P, view.first + 60); k++) {
    for (let g = 0; g < block.G; g++) levels[g] = y(block.low + (block.values[k * block.G + g]! + 32767) * unit) * ink.dense;
    ink.curve(levels, left, right, ink.dense, 0.28, top, bottom);
  }
  lay(ctx);
}

function line(
  ctx: Context, G: number, from: number, to: number, value: (g: number) => number, x: (v: number) => number, y: (v: number) => number,
): void {
  ctx.beginPath();
  for (let g = 0; g < G; g++) {
    const at = from + ((to - from) * g) / (G - 1);
    const level = Math.min(1e4, Math.max(-1e4, y(value(g))));
    if (g) ctx.lineTo(x(at), level);
    else ctx.moveTo(x(at), level);
  }
  ctx.stroke();
}
