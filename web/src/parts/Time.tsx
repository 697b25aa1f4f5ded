import { drag, drawn, epoch, send, state } from "../store.ts";
import type { Knobs } from "../state.ts";
import { Fork } from "./Fork.tsx";
import { inWords, Track } from "./Track.tsx";

/** What was turned between two settings, in words. */
function change(before: Knobs, after: Knobs): string {
  const turned = (Object.keys(after) as (keyof Knobs)[]).filter((name) => before[name] !== after[name]);
  return inWords(Object.fromEntries(turned.map((name) => [name, after[name]])));
}

export function Time() {
  drawn.value;
  const { sides, design } = state.value!;
  const side = sides[0]!;
  const furthest = Math.max(side.furthest, epoch.value);
  let before: Knobs | null = null;
  const marks = side.journal.map((entry, k) => {
    const text = change(k ? side.journal[k - 1]! : (before ?? side.knobs), entry) || "fork";
    before = entry;
    return { at: entry.epoch, text };
  });
  return (
    <div class="time" role="group" aria-label="time and forks">
      <Track first={0} epoch={epoch.value} furthest={furthest} epochs={design.epochs} marks={marks} onSeek={(at) => drag("seek", { epoch: at })} />
      <Fork l2={sides.map(({ knobs }) => knobs.l2)} disabled={!side.epoch} onFork={(l2) => send("fork", { l2 })} onKeep={(kept) => send("join", { side: kept })} />
    </div>
  );
}
