import { paintShoal, shoalHeight, under, type ShoalView } from "../paint/shoal.ts";
import { pick, pointed, repaint, seen, sorted, state, validation } from "../store.ts";
import { ranked } from "../walk.ts";
import { Canvas } from "./Canvas.tsx";

function view(): ShoalView {
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
    low: material.low,
    high: material.high,
    picked,
    pointed: pointed.value,
    chosen: sides[0]!.choice?.network ?? null,
    reason: live?.scores?.reason,
  };
}

export function Multiples() {
  const { design, material } = state.value!;
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
          paint={(ctx, w, h, t) => paintShoal(ctx, w, h, view(), t)}
          onPoint={(x, y, w) => {
            const network = under(view(), w, x, y);
            if (network === pointed.value) return;
            pointed.value = network;
            repaint();
          }}
          onLeave={() => ((pointed.value = null), repaint())}
          onClick={(x, y, w) => {
            const network = under(view(), w, x, y);
            if (network !== null) void pick(network);
          }}
        />
      </div>
    </section>
  );
}
