from __future__ import annotations

import numpy as np
import pytest

from shoal.calibration.folds import luck_of_epochs, share_of_mean

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


def test_the_luck_of_probabilities_is_how_far_labels_set_networks_apart() -> None:
    """By hand, of two classes: Var_c is p (1 − p) d² of logits that are d = ±ln 2 / 2 from their mean."""
    odds = np.array([1.0, 2.0, 2.0])[:, None] * np.ones((3, 30))
    p = np.stack([1 / (1 + odds), odds / (1 + odds)], axis=2)
    own = np.zeros(30, dtype=int)  # all rows are held out by the first fold, so that the others agree
    assert luck_of_epochs(p, own, 6) == 0.0
    middle = (1 / 2 + 2 / 3) / 2
    apart = 2 * middle * (1 - middle) * (np.log(2) / 2) ** 2
    found = luck_of_epochs(p, own + 2, 6)
    assert found == pytest.approx(1.54 * np.sqrt(apart / 6), rel=1e-9)
    assert luck_of_epochs(p, own + 2, 24) == pytest.approx(found / 2, rel=1e-12)
    assert luck_of_epochs(p[:2], own, 6) == 0.0  # of two folds nothing is known
    surer = middle**2 / (middle**2 + (1 - middle) ** 2)  # at a temperature of 1/2
    less = np.sqrt(surer * (1 - surer) / (middle * (1 - middle)))
    assert luck_of_epochs(p, own + 2, 6, 0.5) == pytest.approx(found * less, rel=1e-9)


def test_a_probability_of_zero_leaves_luck_finite() -> None:
    p = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]])[:, None] * np.ones((3, 9, 1))
    assert 0 < luck_of_epochs(p, np.arange(9) % 3, 3) < 20


def test_the_luck_is_that_of_the_best_of_ten_epochs() -> None:
    """Of ten epochs of the same worth each fold keeps the one of least loss on its own rows of pure noise."""
    rng = np.random.default_rng(0)
    own = np.repeat(np.arange(5), 20)
    told, had = [], []
    for _ in range(200):
        y = rng.integers(0, 2, size=100)
        z = 0.5 * rng.normal(size=(10, 5, 100))
        losses = np.log1p(np.exp(np.where(y == 1, -z, z)))  # epoch, network, row
        best = [int(losses[:, k, own == k].mean(axis=1).argmin()) for k in range(5)]
        kept = np.stack([z[best[k], k] for k in range(5)])
        p = 1 / (1 + np.exp(-kept))
        told.append(luck_of_epochs(np.stack([1 - p, p], axis=2), own, 20))
        new = np.log1p(np.exp(kept)) - kept / 2  # what a row whose classes are as likely loses
        had.append(new.mean() - np.mean([losses[best[own[i]], own[i], i] for i in range(100)]))
    assert np.mean(told) == pytest.approx(np.mean(had), rel=0.15)
