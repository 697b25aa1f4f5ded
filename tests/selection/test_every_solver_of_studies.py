"""What studies make of solvers that are particular about strengths and losses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.errors import ConfigurationError
from shoal.selection.study import CapacityStudy

RNG = np.random.default_rng(0)
X = RNG.uniform(size=60)
Y = np.sin(2 * np.pi * X) + 0.3 * RNG.normal(size=60)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"l2": (0.0, 0.5)}, "finds the strength of its penalty itself, got l2=0.5; leave l2 out"),
        ({"choose": "evidence"}, "re-estimates strengths while it trains, and choosing by the evidence"),
    ],
)
def test_a_solver_that_finds_its_strength_is_given_none(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError, match=f"bayesian_regularization {message}"):
        CapacityStudy([2], 2, solver="br", **settings)


def test_a_study_tells_how_many_parameters_its_networks_have_determined() -> None:
    study = CapacityStudy([1, 8], 2, solver="br", epochs=30, seed=1).fit(X, Y)
    gamma, strength = study.table["gamma"], study.table["strength"]
    assert (gamma > 0).all()
    assert (gamma < study.table["parameters"]).all()
    assert (strength > 0).all()
    assert f"determine {study.choice.chosen.gamma:.3g} of its" in study.choice.sentence


def test_what_is_determined_is_that_of_the_parameters_kept() -> None:
    """By early stopping those of the best epoch: a network that was trained no further has the same."""
    settings: dict[str, Any] = {"solver": "br", "seed": 1}
    stopped = CapacityStudy([4], 8, epochs=20, patience=20, **settings).fit(X, Y).table
    early = np.flatnonzero(stopped["best_epoch"] < stopped["epochs"])
    assert early.size > 0
    for network in early:
        best = int(stopped["best_epoch"][network])
        trained = CapacityStudy([4], 8, epochs=best, patience=None, **settings).fit(X, Y).table
        for name in ("gamma", "strength", "validation_loss"):
            np.testing.assert_equal(stopped[name][network], trained[name][network], name)


def test_an_ensemble_of_a_study_tells_it_of_its_members() -> None:
    study = CapacityStudy([4], 8, solver="br", epochs=10, seed=1, choose="ensemble").fit(X, Y)
    found = [member.gamma for member in study.choice.members]
    assert len(set(found)) > 1
    assert f"determine {min(found):.3g} to {max(found):.3g} of the 13 parameters" in study.choice.sentence


def test_a_study_refuses_what_its_solver_cannot_do_before_it_trains() -> None:
    study = CapacityStudy([2], 2, solver="lm", loss="absolute_error")
    with pytest.raises(ConfigurationError, match="sums of squares"):
        study.plan(X, Y)
