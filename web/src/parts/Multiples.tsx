import { paintShoal, shoalHeight, under, type ShoalView } from "../paint/shoal.ts";
import { useLooking, type Looking } from "../looking.ts";
import { ranked } from "../walk.ts";
import { Canvas } from "./Canvas.tsx";

function shoalView({ pointed, seen, sorted, state, validation }: Looking): ShoalView {
  const { design, material, picked, sides } = state.value!;
  const live = seen()[0];
  const losses = validation();
  const known = sorted.value && losses.length === design.hidden.length * design.starts;
  const order = design.hidden.flatMap((_, place) =>
    known ? ranked(losses, place, design.starts) : Array.from({ length: design.starts }, (_, s) => place * design.starts + s),
  );
  return {
    hidden: design.hidden,
    starts: design.starts,
    order,
    functions: live?.functions,
    maps: live?.maps,
    decisions: live?.decisions,
    square: material.kind === "plane",
    low: material.low,
    high: material.high,
    picked,
    pointed: pointed.value,
    chosen: sides[0]!.choice?.network ?? null,
    reason: live?.scores?.reason,
  };
}

export function Multiples() {
  const looking = useLooking();
  const { pick, point, repaint, sorted } = looking;
  const { design, material } = looking.state.value!;
  const view = () => shoalView(looking);
  const square = material.kind === "plane";
  return (
    <section class="panel" aria-labelledby="shoal-title">
      <h2 id="shoal-title">
        The shoal
        <small>a row a size, every picture the function of one network</small>
        <label class="switch">
          <input type="checkbox" checked={sorted.value} onChange={(event) => ((sorted.value = event.currentTarget.checked), repaint())} />
          best first
        </label>
      </h2>
      <div class="plot">
        <Canvas
          height={(w) => shoalHeight(design, w, square)}
          paint={(ctx, w, h, t, band) => paintShoal(ctx, w, h, view(), t, band)}
          onPoint={(x, y, w) => point(under(view(), w, x, y))}
          onLeave={() => point(null)}
          onClick={(x, y, w) => {
            const network = under(view(), w, x, y);
            if (network !== null) void pick(network);
          }}
        />
      </div>
    </section>
  );
}
