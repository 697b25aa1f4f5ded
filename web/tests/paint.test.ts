import assert from "node:assert/strict";
import { test } from "node:test";
import { layout, nearest, place, type ColumnsView } from "../src/paint/columns.ts";
import { linear, logarithmic, lossLimits, number } from "../src/paint/scale.ts";
import { cells, inBand, under, type ShoalView } from "../src/paint/shoal.ts";

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
