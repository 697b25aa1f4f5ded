from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.errors import ConfigurationError, DataError
from shoal.populations.trainer import begin
from shoal.selection.study import CapacityStudy

rng = np.random.default_rng(0)
X = rng.normal(size=(240, 2))
y = X[:, 0] * X[:, 1] + 0.1 * rng.normal(size=240)
SETTINGS: dict[str, Any] = {"solver": "adam", "batch_size": 32, "epochs": 8, "n_jobs": 1}


def fitted(**settings: Any) -> CapacityStudy:
    return CapacityStudy([3, 5], starts=3, l2=[0.0, 0.1], **SETTINGS | settings).fit(X[:120], y[:120])


@pytest.mark.parametrize("engine", ["native", "reference"])
def test_two_calls_are_one_of_twice_the_epochs(engine: str) -> None:
    once, twice = fitted(engine=engine), fitted(engine=engine)
    before = once.best.theta.copy()
    once.partial_fit(X[120:], y[120:], epochs=6)
    for epochs in (1, 2, 3):
        twice.partial_fit(X[120:], y[120:], epochs=epochs)
    np.testing.assert_array_equal(once.best.theta, twice.best.theta)
    assert not np.array_equal(once.best.theta, before)
    assert once.predict(X).shape == (240,)


@pytest.mark.parametrize("choose", ["best", "ensemble"])
@pytest.mark.parametrize("folds", [None, 2])
def test_it_is_the_training_of_the_study_with_each_network_s_own_strengths(
    choose: str, folds: int | None
) -> None:
    space = {"learning_rate": [0.01, 0.03], "l2": [0.0, 1.0]}
    settings = SETTINGS | {"schedule": "cosine", "patience": 3, "folds": folds, "choose": choose}
    study = CapacityStudy([4], space=space, draws=4, **settings)  # type: ignore[arg-type]
    study.fit(X[:120], y[:120])
    members = [
        member for member in study.choice.members for _ in range(study.best.size // len(study.choice.members))
    ]
    run = begin(
        study.best,
        X[120:],
        y[120:],
        solver="adam",
        batch_size=32,
        batch_order="shared",
        epochs=2,
        l2=[member.l2 for member in members],
        learning_rate=[dict(study.candidates[member.candidate].point)["learning_rate"] for member in members],
    )
    run.finish()
    study.partial_fit(X[120:], y[120:], epochs=2)
    np.testing.assert_array_equal(study.best.theta, run.population.theta)


def test_pieces_that_come_one_after_another_teach() -> None:
    study = fitted(epochs=30)
    before = ((study.predict(X[200:]) - y[200:]) ** 2).mean()
    for _ in range(20):
        for first in (0, 50, 100, 150):
            part = slice(first, first + 50)
            study.partial_fit(X[part], y[part], sample_weight=np.ones(50))
    assert ((study.predict(X[200:]) - y[200:]) ** 2).mean() < before


def test_samples_count_for_their_weights() -> None:
    one, other = fitted(), fitted()
    weights = np.r_[np.ones(60), np.zeros(60)]
    one.partial_fit(X[120:], y[120:], sample_weight=weights)
    other.partial_fit(X[120:], y[120:])
    assert not np.array_equal(one.best.theta, other.best.theta)


def test_another_fit_begins_anew() -> None:
    study, other = fitted(), fitted()
    study.partial_fit(X[120:], y[120:], epochs=3).fit(X[:120], y[:120])
    np.testing.assert_array_equal(study.best.theta, other.best.theta)
    study.partial_fit(X[120:], y[120:])
    other.partial_fit(X[120:], y[120:])
    np.testing.assert_array_equal(study.best.theta, other.best.theta)


def test_what_cannot_go_on_is_told() -> None:
    with pytest.raises(ConfigurationError, match=r"call fit\(X, y\) first"):
        CapacityStudy([2]).partial_fit(X, y)
    full = CapacityStudy([2], starts=2, epochs=5, n_jobs=1).fit(X, y)
    with pytest.raises(ConfigurationError, match="scg finds its own steps"):
        full.partial_fit(X, y)
    seen = fitted(views=[[0, 1], [0]])
    with pytest.raises(ConfigurationError, match="networks of views"):
        seen.partial_fit(X, y)
    study = fitted()
    with pytest.raises(ConfigurationError, match="epochs"):
        study.partial_fit(X, y, epochs=0)
    with pytest.raises(DataError):
        study.partial_fit(X[:, :1], y)


def test_a_network_that_diverges_stays_as_it_was() -> None:
    study = fitted()
    before = study.best.theta.copy()
    with pytest.raises(ConfigurationError, match="stays as it was"):
        study.partial_fit(X * 1e30, y * 1e30, epochs=3)
    np.testing.assert_array_equal(study.best.theta, before)
