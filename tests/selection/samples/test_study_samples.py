from __future__ import annotations

import numpy as np
import pytest

from shoal.errors import ConfigurationError, DataError, UnknownNameError
from shoal.selection.samples.splits import holdout
from shoal.selection.samples.study_samples import StudySamples, gather, infer_loss

RNG = np.random.default_rng(0)
X = RNG.normal(size=(30, 2))
LABELS = np.arange(30) % 3


def gathered(
    X: object = X, y: object = X[:, 0], validation: object = None, **options: object
) -> StudySamples:
    defaults = {"loss": None, "folds": None, "validation_share": 0.2, "seed": 0, "dtype": "float64"}
    return gather(X, y, validation, **(defaults | options))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("y", "name"),
    [
        ([0.0, 1.0, 0.0], "squared_error"),
        (np.array([1.5, 2.5], dtype=np.float32), "squared_error"),
        ([[0.1, 0.2], [0.3, 0.4]], "squared_error"),
        ([0, 1, 1], "log_loss"),
        ([True, False], "log_loss"),
        ([2, 1, 0, 0], "cross_entropy"),
    ],
)
def test_the_loss_is_inferred_from_the_targets(y: object, name: str) -> None:
    assert infer_loss(np.asarray(y)).name == name


@pytest.mark.parametrize("y", [[1, 2, 3], [0, 2], [-1, 1], [[0, 1], [1, 0]]])
def test_whole_numbers_that_may_be_counts_need_the_loss_stated(y: object) -> None:
    with pytest.raises(ConfigurationError, match="loss='cross_entropy', 'squared_error' or 'poisson'"):
        infer_loss(np.asarray(y))


def test_one_class_is_not_enough() -> None:
    with pytest.raises(DataError, match="one class only"):
        infer_loss(np.zeros(5, dtype=int))


@pytest.mark.parametrize(
    ("y", "loss", "n_outputs"),
    [
        (X[:, 0], None, 1),
        (X[:, :1], None, 1),
        (X, None, 2),
        (LABELS, None, 3),
        (LABELS % 2, None, 1),
        (LABELS % 2, "cross_entropy", 2),
        (LABELS, "poisson", 1),
        (np.eye(4)[LABELS], "cross_entropy", 4),
    ],
)
def test_outputs_are_counted_from_the_targets(y: np.ndarray, loss: str | None, n_outputs: int) -> None:
    assert gathered(y=y, loss=loss).n_outputs == n_outputs


def test_a_share_is_held_out_and_stratified_where_targets_are_classes() -> None:
    samples = gathered(y=LABELS)
    [(train, held)] = samples.splits
    assert sorted([*train, *held]) == list(range(30))
    assert np.bincount(LABELS[held]).tolist() == [2, 2, 2]


def test_the_validation_share_is_drawn_apart_from_a_test_share_of_the_same_seed() -> None:
    [(_, held)] = gathered().splits
    assert held.tolist() != holdout(30, 0.2, seed=0)[1].tolist()


def test_folds_are_stratified_too() -> None:
    samples = gathered(y=LABELS, folds=5)
    assert len(samples.splits) == 5
    for _, held in samples.splits:
        assert np.bincount(LABELS[held]).tolist() == [2, 2, 2]


def test_a_validation_set_follows_the_training_samples() -> None:
    samples = gathered(validation=(X[:7] + 10, X[:7, 1]))
    [(train, held)] = samples.splits
    assert train.tolist() == list(range(30))
    assert held.tolist() == list(range(30, 37))
    np.testing.assert_array_equal(samples.X[held], X[:7] + 10)
    np.testing.assert_array_equal(samples.y[held], X[:7, 1])


def test_classes_are_counted_over_validation_samples_too() -> None:
    assert gathered(y=LABELS, validation=(X[:2], [0, 3])).n_outputs == 4


def test_samples_take_the_dtype_of_training() -> None:
    assert gathered(dtype="float32").X.dtype == np.float32


def test_the_fingerprint_knows_data_and_splits_apart() -> None:
    base = gathered().fingerprint()
    assert gathered().fingerprint() == base
    changed = X.copy()
    changed[3, 1] = np.nextafter(changed[3, 1], 9)
    names = ["X (sha256)", "y (sha256)", "rows to train and validate on (sha256)"]
    for name, other in zip(
        names, [gathered(X=changed), gathered(y=changed[:, 1]), gathered(seed=1)], strict=True
    ):
        differing = [key for key, value in other.fingerprint().items() if value != base[key]]
        assert differing == [name]


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"X": X[:5]}, DataError, "X has 5 rows and y has 30"),
        ({"X": np.where(X > 1, np.nan, X)}, DataError, "X has .* NaN or infinite"),
        ({"y": [np.inf] * 30}, DataError, "y has 30 NaN or infinite"),
        ({"y": ["a"] * 30}, DataError, "y must be numbers"),
        ({"y": LABELS, "loss": "log_loss"}, DataError, "label 2, log_loss takes 0 and 1 only"),
        ({"loss": "sqared_error"}, UnknownNameError, "did you mean 'squared_error'"),
        ({"folds": 3, "validation": (X, X[:, 0])}, ConfigurationError, "not both"),
        ({"validation": (X,)}, ConfigurationError, "pair of arrays"),
        ({"validation": (X[:, :1], X[:, 0])}, DataError, "validation X has 1 columns"),
        ({"validation": (X, X[:3, 0])}, DataError, "validation X has 30 rows and validation y has 3"),
        ({"validation": (X, X)}, DataError, "y has 1 dimensions, validation y 2"),
        ({"folds": 31}, DataError, "30 rows cannot be divided into 31 folds"),
        ({"validation_share": 1.5}, ConfigurationError, "between 0 and 1"),
    ],
)
def test_what_does_not_fit_is_said_at_once(
    options: dict[str, object], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        gathered(**options)
