from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from shoal.mixtures import closed_form
from shoal.mixtures.closed_form import ClosedForm, moments


def problem(N: int, F: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    features = rng.normal(size=(N, F)) * rng.uniform(0.1, 10, F) + 3
    return features, features[:, :2] / 5 + rng.normal(size=(N, 2))


@pytest.mark.parametrize(("N", "F"), [(12, 40), (40, 12), (15, 15)])
def test_leaving_out_is_fitting_without(N: int, F: int) -> None:
    features, targets = problem(N, F)
    model = ClosedForm.fit(features, targets)
    scaled = (features - features.mean(axis=0)) / features.std(axis=0)
    for row in range(N):
        others = np.arange(N) != row
        # the penalised mean of all rows is subtracted, so the intercept is free without the row as well
        alone = Ridge(alpha=model.strength * F).fit(scaled[others], targets[others])
        np.testing.assert_allclose(model.left_out[row], alone.predict(scaled[row][None])[0], rtol=1e-6)
    together = Ridge(alpha=model.strength * F).fit(scaled, targets)
    np.testing.assert_allclose(model.predict(features), together.predict(scaled), rtol=1e-6)


def test_the_strength_is_the_one_that_left_out_samples_like_best() -> None:
    features, targets = problem(30, 20)
    best = ClosedForm.fit(features, targets)
    error = np.square(best.left_out - targets).mean()
    with pytest.MonkeyPatch.context() as patch:
        for strength in closed_form.STRENGTHS:
            patch.setattr(closed_form, "STRENGTHS", np.array([strength]))
            other = np.square(ClosedForm.fit(features, targets).left_out - targets).mean()
            assert other >= error * (1 - 1e-12)
            assert (other == error) == (strength == best.strength)


@pytest.mark.parametrize(("N", "F"), [(12, 40), (30, 8)])
@pytest.mark.parametrize("grouped", [False, True])
def test_a_weight_is_as_many_samples_as_it_says(N: int, F: int, grouped: bool) -> None:
    features, targets = problem(N, F)
    times = np.arange(N) % 3 + 1
    together = [np.arange(N)[k::4] for k in range(4)] if grouped else [np.array([k]) for k in range(N)]
    copies = np.repeat(np.arange(N), times)
    of_copies = [np.flatnonzero(np.isin(copies, held)) for held in together]
    many = ClosedForm.fit(features[copies], targets[copies], of_copies)
    one = ClosedForm.fit(features, targets, together if grouped else None, times.astype(np.float64))
    assert one.strength == many.strength
    np.testing.assert_allclose(one.left_out[copies], many.left_out, rtol=1e-5)
    np.testing.assert_allclose(one.predict(features), many.predict(features), rtol=1e-5)


@pytest.mark.parametrize("weights", [None, np.linspace(0.5, 1.5, 20)])
def test_what_is_later_is_predicted_by_what_was_before(weights: np.ndarray | None) -> None:
    features, targets = problem(20, 6)
    folds = [(np.arange(10), np.arange(10, 15)), (np.arange(15), np.arange(15, 20))]
    model = ClosedForm.fit(features, targets, None, weights, folds)
    assert np.isnan(model.left_out[:10]).all()
    for train, held in folds:
        s = np.ones(len(train)) if weights is None else weights[train]
        mean = np.average(features[train], axis=0, weights=s)
        deviation = np.sqrt(np.average(np.square(features[train] - mean), axis=0, weights=s))
        ridge = Ridge(alpha=model.strength * 6).fit((features[train] - mean) / deviation, targets[train], s)
        expected = ridge.predict((features[held] - mean) / deviation)
        np.testing.assert_allclose(model.left_out[held], expected, rtol=1e-6)
    known = np.square(model.left_out[10:] - targets[10:]).mean(axis=1)
    with pytest.MonkeyPatch.context() as patch:
        for strength in closed_form.STRENGTHS:
            patch.setattr(closed_form, "STRENGTHS", np.array([strength]))
            other = ClosedForm.fit(features, targets, None, weights, folds).left_out[10:]
            s = None if weights is None else weights[10:]
            error = np.average(np.square(other - targets[10:]).mean(axis=1), weights=s)
            assert error >= np.average(known, weights=s) * (1 - 1e-12)


@pytest.mark.parametrize(("dtype", "offset"), [("float32", 0.1), ("float32", 1e6), ("float64", 1e8)])
def test_weighted_moments_are_those_of_as_many_samples_wherever_they_lie(dtype: str, offset: float) -> None:
    features = (offset + np.random.default_rng(0).normal(size=(60, 3)) * [1, 1, 0]).astype(dtype)
    weights = np.arange(60) % 3 + 1.0
    found = moments(features, weights)
    for own, repeated in zip(
        found, moments(np.repeat(features, weights.astype(int), axis=0), None), strict=True
    ):
        np.testing.assert_allclose(own, repeated, rtol=1e-7, atol=1e-8)


def test_constant_features_say_nothing() -> None:
    features, targets = problem(10, 4)
    plain = ClosedForm.fit(features, targets)
    more = np.insert(features, 2, 7.0, axis=1)
    np.testing.assert_allclose(ClosedForm.fit(more, targets).predict(more), plain.predict(features))
    constant = ClosedForm.fit(np.ones((10, 3)), targets)
    np.testing.assert_allclose(constant.predict(np.zeros((1, 3)))[0], targets.mean(axis=0))
    np.testing.assert_allclose(constant.left_out[0], targets[1:].mean(axis=0))


def test_a_row_is_predicted_alike_in_any_company() -> None:
    features, targets = problem(50, 300)
    model = ClosedForm.fit(features.astype(np.float32), targets)
    together = model.predict(features.astype(np.float32))
    for row in range(50):
        alone = model.predict(features[row : row + 1].astype(np.float32))
        np.testing.assert_array_equal(alone[0], together[row])


def test_samples_left_out_together_are_predicted_by_the_others_alone() -> None:
    rng = np.random.default_rng(3)
    features, targets = rng.normal(size=(20, 30)), rng.normal(size=(20, 2))
    together = [np.array([0, 7, 8]), np.array([1]), np.setdiff1d(np.arange(20), [0, 1, 7, 8])]
    model = ClosedForm.fit(features, targets, together)
    scaled = (features - model.mean) / model.deviation
    for held in together:
        rest = np.setdiff1d(np.arange(20), held)
        centre, b = scaled[rest].mean(axis=0), targets[rest].mean(axis=0)
        X = scaled[rest] - centre
        W = np.linalg.solve(X.T @ X + model.strength * 30 * np.eye(30), X.T @ (targets[rest] - b))
        np.testing.assert_allclose(model.left_out[held], (scaled[held] - centre) @ W + b, rtol=1e-7)
    alone = ClosedForm.fit(features, targets, [np.array([row]) for row in range(20)])
    np.testing.assert_allclose(alone.left_out, ClosedForm.fit(features, targets).left_out, rtol=1e-7)


@pytest.mark.parametrize(("N", "F", "noise"), [(150, 400, 0.3), (150, 400, 3.0), (200, 40, 0.3)])
def test_the_strength_for_many_classes_is_that_of_double_precision(
    N: int, F: int, noise: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(5)
    codes = np.arange(N) % 40
    features = rng.normal(size=(40, F))[codes] + noise * rng.normal(size=(N, F))
    targets = np.where(codes[:, None] == np.arange(40), 1.0, -1.0)
    single = closed_form.ClosedForm.fit(features, targets)
    monkeypatch.setattr(closed_form, "MANY", 41)
    double = closed_form.ClosedForm.fit(features, targets)
    assert single.strength == double.strength
    np.testing.assert_array_equal(single.left_out, double.left_out)
    np.testing.assert_array_equal(single.W, double.W)


@pytest.mark.parametrize("strength", [1e-6, 1.0, 1e3])
def test_losses_in_single_precision_are_those_of_double(
    strength: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The weakest penalty leaves a sample's own error in the seventh digit: it must not vanish there."""
    rng = np.random.default_rng(6)
    U, squares = closed_form._decomposed(rng.normal(size=(60, 200)))
    targets = rng.normal(size=(60, 40))
    monkeypatch.setattr(closed_form, "STRENGTHS", np.array([strength, strength * 1.3]))
    found = closed_form._searched(U, squares, targets, 1 / 60)
    monkeypatch.setattr(closed_form, "MANY", 41)
    assert found == closed_form.chosen(U, squares, targets)[0]
