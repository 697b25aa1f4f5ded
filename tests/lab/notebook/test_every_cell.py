"""The widget in a real browser, in a page that speaks anywidget's protocol to the Python side."""

from __future__ import annotations

import base64
import importlib.util
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import shoal
import shoal.lab
from tests.waiting import HANGS

BROWSER = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
AXE = Path(__file__).parents[3] / "web" / "node_modules" / "axe-core" / "axe.min.js"
GROUNDS = [("#ffffff", "rgb(31, 35, 40)"), ("#111111", "rgb(232, 236, 240)")]
"""Of notebooks, and the ink that can be read on them."""
BETWEEN = 0.02
"""Seconds between two looks at what each side has said."""
HOST = """<!doctype html><html lang="en"><head><title>a notebook</title></head>
<body style="background: {ground}; color: {ink}"><main><h1>A notebook</h1><div id="cell"></div></main><script>
const [values, calls] = [{{}}, {{}}];
window.sent = [];
window.model = {{
  get: (name) => values[name],
  on: (event, call) => (calls[event] ??= new Set()).add(call),
  off: (event, call) => calls[event]?.delete(call),
  send: (content) => window.sent.push(content),
  save_changes: () => {{}},
}};
window.told = (name, value) => {{
  const bytes = (text) => new DataView(Uint8Array.from(atob(text), (c) => c.charCodeAt(0)).buffer);
  values[name] = typeof value === "string" ? bytes(value) : value;
  for (const call of calls["change:" + name] ?? []) call();
}};
window.answered = (content) => {{ for (const call of calls["msg:custom"] ?? []) call(content, []); }};
window.shows = async (text) => {{
  const url = URL.createObjectURL(new Blob([text], {{ type: "text/javascript" }}));
  const widget = (await import(url)).default;
  window.leave = await widget.render({{ model: window.model, el: document.querySelector("#cell") }});
}};
</script></body></html>"""

pytestmark = [
    pytest.mark.skipif(BROWSER is None, reason="needs Chromium"),
    pytest.mark.skipif(importlib.util.find_spec("playwright") is None, reason="needs playwright"),
    pytest.mark.skipif(importlib.util.find_spec("anywidget") is None, reason="needs the extra notebook"),
]


class Notebook:
    """A page with one widget, and what a notebook does between it and its kernel."""

    def __init__(self, page: Any, run: Any, ground: str = "white", ink: str = "black") -> None:
        self.page, self.errors, self.news = page, list[str](), list[tuple[str, Any]]()
        page.set_default_timeout(1000 * HANGS)
        page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.set_content(HOST.format(ground=ground, ink=ink))
        self.widget = shoal.lab.widget(run)
        self.widget.observe(lambda change: self.news.append((change.name, change.new)), ["state", "frame"])
        self.widget.send = lambda content, buffers=None: self.news.append(("answer", content))
        for name in ("state", "frame"):
            self._tell(name, getattr(self.widget, name))
        page.evaluate("text => shows(text)", self.widget._esm)

    def _tell(self, name: str, value: Any) -> None:
        if name == "answer":
            self.page.evaluate("content => answered(content)", value)
        else:
            text = base64.b64encode(value).decode() if isinstance(value, bytes) else value
            self.page.evaluate("([name, value]) => told(name, value)", [name, text])

    def carry(self) -> None:
        """Carry what each side has said to the other."""
        for content in self.page.evaluate("() => sent.splice(0)"):
            self.widget._handle_custom_msg(content, [])
        while self.news:
            self._tell(*self.news.pop(0))

    def until(self, seen: Any) -> None:
        for _ in range(int(HANGS / BETWEEN)):
            self.carry()
            if seen():
                return
            self.page.wait_for_timeout(1000 * BETWEEN)
        pytest.fail("what was waited for has not come")

    def epoch(self) -> int:
        return int(self.page.get_by_test_id("epoch").inner_text().replace(",", ""))

    def click(self, name: str) -> None:
        self.page.get_by_role("button", name=name).click()


def curve() -> Any:
    x = np.linspace(0, 1, 20)
    layers = [shoal.Dense(3, "tanh"), shoal.Dense(1)]
    held_out = np.linspace(0.02, 0.98, 20)
    return shoal.begin(
        shoal.Network(1, layers),
        x,
        np.sin(6 * x),
        starts=6,
        epochs=400,
        solver="adam",
        validation=(held_out, np.sin(6 * held_out)),
    )


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--disable-gpu", "--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def notebook(browser: Any) -> Iterator[Notebook]:
    page = browser.new_page(viewport={"width": 800, "height": 900})
    notebook = Notebook(page, curve())
    yield notebook
    notebook.widget.close()
    page.close()
    assert notebook.errors == []


def test_it_trains_pauses_steps_and_turns_lambda(notebook: Notebook) -> None:
    notebook.click("Train")
    notebook.until(lambda: notebook.epoch() >= 10)
    notebook.click("Pause")
    notebook.until(lambda: notebook.page.get_by_role("button", name="Train").count())
    epoch = notebook.widget.state["training"]["epoch"]
    notebook.click("Step")
    notebook.until(lambda: notebook.epoch() == epoch + 1)
    field = notebook.page.get_by_label("λ (L2), as a number")
    field.fill("0.5")
    field.press("Enter")
    notebook.until(lambda: notebook.widget.state["training"]["l2"] == 0.5)
    assert notebook.widget.state["training"]["epoch"] == epoch + 1


def test_a_network_is_picked_by_keyboard_and_by_a_click(notebook: Notebook) -> None:
    notebook.page.get_by_role("listbox").focus()
    notebook.page.keyboard.press("End")  # the worst
    losses = notebook.page.locator("#picked-option")
    notebook.until(lambda: "rank 6 of 6" in losses.text_content())
    box = notebook.page.locator(".side canvas").nth(1).bounding_box()
    notebook.page.mouse.click(box["x"] + 40, box["y"] + 10)  # the first little picture, which is the best
    notebook.until(lambda: "rank 1 of 6" in losses.text_content())


def test_a_network_is_seen_from_inside_and_trained_on_there(notebook: Notebook) -> None:
    sheet = notebook.page.get_by_role("dialog")
    notebook.click("Inspect")
    analytic, numerical = (notebook.page.get_by_test_id(name) for name in ("analytic", "numerical"))
    notebook.until(lambda: analytic.count())
    before = float(analytic.inner_text().replace("−", "-"))
    assert float(numerical.inner_text().replace("−", "-")) == pytest.approx(before, rel=1e-6)
    sheet.get_by_role("button", name="W₁[2, 1]").click()
    notebook.until(lambda: "W₁[2, 1]" in sheet.get_by_role("heading", name="The chain rule").inner_text())
    notebook.page.get_by_role("button", name="One epoch").click()
    notebook.until(lambda: "at epoch 1" in sheet.inner_text())
    notebook.page.keyboard.press("Escape")
    notebook.until(lambda: notebook.widget.state["inspected"] is None)
    assert not sheet.is_visible()


def test_it_goes_back_to_an_epoch_and_forward_again(notebook: Notebook) -> None:
    notebook.widget.step(12)
    notebook.widget.set(l2=0.5)
    notebook.widget.step(30)
    notebook.until(lambda: notebook.epoch() == 42)
    theta = notebook.widget.frame
    assert notebook.page.locator(".marks span").get_attribute("title") == "epoch 12: λ 0.5"
    time = notebook.page.get_by_label("time", exact=True)
    time.focus()
    notebook.page.keyboard.press("Home")
    notebook.until(lambda: notebook.epoch() == 0)
    assert notebook.page.get_by_label("λ (L2), as a number").input_value() == "0"
    notebook.page.keyboard.press("End")
    notebook.until(lambda: notebook.epoch() == 42)
    assert notebook.widget.frame == theta
    assert notebook.widget.state["training"]["l2"] == 0.5


def test_it_is_forked_under_two_lambdas_and_one_is_kept(notebook: Notebook) -> None:
    assert notebook.page.get_by_role("button", name="Fork under two").is_disabled()
    notebook.widget.step(5)
    notebook.until(lambda: notebook.epoch() == 5)
    notebook.click("Fork under two")
    notebook.until(lambda: notebook.page.get_by_role("button", name="keep B").count())
    field = notebook.page.get_by_label("λ of B (L2), as a number")
    field.fill("0.5")
    field.press("Enter")
    notebook.until(lambda: [side["l2"] for side in notebook.widget.state["sides"]] == [0.0, 0.5])
    assert notebook.page.get_by_text("the same under B").count()
    notebook.click("Step")
    notebook.until(lambda: notebook.epoch() == 6)
    notebook.click("keep B")
    notebook.until(lambda: notebook.page.get_by_role("button", name="Fork under two").count())
    assert notebook.page.get_by_label("λ (L2), as a number").input_value() == "0.5"
    assert notebook.widget.state["training"]["l2"] == 0.5


def test_a_refusal_is_a_sentence_and_a_second_view_shows_the_same(notebook: Notebook) -> None:
    field = notebook.page.get_by_label("learning rate, as a number")
    field.fill("-1")
    field.press("Enter")
    notebook.until(lambda: notebook.page.get_by_role("alert").count())
    assert "must be finite and not negative" in notebook.page.get_by_role("alert").inner_text()
    notebook.widget.step(3)
    notebook.until(lambda: notebook.epoch() == 3)
    notebook.page.evaluate("async text => { leave(); await shows(text); }", notebook.widget._esm)
    notebook.until(lambda: notebook.epoch() == 3)
    assert notebook.page.locator(".widget").count() == 1


@pytest.mark.parametrize("inside", [False, True])
@pytest.mark.parametrize(("ground", "ink"), GROUNDS)
def test_it_takes_the_ground_of_its_notebook_and_axe_finds_nothing(
    browser: Any, ground: str, ink: str, inside: bool
) -> None:
    page = browser.new_page(viewport={"width": 1280, "height": 900}, color_scheme="dark")
    notebook = Notebook(page, curve(), ground, ink)
    try:
        notebook.widget.step(5)
        notebook.until(lambda: notebook.epoch() == 5)
        if inside:
            notebook.click("Inspect")
            notebook.until(lambda: page.get_by_test_id("analytic").count())
        assert page.locator("#cell > div").evaluate("host => getComputedStyle(host).color") == ink
        if AXE.exists():
            page.evaluate(AXE.read_text(encoding="utf-8"))
            found = page.evaluate("async () => (await axe.run()).violations")
            assert [(one["id"], [node["html"] for node in one["nodes"]]) for one in found] == []
        assert notebook.errors == []
    finally:
        notebook.widget.close()
        page.close()
