from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.errors import ConfigurationError, DataError
from shoal.layers import Dense
from shoal.losses import LOSSES
from shoal.populations.network import Network
from shoal.training.problem import Problem, Samples
from shoal.training.recipe import Recipe

NETWORK = Network(2, [Dense(1)])
X = [[1, 2], [3, 4], [5, 6]]


@pytest.mark.parametrize(
    ("batch_size", "N", "batches"),
    [(None, 7, 1), (1, 7, 7), (2, 7, 4), (6, 7, 2), (7, 7, 1), (8, 7, 1), (3, 9, 3)],
)
def test_the_last_batch_may_be_smaller(batch_size: int | None, N: int, batches: int) -> None:
    assert Recipe(batch_size=batch_size).batches(N) == batches


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_samples_are_rows_with_targets_in_columns(dtype: str) -> None:
    samples = Samples.of(NETWORK, X, [7, 8, 9], dtype=dtype)
    assert len(samples) == 3
    assert samples.X.tolist() == X
    assert samples.y.tolist() == [[7, 8, 9]]
    assert samples.s.tolist() == [[1, 1, 1]]
    assert samples.X.dtype == samples.y.dtype == samples.s.dtype == np.dtype(dtype)
    assert samples.X.flags.c_contiguous


@pytest.mark.parametrize("loss", LOSSES)
def test_targets_are_encoded_by_the_loss(loss: str) -> None:
    y = [[1, 0], [0, 1], [0, 1]]
    network = Network(2, [Dense(2)], loss)
    assert np.array_equal(Samples.of(network, X, y).y, LOSSES[loss]().encode(y, 2))


@pytest.mark.parametrize(
    ("weight", "expected"), [([1, 0, 2], [[1, 0, 2]]), ([[1, 0, 2], [0, 3, 0]], [[1, 0, 2], [0, 3, 0]])]
)
def test_weights_are_shared_or_one_row_for_each_member(
    weight: list[object], expected: list[list[float]]
) -> None:
    assert Samples.of(NETWORK, X, [7, 8, 9], weight, size=2).s.tolist() == expected


@pytest.mark.parametrize(
    ("weight", "message"),
    [
        ([1, 2], "sample_weight must have shape (3,) for all members, or (2, 3), got (2,)"),
        ([[1, 2, 3]] * 3, "sample_weight must have shape (3,) for all members, or (2, 3), got (3, 3)"),
        (1.0, "sample_weight must have shape (3,) for all members, or (2, 3), got ()"),
        (
            "x",
            "sample_weight must be one number for each of the 3 samples: could not convert string to float",
        ),
        ([1, -2, 1], "sample_weight must not be negative, got -2; leave a sample out with 0"),
        (
            [1, np.nan, 1],
            "sample_weight has 1 NaN or infinite values, the first at (1,); fill or drop them before ",
        ),
        ([0, 0, 0], "sample_weight is 0 for every sample of a member; give it a positive one to train on"),
        (
            [[1, 0, 0], [0, 0, 0]],
            "sample_weight is 0 for every sample of a member; give it a positive one to train on",
        ),
        ([1e-60] * 3, "sample_weight is 0 for every sample of a member; give it a positive one to train on"),
        (
            [1e60] * 3,
            "sample_weight reaches 1e+60, too large for float32; rescale it, or use dtype='float64'",
        ),
    ],
    ids=str,
)
def test_weights_that_are_refused(weight: object, message: str) -> None:
    with pytest.raises(DataError) as error:
        Samples.of(NETWORK, X, [7, 8, 9], weight, size=2, dtype="float32")  # type: ignore[arg-type]
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


def test_messages_say_which_data_is_meant() -> None:
    for arrays, message in [
        (([[1, 2, 3]], [1]), "validation X has 3 columns"),
        ((X, [1, 2]), "validation X has 3 rows and validation y has 2; give one target for each row"),
        ((X, [1, 2, 3], [0, 0, 0]), "validation sample_weight is 0"),
        ((X, [1, 2, 1e300]), "validation y reaches 1e+300"),
    ]:
        with pytest.raises(DataError) as error:
            Samples.of(NETWORK, *arrays, dtype="float32", which="validation ")
        assert str(error.value).startswith(message)


@pytest.mark.parametrize(
    ("loss", "outputs", "y", "smooth"),
    [
        ("log_loss", 1, [0, 1, 1], [[0.05, 0.95, 0.95]]),
        ("cross_entropy", 2, [0, 1, 1], [[0.95, 0.05, 0.05], [0.05, 0.95, 0.95]]),
        ("cross_entropy", 4, [3, 0, 2], [[0.025, 0.925, 0.025], [0.025] * 3, [0.025, 0.025, 0.925],
                                         [0.925, 0.025, 0.025]]),
    ],
)  # fmt: skip
def test_smoothed_labels_share_a_tenth_among_all_classes(
    loss: str, outputs: int, y: list[int], smooth: list[list[float]]
) -> None:
    network = Network(2, [Dense(outputs)], loss)
    samples = Samples.of(network, X, y, dtype="float32")
    smoothed = samples.smoothed(network.criterion, 0.1)
    np.testing.assert_allclose(smoothed.y, smooth, rtol=1e-6)
    assert smoothed.y.dtype == np.float32


def test_smoothing_is_for_classes() -> None:
    network = Network(2, [Dense(1)], "squared_error")
    recipe, message = (
        Recipe(label_smoothing=0.1),
        "label_smoothing is for classes, got 0.1 with squared_error",
    )
    with pytest.raises(ConfigurationError, match=message):
        recipe.require(network)
    with pytest.raises(ConfigurationError, match=message):
        Problem.of(network, 1, recipe, X, [0, 1, 1])


@pytest.mark.parametrize("amount", [1.0, -0.1, float("nan"), "much"])
def test_smoothing_that_is_refused(amount: Any) -> None:
    with pytest.raises(ConfigurationError, match="label_smoothing must be from 0 to below 1, got"):
        Recipe(label_smoothing=amount)
