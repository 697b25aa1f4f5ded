"""The page in a real browser, with the real command behind it: what somebody does, and what they see."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests.lab.pages import AXE, IN_A_BROWSER, Seen, require_no_violations, started
from tests.waiting import written

pytestmark = IN_A_BROWSER


def test_by_keyboard_alone_it_trains_pauses_and_walks_to_the_choice(seen: Seen) -> None:
    seen.train(20)
    assert re.fullmatch(r"1 hidden unit, start 0, validation error [\d.]+, rank \d+ of 300", seen.picked())
    seen.press("b")
    seen.until("() => /rank 1 of 300/.test(document.querySelector('#picked-option').textContent)")
    best = seen.picked()
    seen.press("ArrowUp")
    seen.until("best => document.querySelector('#picked-option').textContent !== best", best)
    assert not seen.picked().endswith("rank 1 of 300")
    seen.press("ArrowDown")
    seen.until("best => document.querySelector('#picked-option').textContent === best", best)
    assert "the smallest validation loss" in seen.page.locator(".sentence").inner_text()


def test_back_in_time_and_forward_again_are_the_same_numbers(seen: Seen) -> None:
    seen.train(30)
    furthest, there = seen.epoch(), seen.picked()
    slider = seen.page.get_by_label("time", exact=True)
    slider.fill("5")
    seen.until("() => document.querySelector('[data-testid=epoch]').textContent === '5'")
    assert seen.picked() != there
    slider.fill(str(furthest))
    seen.until_epoch(furthest)
    seen.until("there => document.querySelector('#picked-option').textContent === there", there)


def test_a_fork_has_two_sides_and_one_is_kept(seen: Seen) -> None:
    seen.press("s")
    seen.page.get_by_role("button", name="Fork under two").click()
    seen.page.get_by_role("button", name="keep B").wait_for()
    assert seen.page.locator(".sentence").count() == 2
    seen.page.get_by_role("button", name="keep B").click()
    seen.page.get_by_role("button", name="Fork under two").wait_for()
    assert float(seen.page.get_by_label("λ (L2), as a number").input_value()) == 0.01


def test_a_lesson_from_beginning_to_end_by_keyboard_alone(seen: Seen) -> None:
    seen.press("l")
    seen.page.get_by_role("dialog", name="Lessons").wait_for()
    for key in ("Tab", "Enter"):  # past the button that closes, to the first lesson
        seen.press(key)
    for step in ("step 1 of 3", "step 2 of 3"):
        seen.page.get_by_text(step).wait_for()
        seen.until("() => document.activeElement.id === 'lesson-title'")
        onward = seen.page.get_by_role("button", name="Next", exact=True)
        while not onward.evaluate("button => button === document.activeElement"):
            seen.press("Tab")
        seen.press("Enter")
    seen.page.get_by_text("step 3 of 3").wait_for()
    seen.until("() => document.activeElement.id === 'lesson-title'")
    assert "Never. A tanh only rises" not in seen.page.locator(".lesson").inner_text()
    for key in ("Tab", "Tab", "Enter"):  # past the button that leaves, to the first answer
        seen.press(key)
    seen.page.get_by_text("Never. A tanh only rises").wait_for()
    seen.until("() => document.activeElement.textContent === 'More lessons'")
    leaves = seen.page.get_by_role("button", name="leave the lesson")
    while not leaves.evaluate("button => button === document.activeElement"):
        seen.press("Shift+Tab")
    seen.press("Enter")
    seen.page.locator(".lesson").wait_for(state="detached")
    seen.page.get_by_label("sizes M").select_option(index=0)


def test_the_inspector_by_keyboard_alone(seen: Seen) -> None:
    seen.page.get_by_label("data", exact=True).select_option("moons")
    seen.until("() => document.querySelector('#field-data').value === 'moons'")
    seen.press("s")
    seen.press("i")
    dialog = seen.page.get_by_role("dialog", name="Inspect: 1 hidden unit, start 0")
    dialog.get_by_role("heading", name="The chain rule for W₁[1, 1]").wait_for()
    edge = dialog.get_by_role("button", name="b₂[1]")
    while not edge.evaluate("button => button === document.activeElement"):
        seen.press("Tab")
    seen.press("Enter")
    dialog.get_by_role("heading", name="The chain rule for b₂[1]").wait_for()
    assert edge.get_attribute("aria-pressed") == "true"
    analytic, numerical = (dialog.get_by_test_id(one).inner_text() for one in ("analytic", "numerical"))
    assert analytic[:7] == numerical[:7]
    assert dialog.get_by_test_id("error").inner_text().endswith("✓")
    dialog.get_by_role("group", name="factors").focus()
    for symbol in ("∂L/∂a₂", "∂a₂/∂z₂", "∂z₂/∂b₂"):
        seen.press("ArrowRight")
        seen.until(
            "s => document.querySelector('[data-testid=lit]').textContent.startsWith(s)", symbol + "; so far"
        )
    assert dialog.locator(".diagram .is-lit").count() == 1
    assert (
        f"= {dialog.get_by_test_id('update').locator('b').inner_text()}"
        in dialog.get_by_test_id("update").inner_text()
    )
    slider = dialog.get_by_label("h", exact=True)
    slider.focus()
    seen.press("End")
    seen.until("() => !/✓/.test(document.querySelector('[data-testid=error]').textContent)")
    assert dialog.get_by_label("h, as a number").input_value() == "1"
    seen.press("Escape")
    dialog.wait_for(state="hidden")
    seen.page.get_by_label("data", exact=True).select_option("sine")
    seen.until("() => document.querySelector('#field-data').value === 'sine'")


def test_what_is_in_a_closed_sheet_takes_no_keys(seen: Seen) -> None:
    """Until the page is drawn again the focus is there, and a quick key comes before."""
    lessons, inspector = (seen.page.get_by_role("dialog", name=name) for name in ("Lessons", "Inspect"))
    seen.press("l")
    lessons.wait_for()
    seen.press("Escape")
    lessons.wait_for(state="hidden")
    key = "new KeyboardEvent('keydown', {key: 'i', bubbles: true})"
    seen.page.evaluate(
        f"document.querySelector('[aria-labelledby=lessons-title] button').dispatchEvent({key})"
    )
    inspector.wait_for()


def test_the_sealed_test_opens_once(seen: Seen) -> None:
    seen.page.get_by_role("button", name="next draw").click()
    seen.until("() => document.querySelector('#seed').value !== '0'")
    seen.press("s")
    seen.page.get_by_role("button", name="Open it").click()
    seen.page.get_by_text("The test, opened once at epoch").wait_for()
    assert seen.page.get_by_role("button", name="Open it").count() == 0
    seen.page.reload()
    seen.page.get_by_text("The test, opened once at epoch").wait_for()


def test_a_page_is_found_again_by_its_address_and_saved_as_a_file(seen: Seen, tmp_path: Path) -> None:
    origin = seen.page.url.partition("#")[0]
    seen.page.goto("about:blank")
    seen.page.goto(f"{origin}#m=1-3&starts=4&n=9999&colour=red")
    seen.page.get_by_role("alert").get_by_text("n is from 2 to 1000: 9999 became 1000").wait_for()
    seen.until("() => location.hash === '#m=1-3&starts=4&n=1000'")
    seen.press("s")
    seen.page.get_by_role("button", name="Take away").click()
    with seen.page.expect_download() as download:
        seen.page.get_by_role("button", name="Save as page").press("Enter")
    download.value.save_as(tmp_path / "saved.html")
    seen.press("Escape")
    requests = len(seen.requests)
    seen.page.goto((tmp_path / "saved.html").as_uri())
    seen.page.get_by_role("heading", name="12 networks by validation error").wait_for()
    picked = seen.picked()
    seen.press("ArrowRight")
    seen.until("picked => document.querySelector('#picked-option').textContent !== picked", picked)
    seen.press("s")
    seen.page.get_by_role("alert").get_by_text("This page is a copy").wait_for()
    assert {url.partition(":")[0] for url in seen.requests[requests:]} <= {"file", "data"}
    del seen.requests[requests:]
    seen.page.goto(f"{origin}#m=1-10")
    seen.page.get_by_role("heading", name="300 networks by validation error").wait_for()


def test_a_table_that_is_brought_is_trained_on(seen: Seen) -> None:
    rows = "".join(f"{k},{k * k % 17},{3 * k}\n" for k in range(60))
    file = {"name": "mine.csv", "mimeType": "text/csv", "buffer": f"a,b,amount\n{rows}".encode()}
    seen.page.locator("#own").set_input_files(file)
    seen.page.get_by_label("target", exact=True).wait_for()
    assert seen.page.get_by_label("target", exact=True).input_value() == "amount"
    seen.page.get_by_label("target", exact=True).select_option("b")
    seen.press("s")
    seen.until_epoch(1)
    seen.page.locator("#own").set_input_files(file | {"buffer": b"a\n"})
    seen.page.get_by_role("alert").wait_for()
    seen.page.get_by_label("data", exact=True).select_option("sine")
    seen.until("() => document.querySelector('#field-data').value === 'sine'")


INKED = """() => {
    const canvas = document.querySelector('.picked canvas');
    const {data} = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    const has = colour => { for (let i = 0; i < data.length; i += 4)
        if (`rgb(${data[i]}, ${data[i + 1]}, ${data[i + 2]})` === colour) return true; return false; };
    const marks = [...document.querySelectorAll('.class-key span')];
    return marks.map(one => has(getComputedStyle(one).color));
}"""
"""Whether the picked network's picture has the colour of each mark of its legend."""


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_table_of_several_classes_is_shown_in_as_many_hues(seen: Seen, scheme: str) -> None:
    seen.page.emulate_media(color_scheme=scheme)
    rows = "".join(f"{k % 4 + k / 97},{k % 7},{'abcd'[k % 4]}\n" for k in range(80))
    file = {"name": "kinds.csv", "mimeType": "text/csv", "buffer": f"x,y,kind\n{rows}".encode()}
    seen.page.locator("#own").set_input_files(file)
    seen.until("() => document.querySelectorAll('.class-key').length === 4")
    assert [one.split()[-1] for one in seen.page.locator(".class-key").all_inner_texts()] == list("abcd")
    seen.press("s")
    seen.until_epoch(1)
    seen.until(f"() => ({INKED})().every(one => one)")
    require_no_violations(seen.page)
    seen.press("i")
    seen.page.get_by_test_id("analytic").wait_for()
    ends = "lines => lines.map(one => Number(one.getAttribute('x2')))"
    found = seen.page.locator(".diagram line").evaluate_all(ends)
    assert found.count(max(found)) == 4  # all outputs lead to the loss
    assert seen.page.get_by_text(re.compile("^y = [abcd]$")).count() == 1
    seen.press("Escape")
    seen.page.get_by_label("data", exact=True).select_option("sine")
    seen.until("() => document.querySelector('#field-data').value === 'sine'")
    seen.page.emulate_media(color_scheme="light")


def test_what_is_typed_stays_until_it_is_answered(seen: Seen) -> None:
    seen.until("() => document.querySelector('#field-data').value === 'sine'")
    field = seen.page.get_by_label("points, as a number")
    seen.press("Space")
    seen.until_epoch(1)
    field.fill("1e9")
    sentence = "document.querySelector('.sentence').innerText"
    for _ in range(2):  # states, which tell of another choice
        seen.until(f"told => {sentence} !== told", seen.page.evaluate(sentence))
    assert field.input_value() == "1e9"
    field.press("Enter")
    seen.page.get_by_role("alert").get_by_text("must be a whole number from 2 to 1000").wait_for()
    seen.until("() => document.querySelector('[aria-label=\"points, as a number\"]').value === '20'")


def test_a_finished_study_by_keyboard_until_the_lab_is_killed(browser: Any, by_folds: Path) -> None:
    lab, address = started(str(by_folds))
    context = browser.new_context(viewport={"width": 800, "height": 900}, color_scheme="dark")
    seen = Seen(context.new_page(), address)
    seen.page.get_by_role("heading", name="18 networks by validation loss").wait_for()
    picked = seen.picked()
    seen.press("ArrowLeft")
    seen.until("picked => document.querySelector('#picked-option').textContent !== picked", picked)
    seen.press("b")
    seen.until("picked => document.querySelector('#picked-option').textContent === picked", picked)
    seen.page.get_by_role("button", name="Open it").press("Enter")
    seen.page.get_by_role("rowheader", name="linear model").wait_for()
    require_no_violations(seen.page)
    seen.press("i")
    seen.page.get_by_role("dialog").get_by_role("heading", name="The chain rule for W₁[1, 1]").wait_for()
    seen.press("Escape")
    seen.page.get_by_role("dialog").wait_for(state="hidden")
    lab.kill()
    written(lab)
    seen.page.get_by_role("alert").get_by_text("The lab does not answer").wait_for()
    seen.press("ArrowLeft")
    seen.page.get_by_text("the lab has ended", exact=False).wait_for()
    context.close()


def test_images_and_sequences_by_keyboard_alone(seen: Seen) -> None:
    seen.page.get_by_role("button", name="Images").press("Enter")
    pad = seen.page.get_by_role("group", name="drawing; arrow keys shift it, page keys turn it")
    pad.focus()
    seen.press("ArrowRight")
    seen.page.get_by_text("Shifted 1 right, 0 down.").wait_for()
    seen.press("PageUp")
    seen.page.get_by_text("Turned 15° counterclockwise, shifted 1 right, 0 down.").wait_for()
    seen.page.get_by_role("group", name="layer 1; arrow keys").focus()
    seen.press("ArrowDown")
    seen.page.get_by_text("Map 1, row 2, column 1 sees rows 1 to 3 and columns 1 to 2").wait_for()
    box = pad.bounding_box()
    seen.page.get_by_role("button", name="Clear").press("Enter")
    empty = seen.page.locator(".bars").inner_text()
    x, y = box["x"] + box["width"] / 2, box["y"] + 5
    seen.page.mouse.move(x, y)
    seen.page.mouse.down()
    seen.page.mouse.move(x, y + box["height"] * 0.9, steps=12)
    seen.page.mouse.up()
    seen.until("empty => document.querySelector('.bars').innerText !== empty", empty)
    require_no_violations(seen.page)
    seen.page.get_by_role("button", name="Sequences").press("Enter")
    seen.page.get_by_label("word", exact=True).fill("Ünix")
    heads = "[...document.querySelectorAll('.spelling thead th')].map(one => one.innerText).join()"
    seen.until(f"() => {heads} === 'letter,n,i,x'")
    require_no_violations(seen.page)
    seen.page.get_by_role("button", name="The shoal").press("Enter")
    seen.page.wait_for_selector("#columns-title")


@pytest.mark.parametrize(("scheme", "data"), [("light", "sine"), ("dark", "moons")])
def test_axe_finds_nothing(browser: Any, address: str, scheme: str, data: str) -> None:
    if not AXE.exists():
        pytest.skip("needs axe-core: npm ci in web/")
    context = browser.new_context(viewport={"width": 800, "height": 900}, color_scheme=scheme)
    seen = Seen(context.new_page(), address)
    seen.page.get_by_label("data", exact=True).select_option(data)
    seen.press("s")
    for key in "", "?", "i":
        if key:
            seen.press("Escape")
            seen.page.get_by_role("dialog").wait_for(state="hidden")
            seen.press(key)
            seen.page.get_by_role("dialog").wait_for()
        require_no_violations(seen.page)
    context.close()
