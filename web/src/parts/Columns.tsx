import { number } from "../paint/scale.ts";
import { nearest, paintColumns, type ColumnsView } from "../paint/columns.ts";
import { useLooking, type Looking } from "../looking.ts";
import { named, rankOf, walk } from "../walk.ts";
import { Canvas } from "./Canvas.tsx";

function columnsView(looking: Looking, label: string): ColumnsView {
  const told = looking.state.value!;
  const live = looking.seen();
  return {
    hidden: told.design.hidden,
    starts: told.design.starts,
    losses: live.map((side) => side.scores?.validation ?? new Float32Array()),
    chosen: told.sides.map((side) => side.choice?.network ?? null),
    threshold: told.sides[0]!.choice?.threshold ?? null,
    picked: told.picked,
    pointed: looking.pointed.value,
    label,
  };
}

/** How the picked network stands among all, in words: its error and rank. */
function standing({ drawn, state, validation }: Looking, error: string): string {
  drawn.value; // follows the frames
  const losses = validation();
  const loss = losses[state.value!.picked];
  if (loss === undefined) return "";
  const rank = Number.isFinite(loss) ? `rank ${rankOf(losses, state.value!.picked)} of ${losses.length}` : "diverged";
  return `${error} ${number(loss)}, ${rank}`;
}

/** The same as a part of its own, behind its name: with every frame nothing else has to be made anew. */
export function Standing({ error, name }: { error: string; name?: string }) {
  return <>{[name, standing(useLooking(), error)].filter(Boolean).join(", ")}</>;
}

interface Props {
  /** What the networks stand at. */
  error?: string;
  sizes?: string;
}

export function Columns({ error = "validation error", sizes = "hidden units M" }: Props) {
  const looking = useLooking();
  const { state, point, pick, validation } = looking;
  const told = state.value!;
  const view = () => columnsView(looking, sizes);
  return (
    <section class="panel" aria-labelledby="columns-title">
      <h2 id="columns-title">
        {told.design.hidden.length * told.design.starts} networks by {error}
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
          <Standing error={error} name={named(told.design, told.picked)} />
        </div>
        <Canvas
          height={(w) => Math.min(380, Math.max(250, w * 0.5))}
          paint={(ctx, w, h, t) => paintColumns(ctx, w, h, view(), t)}
          onPoint={(x, y, w, h) => point(nearest(view(), w, h, x, y))}
          onLeave={() => point(null)}
          onClick={(x, y, w, h) => {
            const network = nearest(view(), w, h, x, y);
            if (network !== null) void pick(network);
          }}
        />
      </div>
    </section>
  );
}
