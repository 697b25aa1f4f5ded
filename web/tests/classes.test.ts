import assert from "node:assert/strict";
import { test } from "node:test";
import { hues, likeliest, margins } from "../src/paint/classes.ts";
import { sixDigits, type Theme } from "../src/theme.ts";

const theme = { middle: [200, 200, 200], classes: [[0, 0, 0], [255, 0, 0], [0, 0, 255]] } as unknown as Theme;
const rgb = (pixel: number) => [pixel & 255, (pixel >> 8) & 255, (pixel >> 16) & 255, pixel >>> 24];

test("a byte is a class, and paler the less sure", () => {
  const colours = hues(theme, 3); // 85 steps each
  assert.deepEqual(rgb(colours[84]!), [0, 0, 0, 255]);
  assert.deepEqual(rgb(colours[85 + 84]!), [255, 0, 0, 255]);
  assert.deepEqual(rgb(colours[170 + 84]!), [0, 0, 255, 255]);
  const pale = rgb(colours[85]!);
  assert.ok(pale[0]! > 200 && pale[1]! > 180 && pale[1] === pale[2], String(pale)); // red, hardly
  assert.equal(colours[255], colours[254]); // beyond the last step of the last class
});

test("what is kept of another network makes the same picture of it", () => {
  const block = { kind: 8, side: 0, run: 0, epoch: 0, P: 2, G: 2, low: 0, high: 4, values: Uint8Array.from([0, 0, 64 + 63, 128 + 21]) } as const;
  assert.deepEqual([...likeliest(block, 1)], [0, 0.5 / 3, 1, 0.5 / 3, 0, 0.5, 0, 0.5 / 3].map(Math.fround));
});

test("a class is ahead of the one behind it, and the others behind the one ahead", () => {
  const found = margins(Float32Array.from([0.5, 0.25, 0.25, 0.25, 0.25, 0.5]), 3);
  assert.deepEqual([...found], [0.25, -0.25, -0.25, -0.25, -0.25, 0.25]);
});

test("a colour is the same however short a style sheet writes it", () => {
  assert.deepEqual(["#328", "#3a9cc9"].map(sixDigits), ["#332288", "#3a9cc9"]);
});
