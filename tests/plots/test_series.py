"""Sequences as small curves, and how long they are."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

from shoal.plots import series
from shoal.plots.series import SequenceShape, SeriesExample

Marks = Callable[[str, str], list[ET.Element]]
SHAPE: SequenceShape = {
    "channels": ["x"], "shortest": 7, "median": 8.0, "longest": 12, "missing": 0.0,
    "edges": [7, 8, 10, 13], "counts": [3, 1, 6],
}  # fmt: skip


def example(right: bool | None, *channels: list[float | None]) -> SeriesExample:
    return {
        "name": "line 7", "actual": "up", "called": "up" if right else "down", "right": right, "stride": 1,
        "channels": list(channels),
    }  # fmt: skip


def test_every_bar_says_how_many_sequences_are_so_long(groups: Marks) -> None:
    titles = ["".join(group.itertext()).strip() for group in groups(series.lengths(SHAPE), "bin")]
    assert titles == ["3 sequences of 7 steps", "1 sequence of 8 to 9 steps", "6 sequences of 10 to 12 steps"]


@pytest.mark.parametrize("form", ["wide", "narrow"])
def test_examples_are_curves_of_every_channel_with_what_they_are_called(
    form: series.drawing.Form,
) -> None:
    shown = [
        example(True, [1.0, 2.0, 3.0], [3.0, None, 1.0]),
        example(False, [5.0]),
        example(None, [1.0, 2.0]),
    ]
    figure = series.examples(shown, form)
    assert len(re.findall(r'id="[^"]*curve-[0-9]+"', figure)) == 4
    assert figure.count("down, is up") == 2


def test_steps_that_were_left_out_stand_where_they_were(marks: Marks) -> None:
    every: SeriesExample = {**example(True, [0.0, 1.0]), "stride": 50}
    figure = series.examples([every])
    assert ">51<" in figure or ">50<" in figure or ">40<" in figure


def test_what_a_prediction_depends_on_is_a_colour_behind_the_curve() -> None:
    plain = example(True, [1.0, 2.0, 3.0, 2.0])
    salient: SeriesExample = {**plain, "window": 2, "salience": [0.5, -0.5]}
    for_it, against = series.SPEAKS.lower(), series.AGAINST.lower()
    assert for_it not in series.examples([plain]).lower()
    figure = series.examples([salient]).lower()
    assert for_it in figure
    assert against in figure
    nothing = series.examples([{**salient, "salience": [0.0, 0.0]}]).lower()
    assert for_it not in nothing
