// One colour laid on pixel by pixel: hundreds of small curves and points, which take a canvas far longer as paths.

type Context = CanvasRenderingContext2D;

/**
 * A picture in one colour: every pixel has it, and an opacity of 0 … 255 in its highest byte. Lengths are in pixels of
 * the screen.
 */
export class Ink {
  /** The colour, red in the lowest byte: as pixels of a little-endian machine. */
  colour = 0;

  constructor(
    readonly width: number, readonly height: number, readonly dense = 1, readonly pixels = new Uint32Array(width * height),
  ) {}

  /** How opaque a pixel is. */
  opacity = (at: number): number => this.pixels[at]! >>> 24;

  /**
   * Draws a function as a line of some thickness: ``levels``, evenly from x ``from`` to ``to``, as heights of the
   * picture. What is outside of ``top`` and ``bottom`` is left out.
   *
   * In a column of pixels a line is as dark as it is long there, spread over the rows that it passes.
   */
  curve(levels: Float32Array, from: number, to: number, thick: number, strength: number, top = 0, bottom = this.height): void {
    const last = levels.length - 1;
    const share = last / (to - from);
    const end = Math.min(this.width, Math.ceil(to));
    for (let x = Math.max(0, Math.floor(from)); x < end; x++) {
      const left = Math.max(x, from);
      const right = Math.min(x + 1, to);
      const a = (left - from) * share;
      const b = Math.min((right - from) * share, last);
      let high = level(levels, a);
      let low = level(levels, b);
      if (high > low) {
        const other = high;
        high = low;
        low = other;
      }
      for (let g = Math.floor(a) + 1; g < b; g++) {
        const between = levels[g]!;
        if (between < high) high = between;
        if (between > low) low = between;
      }
      const rise = low - high;
      const dark = Math.min(1, (thick * Math.sqrt(1 + rise * rise)) / (rise + thick));
      this.column(x, Math.max(top, high - thick / 2), Math.min(bottom, low + thick / 2), strength * dark * (right - left));
    }
  }

  /** Draws a point: ``inside`` says how far within its edge a place is, relative to the middle. */
  point(x: number, y: number, reach: number, strength: number, inside: (dx: number, dy: number) => number): void {
    const left = Math.max(0, Math.floor(x - reach));
    const right = Math.min(this.width, Math.ceil(x + reach));
    const bottom = Math.min(this.height, Math.ceil(y + reach));
    for (let j = Math.max(0, Math.floor(y - reach)); j < bottom; j++)
      for (let i = left; i < right; i++) {
        const covered = inside(i + 0.5 - x, j + 0.5 - y) + 0.5;
        if (covered > 0) this.add(j * this.width + i, strength * Math.min(1, covered));
      }
  }

  private column(x: number, top: number, bottom: number, strength: number): void {
    for (let row = Math.max(0, Math.floor(top)); row < Math.min(bottom, this.height); row++)
      this.add(row * this.width + x, strength * (Math.min(row + 1, bottom) - Math.max(row, top)));
  }

  private add(at: number, share: number): void {
    const known = this.pixels[at]! >>> 24;
    this.pixels[at] = ((known + (255 - known) * share + 0.5) << 24) | this.colour;
  }
}

/** What a function of evenly spaced ``levels`` is in between. */
function level(levels: Float32Array, at: number): number {
  const g = Math.min(Math.floor(at), levels.length - 2);
  return levels[g]! + (at - g) * (levels[g + 1]! - levels[g]!);
}

interface Sheet {
  ink: Ink;
  image: ImageData;
  canvas: OffscreenCanvas;
}
const sheets = new WeakMap<Context, Sheet>();

function newSheet(width: number, height: number, dense: number): Sheet {
  const image = new ImageData(width, height);
  const ink = new Ink(width, height, dense, new Uint32Array(image.data.buffer));
  return { ink, image, canvas: new OffscreenCanvas(width, height) };
}

/**
 * An empty sheet as wide as a canvas and as high, or high enough to lie at ``top``, to draw on in a colour of the form
 * #rrggbb, and then to ``lay``. It is the same one for every picture, so draw on one after the other.
 */
export function blank(ctx: Context, colour: string, top = 0, bottom?: number): Ink {
  const dense = ctx.getTransform().a;
  const { width } = ctx.canvas;
  const height = bottom === undefined ? ctx.canvas.height : Math.max(1, Math.ceil((bottom - top) * dense));
  let sheet = sheets.get(ctx);
  if (sheet?.ink.width !== width || sheet.ink.height !== height || sheet.ink.dense !== dense)
    sheets.set(ctx, (sheet = newSheet(width, height, dense)));
  else sheet.ink.pixels.fill(0);
  const n = parseInt(colour.slice(1), 16);
  sheet.ink.colour = ((n & 255) << 16) | (n & 0xff00) | (n >> 16);
  return sheet.ink;
}

/** Lays the sheet of a canvas over what the canvas shows, from ``top`` on. */
export function lay(ctx: Context, top = 0): void {
  const { ink, image, canvas } = sheets.get(ctx)!;
  canvas.getContext("2d", { willReadFrequently: true })!.putImageData(image, 0, 0);
  ctx.drawImage(canvas, 0, top, canvas.width / ink.dense, canvas.height / ink.dense);
}
