// The line to a kernel, as anywidget gives it: a state and frames as traits, commands and answers as messages.

/** What anywidget hands to a widget: https://anywidget.dev/en/afm/ */
export interface Model {
  get(name: string): unknown;
  on(event: string, call: (...given: never[]) => void): void;
  off(event: string, call: (...given: never[]) => void): void;
  send(content: unknown): void;
}

const PATIENCE = 3000; // milliseconds until it is said that a kernel does not answer
const BUSY = "the kernel does not answer: it runs a cell, or has ended; what was asked waits for it";

export class Comm {
  private waiting = new Map<number, (done: boolean) => void>();

  constructor(private model: Model, private complain: (sentence: string) => void) {}

  /** Sends a command; the promise ends with whether it was done, and a refusal is shown as the sentence that it is. */
  ask(name: string, fields: Record<string, unknown> = {}): Promise<boolean> {
    const id = Math.floor(Math.random() * 2 ** 40); // one that no other view of the same widget has
    this.model.send({ v: 1, id, do: name, ...fields });
    const patience = setTimeout(() => this.complain(BUSY), PATIENCE);
    return new Promise((answered) =>
      this.waiting.set(id, (done) => {
        clearTimeout(patience);
        answered(done);
      }),
    );
  }

  /** Says that the last frame is on the screen. */
  drawn(): void {
    this.model.send({ v: 1, do: "drawn" });
  }

  hear = (said: { id?: number; error?: string }): void => {
    const answered = this.waiting.get(said.id ?? -1);
    if (!answered) return;
    this.waiting.delete(said.id!);
    this.complain(said.error ?? "");
    answered(said.error === undefined);
  };
}

/** The bytes of a trait, wherever they lie. */
export function bytesOf(given: unknown): ArrayBuffer | null {
  if (!(given instanceof DataView) || !given.byteLength) return null;
  return given.buffer.slice(given.byteOffset, given.byteOffset + given.byteLength) as ArrayBuffer;
}
