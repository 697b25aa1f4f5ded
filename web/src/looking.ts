// What pictures hang on: what is told, the last frame, who paints it, and what is pointed at. The page has one, a
// notebook one for every place where it shows a widget.

import { signal } from "@preact/signals";
import { createContext } from "preact";
import { useContext } from "preact/hooks";
import { bySide, read, type Seen } from "./frames.ts";
import type { Shown } from "./state.ts";
import { themeOf, type Theme } from "./theme.ts";

const TEXTS_EVERY = 100; // milliseconds: nobody reads faster

interface Outside {
  /** Where the colours are those of the pictures. */
  root: Element;
  /** A frame is on the screen, or was taken over by a later one: the next may come. */
  taken: () => void;
  pick: (network: number) => unknown;
}

export class Looking<Told extends Shown = Shown> {
  readonly state = signal<Told | null>(null);
  readonly pointed = signal<number | null>(null);
  readonly sorted = signal(true);
  /** Grows with the frames that are drawn, for texts that follow along. */
  readonly drawn = signal(0);
  readonly pick: (network: number) => unknown;

  private sides: Seen[] = [];
  private painters = new Set<() => void>();
  private asked = false;
  private unanswered = 0;
  private following = 0;
  private followed = -TEXTS_EVERY;
  private colours: Theme | null = null;

  constructor(private outside: Outside) {
    this.pick = outside.pick;
  }

  /** The sides as the last frame showed them. */
  seen = (): Seen[] => this.sides;

  /** Validation losses of a side's networks, as drawn. */
  validation = (side = 0): Float32Array => this.sides[side]?.scores?.validation ?? new Float32Array();

  theme = (): Theme => (this.colours ??= themeOf(this.outside.root));

  /** Paints in other colours, those of now. */
  recolour = (): void => {
    this.colours = null;
    this.repaint();
  };

  hear(frame: ArrayBuffer): void {
    this.show(bySide(read(frame)));
    this.unanswered += 1;
  }

  show(sides: Seen[]): void {
    this.sides = sides;
    this.repaint();
  }

  point = (network: number | null): void => {
    if (this.pointed.value === network) return;
    this.pointed.value = network;
    this.repaint();
  };

  /** Calls a painter with every frame, until what it returns is called. */
  onPaint = (paint: () => void): (() => void) => {
    this.painters.add(paint);
    return () => this.painters.delete(paint);
  };

  /** Paints everything at the next turn of the screen, once. */
  repaint = (): void => {
    if (this.asked) return;
    this.asked = true;
    requestAnimationFrame(() => {
      this.asked = false;
      for (const paint of this.painters) paint();
      if (!this.unanswered) return;
      for (; this.unanswered; this.unanswered -= 1) this.outside.taken(); // also one that a later one took the place of
      this.follow();
    });
  };

  /** Lets the texts follow what is drawn: by the next of their turns, since they take the page more than pictures. */
  private follow(): void {
    if (this.following) return;
    const turn = () => {
      this.following = 0;
      this.followed = performance.now();
      this.drawn.value += 1;
    };
    const wait = this.followed + TEXTS_EVERY - performance.now();
    if (wait > 0) this.following = setTimeout(turn, wait);
    else turn();
  }
}

export const Place = createContext<Looking | null>(null);

export const useLooking = (): Looking => useContext(Place)!;
