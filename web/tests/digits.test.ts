import assert from "node:assert/strict";
import { test } from "node:test";
import { counted, mapBoxes, stroke, unitAt } from "../src/paint/digits.ts";

test("a drawing is counted by 4 × 4 pixels, on top of what was there", () => {
  const fine = new Uint8Array(32 * 32).fill(1, 0, 2 * 32); // the two upper lines
  const counts = counted(fine, new Array(64).fill(0).with(0, 12).with(9, 3));
  assert.deepEqual([counts[0], counts[1], counts[8], counts[9]], [16, 8, 0, 3]);
});

test("a brush inks what is near to it", () => {
  const fine = new Uint8Array(32 * 32);
  stroke(fine, 0.5, 0.5);
  assert.equal(fine[16 * 32 + 16], 1);
  assert.equal(fine[16 * 32 + 20], 0);
  assert.ok(fine.reduce((a, b) => a + b, 0) > 8);
});

test("a place in a map is found again", () => {
  const boxes = mapBoxes(8, 6, 6, 400);
  const box = boxes[7]!;
  assert.deepEqual(unitAt(boxes, 6, 6, box.x + box.w * 0.9, box.y + box.h * 0.1), [7, 0, 5]);
  assert.equal(unitAt(boxes, 6, 6, -1, 0), null);
});
