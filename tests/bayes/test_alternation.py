"""Training and re-estimation by turns, on the sinusoid and on lines."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.bayes.alternation import Fit, train_by_evidence
from shoal.bayes.laplace import Laplace, laplace
from shoal.layers import Dense
from shoal.lecture.data import NOISE, sinusoid
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.populations.trainer import TrainingResult, train
from shoal.shapes import Array

X, T = sinusoid(60, seed=3)


def fit_on(x: Array, t: Array) -> Fit:
    def fit(population: Population, l2: Array) -> TrainingResult:
        return train(population, x, t, l2=l2, solver="scg", epochs=500)

    return fit


def found_for(hidden: int, starts: int = 3) -> Laplace:
    layers = [Dense(hidden, "tanh"), Dense(1)] if hidden else [Dense(1)]
    population = Network(1, layers).population(starts, dtype="float64")
    return train_by_evidence(fit_on(X, T), population, X, T, l2=1.0)[1]


def test_the_evidence_prefers_a_network_that_can_bend() -> None:
    line, curve = found_for(0), found_for(3)
    assert curve.log_evidence.max() > line.log_evidence.max() + 10
    assert curve.beta.max() ** -0.5 == pytest.approx(NOISE, abs=0.07)


def test_ten_units_are_not_more_parameters_than_the_data_determine() -> None:
    found = found_for(10)
    best = int(found.log_evidence.argmax())
    assert found.gamma[best] < 10  # of 31
    assert found.units[best, 0] < 10


def test_networks_end_at_the_mode_of_their_posterior() -> None:
    found = found_for(3)
    best = int(found.log_evidence.argmax())
    step = (found.mean[best] - found.tangent.population.theta[best]) @ found.tangent.axes[best]
    nats_to_gain = (found.precisions[best] * step**2).sum() / 2
    assert nats_to_gain < 0.01


def test_a_line_is_found_as_bayesian_linear_regression_finds_it() -> None:
    start = Network(1, [Dense(1)]).population(1, dtype="float64")
    result, found = train_by_evidence(fit_on(X, T), start, X, T, l2=1.0)
    exact = laplace(start, X, T).reestimated()
    assert found.log_evidence == pytest.approx(exact.log_evidence, abs=1e-8)
    assert result.population.theta == pytest.approx(exact.mean, abs=1e-3)


def test_a_member_that_diverges_disturbs_nobody() -> None:
    network = Network(1, [Dense(3, "tanh"), Dense(1)])
    population = network.population(3, dtype="float64")
    _, alone = train_by_evidence(fit_on(X, T), population.members([0, 2]), X, T, l2=1.0)
    population.theta[1] = 1e200
    _, found = train_by_evidence(fit_on(X, T), population, X, T, l2=1.0)
    assert np.array_equal(found.log_evidence[[0, 2]], alone.log_evidence)
    assert not found.log_evidence[1] > alone.log_evidence.max()
