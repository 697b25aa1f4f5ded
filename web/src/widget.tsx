// The shoal in a notebook: what anywidget calls, once for every place where a widget is shown.

import { signal } from "@preact/signals";
import { render as draw } from "preact";
import { bytesOf, Comm, type Model } from "./comm.ts";
import { onGround } from "./ground.ts";
import { Looking, Place } from "./looking.ts";
import { type Told, Widget } from "./parts/Widget.tsx";
import dark from "./dark.css?inline";
import light from "./light.css?inline";
import style from "./style.css?inline";
import own from "./widget.css?inline";

/** Shows a widget in an element, until what it returns is called. Its style is its own: none comes in or goes out. */
function render({ model, el }: { model: Model; el: HTMLElement }): () => void {
  const host = document.createElement("div");
  const shadow = host.attachShadow({ mode: "open" });
  const complaint = signal("");
  const comm = new Comm(model, (sentence) => (complaint.value = sentence));
  const looking = new Looking<Told>({ root: host, taken: () => comm.drawn(), pick: (network) => comm.ask("pick", { network }) });
  const state = () => {
    looking.state.value = model.get("state") as Told;
    looking.repaint();
  };
  const frame = () => {
    const bytes = bytesOf(model.get("frame"));
    if (bytes) looking.hear(bytes);
  };
  const away = onGround(host, (isDark) => {
    shadow.adoptedStyleSheets = [isDark ? darkSheet : lightSheet, pageSheet, ownSheet];
    looking.recolour();
  });
  model.on("change:state", state);
  model.on("change:frame", frame);
  model.on("msg:custom", comm.hear);
  el.append(host);
  state();
  frame();
  draw(
    <Place.Provider value={looking}>
      <Widget looking={looking} comm={comm} complaint={complaint} />
    </Place.Provider>,
    shadow,
  );
  return () => {
    model.off("change:state", state);
    model.off("change:frame", frame);
    model.off("msg:custom", comm.hear);
    away();
    draw(null, shadow);
    host.remove();
  };
}

const [lightSheet, darkSheet, pageSheet, ownSheet] = [light, dark, style, own].map(sheet) as [CSSStyleSheet, CSSStyleSheet, CSSStyleSheet, CSSStyleSheet];

function sheet(text: string): CSSStyleSheet {
  const made = new CSSStyleSheet();
  made.replaceSync(text);
  return made;
}

export default { render };
