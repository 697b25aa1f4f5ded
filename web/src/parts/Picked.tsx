import { signal } from "@preact/signals";
import { copy } from "../copy.ts";
import { paintCurve } from "../paint/curve.ts";
import { paintLosses, paintTheta, paintUnits } from "../paint/inside.ts";
import { paintPlane } from "../paint/plane.ts";
import { repaint, seen, state } from "../store.ts";
import { named } from "../walk.ts";
import { Canvas } from "./Canvas.tsx";
import { inspect } from "./Inspector.tsx";
import { pickedWords } from "./Columns.tsx";

const COPY_HAS = "This page is a copy: of other networks than the one picked when it was saved, it has the functions alone.";
const others = signal(true);
const shown = signal(false);

function Function() {
  const { material, picked, design } = state.value!;
  if (material.kind === "plane")
    return <Canvas height={(w) => Math.min(w * 0.86, 440)} paint={(ctx, w, h, t) => paintPlane(ctx, w, h, material, seen()[0]?.picked?.values, t)} />;
  return (
    <Canvas
      height={(w) => Math.min(330, Math.max(220, w * 0.62))}
      paint={(ctx, w, h, t) => {
        const view = {
          data: material,
          picked: seen().map((side) => side.picked?.values),
          others: others.value ? seen()[0]?.functions : undefined,
          first: picked - (picked % design.starts),
          starts: design.starts,
          validation: shown.value,
        };
        paintCurve(ctx, w, h, view, t);
      }}
    />
  );
}

export function Picked() {
  const { design, picked, material, sides, parameters } = state.value!;
  const plane = material.kind === "plane";
  const forked = sides.length > 1;
  return (
    <section class="panel picked" aria-labelledby="picked-title">
      <h2 id="picked-title">
        {named(design, picked)}
        <small>{pickedWords().split(", ").slice(2).join(", ")}</small>
        <button onClick={() => void inspect()}>Inspect</button>
      </h2>
      <div class="plot">
        <Function />
      </div>
      <p class="legend">
        {!plane && (
          <>
            <span class="key picked-key">this network{forked && ", A"}</span>
            {forked && <span class="key b-key">the same under B</span>}
            {material.truth && <span class="key truth-key">{material.title}</span>}
            <span class="key point-key">to train on</span>
            <label class="switch">
              <input type="checkbox" checked={others.value} onChange={(event) => ((others.value = event.currentTarget.checked), repaint())} />
              other starts
            </label>
            <label class="switch">
              <input type="checkbox" checked={shown.value} onChange={(event) => ((shown.value = event.currentTarget.checked), repaint())} />
              validation points
            </label>
          </>
        )}
        {plane && (
          <>
            <span class="key disc-key">class 0</span>
            <span class="key square-key">class 1</span>
            <span class="key line-key">probability ½</span>
          </>
        )}
      </p>
      {copy && !seen()[0]?.theta && <p class="quiet-text">{COPY_HAS}</p>}
      <h3>Its hidden units</h3>
      <div class="plot">
        <Canvas
          height={() => (design.hidden[Math.floor(picked / design.starts)]! * design.depth > 12 ? 110 : 58)}
          paint={(ctx, w, h, t) => paintUnits(ctx, w, h, seen()[0]?.units, plane, t)}
        />
      </div>
      <h3>Its course</h3>
      <div class="plot">
        <Canvas height={150} paint={(ctx, w, h, t) => paintLosses(ctx, w, h, seen()[0]?.losses, "validation", t)} />
      </div>
      <h3>
        Its {parameters[Math.floor(picked / design.starts)]} parameters <small>weights and biases, layer after layer</small>
      </h3>
      <div class="plot">
        <Canvas height={64} paint={(ctx, w, h, t) => paintTheta(ctx, w, h, seen()[0]?.theta, t)} />
      </div>
    </section>
  );
}
