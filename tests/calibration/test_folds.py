from __future__ import annotations

import numpy as np
import pytest

from shoal.calibration.folds import share_of_mean

OWN = np.arange(400) % 5


def predictions(
    differ: float, learnt: float = 0.0, noise: float = 1.0, seed: int = 0
) -> tuple[np.ndarray, ...]:
    """Targets of noise around 0, and five folds' predictions that differ by ``differ`` around it.

    Of rows that a fold was trained on it has ``learnt`` a share.
    """
    rng = np.random.default_rng(seed)
    y = noise * rng.normal(size=400)
    found = differ * rng.normal(size=(5, 400))
    trained = np.arange(5)[:, None] != OWN
    return np.where(trained, (1 - learnt) * found + learnt * y, found), y


def test_folds_that_agree_are_no_better_together() -> None:
    given, y = predictions(differ=0.0)
    assert share_of_mean(given, OWN, y) == 1.0


@pytest.mark.parametrize("differ", [0.3, 1.0, 3.0])
def test_folds_that_differ_are_better_together_by_what_they_differ_by(differ: float) -> None:
    """Where nothing was learnt by heart the share is that of the errors: (1 + v/5)/(1 + v)."""
    given, y = predictions(differ)
    expected = np.sqrt((1 + differ**2 / 5) / (1 + differ**2))
    assert share_of_mean(given, OWN, y) == pytest.approx(expected, abs=0.04)


@pytest.mark.parametrize("learnt", [0.3, 0.6, 0.9])
def test_what_was_learnt_by_heart_makes_the_share_no_smaller(learnt: float) -> None:
    """The truth is what they differ by on rows that none was trained on, of which a part is seen."""
    truth = np.sqrt((1 + 1 / 5) / 2)
    for seed in range(3):
        given, y = predictions(1.0, learnt, seed=seed)
        assert truth - 0.05 < share_of_mean(given, OWN, y) < 0.99


def test_a_share_is_never_below_that_of_independent_errors() -> None:
    given, y = predictions(5.0, learnt=0.9, noise=0.01)
    assert share_of_mean(given, OWN, y) >= np.sqrt(1 / 5)


@pytest.mark.parametrize("K", [1, 2])
def test_of_two_folds_nothing_is_known(K: int) -> None:
    rng = np.random.default_rng(0)
    assert share_of_mean(rng.normal(size=(K, 10)), np.arange(10) % K, np.zeros(10)) == 1.0


def test_no_errors_stay_none() -> None:
    assert share_of_mean(np.zeros((3, 9)), np.arange(9) % 3, np.zeros(9)) == 1.0


def test_rows_that_chose_when_networks_stop_make_the_share_larger_the_fewer_they_are() -> None:
    """By hand: share² grows by 2 · 1.54 · √(v / E²) / √M, and nothing where networks agree."""
    given, y = predictions(differ=1.0)
    bare = share_of_mean(given, OWN, y)
    apart = (1 - bare**2) / (1 - 1 / 5)
    for judges in (25, 100, 2500):
        expected = np.sqrt(bare**2 + 3.08 * np.sqrt(apart / judges))
        assert share_of_mean(given, OWN, y, judges) == pytest.approx(expected, rel=1e-9)
    agreed, y = predictions(differ=0.0)
    assert share_of_mean(agreed, OWN, y, 25) == 1.0


def test_the_share_is_that_of_new_rows_where_the_best_of_ten_epochs_was_taken() -> None:
    """Each fold has ten epochs of the same worth, and keeps the one with the least error on its own rows."""
    rng = np.random.default_rng(0)
    held, new = [], []
    for _ in range(200):
        y = rng.normal(size=100)
        epochs = 0.5 * rng.normal(size=(10, 5, 100))
        each = np.square(y - epochs).reshape(10, 5, 5, 20)  # epoch, network, fold, row
        best = [int(each[:, k, k].mean(axis=1).argmin()) for k in range(5)]
        own = np.repeat(np.arange(5), 20)
        kept = np.stack([epochs[best[k], k] for k in range(5)])
        errors = y - kept[own, np.arange(100)]
        held.append(np.abs(errors) * share_of_mean(kept, own, y, 20))
        new.append(np.square(rng.normal(size=100) - kept.mean(axis=0)).mean())
    assert np.sqrt(np.mean(np.square(held))) == pytest.approx(np.sqrt(np.mean(new)), rel=0.06)
