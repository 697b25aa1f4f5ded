// Whether a place in somebody else's page is dark: notebooks have themes of their own, whatever the system has.

/** Calls with whether it is dark around a place, now and whenever that may have changed, until what it returns is called. */
export function onGround(place: Element, tell: (dark: boolean) => void): () => void {
  const system = matchMedia("(prefers-color-scheme: dark)");
  const look = () => tell(isDark(place, system.matches));
  const watch = new MutationObserver(look);
  for (const root of [document.documentElement, document.body])
    watch.observe(root, { attributes: true, attributeFilter: ["class", "style", "data-theme", "data-jp-theme-name", "data-jp-theme-light", "data-vscode-theme-kind"] });
  const placed = new ResizeObserver(look); // which is told, too, when the place comes into the page
  placed.observe(place);
  system.addEventListener("change", look);
  look();
  return () => {
    watch.disconnect();
    placed.disconnect();
    system.removeEventListener("change", look);
  };
}

function isDark(place: Element, system: boolean): boolean {
  for (let at: Element | null = place.parentElement; at; at = at.parentElement ?? hostOf(at)) {
    const [red = 0, green = 0, blue = 0, opaque = 1] = (getComputedStyle(at).backgroundColor.match(/[\d.]+/g) ?? []).map(Number);
    if (opaque > 0.5) return 0.299 * red + 0.587 * green + 0.114 * blue < 128;
  }
  return system && getComputedStyle(document.documentElement).colorScheme.includes("dark");
}

const hostOf = (element: Element): Element | null => (element.getRootNode() as Partial<ShadowRoot>).host ?? null;
