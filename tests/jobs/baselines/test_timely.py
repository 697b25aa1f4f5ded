from __future__ import annotations

import tracemalloc
from typing import Any, cast
from unittest.mock import Mock

import numpy as np
import pytest

from shoal.jobs.baselines import linear
from shoal.jobs.baselines import timely as module
from shoal.jobs.baselines.fitting import bytes_a_row, fit_baselines
from shoal.jobs.baselines.timely import timely_baselines
from shoal.jobs.deadline import Deadline
from shoal.jobs.prepared import Prepared

N = 4000
RNG = np.random.default_rng(0)
X = RNG.normal(size=(N, 3))
CLASSES = np.where(np.arange(N) < 2, 2, (X[:, 0] > 0).astype(int))  # of one there are but two rows


@pytest.fixture(autouse=True)
def large(monkeypatch: pytest.MonkeyPatch) -> None:
    """Small data that are looked at as large ones are."""
    monkeypatch.setattr(module, "SMALL", 0)
    monkeypatch.setattr(module, "SPARE", 0)
    monkeypatch.setattr(module, "PROBED", 100 * 3 * 3)


def data(y: Any = CLASSES, n_classes: int = 3) -> Prepared:
    parts = {"plain_rows": (X, X), "targets": y, "weights": None}
    return cast("Prepared", Mock(**parts, n_classes=n_classes, loss=("squared_error", 1)))


class Fits:
    """A linear model that takes so many seconds for a row and step, and remembers what it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, pace: float) -> None:
        self.now, self.pace, self.asked = 0.0, pace, list[tuple[int, int | None, set[int]]]()
        monkeypatch.setattr(module, "fit_baselines", self)

    def __call__(
        self, X: Any, y: Any, K: int, loss: str, steps: int | None = None, weights: Any = None
    ) -> dict[str, Any]:
        assert weights is None
        self.asked.append((len(X), steps, set(np.unique(y).astype(int).tolist()) if K else set()))
        self.now += self.pace * len(X) * (steps or 50)
        return {}

    def deadline(self, seconds: float | None) -> Deadline:
        return Deadline(seconds, clock=lambda: self.now)


def test_without_an_end_all_rows_are_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    fits = Fits(monkeypatch, pace=1e9)
    assert timely_baselines(data(), 0, fits.deadline(None)) == ({}, "")
    assert fits.asked == [(N, None, {0, 1, 2})]


def test_with_time_for_all_rows_all_are_fitted(monkeypatch: pytest.MonkeyPatch) -> None:
    fits = Fits(monkeypatch, pace=1e-9)
    assert timely_baselines(data(), 0, fits.deadline(10.0))[1] == ""
    assert [rows for rows, _, _ in fits.asked[1:]] == [N]
    assert fits.asked[0][0] < 110


@pytest.mark.parametrize("seconds", [10.0, 20.0])
def test_what_there_is_no_time_for_is_left_out_and_told(
    monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    fits = Fits(monkeypatch, pace=3e-5)
    _, told = timely_baselines(data(), 0, fits.deadline(seconds))
    probed, (rows, steps, classes) = fits.asked
    assert rows == pytest.approx(0.15 * seconds / 3e-5 / 50, abs=3)
    assert steps is not None
    assert 45 <= steps <= 50
    assert classes == probed[2] == {0, 1, 2}  # a class of two rows, too
    assert told == f"was fitted on {rows:,} of 4,000 rows in at most {steps} steps, for want of time"
    assert fits.now < 0.2 * seconds


@pytest.mark.parametrize(("seconds", "want"), [(None, "memory"), (10.0, "memory"), (2.0, "time and memory")])
def test_in_little_memory_there_are_fewer_rows(
    monkeypatch: pytest.MonkeyPatch, seconds: float | None, want: str
) -> None:
    fits = Fits(monkeypatch, pace=3e-5)
    room = 900 * bytes_a_row(3, 3)
    _, told = timely_baselines(data(), 0, fits.deadline(seconds), room)
    rows, _, classes = fits.asked[-1]
    assert rows == pytest.approx(900 if want == "memory" else 200, abs=3)
    assert classes == {0, 1, 2}
    assert told.startswith(f"was fitted on {rows:,} of 4,000 rows")
    assert told.endswith(f", for want of {want}")


@pytest.mark.parametrize(("K", "n"), [(0, 40), (2, 40), (200, 5)])
def test_a_row_takes_as_many_bytes_as_are_told(K: int, n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = 20_000
    wide = np.random.default_rng(1).normal(size=(rows, n)).astype(np.float32)
    y = np.arange(rows) % K if K else wide[:, 0]
    monkeypatch.setattr(linear, "BLOCK", 2**12)
    fit_baselines(wide[:400], y[:400], K, steps=2)  # what is loaded is no part of it
    tracemalloc.start()
    try:
        fit_baselines(wide, y, K, steps=5)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    fixed = 2 * 8 * (n + 1) ** 2 + 40 * 8 * K * (n + 1) + 2**20  # moments, parameters of some steps, blocks
    assert peak < rows * bytes_a_row(n, K) + fixed


def test_where_there_is_no_time_for_more_the_forecast_serves(monkeypatch: pytest.MonkeyPatch) -> None:
    fits = Fits(monkeypatch, pace=1.0)
    _, told = timely_baselines(data(), 0, fits.deadline(1e-3))
    assert fits.asked == [(100, module.PROBE_STEPS, {0, 1, 2})]
    assert told == "was fitted on 100 of 4,000 rows in at most 5 steps, for want of time"


@pytest.mark.parametrize("pace", [1e-6, 1e-5, 3e-5, 1e-3])
def test_many_classes_take_no_more_than_their_share_of_the_time(
    monkeypatch: pytest.MonkeyPatch, pace: float
) -> None:
    """Each class has a row at least, which are many of a thousand classes."""
    fits, y = Fits(monkeypatch, pace), np.arange(N) % 1000
    seconds = 1.0 + 1000 * module.PROBE_STEPS * pace
    timely_baselines(data(y, n_classes=1000), 0, fits.deadline(seconds))
    probed, fitted = fits.asked[0], sum(rows * (steps or 50) for rows, steps, _ in fits.asked[1:])
    assert probed[0] == 1000
    assert pace * fitted <= module.SHARE * seconds
    assert all(len(classes) == 1000 for _, _, classes in fits.asked)


def test_numbers_are_fitted_on_fewer_rows_too(monkeypatch: pytest.MonkeyPatch) -> None:
    fits = Fits(monkeypatch, pace=2e-3)
    timely_baselines(data(X[:, 0], n_classes=0), 0, fits.deadline(10.0))
    assert [rows for rows, _, _ in fits.asked] == [300]
    fits = Fits(monkeypatch, pace=1e-4)
    told = timely_baselines(data(X[:, 0], n_classes=0), 0, fits.deadline(fits.now + 10.0))[1]
    rows, _, _ = fits.asked[-1]
    assert rows == pytest.approx(0.15 * 10 / 1e-4 / 5, abs=1)
    assert told == f"was fitted on {rows:,} of 4,000 rows, for want of time"  # in one step


def test_fewer_steps_are_a_start_of_the_same_model() -> None:
    few, many = (fit_baselines(X, CLASSES, 3, steps=steps)["linear model"](X) for steps in (2, 50))
    assert not np.allclose(few, many)
    np.testing.assert_allclose(few.sum(axis=1), 1)
    right = np.arange(N), CLASSES
    assert np.log(many[right]).mean() > np.log(few[right]).mean() > np.log(1 / 3)
