"""What rows held out make of a model: the same numbers as by hand, with weights, folds and decisions."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from shoal.calibration.conformal import Conformal
from shoal.calibration.decision import LIKELIEST, Decision
from shoal.calibration.folds import luck_of_epochs
from shoal.calibration.temperature import cooled, log_loss, settled_temperature
from shoal.jobs.judging import calibrated as module
from shoal.jobs.judging.calibrated import calibrated, calibration
from shoal.jobs.judging.held import Held
from shoal.selection.samples.splits import some_rows
from shoal.shapes import Array


@dataclass(frozen=True)
class Fake:
    """What calibrating asks of a model, whose members say what ``says`` has for each row (P, N)."""

    says: Array | None = None
    errors: Conformal | None = None
    temperature: float = 1.0
    decision: Decision = LIKELIEST
    rows_tell: bool = False
    of_classes: bool = False

    @property
    def population(self) -> Any:
        said = self.says
        assert said is not None
        return SimpleNamespace(outputs=lambda X: said[:, X[:, 0].astype(int), None], size=len(said))

    def of_networks(self, z: Array) -> Array:
        return np.concatenate([1 - z, z], axis=1) if self.of_classes else z

    def described(self, values: Array, X: Array) -> Array:
        return np.hstack([values[:, None], X]) if self.rows_tell else values[:, None]


def of_classes(
    targets: Array, K: int, weights: Array | None = None, trained: tuple[Any, Any] | None = None
) -> Any:
    y, counts = (targets, weights) if trained is None else trained
    train = SimpleNamespace(y=np.asarray(y), weights=counts)
    X = np.arange(len(np.asarray(targets)), dtype=float)[:, None]
    return SimpleNamespace(
        n_classes=K, targets=np.asarray(targets), weights=weights, train=train, development=(X, targets)
    )


def of_numbers(targets: Any, weights: Array | None = None, X: Array | None = None) -> Any:
    targets = np.asarray(targets, dtype=float)
    X = np.arange(len(targets), dtype=float)[:, None] if X is None else X
    return SimpleNamespace(n_classes=0, targets=targets, weights=weights, development=(X, targets))


def held(predictions: Any, rows: Any, again: bool = False, folds: Any = None) -> Held:
    return Held(
        np.asarray(predictions), np.asarray(rows), again, 0, None if folds is None else np.array(folds)
    )


SURE = np.tile([0.02, 0.98], (40, 1))
ROWS = np.arange(40) + 5
CODES = np.zeros(45)
CODES[5:35] = 1  # three of the four that are held out


def test_the_temperature_is_that_of_the_rows_held_out_and_of_their_weights() -> None:
    found = calibrated(Fake(), held(SURE, ROWS), of_classes(CODES, 2))
    codes = CODES[ROWS].astype(int)
    assert found.temperature == settled_temperature(SURE, codes, None) > 1.5
    weights = np.where(CODES == 1, 3.0, 0.1)
    weighed = calibrated(Fake(), held(SURE, ROWS), of_classes(CODES, 2, weights))
    assert weighed.temperature == settled_temperature(SURE, codes, weights[ROWS]) < found.temperature


def test_rows_that_chose_when_networks_stop_make_probabilities_less_sure(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Members are start by start, and what a fold's networks say is their mean; weights say how many rows."""
    rng = np.random.default_rng(0)
    own, codes = np.arange(60) % 3, (np.arange(60) % 4 > 0).astype(float)
    of_folds = rng.uniform(0.4, 0.9, size=(3, 60))
    model = Fake(np.concatenate([of_folds + 0.05, of_folds - 0.05]), of_classes=True)
    said = of_folds[own, np.arange(60)]
    rows = held(np.stack([1 - said, said], axis=1), np.arange(60), folds=own)
    both = np.stack([1 - of_folds, of_folds], axis=2)
    weights = np.where(np.arange(60) < 12, 1.0, 0.0)
    for counts, judges in ((None, 20), (weights, 4)):
        T = settled_temperature(rows.predictions, codes.astype(int), counts)
        luck = luck_of_epochs(both, own, judges, T)
        expected = settled_temperature(rows.predictions, codes.astype(int), counts, luck)
        found = calibrated(model, replace(rows, stopped=True), of_classes(codes, 2, counts))
        assert found.temperature == pytest.approx(expected, rel=1e-12)
        assert expected > calibrated(model, rows, of_classes(codes, 2, counts)).temperature
    monkeypatch.setattr(module, "TOGETHER", 6 * 2 * 30)  # numbers of six networks for 30 rows of two classes
    monkeypatch.setattr(module, "FEWEST", 1)
    some = some_rows(60, 30, 0)
    T = settled_temperature(rows.predictions, codes.astype(int))
    luck = luck_of_epochs(both[:, some], own[some], 20, T)
    found = calibrated(model, replace(rows, stopped=True), of_classes(codes, 2))
    assert found.temperature == pytest.approx(
        settled_temperature(rows.predictions, codes.astype(int), None, luck), rel=1e-12
    )


def test_a_network_of_all_rows_keeps_its_temperature_and_has_a_decision() -> None:
    given = Fake(temperature=3.0)
    prepared = of_classes(CODES, 2, trained=([0, 0, 0, 1], None))
    found = calibrated(given, held(SURE, ROWS, again=True), prepared, "balanced_error")
    assert found.temperature == 3.0
    assert found.decision == Decision("balanced_error", pytest.approx((1 / 1.5, 1 / 0.5)))


def test_shares_are_those_of_the_rows_trained_on_by_their_weights() -> None:
    trained = ([0, 1, 1, 2], np.array([4.0, 1.0, 1.0, 2.0]))
    probabilities = np.full((3, 3), 1 / 3)
    found = calibrated(
        Fake(), held(probabilities, [0, 1, 2]), of_classes([0, 1, 2], 3, trained=trained), "balanced_error"
    )
    assert found.decision.factors == pytest.approx((1 / 1.5, 1 / 0.75, 1 / 0.75))


def test_a_decision_for_f1_is_found_on_the_cooled_probabilities_of_the_rows_held_out() -> None:
    rng = np.random.default_rng(0)
    p = rng.uniform(0.01, 0.99, size=200)
    probabilities = np.stack([1 - p, p], axis=1)
    codes = (rng.uniform(size=200) < p**3).astype(float)
    found = calibrated(Fake(), held(probabilities, np.arange(200)), of_classes(codes, 2), "f1")
    shares = np.bincount(codes.astype(int)) / 200
    cool = cooled(probabilities, found.temperature)
    assert found.temperature != 1
    assert found.decision == Decision.find("f1", cool, codes.astype(int), shares)


def test_a_decision_by_costs_has_them() -> None:
    costs = ((0.0, 1.0), (5.0, 0.0))
    found = calibrated(Fake(), held(SURE, ROWS), of_classes(CODES, 2), None, costs)
    assert (found.decision.metric, found.decision.costs) == ("cost", costs)


def test_the_report_has_the_log_loss_before_and_after() -> None:
    told = calibration(Fake(temperature=2.5), held(SURE, ROWS), of_classes(CODES, 2))
    codes = CODES[ROWS].astype(int)
    cool = 1 / (1 + (0.02 / 0.98) ** (1 / 2.5))
    assert told == {
        "temperature": 2.5,
        "rows": 40,
        "before": pytest.approx(-(30 * np.log(0.98) + 10 * np.log(0.02)) / 40),
        "after": pytest.approx(-(30 * np.log(cool) + 10 * np.log(1 - cool)) / 40),
    }
    weights = np.linspace(1, 2, 45)
    weighed = calibration(Fake(), held(SURE, ROWS), of_classes(CODES, 2, weights))
    assert weighed is not None
    assert weighed["before"] == weighed["after"] == log_loss(SURE, codes, weights[ROWS])


def test_there_is_nothing_to_report_of_numbers_or_of_a_network_of_all_rows() -> None:
    assert calibration(Fake(), held([[1.0]], [0]), of_numbers([1.0])) is None
    assert calibration(Fake(), held(SURE, ROWS, again=True), of_classes(CODES, 2)) is None


@pytest.mark.parametrize(("most", "rows"), [(80, 40), (79, 39), (2, 30)])
def test_many_probabilities_are_told_by_some_rows(
    monkeypatch: pytest.MonkeyPatch, most: int, rows: int
) -> None:
    """Of two classes each row has two, and there are 30 rows at least."""
    monkeypatch.setattr(module, "TOLD", most)
    monkeypatch.setattr(module, "LEAST_ROWS", 30)
    weights = np.arange(45.0) + 1
    told = calibration(Fake(), held(SURE, ROWS), of_classes(CODES, 2, weights))
    assert told is not None
    assert told["rows"] == rows


def test_errors_are_absolute_ones_of_the_rows_held_out() -> None:
    found = calibrated(Fake(), held([[1.0], [5.0]], [2, 0]), of_numbers([4.0, 9.0, 1.5]))
    assert found.errors is not None
    assert (found.errors.errors.tolist(), found.errors.weights, found.errors.spread) == (
        [0.5, 1.0],
        None,
        None,
    )
    weighed = calibrated(
        Fake(), held([[1.0], [5.0]], [2, 0]), of_numbers([4.0, 9.0, 1.5], np.array([1.0, 2.0, 3.0]))
    )
    assert weighed.errors is not None
    assert weighed.errors.weights is not None
    assert weighed.errors.weights.tolist() == [3, 1]


def test_of_folds_errors_are_smaller_by_what_the_folds_differ_by() -> None:
    """Three folds of two starts each: members are start by start, and a fold's networks are their mean."""
    rng = np.random.default_rng(0)
    N, actual = 30, rng.normal(size=30)
    own = np.arange(N) % 3
    of_folds = actual + rng.normal(size=(3, N))
    says = np.concatenate([of_folds + 7, of_folds - 7])  # the starts' differences are gone in their mean
    predictions = of_folds[own, np.arange(N)]
    found = calibrated(Fake(says), held(predictions[:, None], np.arange(N), folds=own), of_numbers(actual))
    # share² = 1 − (1 − 1/K) v / E² with v the variance of those that a row was trained on
    error = np.square(actual - predictions).mean()
    others = np.array([[of_folds[k, i] for k in range(3) if k != own[i]] for i in range(N)])
    seen = np.square(actual[:, None] - others).mean()
    v = others.var(axis=1, ddof=1).mean() * (np.sqrt(error / seen) if seen < error else 1)
    share = np.sqrt(1 - 2 / 3 * min(v / error, 1))
    assert share < 0.95
    assert found.errors is not None
    np.testing.assert_allclose(found.errors.errors, np.abs(actual - predictions) * share, rtol=1e-12)


def test_errors_of_rows_that_chose_when_networks_stop_are_larger_the_fewer_rows_counted() -> None:
    """30 rows of three folds are ten a fold; with weights those that count alike are fewer."""
    rng = np.random.default_rng(0)
    actual, own = rng.normal(size=30), np.arange(30) % 3
    of_folds = actual + rng.normal(size=(3, 30))
    rows = held(of_folds[own, np.arange(30), None], np.arange(30), folds=own)
    weights = np.where(np.arange(30) < 6, 1.0, 0.0)

    def square(stopped: bool, weights: Array | None = None) -> float:
        errors = calibrated(
            Fake(of_folds), replace(rows, stopped=stopped), of_numbers(actual, weights)
        ).errors
        assert errors is not None
        return float((errors.errors[0] / abs(actual[0] - of_folds[0, 0])) ** 2)

    apart = (1 - square(False)) * 3 / 2
    assert square(True) - square(False) == pytest.approx(3.08 * np.sqrt(apart / 10))
    assert square(True, weights) - square(False, weights) == pytest.approx(3.08 * np.sqrt(apart / 2))


@pytest.fixture(scope="module")
def growing() -> tuple[Any, Held]:
    """Return rows whose second feature says how large errors are."""
    rng = np.random.default_rng(1)
    size = rng.uniform(-2, 2, size=400)
    actual = rng.normal(size=400) * np.exp(size)
    X = np.stack([np.arange(400.0), size], axis=1)
    return of_numbers(actual, X=X), held(np.zeros((400, 1)), np.arange(400))


def test_where_rows_tell_how_large_errors_are_these_are_in_units_of_that(growing: tuple[Any, Held]) -> None:
    prepared, rows = growing
    errors = calibrated(Fake(rows_tell=True), rows, prepared).errors
    assert errors is not None
    assert errors.spread is not None
    own = np.abs(prepared.targets) / errors.errors
    assert np.corrcoef(np.log(own), prepared.development[0][:, 1])[0, 1] > 0.95
    silent = calibrated(Fake(), rows, prepared).errors
    assert silent is not None
    assert silent.spread is None


def test_of_many_features_none_tells_how_large_errors_are(
    growing: tuple[Any, Held], monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared, rows = growing
    for most, tells in ((2, True), (1, False)):
        monkeypatch.setattr(module, "MOST_FEATURES", most)
        errors = calibrated(Fake(rows_tell=True), rows, prepared).errors
        assert errors is not None
        assert (errors.spread is not None) == tells


def test_some_rows_tell_the_scale_of_many_and_their_weights_stay_theirs(
    growing: tuple[Any, Held], monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared, rows = growing
    monkeypatch.setattr(module, "DESCRIBED", 300)
    weighed = SimpleNamespace(**vars(prepared) | {"weights": np.arange(400.0) + 1})
    errors = calibrated(Fake(rows_tell=True), replace(rows, seed=3), weighed).errors
    assert errors is not None
    assert errors.weights is not None
    assert errors.spread is not None
    assert len(errors.errors) == len(errors.weights) == 300
    chosen = errors.weights.astype(int) - 1
    own = np.abs(prepared.targets[chosen]) / errors.errors
    assert np.corrcoef(np.log(own), prepared.development[0][chosen, 1])[0, 1] > 0.95
