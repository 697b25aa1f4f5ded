import { number } from "../paint/scale.ts";
import { nearest, paintColumns, type ColumnsView } from "../paint/columns.ts";
import { drawn, pick, pointed, repaint, seen, state, validation } from "../store.ts";
import { named, rankOf, walk } from "../walk.ts";
import { Canvas } from "./Canvas.tsx";

export function columnsView(): ColumnsView {
  const told = state.value!;
  const live = seen();
  return {
    hidden: told.design.hidden,
    starts: told.design.starts,
    losses: live.map((side) => side.scores?.validation ?? new Float32Array()),
    chosen: told.sides.map((side) => side.choice?.network ?? null),
    threshold: told.sides[0]!.choice?.threshold ?? null,
    picked: told.picked,
    pointed: pointed.value,
    label: "hidden units M",
  };
}

/** What the picked network is, in words: its size, start, error and rank. */
export function pickedWords(): string {
  drawn.value; // follows the frames
  const told = state.value!;
  const losses = validation();
  const loss = losses[told.picked];
  if (loss === undefined) return named(told.design, told.picked);
  const rank = Number.isFinite(loss) ? `rank ${rankOf(losses, told.picked)} of ${losses.length}` : "diverged";
  return `${named(told.design, told.picked)}, validation error ${number(loss)}, ${rank}`;
}

export function Columns() {
  const told = state.value!;
  const point = (network: number | null) => {
    if (pointed.value === network) return;
    pointed.value = network;
    repaint();
  };
  return (
    <section class="panel" aria-labelledby="columns-title">
      <h2 id="columns-title">
        {told.design.hidden.length * told.design.starts} networks by validation error
        <small>
          every point is a network; {told.design.starts} starts a column; {told.material.loss}; the line is the median
        </small>
      </h2>
      <div
        class="plot" role="listbox" tabIndex={0} aria-label="networks; arrows go from one to the next" aria-activedescendant="picked-option"
        onKeyDown={(event) => {
          if (!/^(Arrow|Home|End)/.test(event.key) || !validation().length) return;
          event.preventDefault();
          event.stopPropagation();
          const next = walk(event.key, told.design, validation(), told.picked);
          if (next !== told.picked) void pick(next);
        }}
      >
        <div id="picked-option" role="option" aria-selected="true" class="hidden">
          {pickedWords()}
        </div>
        <Canvas
          height={(w) => Math.min(380, Math.max(250, w * 0.5))}
          paint={(ctx, w, h, t) => paintColumns(ctx, w, h, columnsView(), t)}
          onPoint={(x, y, w, h) => point(nearest(columnsView(), w, h, x, y))}
          onLeave={() => point(null)}
          onClick={(x, y, w, h) => {
            const network = nearest(columnsView(), w, h, x, y);
            if (network !== null) void pick(network);
          }}
        />
      </div>
    </section>
  );
}
