"""Bars of importances."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import pytest

from shoal.plots import drawing, importances

Marks = Callable[[str, str], list[ET.Element]]
Parse = Callable[[str], ET.Element]
Texts = Callable[[str], list[str]]


def bars(entries: list[tuple[str, float, float]]) -> str:
    parts: list[Any] = [{"column": c, "increase": i, "sd": s} for c, i, s in entries]
    return importances.bars(parts, "log loss (nats)")


def test_bars_are_ranked_and_tell_their_numbers(groups: Marks) -> None:
    figure = bars([("low", 0.1, 0.01), ("high", 0.3, 0.02), ("none", -0.01, 0.02)])
    drawn = groups(figure, "bar")
    titles = ["".join(bar.itertext()) for bar in drawn]
    assert titles == ["high: 0.3000 ± 0.020", "low: 0.1000 ± 0.010", "none: −0.01000 ± 0.020"]
    assert "rise of the log loss (nats)" in figure


def test_lengths_are_in_proportion_from_zero(groups: Marks) -> None:
    drawn = groups(bars([("a", 0.3, 0.0), ("b", 0.1, 0.0)]), "bar")
    spans = []
    for bar in drawn:
        points = bar[0].attrib["d"].split()
        x = [float(points[i + 1]) for i, letter in enumerate(points) if letter in "ML"]
        spans.append((min(x), max(x) - min(x)))
    assert spans[0][0] == pytest.approx(spans[1][0])
    assert spans[0][1] == pytest.approx(3 * spans[1][1], rel=1e-4)


def test_bars_not_told_apart_from_zero_are_grey(groups: Marks) -> None:
    drawn = groups(bars([("clear", 0.3, 0.1), ("unclear", 0.1, 0.06)]), "bar")
    assert drawing.BLUE.lower() in drawn[0][0].attrib["style"]
    assert drawing.UNCLEAR.lower() in drawn[1][0].attrib["style"]


def test_at_most_twenty_are_drawn(groups: Marks) -> None:
    drawn = groups(bars([(f"c{i}", i / 10, 0.01) for i in range(30)]), "bar")
    assert len(drawn) == importances.MOST == 20
    assert "".join(drawn[0].itertext()).startswith("c29:")


def test_long_names_are_cut_with_the_whole_in_the_tooltip(parsed: Parse) -> None:
    name = "an unreasonably long name of a column"
    figure = bars([(name, 0.1, 0.01), ("$x_1$", 0.05, 0.01), ("<script>", 0.01, 0.01)])
    texts = [t for t in parsed(figure).iter("text") if len(t)]
    assert [t.text for t in texts] == ["an unreasonably long name…", "$x_1$", "<script>"]
    assert [(t[0].text or "").split(":")[0] for t in texts] == [name, "$x_1$", "<script>"]


@pytest.mark.parametrize(("form", "most"), [("wide", 80), ("narrow", 50)])
def test_names_that_differ_far_from_their_beginning_stand_above_their_bars(
    texts: Texts, form: drawing.Form, most: int
) -> None:
    names = [f"measurement_of_the_outlet_of_tank_{k}_in_mg_per_l" for k in range(3)]
    figure = importances.bars([{"column": name, "increase": 0.1, "sd": 0.01} for name in names], "loss", form)
    assert [text for text in texts(figure) if text.startswith("measure")] == [name[:most] for name in names]
    alike = [{"column": "x" * 90, "increase": 0.1, "sd": 0.01}] * 2  # which no length tells apart
    assert ("x" * (16 if form == "narrow" else 25) + "…") in texts(importances.bars(alike, "loss", form))
