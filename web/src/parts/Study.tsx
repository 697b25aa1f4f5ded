import { nearest, paintColumns, type ColumnsView } from "../paint/columns.ts";
import { paintLosses, paintTheta } from "../paint/inside.ts";
import { number } from "../paint/scale.ts";
import type { Study as Told } from "../state.ts";
import { looking, pick, seen, send, study, validation } from "../store.ts";
import { walk } from "../walk.ts";
import { Canvas } from "./Canvas.tsx";
import { inspect } from "./Inspecting.tsx";
import { Take } from "./Take.tsx";

export const shoalOf = (told: Told) => ({ hidden: told.columns, starts: told.starts });

function view(): ColumnsView {
  const told = study.value!;
  return {
    ...shoalOf(told),
    losses: seen().map((side) => side.scores?.validation ?? new Float32Array()),
    chosen: [told.chosen],
    threshold: told.threshold,
    picked: told.picked,
    pointed: looking.pointed.value,
    label: "size",
  };
}

function Trials({ told }: { told: Told }) {
  const { point } = looking;
  return (
    <section class="panel" aria-labelledby="trials-title">
      <h2 id="trials-title">
        {told.networks.toLocaleString("en")} networks by validation loss
        <small>
          every point is a start{told.folds > 1 && `, the mean of its ${told.folds} folds`}, a column a size; {told.score}, {told.unit}; the line is the median
        </small>
      </h2>
      <div
        class="plot" role="listbox" tabIndex={0} aria-label="networks; arrows go from one to the next" aria-activedescendant="picked-option"
        onKeyDown={(event) => {
          if (!/^(Arrow|Home|End)/.test(event.key) || !validation().length) return;
          event.preventDefault();
          event.stopPropagation();
          const next = walk(event.key, shoalOf(told), validation(), told.picked);
          if (next !== told.picked) void pick(next);
        }}
      >
        <div id="picked-option" role="option" aria-selected="true" class="hidden">
          {told.picked_name}
        </div>
        <Canvas
          height={(w) => Math.min(420, Math.max(260, w * 0.5))}
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

function Choice({ told }: { told: Told }) {
  const { test } = told;
  const metrics = Object.keys(test?.models?.[0]?.metrics ?? {});
  return (
    <section class="panel words" aria-labelledby="choice-title">
      <h2 id="choice-title">The choice</h2>
      <p class="sentence" role="status">
        {told.sentence}{" "}
        {told.picked !== told.chosen && (
          <button class="link" onClick={() => void pick(told.chosen)}>
            look at it
          </button>
        )}
      </p>
      {told.words.map((words) => (
        <p key={words} class="quiet-text">
          {words}
        </p>
      ))}
      <div class={test?.opened ? "envelope opened study-test" : "envelope"}>
        {!test ? (
          <p>This study kept nothing for a test.</p>
        ) : test.opened ? (
          <>
            <p>
              <b>The test, {test.rows.toLocaleString("en")} rows.</b> {test.sentence}
            </p>
            <div class="scroll" tabIndex={0} role="group" aria-label="scores on the test">
              <table>
                <thead>
                  <tr>
                    <th scope="col">model</th>
                    {metrics.map((name) => (
                      <th key={name} scope="col">
                        {name}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {test.models!.map((model) => (
                    <tr key={model.name}>
                      <th scope="row">{model.name}</th>
                      {metrics.map((name) => (
                        <td key={name}>{model.metrics[name] == null ? "–" : number(model.metrics[name], 4)}</td>
                      ))}
                    </tr>
                  ))}
                </tbody>
              </table>
            </div>
          </>
        ) : (
          <>
            <p>
              <b>The test is sealed.</b> {test.rows.toLocaleString("en")} rows that no choice has seen. Say what you expect, then open it.
            </p>
            <button onClick={() => void send("open_test")}>Open it</button>
          </>
        )}
      </div>
    </section>
  );
}

/** A study that has ended: every trial of it, its choice and test, and one network from inside. */
export function Study() {
  const told = study.value!;
  const [name, words] = told.picked_name.split(": ") as [string, string];
  return (
    <main class="study">
      <div class="left">
        <Trials told={told} />
        <Choice told={told} />
      </div>
      <div class="right">
        <section class="panel picked" aria-labelledby="picked-title">
          <h2 id="picked-title">
            {name[0]!.toUpperCase() + name.slice(1)}
            <small>{words}</small>
            {told.inspectable && <button onClick={() => void inspect()}>Inspect</button>}
          </h2>
          {told.members.includes(told.picked) && <p class="quiet-text">One of the networks that the model is made of.</p>}
          <h3>
            Its course <small>{told.score}, {told.unit}, on a logarithmic axis</small>
          </h3>
          <div class="plot">
            <Canvas height={190} paint={(ctx, w, h, t) => paintLosses(ctx, w, h, seen()[0]?.losses, "validation", t)} />
          </div>
          <h3>
            Its {told.parameters.toLocaleString("en")} parameters <small>weights and biases, layer after layer</small>
          </h3>
          <div class="plot">
            <Canvas height={64} paint={(ctx, w, h, t) => paintTheta(ctx, w, h, seen()[0]?.theta, t)} />
          </div>
        </section>
        <section class="panel" aria-labelledby="from-title">
          <h2 id="from-title">Where it comes from</h2>
          <p>{told.data}</p>
          <pre tabIndex={0} aria-label="command">
            {told.command}
          </pre>
          <Take folder={false} />
        </section>
      </div>
    </main>
  );
}
