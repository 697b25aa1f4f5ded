// The colours for painters: those of the style sheet, in light and dark.

export interface Theme {
  ink: string;
  quiet: string;
  faint: string;
  line: string;
  ground: string;
  a: string; // networks; side A of a fork
  b: string; // side B
  one: string; // class 1, and what is below zero
  picked: string;
  chosen: string;
  truth: string;
  cold: [number, number, number];
  warm: [number, number, number];
  middle: [number, number, number];
  classes: [number, number, number][]; // of more than two
  font: string;
}

/** How points of a class are drawn, as letters: shape tells them apart where hue does not. */
export const CLASSES = ["●", "■", "▲", "◆", "▼", "★", "✚", "✖", "⬢"];

export const css = ([r, g, b]: [number, number, number]): string => `rgb(${r} ${g} ${b})`;

/** The colours as they are at a place: in a notebook those of the widget, which are not the page's. */
export function themeOf(root: Element): Theme {
  const style = getComputedStyle(root);
  const of = (name: string) => sixDigits(style.getPropertyValue(`--${name}`).trim());
  return {
    ink: of("ink"),
    quiet: of("quiet"),
    faint: of("faint"),
    line: of("line"),
    ground: of("panel"),
    a: of("a"),
    b: of("b"),
    one: of("one"),
    picked: of("picked"),
    chosen: of("chosen"),
    truth: of("truth"),
    cold: rgb(of("cold")),
    warm: rgb(of("warm")),
    middle: rgb(of("middle")),
    classes: CLASSES.map((_, k) => rgb(of(`class-${k}`))),
    font: style.fontFamily || "system-ui, sans-serif",
  };
}

/** A built style sheet writes #rgb where that is enough, and painters read #rrggbb. */
export const sixDigits = (hex: string): string => hex.replace(/^#(.)(.)(.)$/, "#$1$1$2$2$3$3");

const rgb = (hex: string): [number, number, number] => {
  const n = parseInt(hex.slice(1), 16);
  return [(n >> 16) & 255, (n >> 8) & 255, n & 255];
};
