"""Studies that choose by evidence: what a network's score owes to the rows it is trained on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.bayes.alternation import train_by_evidence
from shoal.errors import CapacityError, ConfigurationError
from shoal.layers import Dense
from shoal.lecture.data import sinusoid
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.populations.trainer import TrainingResult, train
from shoal.randomness import member_id
from shoal.selection.choosing.choice import choose_by_evidence
from shoal.selection.cohorts.by_evidence import epochs_a_round, joined, require_log_evidence
from shoal.selection.study import CapacityStudy
from shoal.selection.trials import Trials
from shoal.shapes import Array
from shoal.training.history import History

X, T = sinusoid(40, 1, 0)
OTHER = sinusoid(40, 1, 1)


def study(**settings: Any) -> CapacityStudy:
    defaults: dict[str, Any] = {"hidden": [1, 3], "starts": 2, "l2": (0.1,), "epochs": 150, "n_jobs": 1}
    return CapacityStudy(choose="evidence", **{**defaults, **settings}).fit(X, T, validation=OTHER)


@pytest.fixture(scope="module")
def found() -> CapacityStudy:
    return study()


def test_scores_are_those_of_training_by_evidence(found: CapacityStudy) -> None:
    network = Network(1, [Dense(3, "tanh"), Dense(1)], "squared_error")
    alone = Population.from_members(network, [member_id(1, 1, 0)], 0, "float64")

    def fit(population: Population, l2: Array) -> TrainingResult:
        return train(population, X, T, l2=l2, solver="scg", epochs=epochs_a_round(150), tolerance=1e-5)

    result, laplace = train_by_evidence(fit, alone, X, T, l2=0.1)
    row = found.table.rows()[3]
    assert (row["hidden"], row["start"]) == ("3", 1)
    expected = (laplace.log_evidence[0], laplace.gamma[0], laplace.l2[0])
    assert (row["log_evidence"], row["gamma"], row["strength"]) == pytest.approx(expected, rel=1e-6)
    errors = (result.population.predict(OTHER[0][:, None])[0, :, 0] - OTHER[1]) ** 2 / 2
    assert row["validation_loss"] == pytest.approx(errors.mean(), rel=1e-4)


def test_the_largest_evidence_is_chosen_whatever_validation_says(found: CapacityStudy) -> None:
    choice = found.choice
    scores = found.table["log_evidence"]
    assert choice.chosen.log_evidence == scores.max()
    assert choice.best.validation_loss == found.table["validation_loss"].min()
    assert "the largest log evidence of all 4 networks" in choice.sentence
    told = choice.to_dict()["evidence"]
    assert told["gamma"] == choice.chosen.gamma
    assert 0 < told["gamma"] < choice.chosen.parameters
    assert -1 <= told["agreement"] <= 1


def test_validation_rows_have_no_say() -> None:
    """The same rows to train on, others to validate on: the same networks and the same choice."""
    one, other = study(), CapacityStudy([1, 3], 2, (0.1,), epochs=150, n_jobs=1, choose="evidence")
    other.fit(X, T, validation=(OTHER[0][:9], -OTHER[1][:9]))
    assert one.table["log_evidence"].tolist() == other.table["log_evidence"].tolist()
    np.testing.assert_array_equal(one.best.theta, other.best.theta)


def test_the_course_is_that_of_all_trainings(found: CapacityStudy) -> None:
    chosen = found.table["log_evidence"].argmax()
    assert len(found.curves.train_loss) == found.table["epochs"][chosen] > epochs_a_round(150)
    assert np.isfinite(found.curves.validation_loss).all()


def test_a_resumed_study_ends_the_same(
    found: CapacityStudy, tmp_path: Path, assert_same_study: Callable[[CapacityStudy, CapacityStudy], None]
) -> None:
    kept = study(store=tmp_path)
    assert_same_study(kept, found)
    again = CapacityStudy([1, 3], 2, (0.1,), epochs=150, n_jobs=1, choose="evidence", store=tmp_path)
    assert_same_study(again.fit(X, T, validation=OTHER, resume=True), found)


@pytest.mark.parametrize("settings", [{"folds": 3}, {"patience": 5}], ids=str)
def test_what_validates_is_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match=r"needs no validation, got \w+=\d; leave \w+ out"):
        CapacityStudy(choose="evidence", **settings)


def test_too_large_a_hessian_is_refused_in_one_line() -> None:
    large = Network(100, [Dense(60, "tanh"), Dense(1)])
    with pytest.raises(
        CapacityError, match=r"network of 6121 parameters is too large, the evidence is for 5000"
    ):
        require_log_evidence(large, 10)
    wide = Network(100, [Dense(10, "tanh"), Dense(1)])
    require_log_evidence(wide, 1000)
    with pytest.raises(
        CapacityError, match=r"of 1021 parameters on 50000 rows takes 2e\+12 .* limit is 1e\+12; use"
    ):
        require_log_evidence(wide, 50000)
    with pytest.raises(CapacityError, match="too large"):
        CapacityStudy([5000], 1, choose="evidence").plan(X, T)


def test_members_that_diverged_are_never_chosen(row: Callable[..., dict[str, Any]]) -> None:
    scored = {"gamma": 3.0, "strength": 0.5}
    lost = {"validation_loss": np.nan, "validation_se": np.nan, "diverged": True, "stopped": "diverged"}
    trials = Trials.from_rows(
        [
            row(start=0, log_evidence=-9.0, validation_loss=0.1, **scored),
            row(start=1, log_evidence=-5.0, validation_loss=0.2, **scored),
            row(start=2, log_evidence=np.nan, **lost),
        ]
    )
    choice = choose_by_evidence(trials)
    assert (choice.chosen.start, choice.best.start) == (1, 0)
    assert choice.agreement == pytest.approx(-1)
    assert "-5 nats" in choice.sentence
    assert "the lowest is 0.1, of 8 hidden units (l2 0, start 0; 25 parameters)" in choice.sentence


def test_histories_are_joined_member_by_member() -> None:
    first = History.empty(2, 3, validated=False, learning_rate=np.zeros(2))
    first.loss[:], first.epochs[:] = [[3, 2, 1], [6, 5, np.nan]], [3, 2]
    second = History.empty(2, 2, validated=False, learning_rate=np.zeros(2))
    second.loss[:], second.epochs[:] = [[0.5, np.nan], [4, 3]], [1, 2]
    whole = joined([first, second])
    np.testing.assert_array_equal(whole.loss, [[3, 2, 1, 0.5], [6, 5, 4, 3]])
    assert whole.epochs.tolist() == [4, 4]
