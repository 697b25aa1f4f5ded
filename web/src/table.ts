// A table that somebody drops on the page: its text goes to the lab, which reads it as shoal fit does.

import { signal } from "@preact/signals";
import { complaint, send } from "./store.ts";

const LARGEST = 4_000_000; // characters; a table to look at while it trains is smaller

export const brought = signal<{ name: string; text: string } | null>(null);

/** Begins with a file that was dropped or chosen; what the lab refuses it says in a sentence. */
export async function bring(file: File): Promise<void> {
  if (file.size > LARGEST) {
    complaint.value = `${file.name} has ${(file.size / 1e6).toFixed(1)} MB; the page takes 4 MB, shoal lab TABLE any size`;
    return;
  }
  const table = { name: file.name, text: await file.text() };
  if (await send("table", table)) brought.value = table;
}

/** Predicts another column of the table. */
export async function predict(target: string): Promise<void> {
  if (brought.value) await send("table", { ...brought.value, target });
}
