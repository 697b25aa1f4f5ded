import type { ComponentChildren } from "preact";
import { useEffect, useRef } from "preact/hooks";

interface Props {
  name: string;
  title: string;
  shown: boolean;
  onClose: () => void;
  children: ComponentChildren;
}

/** A sheet over all else; Esc closes it, and the focus goes back to where it was. */
export function Sheet({ name, title, shown, onClose, children }: Props) {
  const own = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    if (shown) own.current?.showModal();
    else own.current?.close();
  }, [shown]);
  return (
    <dialog ref={own} aria-labelledby={`${name}-title`} onClose={() => shown && onClose()}>
      <h2 id={`${name}-title`}>
        {title}
        <button class="quiet" onClick={onClose} aria-label="close">
          ✕
        </button>
      </h2>
      {shown && children}
    </dialog>
  );
}
