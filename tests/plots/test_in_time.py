"""Figures of sequences over time: what they say when pointed at, and what they leave out."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

import pytest

from shoal.plots import drawing, in_time
from shoal.plots.in_time import LengthBin, Reach, States

Marks = Callable[[str, str], list[ET.Element]]
BINS: list[LengthBin] = [
    {"first": 3, "last": 9, "count": 12, "error": 0.25, "low": 0.1, "high": 0.5},
    {"first": 10, "last": 10, "count": 1, "error": 0.0, "low": 0.0, "high": 0.8},
]
STATES: States = {
    "name": "line 3", "actual": "up", "called": "down", "layer": "gru", "stride": 2,
    "channels": [[0.0, 1.0, 2.0]], "salience": [0.5, -1, 0], "states": [[0.1, -0.2, 0.3], [0.0, 0.9, 1.0]],
}  # fmt: skip
both_forms = pytest.mark.parametrize("form", ["wide", "narrow"])


def test_a_length_says_how_many_are_so_long_and_how_wrong(groups: Marks) -> None:
    figure = in_time.by_length(BINS, "share mistaken", shares=True)
    told = ["".join(group.itertext()).strip() for group in groups(figure, "length")]
    assert told == [
        "12 sequences of 3 to 9 steps: share mistaken 25%",
        "1 sequence of 10 steps: share mistaken 0%",
    ]
    numbers = in_time.by_length(BINS, "error of y", shares=False)
    assert "12 sequences of 3 to 9 steps: error of y 0.25" in numbers
    assert "%" not in re.sub(r"<[^>]*>", "", numbers)


@both_forms
def test_each_direction_has_a_line_before_training_and_one_after(form: drawing.Form) -> None:
    lines: list[Reach] = [
        {"direction": "forward", "start": [1.0, 0.1, 0.0], "end": [1.0, 0.5, 0.2]},
        {"direction": "backward", "start": [1.0, 1e-9, 0.0], "end": [1.0, 2.0, 4.0]},
    ]
    both = in_time.reach(lines, form)
    for told in ("forward, before training", "forward, trained", "backward, before training"):
        assert told in both
    assert "10⁻⁹" in both or "10⁻⁸" in both
    one = in_time.reach(lines[:1], form)
    assert "forward" not in one
    assert "before training" in one


@both_forms
def test_states_stand_below_the_sequence_that_they_are_of(form: drawing.Form) -> None:
    figure = in_time.states(STATES, form)
    assert "predicted down, is up" in figure
    assert figure.count("data:image/png;base64,") == 2  # the map, and the scale of its colours
    assert "predicted up<" in in_time.states({**STATES, "called": "up"}, form)
