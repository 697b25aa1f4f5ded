import { useEffect } from "preact/hooks";
import { drag, inspected, open, send, state, step, study } from "../store.ts";
import { named } from "../walk.ts";
import { Inspector } from "./Inspector.tsx";

/** Opens the inspector on the first edge; a network that is too large is refused in a sentence. */
export async function inspect(): Promise<void> {
  if (await send("inspect")) open.value = "inspector";
}

/** The inspector over the page, of a shoal or of a study. */
export function Inspecting() {
  const side = state.value?.sides[0];
  const of = study.value ? study.value.picked_name.split(":")[0]! : named(state.value!.design, state.value!.picked);
  const shown = open.value === "inspector";
  useEffect(() => {
    if (shown) return () => void send("close_inspector");
  }, [shown]);
  return (
    <Inspector
      told={inspected.value} of={of} shown={shown} epoch={side ? side.epoch : null} forked={(state.value?.sides.length ?? 1) > 1}
      onLook={(fields) => drag("inspect", fields)} onStep={() => void step()} onClose={() => (open.value = null)}
    />
  );
}
