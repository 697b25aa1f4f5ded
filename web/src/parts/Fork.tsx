import { number } from "../paint/scale.ts";

interface Props {
  /** λ of every side; null where networks have their own. */
  l2: (number | null)[];
  disabled?: boolean;
  onFork: (l2: number) => unknown;
  onKeep: (side: number) => unknown;
}

const MARKS = ["●", "▲"];
const FIRST = 0.01; // λ of B where A has none

/** Goes on twice under two λ, or keeps one of the two. */
export function Fork({ l2, disabled, onFork, onKeep }: Props) {
  if (l2.length === 1)
    return (
      <button onClick={() => onFork(l2[0] ? l2[0] * 10 : FIRST)} disabled={disabled} title="go on twice from here, under two λ">
        Fork under two λ
      </button>
    );
  return (
    <span class="pair">
      {l2.flatMap((one, side) => [
        <span key={`λ ${side}`} class={side ? "side-b" : "side-a"}>
          {MARKS[side]} {"AB"[side]}: λ {one === null ? "own" : number(one)}
        </span>,
        <button key={`keep ${side}`} onClick={() => onKeep(side)}>keep {"AB"[side]}</button>,
      ])}
    </span>
  );
}
