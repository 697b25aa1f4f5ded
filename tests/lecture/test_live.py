from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import pytest

from shoal.lecture.study import Study

Computed = Callable[[str], tuple[Study[Any], Any]]
SVG = "{http://www.w3.org/2000/svg}"


@pytest.fixture(scope="module")
def live(computed: Callable[[str], tuple[Study[Any], Any]]) -> str:
    study, found = computed("starts")
    html = study.interactive(found)
    assert html is not None
    return html


def test_every_start_can_be_reached_and_has_a_fit(live: str) -> None:
    drawn = re.search(r"<svg.*</svg>", live, re.DOTALL)
    assert drawn is not None
    root = ET.fromstring(drawn[0])  # noqa: S314 - our own
    points = [use for use in root.iter(f"{SVG}use") if use.get("tabindex")]
    fits = {g.get("id"): g for g in root.iter(f"{SVG}g") if g.get("class") == "fit"}
    assert len(points) == len(fits) == 15
    assert [point.get("tabindex") for point in points].count("0") == 1  # one stop for the tabulator key
    assert points[7].get("aria-label", "").startswith("2 hidden units, start 2: training error 0.")
    drawn_fits = {path.get("d") for fit in fits.values() for path in fit.iter(f"{SVG}path")}
    assert len(drawn_fits) > 10  # some starts of one unit meet in the same minimum
    assert fits["live-starts-fit-7"].find(f"{SVG}path") is not None


def test_the_point_shown_first_is_the_choice(live: str, computed: Computed) -> None:
    _, found = computed("starts")
    size, start = found.shown.winner
    assert f'data-first="{5 * size + start}"' in live
    assert f'data-columns="{5}"' in live


def test_nothing_is_fetched(live: str) -> None:
    assert not re.search(r"(src|href)=\"(?!#)", live)
    assert "http" not in live.replace("http://www.w3.org/2000/svg", "")
