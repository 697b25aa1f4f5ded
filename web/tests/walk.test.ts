import assert from "node:assert/strict";
import { test } from "node:test";
import { named, rankOf, ranked, walk } from "../src/walk.ts";

const shoal = { hidden: [1, 2, 8], starts: 3 };
const losses = new Float32Array([0.3, 0.1, 0.2, 0.5, NaN, 0.4, 0.09, 0.11, 9]);

test("starts of a size are ranked, and what diverged comes last", () => {
  assert.deepEqual(ranked(losses, 0, 3), [1, 2, 0]);
  assert.deepEqual(ranked(losses, 1, 3), [5, 3, 4]);
  assert.equal(rankOf(losses, 6), 1);
  assert.equal(rankOf(losses, 4), 9);
});

test("up and down go to the next error of the size, and stop at its ends", () => {
  assert.equal(walk("ArrowUp", shoal, losses, 1), 2);
  assert.equal(walk("ArrowDown", shoal, losses, 2), 1);
  assert.equal(walk("ArrowDown", shoal, losses, 1), 1);
  assert.equal(walk("End", shoal, losses, 3), 4);
  assert.equal(walk("Home", shoal, losses, 4), 5);
});

test("left and right go to the nearest error of the next size", () => {
  assert.equal(walk("ArrowRight", shoal, losses, 0), 5);
  assert.equal(walk("ArrowLeft", shoal, losses, 5), 0);
  assert.equal(walk("ArrowRight", shoal, losses, 8), 8);
  assert.equal(walk("ArrowLeft", shoal, losses, 0), 0);
});

test("networks are called by size and start", () => {
  assert.equal(named(shoal, 2), "1 hidden unit, start 2");
  assert.equal(named(shoal, 7), "8 hidden units, start 1");
});
