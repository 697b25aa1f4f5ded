import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { useLooking } from "../looking.ts";
import type { Band } from "../paint/shoal.ts";
import type { Theme } from "../theme.ts";

type Context = CanvasRenderingContext2D;

interface Props {
  paint: (ctx: Context, w: number, h: number, t: Theme, band: Band) => void;
  height: number | ((width: number) => number);
  onPoint?: (x: number, y: number, w: number, h: number) => void;
  onClick?: (x: number, y: number, w: number, h: number) => void;
  onLeave?: () => void;
}

/** A canvas that is painted with every frame while it is in sight, in the pixels of the screen; texts elsewhere say what it shows. */
export function Canvas({ paint, height, onPoint, onClick, onLeave }: Props) {
  const { onPaint, repaint, theme } = useLooking();
  const own = useRef<HTMLCanvasElement>(null);
  const latest = useRef({ paint, height });
  latest.current = { paint, height };
  const size = useRef<[number, number]>([0, 0]);
  useEffect(() => {
    const canvas = own.current!;
    const ctx = canvas.getContext("2d", { willReadFrequently: true, alpha: false })!; // nothing has to be mixed
    let inSight = true;
    const draw = () => {
      if (!inSight) return;
      const w = canvas.parentElement!.clientWidth;
      if (!w) return;
      const h = typeof latest.current.height === "number" ? latest.current.height : latest.current.height(w);
      const dense = window.devicePixelRatio || 1;
      if (canvas.width !== Math.round(w * dense) || canvas.height !== Math.round(h * dense)) {
        canvas.width = Math.round(w * dense);
        canvas.height = Math.round(h * dense);
        canvas.style.height = `${h}px`;
      }
      size.current = [w, h];
      ctx.setTransform(dense, 0, 0, dense, 0, 0);
      ctx.fillStyle = theme().ground;
      ctx.fillRect(0, 0, w + 1, h + 1); // the last pixels too, of which a picture may take a part
      const above = -canvas.getBoundingClientRect().top;
      const band: Band = [Math.max(0, Math.floor(above - innerHeight)), Math.min(h, Math.ceil(above + 2 * innerHeight))];
      latest.current.paint(ctx, w, h, theme(), band);
    };
    const away = onPaint(draw);
    const watch = new ResizeObserver(repaint);
    watch.observe(canvas.parentElement!);
    const sight = new IntersectionObserver((entries) => {
      inSight = entries[entries.length - 1]!.isIntersecting;
      if (inSight) repaint();
    });
    sight.observe(canvas);
    const scrolled = () => {
      if (inSight && canvas.clientHeight > innerHeight) repaint();
    };
    document.addEventListener("scroll", scrolled, { capture: true, passive: true });
    addEventListener("resize", repaint); // of a window that grows downwards more can be seen
    return () => {
      away();
      watch.disconnect();
      sight.disconnect();
      document.removeEventListener("scroll", scrolled, { capture: true });
      removeEventListener("resize", repaint);
    };
  }, []);
  useLayoutEffect(repaint); // before the next turn of the screen, which paints then what is told anew as well
  const at = (event: MouseEvent): [number, number, number, number] => {
    const box = own.current!.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top, ...size.current];
  };
  return (
    <canvas
      ref={own}
      aria-hidden="true"
      onPointerMove={onPoint && ((event) => onPoint(...at(event)))}
      onPointerLeave={onLeave}
      onClick={onClick && ((event) => onClick(...at(event)))}
    />
  );
}
