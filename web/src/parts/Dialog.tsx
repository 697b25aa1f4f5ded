import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";
import { open } from "../store.ts";

/** A sheet over the page; Esc closes it, and the focus goes back to where it was. */
export function Dialog({ name, title, children }: { name: string; title: string; children: ComponentChildren }) {
  const own = useRef<HTMLDialogElement>(null);
  const shown = open.value === name;
  useEffect(() => {
    if (shown) own.current?.showModal();
    else own.current?.close();
  }, [shown]);
  return (
    <dialog ref={own} aria-labelledby={`${name}-title`} onClose={() => open.value === name && (open.value = null)}>
      <h2 id={`${name}-title`}>
        {title}
        <button class="quiet" onClick={() => (open.value = null)} aria-label="close">
          ✕
        </button>
      </h2>
      {shown && children}
    </dialog>
  );
}
