import { useState } from "preact/hooks";
import { state } from "../store.ts";
import { Dialog } from "./Dialog.tsx";
import { Take } from "./Take.tsx";

function Lines({ title, text }: { title: string; text: string }) {
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
  };
  return (
    <>
      <h3 class="with-button">
        {title}
        <button onClick={() => void copy()}>{copied ? "Copied" : "Copy"}</button>
      </h3>
      <pre tabIndex={0} aria-label={title}>
        {text}
      </pre>
    </>
  );
}

/** What is on the screen without the lab: the lines of Python that make the same bits, and the command. */
export function Repeat() {
  const { sides, material } = state.value!;
  return (
    <Dialog name="repeat" title="Take it away">
      <Take folder={material.target !== null} />
      <p class="quiet-text">The page is one file that opens without a lab. The address of this page says what is set here, too.</p>
      <p class="quiet-text">
        These lines train every network on the screen to this epoch, by the same bits, with what was turned on the way.
      </p>
      {sides.map((side, k) => (
        <Lines key={k} title={sides.length > 1 ? `Python, side ${"AB"[k]}` : "Python"} text={side.repeat.python} />
      ))}
      <Lines title="Or as a study by the command line" text={sides[0]!.repeat.command} />
    </Dialog>
  );
}
