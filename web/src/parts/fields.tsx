// Controls: a slider with its number beside it, and a choice.

import type { ComponentChildren } from "preact";
import { number } from "../paint/scale.ts";

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
  onValue: (value: number) => void;
}

const TENTHS = 10;

const raised = (at: number, least: number) => (at <= 0 ? 0 : Number((least * 10 ** ((at - 1) / TENTHS)).toPrecision(2)));
const lowered = (value: number, least: number) => (value <= 0 ? 0 : Math.max(1, Math.round(TENTHS * Math.log10(value / least)) + 1));

export function Slider({ label, value, least, most, step = 1, log, disabled, hint, onValue }: SliderProps) {
  const end = log ? lowered(most, least) : most;
  const id = `field-${label.replace(/\W/g, "-")}`;
  const enter = (text: string) => {
    const given = Number(text.replace(",", "."));
    if (text.trim() && Number.isFinite(given)) onValue(given);
  };
  return (
    <div class="field" title={hint}>
      <label for={id}>{label}</label>
      <input
        type="text"
        inputMode="decimal"
        class="value"
        aria-label={`${label}, as a number`}
        value={String(Number(value.toPrecision(3)))}
        disabled={disabled}
        onChange={(event) => enter(event.currentTarget.value)}
      />
      <input
        id={id}
        type="range"
        min={log ? 0 : least}
        max={end}
        step={log ? 1 : step}
        value={log ? lowered(value, least) : value}
        disabled={disabled}
        aria-valuetext={number(value)}
        onInput={(event) => {
          const at = Number(event.currentTarget.value);
          onValue(log ? raised(at, least) : at);
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
