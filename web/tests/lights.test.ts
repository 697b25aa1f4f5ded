import assert from "node:assert/strict";
import { test } from "node:test";
import { factorsTo, lights } from "../src/lights.ts";

test("factors go from the loss down through units and edges to the edge itself", () => {
  const way = Array.from({ length: factorsTo(3, 1) }, (_, k) => lights(k + 1, 3, 1));
  assert.deepEqual(way, [
    { on: "loss" },
    { on: "units", layer: 3 },
    { on: "edges", layer: 3 },
    { on: "units", layer: 2 },
    { on: "edges", layer: 2 },
    { on: "units", layer: 1 },
    { on: "edge" },
  ]);
});

test("an edge into the output has its units alone on the way", () => {
  assert.deepEqual([1, 2, 3].map((k) => lights(k, 2, 2)), [{ on: "loss" }, { on: "units", layer: 2 }, { on: "edge" }]);
  assert.equal(lights(0, 2, 2), null);
  assert.equal(lights(4, 2, 2), null);
});
