from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from shoal.errors import ConfigurationError, DataError
from shoal.losses import LOSSES, CrossEntropy, Huber, LogLoss, Loss, MeanSquaredError, Poisson, SquaredError
from shoal.registry import from_config, to_config
from shoal.shapes import Array

LN2, LN3, LN4 = math.log(2), math.log(3), math.log(4)

# name: (z of one sample, y, loss, delta), each from the equation by hand.
KNOWN: dict[str, list[tuple[list[float], list[float], float, list[float]]]] = {
    "log_loss": [
        ([0.0], [1], LN2, [-0.5]),
        ([LN3], [1], LN4 - LN3, [-0.25]),
        ([LN3], [0], LN4, [0.75]),
        ([LN3, -LN3], [0, 0], LN4 + LN4 - LN3, [0.75, 0.25]),
        ([40.0], [1], math.exp(-40), [0.0]),
        ([-1e4], [1], 1e4, [-1.0]),
    ],
    "cross_entropy": [
        ([0.0, 0.0], [1, 0], LN2, [-0.5, 0.5]),
        ([0.0, LN2, 0.0], [0, 1, 0], LN2, [0.25, -0.5, 0.25]),
        ([7.0, 7.0 + LN3], [0.5, 0.5], LN4 - LN3 / 2, [-0.25, 0.25]),
        ([1e4, -1e4], [0, 1], 2e4, [1.0, -1.0]),
    ],
    "step_cross_entropy": [
        ([0.0, LN2, 0.0], [0, 1, 0], LN2, [0.25, -0.5, 0.25]),
        ([1e4, -1e4], [0, 1], 2e4, [1.0, -1.0]),
    ],
    "squared_error": [([3.0, 1.0], [1.0, 2.0], 2.5, [2.0, -1.0])],
    "mean_squared_error": [([3.0, 1.0], [1.0, 2.0], 2.5, [2.0, -1.0]), ([3.0], [1.0], 4.0, [4.0])],
    "absolute_error": [([3.0, 1.0], [1.0, 2.0], 3.0, [1.0, -1.0]), ([2.0], [2.0], 0.0, [0.0])],
    "huber": [
        ([0.5], [0.0], 0.125, [0.5]),
        ([3.0, 1.0], [0.0, 1.5], 2.5 + 0.125, [1.0, -0.5]),
        ([-1.0], [0.0], 0.5, [-1.0]),
    ],
    "poisson": [
        ([0.0], [3], 1.0, [-2.0]),
        ([LN4], [2], 4 - 2 * LN4, [2.0]),
        ([0.0, LN2], [0, 2], 3 - 2 * LN2, [1, 0]),
    ],
}

# name: ŷ where z = (0, ln 2) are the two outputs of a sample.
PREDICTIONS = {
    "log_loss": [0.5, 2 / 3],
    "cross_entropy": [1 / 3, 2 / 3],
    "step_cross_entropy": [1 / 3, 2 / 3],
    "poisson": [1.0, 2.0],
}

every_loss = pytest.mark.parametrize("name", sorted(LOSSES))
both_dtypes = pytest.mark.parametrize("dtype", [np.float32, np.float64])
logits = st.floats(-1e4, 1e4)


def some_targets(name: str, K: int, N: int, *, seed: int = 1) -> Array:
    """Targets (K, N) that the loss can take."""
    rng = np.random.default_rng(seed)
    if name == "log_loss":
        return rng.integers(0, 2, (K, N)).astype(np.float64)
    if name == "cross_entropy":
        return rng.dirichlet(np.ones(K), N).T.copy()
    if name == "step_cross_entropy":
        return np.eye(K)[:, rng.integers(0, K, N)]
    if name == "poisson":
        return rng.poisson(2.0, (K, N)).astype(np.float64)
    return rng.standard_normal((K, N))


def some_logits(P: int, K: int, N: int, dtype: type = np.float64) -> Array:
    return (2 * np.random.default_rng(0).standard_normal((P, K, N))).astype(dtype)


@pytest.mark.parametrize(("name", "case"), [(name, case) for name in KNOWN for case in KNOWN[name]])
def test_known_values(name: str, case: tuple[list[float], list[float], float, list[float]]) -> None:
    loss = LOSSES[name]()
    z, y, value, delta = case
    z_column, y_column = np.array(z)[None, :, None], np.array(y, dtype=float)[:, None]
    np.testing.assert_allclose(loss.value(z_column, y_column), [[value]], rtol=1e-14)
    np.testing.assert_allclose(loss.delta(z_column, y_column)[0, :, 0], delta, rtol=1e-14, atol=1e-15)


def test_every_loss_has_known_values() -> None:
    assert set(KNOWN) == set(LOSSES)


@every_loss
def test_predicts_through_its_link(name: str) -> None:
    loss = LOSSES[name]()
    z = np.array([[[0.0], [LN2]]])
    np.testing.assert_allclose(loss.predict(z)[0, :, 0], PREDICTIONS.get(name, [0.0, LN2]), rtol=1e-15)
    assert loss.has_link == (name in PREDICTIONS)


@pytest.mark.parametrize("loss", [*(cls() for cls in LOSSES.values()), Huber(threshold=2.5)], ids=repr)
@pytest.mark.parametrize("K", [2, 3])
def test_delta_equals_central_differences(loss: Loss, K: int) -> None:
    z, y, h = some_logits(4, K, 25), some_targets(loss.name, K, 25), 1e-5
    distance = np.abs(z - y)
    kink = {"absolute_error": 0.0, "huber": getattr(loss, "threshold", None)}.get(loss.name)
    assert kink is None or np.abs(distance - kink).min() > 2 * h  # the points are smooth ones
    for k in range(K):
        step = np.zeros((K, 1))
        step[k] = h
        numerical = (loss.value(z + step, y) - loss.value(z - step, y)) / (2 * h)
        np.testing.assert_allclose(loss.delta(z, y)[:, k], numerical, rtol=1e-6, atol=0)


@every_loss
def test_delta_vanishes_where_the_prediction_is_the_target(name: str) -> None:
    loss = LOSSES[name]()
    z = some_logits(1, 3, 10)
    np.testing.assert_array_equal(loss.delta(z, loss.predict(z)), np.zeros_like(z))


@every_loss
@both_dtypes
def test_keeps_dtype_and_layout_whatever_the_targets(name: str, dtype: type) -> None:
    loss = LOSSES[name]()
    z, rows = some_logits(2, 3, 5, dtype), np.ascontiguousarray(some_targets(name, 3, 5).T)
    for result, shape in [
        (loss.value(z, rows.T), (2, 5)),
        (loss.delta(z, rows.T), (2, 3, 5)),
        (loss.predict(z), (2, 3, 5)),
    ]:
        assert result.shape == shape
        assert result.dtype == dtype
        assert result.flags.c_contiguous


@every_loss
@both_dtypes
@pytest.mark.parametrize("K", [2, 9, 130])
@pytest.mark.parametrize("N", [1, 2, 17])
def test_a_member_does_not_depend_on_its_companions(name: str, dtype: type, K: int, N: int) -> None:
    loss = LOSSES[name]()
    z, y = some_logits(5, K, N, dtype), some_targets(name, K, N).astype(dtype)
    value, delta, prediction = loss.value(z, y), loss.delta(z, y), loss.predict(z)
    for p in range(5):
        alone = z[p : p + 1].copy()
        assert loss.value(alone, y).tobytes() == value[p].tobytes()
        assert loss.delta(alone, y).tobytes() == delta[p].tobytes()
        assert loss.predict(alone).tobytes() == prediction[p].tobytes()


@every_loss
def test_members_may_have_their_own_targets(name: str) -> None:
    loss = LOSSES[name]()
    z = some_logits(2, 3, 5)
    y = np.stack([some_targets(name, 3, 5, seed=1), some_targets(name, 3, 5, seed=2)])
    assert not np.array_equal(y[0], y[1])
    for p in range(2):
        np.testing.assert_array_equal(loss.value(z, y)[p], loss.value(z[p : p + 1], y[p])[0])
        np.testing.assert_array_equal(loss.delta(z, y)[p], loss.delta(z[p : p + 1], y[p])[0])


@every_loss
@both_dtypes
def test_extreme_outputs_stay_finite_without_warnings(name: str, dtype: type) -> None:
    loss = LOSSES[name]()
    z = np.array([[[1e4, -1e4, 1e4, 88.0, 710.0], [-1e4, -1e4, 1e4, -104.0, -746.0]]], dtype=dtype)
    y = np.array([[0.0, 1.0, 1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 1.0, 1.0]], dtype=dtype)
    with np.errstate(all="raise", under="ignore"):
        for result in (loss.value(z, y), loss.delta(z, y), loss.predict(z)):
            assert np.isfinite(result).all()


@every_loss
def test_arguments_are_left_alone(name: str) -> None:
    loss = LOSSES[name]()
    z, y = some_logits(2, 3, 5), some_targets(name, 3, 5)
    for call in (loss.value, loss.delta):
        call(z, y)
    loss.predict(z)
    np.testing.assert_array_equal(z, some_logits(2, 3, 5))
    np.testing.assert_array_equal(y, some_targets(name, 3, 5))


@pytest.mark.parametrize("name", sorted(set(LOSSES) - {"poisson"}))
@given(z=arrays(np.float64, (2, 3, 4), elements=logits))
def test_is_never_negative(name: str, z: Array) -> None:
    assert (LOSSES[name]().value(z, some_targets(name, 3, 4)) >= 0).all()


@given(st.integers(0, 50), st.floats(-20, 20))
def test_poisson_is_least_where_the_rate_is_the_count(count: int, z: float) -> None:
    y = np.array([[float(count)]])
    least = count - count * math.log(count) if count else 0.0
    assert Poisson().value(np.array([[[z]]]), y)[0, 0] >= least - 1e-12 * abs(least)


def test_poisson_saturates_where_the_exponential_would_overflow() -> None:
    rate = Poisson().predict(np.array([[[705.0, 1e4]]]))
    assert rate[0, 0, 0] == rate[0, 0, 1] > 1e300


@given(arrays(np.float64, (2, 4, 3), elements=logits))
def test_softmax_is_a_distribution_that_ignores_a_shift(z: Array) -> None:
    a = CrossEntropy().predict(z)
    assert (a >= 0).all()
    np.testing.assert_allclose(a.sum(axis=1), 1, rtol=1e-15 * 8)
    np.testing.assert_allclose(CrossEntropy().predict(z + 1000.0), a, rtol=1e-9, atol=1e-300)


@given(arrays(np.float64, (2, 4, 3), elements=logits))
def test_cross_entropy_pulls_the_outputs_in_opposite_directions(z: Array) -> None:
    delta = CrossEntropy().delta(z, some_targets("cross_entropy", 4, 3))
    np.testing.assert_allclose(delta.sum(axis=1), 0, atol=1e-14)


@given(logits, st.sampled_from([0.0, 1.0]))
def test_log_loss_does_not_care_which_class_is_called_one(z: float, y: float) -> None:
    column, target = np.array([[[z]]]), np.array([[y]])
    assert LogLoss().value(column, target) == LogLoss().value(-column, 1 - target)
    assert LogLoss().delta(column, target) == pytest.approx(
        -LogLoss().delta(-column, 1 - target), rel=1e-12, abs=1e-15
    )


@given(logits, logits, st.sampled_from([0, 1]))
def test_cross_entropy_of_two_classes_is_log_loss_of_their_difference(
    z0: float, z1: float, label: int
) -> None:
    two = CrossEntropy().value(np.array([[[z0], [z1]]]), CrossEntropy().encode([label], 2))
    one = LogLoss().value(np.array([[[z1 - z0]]]), LogLoss().encode([label], 1))
    np.testing.assert_allclose(two, one, rtol=1e-9, atol=1e-15)


def test_huber_becomes_squared_error_where_the_threshold_is_out_of_reach() -> None:
    z, y = some_logits(2, 3, 5), some_targets("huber", 3, 5)
    np.testing.assert_allclose(Huber(threshold=1e3).value(z, y), SquaredError().value(z, y), rtol=1e-14)


def test_mean_squared_error_is_twice_squared_error_over_the_outputs() -> None:
    z, y = some_logits(2, 4, 5), some_targets("squared_error", 4, 5)
    np.testing.assert_allclose(MeanSquaredError().value(z, y), SquaredError().value(z, y) / 2, rtol=1e-14)


@pytest.mark.parametrize(
    ("name", "y", "expected"),
    [
        ("squared_error", [1, 2.5, -3], [[1, 2.5, -3]]),
        ("absolute_error", np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]), [[1, 3, 5], [2, 4, 6]]),
        ("huber", np.array([[1.0], [2.0]], dtype=np.float32), [[1, 2]]),
        ("log_loss", [True, False, True], [[1, 0, 1]]),
        ("log_loss", [[1, 0], [0, 0]], [[1, 0], [0, 0]]),
        ("poisson", [0, 3, 0.5], [[0, 3, 0.5]]),
        ("cross_entropy", [2, 0, 1], [[0, 1, 0], [0, 0, 1], [1, 0, 0]]),
        ("cross_entropy", np.array([[1.0], [2.0]]), [[0, 0], [1, 0], [0, 1]]),
        ("cross_entropy", [[0.25, 0.75], [1, 0]], [[0.25, 1], [0.75, 0]]),
    ],
)
def test_encodes_targets_as_columns(name: str, y: Any, expected: list[list[float]]) -> None:
    encoded = LOSSES[name]().encode(y, n_outputs=len(expected))
    np.testing.assert_array_equal(encoded, expected)
    assert encoded.dtype == np.float64
    assert encoded.flags.c_contiguous


def test_encode_rescales_probabilities_that_are_rounded() -> None:
    rows = np.array([[0.1, 0.2, 0.7], [1 / 3, 1 / 3, 1 / 3]], dtype=np.float32)
    encoded = CrossEntropy().encode(rows, 3)
    np.testing.assert_allclose(encoded.sum(axis=0), 1, rtol=1e-15)
    np.testing.assert_allclose(encoded, rows.T, rtol=1e-6)


def test_encode_does_not_touch_the_callers_array() -> None:
    y = np.array([[0.5, 0.50005]])
    CrossEntropy().encode(y, 2)
    np.testing.assert_array_equal(y, [[0.5, 0.50005]])


@pytest.mark.parametrize(
    ("name", "y", "n_outputs", "reason"),
    [
        ("squared_error", [1.0, math.nan], 1, r"y has 1 NaN or infinite values, the first at \(1, 0\)"),
        ("huber", [math.inf], 1, "y has 1 NaN or infinite values"),
        ("absolute_error", [[1.0, 2.0]], 3, r"y has shape \(1, 2\), the network's 3 outputs need \(1, 3\)"),
        ("mean_squared_error", [1.0, 2.0], 2, r"y has shape \(2,\), the network's 2 outputs need \(2, 2\)"),
        ("squared_error", np.zeros((2, 2, 2)), 2, r"y must have .*got \(2, 2, 2\)"),
        ("squared_error", [], 1, "y has no rows"),
        ("squared_error", ["low", "high"], 1, "y must be numbers"),
        ("log_loss", [0, 1, 2], 1, "y has the label 2, log_loss takes 0 and 1 only"),
        ("log_loss", [-1, 1], 1, "y has the label -1, log_loss takes 0 and 1 only"),
        ("log_loss", [0.5], 1, "y has the label 0.5, log_loss takes 0 and 1 only"),
        ("log_loss", ["no", "yes"], 1, "y must be numbers"),
        ("log_loss", [math.nan, 1], 1, "NaN"),
        ("log_loss", [0, 1], 2, r"y has shape \(2,\), the network's 2 outputs need \(2, 2\)"),
        ("poisson", [3, -2], 1, "y has the value -2, poisson takes counts ≥ 0"),
        ("poisson", [math.nan], 1, "NaN"),
        (
            "cross_entropy",
            [0, 1.5],
            3,
            "y has the label 1.5, cross_entropy with 3 outputs takes the whole numbers 0 to 2",
        ),
        ("cross_entropy", [0, 3], 3, "y has the label 3, cross_entropy with 3 outputs"),
        ("cross_entropy", [-1, 0], 3, "y has the label -1, cross_entropy with 3 outputs"),
        ("cross_entropy", [math.nan, 0], 3, "NaN"),
        ("cross_entropy", [[0.5, 0.5]], 3, r"y has shape \(1, 2\), the network's 3 outputs need \(1, 3\)"),
        (
            "cross_entropy",
            [[1, 0], [0.5, 0.4]],
            2,
            r"y has the row \[0.5, 0.4\] at 1, cross_entropy takes rows of prob",
        ),
        ("cross_entropy", [[1.5, -0.5]], 2, r"y has the row \[1.5, -0.5\] at 0"),
        ("cross_entropy", [0, 1], 1, "needs an output for each of 2 or more classes, the network has 1"),
    ],
)
def test_encode_refuses_what_the_loss_cannot_take(name: str, y: Any, n_outputs: int, reason: str) -> None:
    with pytest.raises(DataError, match=reason) as caught:
        LOSSES[name]().encode(y, n_outputs)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("threshold", [0.0, -1.0, math.nan, math.inf])
def test_huber_refuses_a_threshold_that_is_not_positive_and_finite(threshold: float) -> None:
    with pytest.raises(
        ConfigurationError, match=f"huber got threshold={threshold}, expected a finite number > 0"
    ):
        Huber(threshold=threshold)


@pytest.mark.parametrize("loss", [Huber(threshold=2.0), CrossEntropy()], ids=repr)
def test_survives_its_config(loss: Loss) -> None:
    assert from_config("loss", to_config(loss), LOSSES) == loss


@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("K", [2, 3])
def test_a_loss_that_names_a_curvature_is_a_sum_of_squares_of_that_curvature(name: str, K: int) -> None:
    loss, rng = LOSSES[name](), np.random.default_rng(0)
    c = loss.curvature(K)
    assert (c is not None) == (name in {"squared_error", "mean_squared_error"})
    if c is not None:
        z, y = rng.normal(size=(2, K, 5)), rng.normal(size=(K, 5))
        np.testing.assert_allclose(loss.value(z, y), c / 2 * ((z - y) ** 2).sum(axis=1), rtol=1e-14)
        np.testing.assert_allclose(loss.delta(z, y), c * (z - y), rtol=1e-14)
