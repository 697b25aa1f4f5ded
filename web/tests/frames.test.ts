import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { bySide, Kind, read, type Block } from "../src/frames.ts";

const golden = new URL("../../../tests/lab/golden/", import.meta.url);
const bytes = () => {
  const file = readFileSync(new URL("frame.bin", golden));
  return file.buffer.slice(file.byteOffset, file.byteOffset + file.byteLength) as ArrayBuffer;
};

/** What the values of a block stand for, as the page draws them. */
function values(block: Block): number[] {
  const { low, high } = block;
  if (block.kind === Kind.functions) return [...block.values].map((v) => low + ((v + 32767) / 65534) * (high - low));
  if (block.kind === Kind.maps) return [...block.values].map((v) => low + (v / 255) * (high - low));
  if (block.kind === Kind.scores) return [...block.train, ...block.validation, ...block.reason];
  return [...block.values];
}

test("the golden frame says here what it says in Python", () => {
  const told = JSON.parse(readFileSync(new URL("frame.json", golden), "utf8"));
  const blocks = read(bytes());
  assert.equal(blocks.length, told.length);
  blocks.forEach((block, k) => {
    for (const name of ["kind", "side", "run", "epoch", "low", "high"] as const) assert.equal(block[name], told[k][name]);
    values(block).forEach((value, i) => {
      const expected = told[k].values[i] === null ? NaN : Number(told[k].values[i]);
      if (Number.isFinite(expected)) assert.ok(Math.abs(value - expected) <= 1e-6 * Math.max(1, Math.abs(expected)));
      else assert.equal(value, expected);
    });
  });
});

test("blocks are found by their side", () => {
  const [a, b] = bySide(read(bytes()));
  assert.equal(a?.epoch, 70);
  assert.equal(a?.functions?.P, 3);
  assert.equal(a?.scores?.reason[2], 3);
  assert.equal(b?.maps?.G, 5);
  assert.equal(b?.functions, undefined);
  assert.equal(b?.decisions?.high, 4);
});

test("what is no frame is refused", () => {
  assert.throws(() => read(bytes().slice(0, 40)), RangeError);
  assert.throws(() => read(bytes().slice(4)), RangeError);
});
