
for (const live of document.querySelectorAll("div.live:not([data-ready])")) {
  live.dataset.ready = "yes";
  const name = live.dataset.name, columns = Number(live.dataset.columns);
  const points = [...live.querySelectorAll("use[tabindex]")];
  const words = live.querySelector(".live-words");
  let shown = -1;
  const show = (k) => {
    if (k === shown) return;
    for (const place of [shown, k]) {
      if (place < 0) continue;
      points[place].classList.toggle("shown", place === k);
      points[place].setAttribute("tabindex", place === k ? "0" : "-1");
      document.getElementById(`${name}-fit-${place}`).classList.toggle("shown", place === k);
    }
    shown = k;
    words.textContent = points[k].getAttribute("aria-label");
  };
  const height = (k) => points[k].getBoundingClientRect().top;
  const step = (k, key) => {
    const column = Math.floor(k / columns);
    const inColumn = (c) => points.map((_, i) => i).filter((i) => Math.floor(i / columns) === c);
    if (key === "ArrowLeft" || key === "ArrowRight") {
      const next = inColumn(column + (key === "ArrowRight" ? 1 : -1));
      const near = (i) => Math.abs(height(i) - height(k));
      return next.length ? next.reduce((a, b) => (near(b) < near(a) ? b : a)) : k;
    }
    const order = inColumn(column).sort((a, b) => height(a) - height(b));
    return order[order.indexOf(k) + (key === "ArrowDown" ? 1 : -1)] ?? k;
  };
  live.addEventListener("pointerover", (event) => {
    const k = points.indexOf(event.target);
    if (k >= 0) show(k);
  });
  live.addEventListener("focusin", (event) => {
    const k = points.indexOf(event.target);
    if (k >= 0) show(k);
  });
  live.addEventListener("keydown", (event) => {
    const k = points.indexOf(event.target);
    if (k < 0 || !event.key.startsWith("Arrow")) return;
    event.preventDefault();
    points[step(k, event.key)].focus();
  });
  show(Number(live.dataset.first));
}
