import { number } from "../paint/scale.ts";
import type { Knobs } from "../state.ts";
import { useDraft } from "./fields.tsx";

const NAMES: Record<string, string> = {
  l2: "λ", weight_decay: "decay", learning_rate: "rate", dropout: "dropout", samples: "points", noise: "noise",
};

export interface Mark {
  at: number;
  text: string;
}

/** Knobs as they stand, in words. */
export const inWords = (knobs: Partial<Knobs>): string =>
  (Object.keys(NAMES) as (keyof Knobs)[])
    .filter((name) => knobs[name] !== undefined)
    .map((name) => `${NAMES[name]} ${knobs[name] === null ? "own" : number(knobs[name] as number)}`)
    .join(", ");

interface Props {
  first: number;
  epoch: number;
  furthest: number;
  /** The last epoch that there will be. */
  epochs: number;
  marks: Mark[];
  disabled?: boolean;
  onSeek: (epoch: number) => unknown;
}

/** The epochs that were reached, any of which can be gone to, and what was turned at which. */
export function Track({ first, epoch, furthest, epochs, marks, disabled, onSeek }: Props) {
  const draft = useDraft(Math.min(epoch, furthest));
  return (
    <>
      <label for="time">time</label>
      <div class="track">
        <input
          id="time" type="range" min={first} max={furthest} value={draft.value} disabled={disabled}
          aria-valuetext={`epoch ${epoch} of ${furthest}`}
          onInput={(event) => {
            const at = Number(event.currentTarget.value);
            draft.give(at, onSeek(at));
          }}
        />
        <div class="marks" aria-hidden="true">
          {marks.map(({ at, text }) => (
            <span key={at} style={{ left: `${(100 * (at - first)) / Math.max(furthest - first, 1)}%` }} title={`epoch ${at}: ${text}`} />
          ))}
        </div>
      </div>
      <output for="time">
        {furthest.toLocaleString("en")} of {epochs.toLocaleString("en")}
      </output>
    </>
  );
}
