// What the page knows: the state as signals for its parts, and frames past them, straight to the painters.

import { batch, computed, signal } from "@preact/signals";
import type { Seen } from "./frames.ts";
import { aside, copy, COPY } from "./copy.ts";
import { dragging } from "./dragging.ts";
import { type Hearer, Link } from "./link.ts";
import { Looking } from "./looking.ts";
import { nameOf, type Inspected, type State, type Study, type ToldStudy } from "./state.ts";

export const pick = (network: number) => send("pick", { network });
export const looking = new Looking<State>({ root: document.documentElement, taken: () => link?.drawn(), pick });
export const { state, drawn, seen, repaint, validation } = looking;
/** The finished study that is shown, in the place of a shoal. */
export const study = signal<Study | null>(null);
export const inspected = signal<Inspected | null>(null);
export const steers = signal(true);
const note = signal("");
export const connected = signal(true);
export const complaint = signal("");
export const open = signal<string | null>(null);

export const epoch = computed(() => (drawn.value, seen()[0]?.epoch ?? state.value?.sides[0]?.epoch ?? 0));

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
    looking.hear(bytes);
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
let written = 0;
const WRITTEN_AFTER = 300; // milliseconds: browsers refuse, and slow down, an address that follows every move of a slider
function follow(address: string): void {
  if (!steers.value) return;
  const own = location.hash.slice(1);
  const first = !visited;
  visited = true;
  if (own === address) return;
  if (first && own) void send("visit", { text: own });
  else written ||= setTimeout(writeAddress, WRITTEN_AFTER);
}

function writeAddress(): void {
  written = 0;
  const { address } = state.value!;
  history.replaceState(null, "", address ? `#${address}` : location.pathname);
}

addEventListener("hashchange", () => {
  clearTimeout(written);
  written = 0;
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
  saved ??= { picked: told.picked, sides: seen() };
  const own = saved;
  if (study.value) study.value = { ...study.value, picked: network, picked_name: nameOf(study.value, network), inspectable: false };
  else state.value = { ...state.value!, picked: network };
  complaint.value = "";
  looking.show(network === own.picked ? own.sides : own.sides.map((side) => aside(side, network, state.value?.material.kind === "plane")));
}
let saved: { picked: number; sides: Seen[] } | null = null;

export const drag = dragging(send);

export const toggle = () => send(state.value?.playing ? "pause" : "start");
export const step = () => send("step", { epochs: 1 });
export const reset = () => send("reset");

if (copy) {
  hearer.state(copy.state);
  hearer.frame(copy.frame);
}
