import { useRef } from "preact/hooks";
import { drag, send, state } from "../store.ts";
import { bring, brought, predict } from "../table.ts";
import { Entry, Group, Select, Slider } from "./fields.tsx";

const DATA = { sine: "sinusoid", moons: "two moons", table: "your table" } as Record<string, string>;
const INITIAL = { wide: "N(0, 10)", unit: "N(0, 1)", scaled: "suits the units" } as Record<string, string>;
const SOLVERS = { scg: "SCG", lbfgs: "L-BFGS", gradient_descent: "gradient descent", sgd: "SGD, momentum" } as Record<string, string>;
const RANGES: [string, number[]][] = [
  ["1 … 10", [1, 2, 3, 4, 5, 6, 7, 8, 9, 10]],
  ["1, 3, 10", [1, 3, 10]],
  ["2, 4, 8, 16, 32", [2, 4, 8, 16, 32]],
  ["1 … 20", Array.from({ length: 20 }, (_, k) => k + 1)],
];

const MOST = 6e6; // networks times epochs, whose losses the lab keeps
const EPOCHS = [5000, 2000]; // of many networks fewer

/** The starts that are asked for, with as many epochs as there is room for. */
const roomFor = (starts: number, sizes: number) => ({ starts, epochs: EPOCHS.find((epochs) => starts * sizes * epochs <= MOST) ?? EPOCHS[1] });

export function Controls() {
  const told = state.value!;
  const own = useRef<HTMLInputElement>(null);
  const { design, choices, sides, material } = told;
  const { knobs, rate } = sides[0]!;
  const rated = choices.rated.includes(design.solver);
  const build = (fields: Record<string, unknown>) => send("build", fields);
  const turn = (fields: Record<string, unknown>) => drag("turn", sides.length > 1 && "l2" in fields ? { side: 0, ...fields } : fields);
  const hidden = RANGES.find(([, sizes]) => sizes.join() === design.hidden.join())?.[0] ?? design.hidden.join(", ");
  const ranges = RANGES.some(([words]) => words === hidden) ? RANGES : [...RANGES, [hidden, design.hidden] as [string, number[]]];
  return (
    <form class="controls" aria-label="settings" onSubmit={(event) => event.preventDefault()}>
      <Group title="Turn" note="acts at once">
        <Slider label={sides.length > 1 ? "λ of A (L2)" : "λ (L2)"} value={knobs.l2} least={1e-4} most={100} log onValue={(l2) => turn({ l2 })} />
        {sides.length > 1 && (
          <Slider label="λ of B (L2)" value={sides[1]!.knobs.l2} least={1e-4} most={100} log onValue={(l2) => drag("turn", { side: 1, l2 })} />
        )}
        <Slider
          label="learning rate" value={rate ?? 0} least={1e-5} most={1} log disabled={!rated}
          hint={rated ? undefined : "this solver finds its own step length"}
          onValue={(value) => turn(value > 0 ? { learning_rate: value } : { own_rate: true })}
        />
        <Slider label="weight decay" value={knobs.weight_decay} least={1e-6} most={0.1} log disabled={!rated} onValue={(weight_decay) => turn({ weight_decay })} />
        <Slider
          label="dropout" value={knobs.dropout} least={0} most={0.9} step={0.05} disabled={!rated}
          hint={rated ? undefined : "this solver needs the same function at every step"}
          onValue={(dropout) => turn({ dropout })}
        />
        <Slider label="points" value={knobs.samples} least={4} most={300} onValue={(samples) => turn({ samples: Math.round(samples) })} />
        <Slider label="noise" value={knobs.noise} least={0} most={1} step={0.02} disabled={design.data === "table"} onValue={(noise) => turn({ noise })} />
      </Group>
      <Group title="Begin with" note="begins anew">
        <Select label="data" value={design.data} values={choices.data} words={DATA} onValue={(data) => build({ data })} />
        <div class="field">
          <span>own table</span>
          <button type="button" class="small" onClick={() => own.current?.click()} title="or drop it on the page">
            choose a CSV
          </button>
          <input
            ref={own} id="own" type="file" accept=".csv,text/csv" hidden
            onChange={(event) => {
              const file = event.currentTarget.files?.[0];
              if (file) void bring(file);
            }}
          />
        </div>
        {brought.value && material.target !== null && (
          <Select
            label="target" value={material.target} values={[...new Set([...material.columns, material.target])]}
            onValue={(target) => void predict(target)}
          />
        )}
        <div class="field">
          <label for="seed">draw</label>
          <span class="pair">
            <Entry id="seed" value={String(design.seed)} mode="numeric" onValue={(text) => build({ seed: Math.round(Number(text)) })} />
            <button type="button" onClick={() => build({ seed: design.seed + 1 })} title={`other points of ${material.title}, other starts`}>
              next draw
            </button>
          </span>
        </div>
        <Select
          label="sizes M" value={hidden} values={ranges.map(([words]) => words)}
          onValue={(words) => build({ hidden: ranges.find(([one]) => one === words)![1] })}
        />
        <Select label="layers" value={String(design.depth)} values={["1", "2", "3", "4"]} onValue={(depth) => build({ depth: Number(depth) })} />
        <Select label="starts" value={String(design.starts)} values={[...new Set(["10", "30", "100", "300", String(design.starts)])]} onValue={(text) => build(roomFor(Number(text), design.hidden.length))} />
        <Select label="units" value={design.activation} values={choices.activation} onValue={(activation) => build({ activation })} />
        <Select label="weights" value={design.initial} values={choices.initial} words={INITIAL} onValue={(initial) => build({ initial })} />
        <Select label="solver" value={design.solver} values={choices.solver} words={SOLVERS} onValue={(solver) => build({ solver })} />
      </Group>
    </form>
  );
}
