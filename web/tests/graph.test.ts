import assert from "node:assert/strict";
import { test } from "node:test";
import { BOX, layOut } from "../src/paint/graph.ts";

test("every layer is a column, and every pair of neighbours an edge from box to box", () => {
  const graph = layOut([2, 3, 1]);
  assert.deepEqual(graph.columns.map((column) => column.length), [2, 3, 1, 1]);
  assert.equal(graph.edges.length, 2 * 3 + 3);
  for (const { layer, unit, input, from, to } of graph.edges) {
    const start = graph.columns[layer - 1]![input]!;
    assert.deepEqual(from, { x: start.x + BOX.width, y: start.y });
    assert.deepEqual(to, graph.columns[layer]![unit]!);
  }
  for (const { x, y } of graph.columns.flat()) {
    assert.ok(x >= 0 && x + BOX.width <= graph.width && y - BOX.height / 2 >= 0 && y + BOX.height / 2 <= graph.height);
  }
});

test("numbers on edges do not lie upon each other or on boxes, and a crowd has none", () => {
  for (const sizes of [[1, 10, 1], [2, 10, 1], [2, 3, 1], [2, 2, 4]]) {
    for (const { from, to, label } of layOut(sizes).edges) assert.ok(label.x - 38 > from.x && label.x + 38 < to.x, `${sizes}`);
    const labels = layOut(sizes).edges.filter((edge) => edge.labelled).map((edge) => edge.label);
    assert.equal(labels.length, layOut(sizes).edges.length);
    for (const [k, p] of labels.entries()) {
      for (const q of labels.slice(k + 1)) assert.ok(Math.abs(p.x - q.x) > 74 || Math.abs(p.y - q.y) > 24, `${sizes}: ${p.x},${p.y} ${q.x},${q.y}`);
    }
  }
  assert.ok(layOut([1, 10, 10, 1]).edges.filter((edge) => edge.layer === 2).every((edge) => !edge.labelled));
});
