from __future__ import annotations

import itertools
from typing import Any

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


def test_an_epoch_takes_the_median_over_its_epochs(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a clock by which an epoch of a network takes 2 ms, and one time in three is disturbed."""
    now, times = [0.0], itertools.count()

    def train(population: Any, *_: object, epochs: int, **__: object) -> None:
        now[0] += 2e-3 * population.size * epochs + 3600 * (next(times) % 3 == 0)

    monkeypatch.setattr(growth.shoal, "train", train)
    monkeypatch.setattr(growth.time, "perf_counter", lambda: now[0])
    for networks in (1, 32):
        found = growth.seconds_per_epoch(growth.Shape(networks, 8, 1, 1), 1)
        assert found == pytest.approx(2e-3 * networks)
