import { number } from "../paint/scale.ts";
import { drag, drawn, epoch, send, state } from "../store.ts";
import type { Knobs } from "../state.ts";
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
  const furthest = Math.max(side.furthest, epoch.value, 1);
  let before: Knobs | null = null;
  const marks = side.journal.map((entry, k) => {
    const text = change(k ? side.journal[k - 1]! : (before ?? side.knobs), entry) || "fork";
    before = entry;
    return { at: entry.epoch, text };
  });
  return (
    <div class="time" role="group" aria-label="time and forks">
      <Track first={0} epoch={epoch.value} furthest={furthest} epochs={design.epochs} marks={marks} onSeek={(at) => drag("seek", { epoch: at })} />
      {sides.length === 1 ? (
        <button onClick={() => void send("fork", { l2: side.knobs.l2 ? side.knobs.l2 * 10 : 0.01 })} disabled={!side.epoch} title="go on twice from here, under two λ">
          Fork under two λ
        </button>
      ) : (
        <span class="pair">
          <span class="side-a">● A: λ {number(sides[0]!.knobs.l2)}</span>
          <button onClick={() => void send("join", { side: 0 })}>keep A</button>
          <span class="side-b">▲ B: λ {number(sides[1]!.knobs.l2)}</span>
          <button onClick={() => void send("join", { side: 1 })}>keep B</button>
        </span>
      )}
    </div>
  );
}
