// What the page knows: the state as signals for its parts, and frames past them, straight to the painters.

import { batch, computed, signal } from "@preact/signals";
import { bySide, read, type Seen } from "./frames.ts";
import { aside, copy, COPY } from "./copy.ts";
import { type Hearer, Link } from "./link.ts";
import { nameOf, type Inspected, type State, type Study, type ToldStudy } from "./state.ts";

export const state = signal<State | null>(null);
/** The finished study that is shown, in the place of a shoal. */
export const study = signal<Study | null>(null);
export const inspected = signal<Inspected | null>(null);
export const steers = signal(true);
const note = signal("");
export const connected = signal(true);
export const complaint = signal("");
export const pointed = signal<number | null>(null);
export const sorted = signal(true);
export const open = signal<string | null>(null);
/** Grows with every frame that was drawn, for texts that follow along. */
export const drawn = signal(0);

let sides: Seen[] = [];
const painters = new Set<() => void>();
let asked = false;
let unanswered = false;

/** The sides as the last frame showed them. */
export const seen = (): Seen[] => sides;

export const epoch = computed(() => (drawn.value, sides[0]?.epoch ?? state.value?.sides[0]?.epoch ?? 0));

/** Calls a painter with every frame, until what it returns is called. */
export function onPaint(paint: () => void): () => void {
  painters.add(paint);
  return () => painters.delete(paint);
}

/** Paints everything at the next turn of the screen, once. */
export function repaint(): void {
  if (asked) return;
  asked = true;
  requestAnimationFrame(() => {
    asked = false;
    for (const paint of painters) paint();
    if (!unanswered) return;
    unanswered = false;
    link?.drawn();
    drawn.value += 1;
  });
}

const hearer: Hearer = {
  state(told) {
    const known = told as State | ToldStudy;
    batch(() => {
      inspected.value = known.inspected;
      steers.value = known.steers;
      note.value = known.note;
      if ("study" in known) study.value = known.study;
      else state.value = known;
      if (known.note) complaint.value = known.note;
    });
    if (link && "address" in known) follow(known.address);
    repaint();
  },
  frame(bytes) {
    sides = bySide(read(bytes));
    unanswered = true;
    repaint();
  },
  line(isOpen) {
    connected.value = isOpen;
  },
};

const link = copy ? null : new Link(hearer);

/**
 * Has the address say what is shown; what it said when the page was opened is asked for first. Both wait until the
 * page steers: one that is opened as another leaves may be told before it that it watches.
 */
let visited = false;
function follow(address: string): void {
  if (!steers.value) return;
  const own = location.hash.slice(1);
  const first = !visited;
  visited = true;
  if (own === address) return;
  if (first && own) void send("visit", { text: own });
  else history.replaceState(null, "", address ? `#${address}` : location.pathname);
}

addEventListener("hashchange", () => {
  const own = location.hash.slice(1);
  if (link && state.value && own !== state.value.address) void send("visit", { text: own });
});

/** Sends a command; a refusal is shown as the sentence that it is. */
export async function send(name: string, fields: Record<string, unknown> = {}): Promise<boolean> {
  if (!link) {
    if (name === "pick") look(fields.network as number);
    else if (name !== "close_inspector") complaint.value = COPY;
    return name === "pick";
  }
  try {
    await link.ask({ do: name, ...fields });
    if (!note.value) complaint.value = "";
    return true;
  } catch (error) {
    complaint.value = (error as Error).message;
    return false;
  }
}

/** Picks a network of a copy: of all others than the one that was picked, the copy has the functions alone. */
function look(network: number): void {
  const told = study.value ?? state.value!;
  saved ??= { picked: told.picked, sides };
  const own = saved;
  sides = network === own.picked ? own.sides : own.sides.map((side) => aside(side, network));
  if (study.value) study.value = { ...study.value, picked: network, picked_name: nameOf(study.value, network), inspectable: false };
  else state.value = { ...state.value!, picked: network };
  complaint.value = "";
  repaint();
}
let saved: { picked: number; sides: Seen[] } | null = null;

/**
 * Sends what is dragged: the last value at once, and no value before the one before it is answered. The promise ends
 * when the last one is.
 */
const under = new Map<string, { next: Record<string, unknown> | null; ended: Promise<void> }>();
export function drag(name: string, fields: Record<string, unknown>): Promise<void> {
  const key = name + Object.keys(fields).join();
  const busy = under.get(key);
  if (busy) {
    busy.next = fields;
    return busy.ended;
  }
  const one = { next: fields as Record<string, unknown> | null, ended: Promise.resolve() };
  under.set(key, one);
  one.ended = (async () => {
    while (one.next) {
      const now = one.next;
      one.next = null;
      await send(name, now);
    }
    under.delete(key);
  })();
  return one.ended;
}

export const toggle = () => send(state.value?.playing ? "pause" : "start");
export const step = () => send("step", { epochs: 1 });
export const reset = () => send("reset");
export const pick = (network: number) => send("pick", { network });

/** Validation losses of a side's networks, as drawn. */
export const validation = (side = 0): Float32Array => sides[side]?.scores?.validation ?? new Float32Array();

if (copy) {
  hearer.state(copy.state);
  hearer.frame(copy.frame);
}
