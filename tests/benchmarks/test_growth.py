from __future__ import annotations

import numpy as np
import pytest
from matplotlib.figure import Figure

pytest.importorskip("shoal._native")
from benchmarks import growth


def test_a_curve_stands_beside_one_in_proportion() -> None:
    axes = Figure().subplots()
    growth.draw(axes, "width", [(1, [(1, 0.002), (4, 0.008)]), (4, [(1, 0.001), (4, 0.003)])])
    one, four, proportion = (np.asarray(line.get_ydata(), dtype=float) for line in axes.get_lines())
    np.testing.assert_allclose(one, [2, 8])  # milliseconds
    np.testing.assert_allclose(four, [1, 3])
    np.testing.assert_allclose(proportion, [0.75, 3])
    assert axes.get_title() == "networks 64, samples 256, depth 1"
    assert [line.get_label() for line in axes.get_lines()] == ["1 core", "4 cores", "in proportion"]


def test_more_work_takes_longer() -> None:
    small, large = growth.Shape(1, 8, 1, 1), growth.Shape(32, 2048, 64, 2)
    assert growth.seconds_per_epoch(large, 1) > growth.seconds_per_epoch(small, 1)
