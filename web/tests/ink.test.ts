import assert from "node:assert/strict";
import { test } from "node:test";
import { Ink } from "../src/paint/ink.ts";

const all = (ink: Ink) => Array.from(ink.pixels, (_, at) => ink.opacity(at));
const row = (ink: Ink, y: number) => all(ink).slice(y * ink.width, (y + 1) * ink.width);
const column = (ink: Ink, x: number) => Array.from({ length: ink.height }, (_, y) => ink.opacity(y * ink.width + x));
const total = (values: Iterable<number>) => [...values].reduce((a, b) => a + b, 0) / 255;

test("a level line fills the row that it is in, from its first place to its last", () => {
  const ink = new Ink(8, 10);
  ink.curve(new Float32Array([5.5, 5.5, 5.5]), 2, 6.5, 1, 1);
  assert.deepEqual(row(ink, 5), [0, 0, 255, 255, 255, 255, 128, 0]);
  assert.ok(Math.abs(total(all(ink)) - 4.5) < 0.01);
});

test("between two rows it is half in each", () => {
  const ink = new Ink(4, 10);
  ink.curve(new Float32Array([5, 5]), 0, 4, 1, 1);
  assert.deepEqual(column(ink, 1), [0, 0, 0, 0, 128, 128, 0, 0, 0, 0]);
});

test("a slope is as dark as it is long, however steep", () => {
  for (const slope of [0.5, 1, 4]) {
    const ink = new Ink(10, 80);
    ink.curve(new Float32Array([20, 20 + 10 * slope]), 0, 10, 1, 1);
    const dark = total(column(ink, 5));
    assert.ok(Math.abs(dark - Math.sqrt(1 + slope * slope)) < 0.02, `${slope}: ${dark}`);
  }
});

test("what goes up and down within one column reaches both ends", () => {
  const ink = new Ink(1, 20);
  ink.curve(new Float32Array([10, 4, 16, 10]), 0, 1, 1, 1);
  const own = column(ink, 0);
  assert.ok(own[4]! > 200 && own[15]! > 200 && own[2] === 0 && own[17] === 0);
});

test("nothing is drawn beyond the box, or of what is no number", () => {
  const ink = new Ink(6, 12);
  ink.curve(new Float32Array([-50, 50]), -3, 9, 1, 1, 3, 9);
  assert.ok(total(all(ink)) > 3);
  for (const y of [0, 1, 2, 9, 10, 11]) assert.equal(total(row(ink, y)), 0);
  const none = new Ink(6, 12);
  none.curve(new Float32Array([NaN, NaN]), 0, 6, 1, 1);
  assert.equal(total(all(none)), 0);
});

test("ink over ink grows darker, as one pane over another", () => {
  const ink = new Ink(2, 3);
  const level = new Float32Array([1.5, 1.5]);
  ink.curve(level, 0, 2, 1, 0.5);
  ink.curve(level, 0, 2, 1, 0.5);
  assert.ok(Math.abs(ink.opacity(2) - 0.75 * 255) <= 1);
});

test("a disc has its area, and at an edge does not come round to the other", () => {
  const disc = (dx: number, dy: number) => 3 - Math.hypot(dx, dy);
  const ink = new Ink(20, 20);
  ink.point(10.3, 9.8, 4, 1, disc);
  assert.ok(Math.abs(total(all(ink)) - 9 * Math.PI) < 0.3);
  const cut = new Ink(20, 20);
  cut.point(0, 10, 4, 1, disc);
  assert.ok(Math.abs(total(all(cut)) - 4.5 * Math.PI) < 0.3);
  for (let y = 0; y < 20; y++) assert.equal(total(row(cut, y).slice(4)), 0);
});

test("what is inked has the colour, and what is not has none", () => {
  const ink = new Ink(2, 2);
  ink.colour = 0xb27200; // #0072b2
  ink.curve(new Float32Array([0.5, 0.5]), 0, 2, 1, 1);
  assert.deepEqual([...new Uint8Array(ink.pixels.buffer)].slice(0, 4), [0x00, 0x72, 0xb2, 255]);
  assert.deepEqual([...ink.pixels.subarray(2)], [0, 0]);
});
