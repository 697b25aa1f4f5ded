import { render } from "preact";
import "./palette.css";
import "./style.css";
import { Columns } from "./parts/Columns.tsx";
import { Controls } from "./parts/Controls.tsx";
import { Digits } from "./parts/Digits.tsx";
import { Header } from "./parts/Header.tsx";
import { Inspecting, inspect } from "./parts/Inspecting.tsx";
import { Keys } from "./parts/Keys.tsx";
import { Lesson, Lessons } from "./parts/Lesson.tsx";
import { Multiples } from "./parts/Multiples.tsx";
import { Picked } from "./parts/Picked.tsx";
import { Repeat } from "./parts/Repeat.tsx";
import { Spelling } from "./parts/Spelling.tsx";
import { Study, shoalOf } from "./parts/Study.tsx";
import { Words } from "./parts/Words.tsx";
import { Place } from "./looking.ts";
import { epoch, looking, open, pick, reset, send, state, step, study, toggle, validation } from "./store.ts";
import { bring } from "./table.ts";
import { walk } from "./walk.ts";

function Page() {
  if (study.value)
    return (
      <>
        <Header />
        <Study />
        <Inspecting />
        <Keys />
      </>
    );
  if (!state.value) return <Header />;
  const { shown } = state.value;
  if (shown)
    return (
      <>
        <Header />
        <main class="shown">
          <Lesson />
          {shown.kind === "digits" ? <Digits told={shown} /> : <Spelling told={shown} />}
        </main>
        <Keys />
        <Lessons />
      </>
    );
  return (
    <>
      <Header />
      <main>
        <Controls />
        <div class="left">
          <Lesson />
          <Columns />
          <Words />
          <Multiples />
        </div>
        <div class="right">
          <Picked onInspect={() => void inspect()} />
        </div>
      </main>
      <Inspecting />
      <Keys />
      <Repeat />
      <Lessons />
    </>
  );
}

function go(epochs: number): void {
  const side = state.value!.sides[0]!;
  void send("seek", { epoch: Math.max(0, Math.min(side.furthest, epoch.value + epochs)) });
}

const KEYS: Record<string, () => void> = {
  " ": () => void toggle(),
  s: () => void step(),
  r: () => void reset(),
  b: () => {
    const chosen = study.value ? study.value.chosen : state.value!.sides[0]!.choice?.network;
    if (chosen !== undefined) void pick(chosen);
  },
  ",": () => go(-10),
  ".": () => go(10),
  i: () => void inspect(),
  l: () => (open.value = "lessons"),
  "?": () => (open.value = "keys"),
};
/** Of them those that look at a study, which trains no more. */
const LOOKS = ["b", "i", "?"];
/** And of them those of a demonstration, which has no shoal. */
const DEMONSTRATES = ["l", "?"];

/** Whether a key belongs to what has the focus: all of them to a text, some to a slider, space to a button. */
function taken(event: KeyboardEvent): boolean {
  const on = event.target as HTMLElement;
  if (on.closest("dialog:not([open])")) return false; // what is in a closed sheet has the focus until the page is drawn
  if (on.closest("dialog, select, textarea, input[type=text]")) return true;
  if (on.closest("input[type=range]")) return /^(Arrow|Home|End|Page)/.test(event.key);
  return event.key === " " && !!on.closest("button, input");
}

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || !(state.value || study.value) || taken(event)) return;
  const shown = !!state.value?.shown;
  if (event.key.startsWith("Arrow") && validation().length && !shown) {
    event.preventDefault();
    const [shoal, picked] = study.value ? [shoalOf(study.value), study.value.picked] : [state.value!.design, state.value!.picked];
    const next = walk(event.key, shoal, validation(), picked);
    if (next !== picked) void pick(next);
  } else if (event.key in KEYS && (!study.value || LOOKS.includes(event.key)) && (!shown || DEMONSTRATES.includes(event.key))) {
    event.preventDefault();
    KEYS[event.key]!();
  }
});

addEventListener("dragover", (event) => event.preventDefault());
addEventListener("drop", (event) => {
  event.preventDefault();
  const file = event.dataTransfer?.files[0];
  if (file) void bring(file);
});

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", looking.recolour);
render(
  <Place.Provider value={looking}>
    <Page />
  </Place.Provider>,
  document.getElementById("lab")!,
);
