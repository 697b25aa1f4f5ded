import { number } from "../paint/scale.ts";
import { drag, drawn, epoch, send, state } from "../store.ts";
import type { Knobs } from "../state.ts";
import { useDraft } from "./fields.tsx";

const NAMES: Record<string, string> = {
  l2: "λ", weight_decay: "decay", learning_rate: "rate", dropout: "dropout", samples: "points", noise: "noise",
};

/** What was turned between two settings, in words. */
function change(before: Knobs, after: Knobs): string {
  const turned = (Object.keys(NAMES) as (keyof Knobs)[]).filter((name) => before[name] !== after[name]);
  return turned.map((name) => `${NAMES[name]} ${after[name] === null ? "own" : number(after[name] as number)}`).join(", ");
}

export function Time() {
  drawn.value;
  const { sides, design } = state.value!;
  const side = sides[0]!;
  const furthest = Math.max(side.furthest, epoch.value, 1);
  let before: Knobs | null = null;
  const draft = useDraft(Math.min(epoch.value, furthest));
  const marks = side.journal.map((entry, k) => {
    const text = change(k ? side.journal[k - 1]! : (before ?? side.knobs), entry) || "fork";
    before = entry;
    return { at: entry.epoch, text };
  });
  return (
    <div class="time" role="group" aria-label="time and forks">
      <label for="time">time</label>
      <div class="track">
        <input
          id="time" type="range" min={0} max={furthest} value={draft.value}
          aria-valuetext={`epoch ${epoch.value} of ${furthest}`}
          onInput={(event) => {
            const at = Number(event.currentTarget.value);
            draft.give(at, drag("seek", { epoch: at }));
          }}
        />
        <div class="marks" aria-hidden="true">
          {marks.map(({ at, text }) => (
            <span key={at} style={{ left: `${(100 * at) / furthest}%` }} title={`epoch ${at}: ${text}`} />
          ))}
        </div>
      </div>
      <output for="time">
        {furthest.toLocaleString("en")} of {design.epochs.toLocaleString("en")}
      </output>
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
