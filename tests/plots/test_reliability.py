"""Shares that are right against confidence."""

from __future__ import annotations

import copy
import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import pytest

from shoal.plots import reliability

Marks = Callable[[str, str], list[ET.Element]]


@pytest.fixture
def found(sample: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    return sample()["test"]["reliability"]  # type: ignore[no-any-return]


def test_a_mark_for_each_bin_at_its_confidence_and_accuracy(
    found: dict[str, Any], marks: Marks, groups: Marks
) -> None:
    found["after"] |= {"confidence": [0.6, 0.8, 1.0], "accuracy": [0.6, 0.9, 1.0], "share": [0.5, 0.3, 0.2]}
    figure = reliability.diagram(found, 100)
    (x0, y0), (x1, y1), (x2, y2) = [
        (float(use.attrib["x"]), float(use.attrib["y"])) for use in marks(figure, "after")
    ]
    assert x1 == pytest.approx((x0 + x2) / 2, rel=1e-3)
    assert y0 - y1 == pytest.approx(0.75 * (y0 - y2), rel=1e-3)
    assert x2 - x0 == pytest.approx(y0 - y2, rel=1e-3)  # equal steps: the diagonal is at 45 degrees
    assert "".join(groups(figure, "after-1")[0].itertext()) == "80% sure, 90% right: 30 rows"
    assert len(marks(figure, "before")) == 5


def test_probabilities_without_a_temperature_are_one_line(
    found: dict[str, Any], marks: Marks, texts: Callable[[str], list[str]]
) -> None:
    assert {"as trained", "at their temperature"} <= set(texts(reliability.diagram(found, 100)))
    found["before"] = copy.deepcopy(found["after"])
    figure = reliability.diagram(found, 100, "image")
    assert marks(figure, "before") == []
    assert "as trained" not in texts(figure)
    assert "share of test images of that class" in texts(figure)


@pytest.mark.parametrize("sure", [0.0, 1.0])
def test_one_bin(found: dict[str, Any], marks: Marks, sure: float) -> None:
    for when in ("before", "after"):
        found[when] |= {"confidence": [sure], "accuracy": [1 - sure], "share": [1.0]}
    assert len(marks(reliability.diagram(found, 1), "after")) == 1


def test_bins_of_a_few_rows_are_not_joined(found: dict[str, Any], groups: Marks, marks: Marks) -> None:
    found["after"] |= {"confidence": [0.5, 0.6, 0.8, 1.0], "accuracy": [0.0, 0.6, 0.9, 1.0]}
    found["after"]["share"] = [0.09, 0.31, 0.3, 0.3]
    figure = reliability.diagram(found, 100)
    (path,) = [part.attrib["d"] for group in groups(figure, "joined-after") for part in group]
    assert path.count("L") == 2  # three bins of thirty rows; the nine rows have a mark alone
    assert len(marks(figure, "after")) == 4
