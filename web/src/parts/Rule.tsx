import { useEffect } from "preact/hooks";
import { edgeName, figures, formula, lowered, useLook, vector } from "../inspecting.ts";
import { lit } from "../lights.ts";
import type { Inspected } from "../state.ts";
import { Slider } from "./fields.tsx";

const LEAST = 1e-12; // of h
const RIGHT = 1e-6; // an error below is none of the chain rule

/** One edge: its factors from the loss down to it, the difference beside what they multiply to, and its update. */
export function Rule({ told }: { told: Inspected }) {
  const look = useLook();
  const { layer, unit, input, factors, value, numerical, error, h } = told;
  const name = edgeName(layer, unit, input);
  useEffect(() => void (lit.value = 0), [layer, unit, input]);
  const light = (by: number) => (lit.value = Math.max(0, Math.min(factors.length, lit.value + by)));
  return (
    <section class="rule" aria-labelledby="rule-title">
      <h3 id="rule-title">
        The chain rule for {name} <small>= {figures(input === null ? told.layers[layer - 1]!.b[unit]! : told.layers[layer - 1]!.W[unit]![input]!)}</small>
      </h3>
      <p class="formula">
        ∂J/∂{input === null ? "b" : "W"}{lowered(layer)} = {formula(told.product)}
      </p>
      <p class="pair">
        <button onClick={() => light(-1)} disabled={!lit.value}>
          <span aria-hidden="true">◀</span> one factor less
        </button>
        <button onClick={() => light(1)} disabled={lit.value === factors.length}>
          next factor <span aria-hidden="true">▶</span>
        </button>
        <span role="status" class="quiet-text" data-testid="lit">
          {lit.value ? `${formula(factors[lit.value - 1]!.symbol)}; so far ${vector(factors[lit.value - 1]!.so_far)}` : "arrow keys in the table light them one by one"}
        </span>
      </p>
      <div
        class="scroll" tabIndex={0} role="group" aria-label="factors; right and left light one after the other"
        onKeyDown={(event) => {
          if (event.key !== "ArrowRight" && event.key !== "ArrowLeft") return;
          event.preventDefault();
          light(event.key === "ArrowRight" ? 1 : -1);
        }}
      >
        <table>
          <thead>
            <tr>
              <th scope="col">factor</th>
              <th scope="col">is</th>
              <th scope="col">here</th>
              <th scope="col">product so far</th>
            </tr>
          </thead>
          <tbody>
            {factors.map((factor, k) => (
              <tr key={factor.symbol} class={lit.value === k + 1 ? "is-lit" : lit.value && k >= lit.value ? "is-to-come" : undefined}>
                <th scope="row">{formula(factor.symbol)}</th>
                <td>{formula(factor.formula)}</td>
                <td>{vector(factor.values)}</td>
                <td>{vector(factor.so_far)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      <dl class="compared">
        <dt>∂J/∂{name} by the chain rule</dt>
        <dd data-testid="analytic">{figures(value, 9)}</dd>
        <dt>(J(w + h) − J(w − h)) / 2h</dt>
        <dd data-testid="numerical">{figures(numerical, 9)}</dd>
        <dt>relative error</dt>
        <dd>
          <span role="status" data-testid="error">
            {figures(error, 2)} {error !== null && error < RIGHT ? "✓" : ""}
          </span>
        </dd>
      </dl>
      <Slider label="h" value={h} least={LEAST} most={1} log onValue={(given) => look(told, { h: Math.max(given, LEAST) })} />
      <Update told={told} name={name} />
    </section>
  );
}

/** One step of gradient descent on this point alone, written out for the edge. */
function Update({ told, name }: { told: Inspected; name: string }) {
  const look = useLook();
  const { update, value, loss, input } = told;
  const { rate, decay, before, after } = update;
  const letter = input === null ? "b" : "w";
  const shrinks = input !== null && decay > 0;
  return (
    <div class="update" role="group" aria-labelledby="update-title">
      <h3 id="update-title">
        One update by hand <small>gradient descent on this point alone</small>
      </h3>
      <p class="formula">
        {letter} ← {letter} − α · ∂J/∂{letter}{shrinks && ` − λ · ${letter}`}
      </p>
      <p data-testid="update">
        {name}: {figures(before, 5)} − {figures(rate)} · ({figures(value, 5)}){shrinks && ` − ${figures(decay)} · (${figures(before, 5)})`} = <b>{figures(after, 5)}</b>
      </p>
      <p class="quiet-text">
        Every weight and bias updated so: J of this point goes from {figures(loss, 5)} to {figures(update.loss, 5)}.
      </p>
      <Slider label="α of this update" value={rate} least={1e-5} most={10} log onValue={(given) => look(told, { rate: given > 0 ? given : null })} />
    </div>
  );
}
