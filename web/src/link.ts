// The line to the laboratory: commands and states as text, frames as bytes. It comes back by itself.

export interface Hearer {
  state(state: unknown): void;
  frame(bytes: ArrayBuffer): void;
  line(open: boolean): void;
}

const DRAWN = '{"v":1,"do":"drawn"}';
const AGAIN = 800; // milliseconds before another try
const GONE = "the lab has ended; start shoal lab again and open the address that it shows";

export class Link {
  private socket: WebSocket | null = null;
  private number = 0;
  private waiting = new Map<number, { done: () => void; failed: (why: Error) => void }>();

  constructor(private hearer: Hearer) {
    this.connect();
  }

  /** Sends a command; the promise ends when it is done, or fails with the sentence that refuses it. */
  ask(command: Record<string, unknown>): Promise<void> {
    const socket = this.socket;
    if (socket?.readyState !== WebSocket.OPEN) return Promise.reject(new Error(GONE));
    const id = ++this.number;
    socket.send(JSON.stringify({ v: 1, id, ...command }));
    return new Promise((done, failed) => this.waiting.set(id, { done, failed }));
  }

  /** Says that the last frame is on the screen: the next may come. */
  drawn(): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(DRAWN);
  }

  private connect(): void {
    const socket = new WebSocket(`ws://${location.host}/live`);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => this.hearer.line(true);
    socket.onmessage = ({ data }) => {
      if (data instanceof ArrayBuffer) this.hearer.frame(data);
      else this.hear(JSON.parse(data));
    };
    socket.onclose = () => {
      this.hearer.line(false);
      for (const { failed } of this.waiting.values()) failed(new Error(GONE));
      this.waiting.clear();
      setTimeout(() => this.connect(), AGAIN);
    };
    this.socket = socket;
  }

  private hear(said: { id?: number; state?: unknown; error?: string }): void {
    if (said.state) this.hearer.state(said.state);
    const asked = said.id === undefined ? undefined : this.waiting.get(said.id);
    if (!asked) return;
    this.waiting.delete(said.id!);
    if (said.error) asked.failed(new Error(said.error));
    else asked.done();
  }
}
