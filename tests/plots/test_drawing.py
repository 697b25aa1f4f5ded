"""Figures that stand in one page beside others, and say what the data says."""

from __future__ import annotations

import re
import sys
import xml.etree.ElementTree as ET
from collections.abc import Callable

import matplotlib as mpl
import pytest

from shoal.errors import MissingDependencyError
from shoal.plots import drawing

Parse = Callable[[str], ET.Element]
HOSTILE = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "$x_1$", "{{7*7}}", "a&b", "\\frac"]


def draw(name: str, label: str = "x", tooltips: dict[str, list[str]] | None = None) -> str:
    with drawing.axes(300, 200) as (figure, axes):
        axes.plot([1, 2, 3], [1, 2, 3], "o", gid="points")
        axes.set_xlabel(label)
        return drawing.svg(figure, name, label, tooltips)


def test_figures_of_one_page_share_no_id_and_refer_to_their_own() -> None:
    ids = [set(re.findall(r'\bid="([^"]+)"', draw(name))) for name in ("one", "two")]
    assert not ids[0] & ids[1]
    references = re.findall(r'href="#([^"]+)"|url\(#([^)]+)\)', draw("one"))
    assert references
    assert {a or b for a, b in references} <= ids[0]


def test_nothing_in_a_figure_is_meant_for_the_page_around_it() -> None:
    figure = draw("one")
    assert "<style" not in figure
    assert "<metadata" not in figure
    assert figure.count("http") == 1  # the name of the format, which nothing fetches
    assert 'xmlns="http://www.w3.org/2000/svg"' in figure


def test_size_is_what_was_asked(parsed: Parse) -> None:
    root = parsed(draw("one"))
    assert (root.get("width"), root.get("height"), root.get("viewBox")) == ("300", "200", "0 0 300 200")


@pytest.mark.parametrize("label", HOSTILE)
def test_text_from_the_data_is_shown_as_written(parsed: Parse, label: str) -> None:
    root = parsed(draw("one", label, {"points": [label] * 3}))
    assert label in [text.text for text in root.iter("text")]
    assert root.get("aria-label") == label
    assert [title.text for title in root.iter("title")] == [label] * 4
    assert {element.tag for element in root.iter()} <= {
        "svg", "g", "path", "use", "text", "title", "defs", "clipPath", "rect"
    }  # fmt: skip


def test_characters_that_no_font_takes_are_replaced_wherever_they_stand() -> None:
    with drawing.axes(300, 200) as (figure, axes):
        axes.set_xlabel("a \ud800 b")
        axes.plot([0, 1], gid="marks", linestyle="none", marker="o")
        figure.text(0.5, 0.5, "x\x01y")
        text = drawing.svg(figure, "odd", "the title \udfff", {"marks": ["first \ud834", "second"]})
    for shown in ("a \ufffd b", "x\ufffdy", "the title \ufffd", "first \ufffd"):
        assert shown in text


def test_text_in_any_script_is_kept() -> None:
    assert "日本語 😀" in draw("one", "日本語 😀")


def test_each_mark_has_its_tooltip(parsed: Parse) -> None:
    root = parsed(draw("one", tooltips={"points": ["a", "b", "c"]}))
    uses = [u for u in root.iter("use") if len(u)]
    assert [u[0].text for u in uses] == ["a", "b", "c"]
    assert float(uses[0].attrib["x"]) < float(uses[1].attrib["x"])


def test_a_tooltip_too_many_is_an_error() -> None:
    with pytest.raises(ValueError, match="zip"):
        draw("one", tooltips={"points": ["a", "b", "c", "d"]})


def test_the_same_figure_is_the_same_text_whatever_the_user_has_set() -> None:
    before = draw("one")
    with mpl.rc_context({"font.size": 30, "svg.fonttype": "path", "text.usetex": True, "axes.linewidth": 9}):
        assert draw("one") == before
        assert mpl.rcParams["font.size"] == 30


def test_without_matplotlib_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'shoal\[report\]'"):
        draw("one")


def test_shades_go_from_light_to_dark() -> None:
    light = [sum(int(shade[i : i + 2], 16) for i in (1, 3, 5)) for shade in drawing.shades(7)]
    assert light == sorted(light, reverse=True)
    assert len(set(light)) == 7


def test_figures_of_pages_are_pictures_too_where_somebody_asks() -> None:
    with drawing.as_pictures() as found:
        for form in ("wide", "narrow"):
            with drawing.axes(100, 50) as (figure, _):
                drawing.svg(figure, "empty", "An empty figure", form=form)
    with drawing.axes(100, 50) as (figure, _):
        drawing.svg(figure, "later", "Another")
    assert list(found) == ["empty"]
    assert found["empty"][16:24] == bytes([0, 0, 0, 200, 0, 0, 0, 100])  # its width and height in pixels
