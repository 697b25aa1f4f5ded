import { pick, send, state } from "../store.ts";

const RULES: Record<string, string> = { best: "the best", "one-se": "the smallest within one standard error" };

export function Words() {
  const { sides, rule, choices, test, picked, design, material } = state.value!;
  return (
    <section class="panel words" aria-labelledby="words-title">
      <h2 id="words-title">
        The choice
        <span class="switch">
          <label for="rule">by validation:</label>
          <select id="rule" value={rule} onChange={(event) => void send("rule", { rule: event.currentTarget.value })}>
            {choices.rule.map((one) => (
              <option key={one} value={one}>
                {RULES[one] ?? one}
              </option>
            ))}
          </select>
        </span>
      </h2>
      {sides.map((side, k) => (
        <p key={k} class="sentence" role="status">
          {sides.length > 1 && <b class={k ? "side-b" : "side-a"}>{"AB"[k]} </b>}
          {side.choice ? side.choice.sentence : "Nothing can be chosen: every network has diverged."}{" "}
          {side.choice && side.choice.network !== picked && (
            <button class="link" onClick={() => void pick(side.choice!.network)}>
              look at it
            </button>
          )}
        </p>
      ))}
      {sides[0]!.words.map((words) => (
        <p key={words} class="quiet-text">
          {words}
        </p>
      ))}
      <div class={test ? "envelope opened" : "envelope"}>
        {test ? (
          <p>
            <b>The test, opened once at epoch {test.epoch.toLocaleString("en")}.</b> {test.sentence} Whatever is chosen
            from here on has seen it.
          </p>
        ) : (
          <>
            <p>
              <b>The test is sealed.</b> {material.tests} points that no choice has seen. It opens once for this draw
              (seed {design.seed}), for the choice above.
            </p>
            <button onClick={() => void send("open_test")} disabled={!sides[0]!.epoch}>
              Open it
            </button>
          </>
        )}
      </div>
    </section>
  );
}
