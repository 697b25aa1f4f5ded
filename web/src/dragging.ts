// Sliders say more than a lab can follow: the last value at once, and none before the one before it is answered.

type Fields = Record<string, unknown>;
export type Drag = (name: string, fields: Fields) => Promise<void>;

/** Returns what sends so; the promise ends when the last value has been answered. */
export function dragging(send: (name: string, fields: Fields) => Promise<unknown>): Drag {
  const under = new Map<string, { next: Fields | null; ended: Promise<void> }>();
  return (name, fields) => {
    const key = name + Object.keys(fields).join() + (fields.side ?? ""); // two sides of a fork are two things
    const busy = under.get(key);
    if (busy) {
      busy.next = fields;
      return busy.ended;
    }
    const one = { next: fields as Fields | null, ended: Promise.resolve() };
    under.set(key, one);
    one.ended = (async () => {
      while (one.next) {
        const now = one.next;
        one.next = null;
        await send(name, now);
      }
      under.delete(key);
    })();
    return one.ended;
  };
}
