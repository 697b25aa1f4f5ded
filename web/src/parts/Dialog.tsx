import type { ComponentChildren } from "preact";
import { open } from "../store.ts";
import { Sheet } from "./Sheet.tsx";

/** A sheet over the page, which shows one at a time. */
export function Dialog({ name, title, children }: { name: string; title: string; children: ComponentChildren }) {
  return (
    <Sheet name={name} title={title} shown={open.value === name} onClose={() => open.value === name && (open.value = null)}>
      {children}
    </Sheet>
  );
}
