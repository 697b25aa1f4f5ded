import assert from "node:assert/strict";
import { test } from "node:test";
import type { Floats } from "../src/frames.ts";
import { layout, nearest, place, type ColumnsView } from "../src/paint/columns.ts";
import { paintCurve } from "../src/paint/curve.ts";
import { paintLosses } from "../src/paint/inside.ts";
import { paintPlane } from "../src/paint/plane.ts";
import { linear, logarithmic, lossLimits, number } from "../src/paint/scale.ts";
import { cells, inBand, under, type ShoalView } from "../src/paint/shoal.ts";
import type { Material } from "../src/state.ts";
import type { Theme } from "../src/theme.ts";

test("ticks are round and inside", () => {
  assert.deepEqual(linear(0, 1, 0, 100).ticks.map((v) => v.toFixed(1)), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
  assert.ok(Object.is(linear(0, 90, 0, 1, 4).ticks[0], 0));
  const log = logarithmic(0.08, 1.1, 100, 0);
  assert.deepEqual(log.ticks.map((v) => Number(v.toPrecision(3))), [0.1, 0.2, 0.5, 1]);
  assert.ok(log(0.08) === 100 && Math.abs(log(1.1)) < 1e-9);
});

test("numbers are short", () => {
  const written = [0, 0.09818, 12.345, -0.5, 1e-5, 2.5e-7, 123456, NaN, Infinity].map((v) => number(v));
  assert.deepEqual(written, ["0", "0.0982", "12.3", "−0.5", "10⁻⁵", "2.5·10⁻⁷", "1.23·10⁵", "–", "–"]);
});

test("one network beyond all bounds does not flatten the picture", () => {
  const losses = new Float32Array(200).fill(0.1);
  losses[3] = 1e30;
  losses[4] = NaN;
  const [low, high] = lossLimits([losses]);
  assert.ok(low < 0.1 && low > 0.01 && high < 1);
  assert.deepEqual(lossLimits([new Float32Array([NaN])]), [0.01, 1]);
});

test("a point is found where it is drawn", () => {
  const losses = Float32Array.from({ length: 12 }, (_, k) => 0.1 * 1.3 ** k);
  losses[5] = NaN;
  const view: ColumnsView = {
    hidden: [1, 2, 3], starts: 4, losses: [losses, losses], chosen: [0, null], threshold: null, picked: 0, pointed: null, label: "",
  };
  const l = layout(view, 600, 300);
  for (const network of [0, 5, 7, 11]) {
    const [x, y] = place(l, view, 0, network);
    assert.ok(y >= l.top && y <= l.bottom);
    assert.equal(nearest(view, 600, 300, x, y), network);
  }
  assert.equal(nearest(view, 600, 300, l.right, l.bottom + 60), null);
});

test("below the smallest loss there is room for the name of the choice", () => {
  const losses = Float32Array.from({ length: 12 }, (_, k) => 0.1 + 0.01 * k);
  const view: ColumnsView = {
    hidden: [1, 2, 3], starts: 4, losses: [losses], chosen: [0], threshold: null, picked: 0, pointed: null, label: "",
  };
  for (const [w, h] of [[320, 250], [1000, 380]] as const) {
    const l = layout(view, w, h);
    assert.ok(place(l, view, 0, 0)[1] + 32 <= l.bottom, `${w} × ${h}`);
  }
});

/** What is written on a picture, and how often something is filled. */
function inked(paint: (ctx: CanvasRenderingContext2D) => void): { texts: string[]; rects: number } {
  const found = { texts: [] as string[], rects: 0 };
  const calls: Record<string, (...given: never[]) => unknown> = {
    fillText: (text: string) => found.texts.push(text),
    fillRect: () => (found.rects += 1),
    measureText: () => ({ width: 30 }),
  };
  paint(new Proxy({}, { get: (_, name: string) => calls[name] ?? (() => undefined), set: () => true }) as CanvasRenderingContext2D);
  return found;
}

const THEME = new Proxy({}, { get: () => "#123456" }) as Theme;

test("axes have names", () => {
  const rows = { X: [] as number[][], y: [] as number[] };
  const data = { inputs: ["width, scaled", "height"], output: "price", classes: ["a", "b"], extent: [[0, 1], [0, 1]], low: 0, high: 1, train: rows, validation: rows, truth: null } as unknown as Material;
  const plane = inked((ctx) => paintPlane(ctx, 400, 300, data, undefined, THEME)).texts;
  assert.ok(plane.includes("width, scaled") && plane.includes("height"));
  const view = { data, picked: [undefined], others: undefined, first: 0, starts: 1, validation: false };
  const curve = inked((ctx) => paintCurve(ctx, 400, 300, view, THEME)).texts;
  assert.ok(curve.includes("width, scaled") && curve.includes("price"));
});

test("a course of one epoch is a point, and one that was not kept says so", () => {
  const told = (epoch: number, G: number, values: number[]): Floats => ({ kind: 6, side: 0, run: 1, epoch, P: 2, G, low: 0, high: 1, values: Float32Array.from(values) });
  const one = inked((ctx) => paintLosses(ctx, 400, 150, told(1, 1, [0.5, 0.6]), "validation", THEME));
  assert.equal(one.rects, 2);
  assert.ok(one.texts.includes("epoch"));
  assert.equal(inked((ctx) => paintLosses(ctx, 400, 150, told(2, 2, [0.5, 0.4, 0.6, 0.5]), "validation", THEME)).rects, 0);
  assert.deepEqual(inked((ctx) => paintLosses(ctx, 400, 150, told(3, 0, []), "validation", THEME)).texts, ["Its losses were not kept."]);
  assert.match(inked((ctx) => paintLosses(ctx, 400, 150, told(0, 0, []), "validation", THEME)).texts[0]!, /not begun/);
});

test("a little picture is found under the pointer, in the order shown", () => {
  const view: ShoalView = {
    hidden: [1, 2], starts: 30, order: Array.from({ length: 60 }, (_, k) => 59 - k), functions: undefined, maps: undefined,
    decisions: undefined, square: false, low: -1, high: 1, picked: 0, pointed: null, chosen: null, reason: undefined,
  };
  const c = cells(view, 330, false);
  assert.equal(c.lines, 2);
  assert.equal(under(view, 330, 31, 1), 59);
  assert.equal(under(view, 330, 31 + c.wide, 1), 58);
  assert.equal(under(view, 330, 31, c.high + 1), 59 - c.across);
  assert.equal(under(view, 330, 31, 2 * c.high + 4), 29);
  assert.equal(under(view, 330, 5, 5), null);
  assert.equal(under(view, 330, 31, 5000), null);
});

test("of many little pictures those are painted that can be seen", () => {
  const view: ShoalView = {
    hidden: [1, 2, 3], starts: 10, order: Array.from({ length: 30 }, (_, k) => (k * 7) % 30), functions: undefined, maps: undefined,
    decisions: undefined, square: false, low: -1, high: 1, picked: 0, pointed: null, chosen: null, reason: undefined,
  };
  const c = cells(view, 330, false);
  const pitch = c.high + 3;
  const places = (from: number, to: number) => Array.from({ length: to - from }, (_, k) => from + k);
  assert.deepEqual(inBand(view, c, [0, 3 * pitch]), places(0, 30));
  assert.deepEqual(inBand(view, c, [c.high, pitch + 1]), places(10, 20)); // from the lower edge of the first row on
  assert.deepEqual(inBand(view, c, [c.high - 1, pitch]), places(0, 10));
  assert.deepEqual(inBand(view, c, [2.5 * pitch, 9 * pitch]), places(20, 30));
  assert.deepEqual(inBand(view, c, [5, -3]), []);
});
