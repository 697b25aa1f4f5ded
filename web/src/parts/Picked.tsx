import { type Signal, useComputed, useSignal } from "@preact/signals";
import { copy } from "../copy.ts";
import { paintCurve } from "../paint/curve.ts";
import { paintLosses, paintTheta, paintUnits } from "../paint/inside.ts";
import { paintPlane } from "../paint/plane.ts";
import { useLooking } from "../looking.ts";
import { CLASSES } from "../theme.ts";
import { named } from "../walk.ts";
import { Canvas } from "./Canvas.tsx";
import { Standing } from "./Columns.tsx";

const COPY_HAS = "This page is a copy: of other networks than the one picked when it was saved, it has the functions alone.";

interface Behind {
  /** The other starts of the size. */
  others: boolean;
  validation: boolean;
}

function Function({ others, validation }: Behind) {
  const { seen, state } = useLooking();
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
          others: others ? seen()[0]?.functions : undefined,
          first: picked - (picked % design.starts),
          starts: design.starts,
          validation,
        };
        paintCurve(ctx, w, h, view, t);
      }}
    />
  );
}

function Switch({ label, on }: { label: string; on: Signal<boolean> }) {
  const { repaint } = useLooking();
  return (
    <label class="switch">
      <input type="checkbox" checked={on.value} onChange={(event) => ((on.value = event.currentTarget.checked), repaint())} />
      {label}
    </label>
  );
}

/** Its function, with what is behind it, and what the marks mean. */
function Pictures() {
  const { state } = useLooking();
  const others = useSignal(true);
  const shown = useSignal(false);
  const { material, sides } = state.value!;
  const plane = material.kind === "plane";
  const forked = sides.length > 1;
  const several = material.classes.length > 2;
  return (
    <>
      <div class="plot">
        <Function others={others.value} validation={shown.value} />
      </div>
      <p class="legend">
        {several &&
          material.classes.map((name, k) => (
            <span key={name} class="class-key">
              <span aria-hidden="true" class={`class-${k}`}>{CLASSES[k]}</span> {name}
            </span>
          ))}
        {several && plane && <span class="key line-key">two as likely</span>}
        {several && forked && <span>of side A</span>}
        {several && !plane && <Switch label="validation points" on={shown} />}
        {!plane && !several && (
          <>
            <span class="key picked-key">this network{forked && ", A"}</span>
            {forked && <span class="key b-key">the same under B</span>}
            {material.truth && <span class="key truth-key">{material.title}</span>}
            <span class="key point-key">to train on</span>
            <Switch label="other starts" on={others} />
            <Switch label="validation points" on={shown} />
          </>
        )}
        {plane && !several && (
          <>
            <span class="key disc-key">{material.classes[0]}</span>
            <span class="key square-key">{material.classes[1]}</span>
            <span class="key line-key">probability ½</span>
          </>
        )}
      </p>
    </>
  );
}

/** What its hidden units answer, where it has some that can be drawn. */
function Units({ plane, forked }: { plane: boolean; forked: boolean }) {
  const { drawn, seen } = useLooking();
  const some = useComputed(() => (drawn.value, !!seen()[0]?.units?.P));
  if (!some.value) return null;
  return (
    <>
      <h3>
        Its hidden units {forked && <small>under A</small>}
      </h3>
      <div class="plot">
        <Canvas
          height={() => ((seen()[0]?.units?.P ?? 0) > 12 ? 110 : 58)}
          paint={(ctx, w, h, t) => paintUnits(ctx, w, h, seen()[0]?.units, plane, t)}
        />
      </div>
    </>
  );
}

interface Props {
  error?: string;
  onInspect?: () => unknown;
}

export function Picked({ error = "validation error", onInspect }: Props) {
  const { seen, state } = useLooking();
  const { design, picked, material, parameters, sides } = state.value!;
  const forked = sides.length > 1;
  const drawn = material.kind !== "none";
  return (
    <section class="panel picked" aria-labelledby="picked-title">
      <h2 id="picked-title">
        {named(design, picked)}
        <small>
          <Standing error={error} />
        </small>
        {onInspect && <button onClick={onInspect}>Inspect</button>}
      </h2>
      {drawn && <Pictures />}
      {copy && !seen()[0]?.theta && <p class="quiet-text">{COPY_HAS}</p>}
      {drawn && <Units plane={material.kind === "plane"} forked={forked} />}
      <h3>
        Its course <small>{material.loss}, on a logarithmic axis{forked && ", under A"}</small>
      </h3>
      <div class="plot">
        <Canvas height={150} paint={(ctx, w, h, t) => paintLosses(ctx, w, h, seen()[0]?.losses, "validation", t)} />
      </div>
      <h3>
        Its {parameters[Math.floor(picked / design.starts)]} parameters <small>weights and biases, layer after layer{forked && ", under A"}</small>
      </h3>
      <div class="plot">
        <Canvas height={64} paint={(ctx, w, h, t) => paintTheta(ctx, w, h, seen()[0]?.theta, t)} />
      </div>
    </section>
  );
}
