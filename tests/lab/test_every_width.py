"""The page in narrow and wide windows: all of it can be read, and nothing scrolls sideways."""

from __future__ import annotations

import pytest

from tests.lab.pages import IN_A_BROWSER, Seen

pytestmark = IN_A_BROWSER

CUT_OFF = """() => {
    const found = document.documentElement.scrollWidth > innerWidth ? ['the page is too wide'] : [];
    const boxes = 'h1, h2, h3, p, label, button, legend, canvas, select, li, .box text';
    for (const one of document.querySelectorAll(boxes)) {
        const box = one.getBoundingClientRect();
        if (!box.width || one.closest('.hidden, .scroll')) continue;
        const wide = one.scrollWidth > one.clientWidth + 1 && one.clientWidth > 0;
        const around = one.parentElement.querySelector('rect');
        const out = one.tagName === 'text' && box.width > around.getBoundingClientRect().width;
        const beside = !one.closest('.diagram') && (box.right > innerWidth || box.left < 0); // which scrolls
        if (wide || out || beside) found.push(one.outerHTML.slice(0, 99));
    }
    return found;
}"""
"""What does not fit into the page, or into its own box."""


@pytest.mark.parametrize("width", [1280, 800, 400])
def test_nothing_is_cut_off(seen: Seen, width: int) -> None:
    seen.page.set_viewport_size({"width": width, "height": 900})
    seen.press("s")
    seen.until_epoch(1)
    seen.page.locator("#picked-option").get_by_text("rank").wait_for(state="attached")
    assert seen.page.evaluate(CUT_OFF) == []
    for key in "li":
        seen.press(key)
        seen.page.get_by_role("dialog").wait_for()
        if key == "i":
            seen.page.get_by_test_id("analytic").wait_for()
        assert seen.page.evaluate(CUT_OFF) == []
        seen.press("Escape")
        seen.page.get_by_role("dialog").wait_for(state="hidden")
    for name, there in (("Images", ".digits canvas"), ("Sequences", ".spelling canvas")):
        seen.page.get_by_role("button", name=name).press("Enter")
        seen.page.wait_for_selector(there)
        assert seen.page.evaluate(CUT_OFF) == []
