// Images: pixels and feature maps as squares, the maps of a layer side by side.

import type { Theme } from "../theme.ts";

type Context = CanvasRenderingContext2D;

export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

/** Paints a picture of numbers, row after row; the largest is ink, and what is below zero has the other colour. */
export function paintPixels(ctx: Context, values: number[], columns: number, box: Box, most: number, t: Theme): void {
  const rows = values.length / columns;
  const [w, h] = [box.w / columns, box.h / rows];
  ctx.fillStyle = t.faint;
  ctx.fillRect(box.x, box.y, box.w, box.h);
  values.forEach((value, k) => {
    const share = Math.min(1, Math.abs(value) / (most || 1));
    if (share < 0.01) return;
    ctx.fillStyle = value < 0 ? t.one : t.ink;
    ctx.globalAlpha = share;
    ctx.fillRect(box.x + (k % columns) * w, box.y + Math.floor(k / columns) * h, w + 0.3, h + 0.3);
  });
  ctx.globalAlpha = 1;
}

/** Draws a frame around pixels of a picture: rows and columns, ends not among them. */
export function frame(ctx: Context, rows: [number, number], columns: [number, number], side: number, box: Box, colour: string): void {
  const pixel = box.w / side;
  ctx.strokeStyle = colour;
  ctx.lineWidth = 3;
  const [x, y] = [box.x + columns[0] * pixel, box.y + rows[0] * pixel];
  ctx.strokeRect(x, y, (columns[1] - columns[0]) * pixel, (rows[1] - rows[0]) * pixel);
}

const GAP = 10;

/** Where the maps of a layer stand: side by side, in lines where there is no room. */
export function mapBoxes(maps: number, rows: number, columns: number, width: number): Box[] {
  const across = Math.max(1, Math.min(maps, Math.floor(width / 74)));
  const w = Math.min(96, (width - (across - 1) * GAP) / across);
  const h = (w * rows) / columns;
  return Array.from({ length: maps }, (_, k) => ({ x: (k % across) * (w + GAP), y: Math.floor(k / across) * (h + GAP), w, h }));
}

/** How high all of them are. */
export const mapsHeight = (boxes: Box[]): number => Math.max(...boxes.map((box) => box.y + box.h)) + 4;

/** The map, row and column at a place. */
export function unitAt(boxes: Box[], rows: number, columns: number, x: number, y: number): [number, number, number] | null {
  const map = boxes.findIndex((box) => x >= box.x && x < box.x + box.w && y >= box.y && y < box.y + box.h);
  const box = boxes[map];
  if (!box) return null;
  return [map, Math.floor(((y - box.y) / box.h) * rows), Math.floor(((x - box.x) / box.w) * columns)];
}

const FINE = 32; // the set's digits are counts of 4 × 4 pixels of such a drawing
const BRUSH = 2.1;

/** Draws with a round brush into a picture of 32 × 32 pixels; x and y are shares of its side. */
export function stroke(fine: Uint8Array, x: number, y: number): void {
  const [cx, cy] = [x * FINE, y * FINE];
  for (let row = 0; row < FINE; row++)
    for (let column = 0; column < FINE; column++)
      if ((column + 0.5 - cx) ** 2 + (row + 0.5 - cy) ** 2 < BRUSH ** 2) fine[row * FINE + column] = 1;
}

/** How many pixels of each 4 × 4 are inked, added to what was there: 8 × 8 numbers from 0 to 16. */
export function counted(fine: Uint8Array, base: number[]): number[] {
  return base.map((before, k) => {
    const [top, left] = [Math.floor(k / 8) * 4, (k % 8) * 4];
    let count = before;
    for (let i = 0; i < 16; i++) count += fine[(top + (i >> 2)) * FINE + left + (i & 3)]!;
    return Math.min(16, count);
  });
}
