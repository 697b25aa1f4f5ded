// Controls: a slider with its number beside it, and a choice.

import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { number } from "../paint/scale.ts";

/**
 * What a field shows: what is typed or dragged, until the lab has answered it, else what the lab tells. A state that
 * comes in between takes nothing out of anybody's hands.
 */
export function useDraft<T>(told: T) {
  const [draft, keep] = useState<{ given: T } | null>(null);
  const answer = useRef<unknown>(undefined);
  const settle = (coming: unknown) => {
    answer.current = coming;
    void Promise.resolve(coming).then(() => answer.current === coming && keep(null));
  };
  return {
    value: draft ? draft.given : told,
    /** Shows this, which is not sent yet. */
    hold: (given: T) => {
      answer.current = given;
      keep({ given });
    },
    /** Shows this until its answer has come. */
    give: (given: T, coming: unknown) => {
      keep({ given });
      settle(coming);
    },
    /** Nobody is at the field any more: what was not sent is given up. */
    leave: () => {
      if (!(answer.current instanceof Promise)) settle(undefined);
    },
  };
}

interface EntryProps {
  id?: string;
  label?: string;
  value: string;
  mode: "numeric" | "decimal";
  disabled?: boolean;
  onValue: (text: string) => unknown;
}

/** A text field for a number, which is sent with Enter or when it is left. */
export function Entry({ id, label, value, mode, disabled, onValue }: EntryProps) {
  const draft = useDraft(value);
  return (
    <input
      id={id} type="text" inputMode={mode} class="value" aria-label={label} value={draft.value} disabled={disabled}
      onInput={(event) => draft.hold(event.currentTarget.value)}
      onChange={(event) => draft.give(event.currentTarget.value, onValue(event.currentTarget.value))}
      onBlur={draft.leave}
    />
  );
}

interface SliderProps {
  label: string;
  value: number;
  least: number;
  most: number;
  step?: number;
  /** 0, then steps of a tenth of a decade from ``least`` on. */
  log?: boolean;
  disabled?: boolean;
  hint?: string;
  /** What it returns is waited for: until then the field shows what was given. */
  onValue: (value: number) => unknown;
}

const TENTHS = 10;

const raised = (at: number, least: number) => (at <= 0 ? 0 : Number((least * 10 ** ((at - 1) / TENTHS)).toPrecision(2)));
const lowered = (value: number, least: number) => (value <= 0 ? 0 : Math.max(1, Math.round(TENTHS * Math.log10(value / least)) + 1));

export function Slider({ label, value, least, most, step = 1, log, disabled, hint, onValue }: SliderProps) {
  const end = log ? lowered(most, least) : most;
  const id = `field-${label.replace(/\W/g, "-")}`;
  const draft = useDraft(log ? lowered(value, least) : value);
  const enter = (text: string) => {
    const given = Number(text.replace(",", "."));
    return text.trim() && Number.isFinite(given) ? onValue(given) : undefined;
  };
  return (
    <div class="field" title={hint}>
      <label for={id}>{label}</label>
      <Entry label={`${label}, as a number`} value={String(Number(value.toPrecision(3)))} mode="decimal" disabled={disabled} onValue={enter} />
      <input
        id={id}
        type="range"
        min={log ? 0 : least}
        max={end}
        step={log ? 1 : step}
        value={draft.value}
        disabled={disabled}
        aria-valuetext={number(value)}
        onInput={(event) => {
          const at = Number(event.currentTarget.value);
          draft.give(at, onValue(log ? raised(at, least) : at));
        }}
      />
    </div>
  );
}

interface SelectProps<T extends string> {
  label: string;
  value: T;
  values: readonly T[];
  words?: Partial<Record<T, string>>;
  onValue: (value: T) => void;
}

export function Select<T extends string>({ label, value, values, words = {}, onValue }: SelectProps<T>) {
  const id = `field-${label.replace(/\W/g, "-")}`;
  return (
    <div class="field">
      <label for={id}>{label}</label>
      <select id={id} value={value} onChange={(event) => onValue(event.currentTarget.value as T)}>
        {values.map((one) => (
          <option key={one} value={one}>
            {words[one] ?? one}
          </option>
        ))}
      </select>
    </div>
  );
}

export function Group({ title, note, children }: { title: string; note?: string; children: ComponentChildren }) {
  return (
    <fieldset>
      <legend>
        {title} {note && <small>{note}</small>}
      </legend>
      {children}
    </fieldset>
  );
}
