"""Predictions against the truth."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shoal.plots import residuals

Builder = Callable[..., dict[str, Any]]
Marks = Callable[[str, str], list[ET.Element]]


def test_a_point_for_each_row_on_axes_of_one_scale(marks: Marks, groups: Marks) -> None:
    rows = {"actual": [0.0, 10.0, 5.0], "predicted": [0.0, 10.0, 8.0]}
    figure = residuals.predicted_against_actual(rows, "price")
    points = [(float(p.attrib["x"]), float(p.attrib["y"])) for p in marks(figure, "rows")]
    (x0, y0), (x1, y1), (x2, y2) = points
    assert x1 - x0 == pytest.approx(y0 - y1, rel=1e-3)  # equal steps: the diagonal is at 45 degrees
    assert x2 == pytest.approx((x0 + x1) / 2, rel=1e-3)
    assert y2 == pytest.approx(y0 + 0.8 * (y1 - y0), rel=1e-3)
    corners = groups(figure, "patch_2")[0][0].attrib["d"].split()
    diagonal = groups(figure, "diagonal")[0][0].attrib["d"].split()
    assert diagonal == [*corners[:3], "L", *corners[7:9]]


def test_histogram_counts_every_row(sample: Builder, groups: Marks) -> None:
    parts = sample("regression")["test"]["residuals"]
    figure = residuals.histogram(parts, "price")
    difference = np.array(parts["actual"]) - np.array(parts["predicted"])
    titles = [int("".join(group.itertext()).split()[0]) for group in groups(figure, "bin")]
    assert sum(titles) == difference.size
    assert len(titles) == residuals.n_bins(difference)


@pytest.mark.parametrize(
    ("values", "bins"),
    [(np.arange(1000.0), 10), (np.zeros(10), 5), (np.r_[np.arange(100.0), 1e12], 60), (np.array([3.0]), 5)],
)
def test_number_of_bins(values: Any, bins: int) -> None:
    assert residuals.n_bins(values) == bins


@pytest.mark.parametrize("target", ["$x_1$", "<b>", "price " * 30])
def test_one_row_and_hostile_names(parsed: Callable[[str], ET.Element], target: str) -> None:
    rows = {"actual": [1.0], "predicted": [1.0]}
    for figure in (residuals.predicted_against_actual(rows, target), residuals.histogram(rows, target)):
        assert target.split()[0] in "".join(parsed(figure).itertext())
