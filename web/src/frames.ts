// Binary frames, as shoal/lab/frames.py describes and writes them. Numbers are read in place, not copied.

export const MAGIC = 0x314c4853;
export const HEADER = 32;

export const Kind = { functions: 1, scores: 2, picked: 3, units: 4, maps: 5, losses: 6, theta: 7, decisions: 8 } as const;

interface Head {
  side: number;
  run: number;
  epoch: number;
  P: number;
  G: number;
  low: number;
  high: number;
}

/** Functions of all networks in 16 bits: low + (v + 32767) / 65534 · (high − low). */
export interface Functions extends Head {
  kind: 1;
  values: Int16Array;
}
/** Mean losses in training and validation, and why a network trains no more (0: it does). */
export interface Scores extends Head {
  kind: 2;
  train: Float32Array;
  validation: Float32Array;
  reason: Uint8Array;
}
export interface Floats extends Head {
  kind: 3 | 4 | 6 | 7;
  values: Float32Array;
}
/** Maps of all networks in 8 bits: low + v / 255 · (high − low). */
export interface Maps extends Head {
  kind: 5;
  values: Uint8Array;
}
/** The likeliest of ``high`` classes, of all networks: class · s + certainty · (s − 1), where s = ⌊256 / high⌋. */
export interface Decisions extends Head {
  kind: 8;
  values: Uint8Array;
}
export type Block = Functions | Scores | Floats | Maps | Decisions;

/** Returns the blocks of a frame; throws a RangeError for anything else. */
export function read(frame: ArrayBuffer): Block[] {
  const view = new DataView(frame);
  const blocks: Block[] = [];
  let at = 0;
  while (at < frame.byteLength) {
    if (view.getUint32(at, true) !== MAGIC) throw new RangeError(`byte ${at} begins no block`);
    const kind = view.getUint16(at + 4, true);
    const head: Head = {
      side: view.getUint16(at + 6, true),
      run: view.getUint32(at + 8, true),
      epoch: view.getUint32(at + 12, true),
      P: view.getUint32(at + 16, true),
      G: view.getUint32(at + 20, true),
      low: view.getFloat32(at + 24, true),
      high: view.getFloat32(at + 28, true),
    };
    at += HEADER;
    const { P, G } = head;
    let size: number;
    if (kind === Kind.scores) {
      size = 9 * P;
      blocks.push({
        kind,
        ...head,
        train: new Float32Array(frame, at, P),
        validation: new Float32Array(frame, at + 4 * P, P),
        reason: new Uint8Array(frame, at + 8 * P, P),
      });
    } else if (kind === Kind.functions) {
      size = 2 * P * G;
      blocks.push({ kind, ...head, values: new Int16Array(frame, at, P * G) });
    } else if (kind === Kind.maps || kind === Kind.decisions) {
      size = P * G;
      blocks.push({ kind, ...head, values: new Uint8Array(frame, at, P * G) });
    } else if (kind === Kind.picked || kind === Kind.units || kind === Kind.losses || kind === Kind.theta) {
      size = 4 * P * G;
      blocks.push({ kind, ...head, values: new Float32Array(frame, at, P * G) });
    } else {
      throw new RangeError(`a block of kind ${kind}, which this page does not know`);
    }
    at += size + ((8 - (size % 8)) % 8);
  }
  return blocks;
}

/** What a frame holds of one side, by kind. */
export interface Seen {
  epoch: number;
  run: number;
  functions?: Functions;
  maps?: Maps;
  decisions?: Decisions;
  scores?: Scores;
  picked?: Floats;
  units?: Floats;
  losses?: Floats;
  theta?: Floats;
}

/** Returns the blocks of a frame by side. */
export function bySide(blocks: Block[]): Seen[] {
  const sides: Seen[] = [];
  for (const block of blocks) {
    const seen = (sides[block.side] ??= { epoch: block.epoch, run: block.run });
    if (block.kind === Kind.functions) seen.functions = block;
    else if (block.kind === Kind.scores) seen.scores = block;
    else if (block.kind === Kind.maps) seen.maps = block;
    else if (block.kind === Kind.decisions) seen.decisions = block;
    else if (block.kind === Kind.picked) seen.picked = block;
    else if (block.kind === Kind.units) seen.units = block;
    else if (block.kind === Kind.losses) seen.losses = block;
    else seen.theta = block;
  }
  return sides;
}
