"""Made tables are what they are said to be, by formulas of their own: their signal, noise and tails."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import spearmanr

from benchmarks.generalisation.made import (
    MADE,
    TRAINING,
    friedman1,
    friedman2,
    friedman3,
    heavy_columns,
    heavy_noise,
    heavy_target,
    lines_of,
    noisy,
    parity,
    steps,
)
from benchmarks.generalisation.sets import TABLES, those_of


def rng() -> np.random.Generator:
    return np.random.default_rng(0)


def test_friedman_s_circuit_is_that_of_complex_impedances() -> None:
    X = rng().uniform(size=(50, 4))
    omega = 2 * np.pi * (20 + 260 * X[:, 1])
    impedance = 100 * X[:, 0] + 1j * omega * X[:, 2] + 1 / (1j * omega * (1 + 10 * X[:, 3]) * 1e-6)
    np.testing.assert_allclose(friedman2(X), np.abs(impedance))
    np.testing.assert_allclose(friedman3(X), np.angle(impedance))


def test_steps_are_flat_but_for_their_leaps() -> None:
    X = np.array([[0.2, 0.8, 0.1], [0.2, 0.6, 0.1], [0.4, 0.8, 0.1], [0.4, 0.8, 0.9]])
    assert steps(X).tolist() == [2.0, 0.0, 4.0, 7.0]


@pytest.mark.parametrize("ratio", [0.3, 3.0])
def test_noise_is_told_by_the_ratio_of_signal_to_it(ratio: float) -> None:
    X, y = noisy(friedman1, 5, 20, ratio)(rng())
    assert X.shape[1] == 25
    signal = friedman1(X.astype(np.float64))
    assert signal.std() / (y.astype(np.float64) - signal).std() == pytest.approx(ratio, rel=0.05)


@pytest.mark.parametrize("of", [2, 3])
def test_parity_is_told_by_its_columns_together_and_by_none_alone(of: int) -> None:
    X, y = parity(of, 4)(rng())
    odd = np.isin(X[:, :of], ["a", "b", "c"]).sum(axis=1) % 2 == 1
    assert np.mean(odd == (y == "odd")) == pytest.approx(0.95, abs=0.02)
    for j in range(X.shape[1]):
        assert np.mean(y[np.isin(X[:, j], ["a", "b", "c"])] == "odd") == pytest.approx(0.5, abs=0.05)


def test_tails_are_heavy() -> None:
    X, y = (each.astype(np.float64) for each in heavy_noise(rng()))
    left = np.abs(y - friedman1(X))
    assert left.max() > 50 * np.median(left)
    X, y = (each.astype(np.float64) for each in heavy_target(rng()))
    assert y.min() > 0
    assert y.max() > 50 * np.median(y)
    assert spearmanr(y, friedman1(X))[0] > 0.95
    X = heavy_columns(rng())[0].astype(np.float64)
    assert np.abs(X).max() > 500 * np.median(np.abs(X))


def test_a_made_table_is_the_same_every_time_and_trains_on_few_of_its_rows() -> None:
    table = TABLES["made/parity3_3"]
    assert lines_of("parity3_3") == table.lines
    numbers, texts, y = table.columns()
    assert (numbers.shape[1], texts.shape[1], y[0] in ("odd", "even")) == (0, 6, True)
    train, test = table.split(1)
    assert len(train) == TRAINING
    assert sorted([*train, *test]) == list(range(len(y)))
    assert {table.name for table in those_of("made")} == {f"made/{name}" for name in MADE}
    numbers, texts, y = TABLES["made/steps_20"].columns()
    assert (numbers.shape[1], texts.shape[1], y.dtype) == (23, 0, np.float64)
