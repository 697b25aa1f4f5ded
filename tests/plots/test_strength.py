"""The figure of strengths gives zero its own place and every size its line."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shoal.plots import strength

Builder = Callable[..., dict[str, Any]]
Marks = Callable[[str, str], list[ET.Element]]
Texts = Callable[[str], list[str]]


def lines(evidence: dict[str, Any]) -> str:
    return strength.lines(evidence["trials"], evidence["choice"], evidence["score"])


@pytest.mark.parametrize(
    ("options", "points"),
    [({}, 198), ({"diverged": 75}, 125), ({"folds": 3, "diverged": 4}, 198), ({"l2": (0.0, 0.5)}, 98)],
)
def test_a_point_for_each_start_that_did_not_diverge(
    sample: Builder, marks: Marks, options: dict[str, Any], points: int
) -> None:
    assert len(marks(lines(sample(**options)), "starts")) == points


def test_a_strength_whose_starts_all_diverged_keeps_its_place(sample: Builder, texts: Texts) -> None:
    evidence = sample(l2=(0.0, 1.0), starts=3, diverged=0)
    trials = evidence["trials"]
    for i, l2 in enumerate(trials["l2"]):
        if l2 == (1.0 if evidence["choice"]["l2"] == 0 else 0.0):
            trials["validation_loss"][i], trials["diverged"][i] = None, True
    shown = texts(lines(evidence))
    assert {"0", "1", "//", "16×16 hidden units"} <= set(shown)


def test_the_ring_is_at_the_chosen_network(sample: Builder, marks: Marks) -> None:
    figure = lines(sample())
    (ring,) = marks(figure, "chosen")
    same = [p for p in marks(figure, "starts") if p.attrib["x"] == ring.attrib["x"]]
    assert len(same) == 10  # the starts of one size at one strength
    assert ring.attrib["y"] in [p.attrib["y"] for p in same]


def test_every_size_with_a_network_left_is_named(sample: Builder, texts: Texts) -> None:
    named = [text for text in texts(lines(sample(diverged=40))) if "hidden unit" in text]
    assert sorted(named) == ["1 hidden unit", "2 hidden units", "4 hidden units", "8 hidden units"]


def test_strengths_are_spaced_by_their_logarithm_with_zero_apart() -> None:
    place = strength.positions([0.0, 0.01, 1.0, 10.0])
    assert [place[s] for s in (0.01, 1.0, 10.0)] == pytest.approx([-2, 0, 1])
    assert place[0.0] == pytest.approx(-3.5)  # one mean step of 1.5 to the left


@pytest.mark.parametrize("strengths", [[0.0, 3.0], [2.0, 8.0], [0.0, 1.0, 1.001]])
def test_positions_are_finite_and_in_order(strengths: list[float]) -> None:
    place = list(strength.positions(strengths).values())
    assert np.isfinite(place).all()
    assert place == sorted(set(place))


def test_zero_is_set_apart_only_where_it_was_asked(sample: Builder, texts: Texts) -> None:
    assert "//" in texts(lines(sample()))
    assert "//" not in texts(lines(sample(l2=(0.1, 1.0))))


def test_labels_of_close_strengths_do_not_overlap(sample: Builder, texts: Texts) -> None:
    strengths = (0.0, 1.0, 1.01, 1.02, 100.0)
    shown = [text for text in texts(lines(sample(l2=strengths))) if text in {"0", "1", "1.01", "1.02", "100"}]
    assert shown == ["0", "1", "100"]


def test_sizes_beyond_the_colours_still_differ() -> None:
    styles = [tuple(strength.style_of(rank).values()) for rank in range(36)]
    assert len(set(styles)) == 36
