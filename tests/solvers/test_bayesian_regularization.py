"""The strength that the evidence finds, against Laplace's approximation, and the published example."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.bayes.laplace import laplace
from shoal.engines import ENGINES
from shoal.errors import ConfigurationError
from shoal.layers import Dense
from shoal.populations.network import Network
from shoal.populations.trainer import TrainingResult, begin, train
from shoal.shapes import Array
from shoal.solvers.bayesian_regularization import BayesianRegularization

POINTS = np.linspace(-1, 1, 21)
NOISY = np.sin(np.pi * POINTS) + 0.1 * np.random.default_rng(0).normal(size=21)


def trained(hidden: int, epochs: int = 300, **settings: Any) -> TrainingResult:
    network = Network(1, [Dense(hidden, "tanh"), Dense(1)])
    return train(
        network, POINTS, NOISY, starts=4, solver="bayesian_regularization", epochs=epochs, **settings
    )


def told(result: TrainingResult) -> tuple[Array, Array, Array]:
    return tuple(result.history.last_told(name) for name in ("gamma", "alpha", "beta"))  # type: ignore[return-value]


@pytest.mark.parametrize("engine", ENGINES)
def test_it_ends_where_the_evidence_is_largest(engine: str) -> None:
    """γ, α and β by the eigenvalues of another implementation, which re-estimates them to a fixed point."""
    result = trained(3, epochs=600, tolerance=1e-12, engine=engine)
    gamma, alpha, beta = told(result)
    found = laplace(result.population, POINTS, NOISY, alpha / beta, beta)
    again = found.reestimated()
    np.testing.assert_allclose(found.gamma, gamma, rtol=1e-6)
    np.testing.assert_allclose(again.alpha, alpha, rtol=1e-4)
    np.testing.assert_allclose(again.beta, beta, rtol=1e-4)
    np.testing.assert_allclose(found.mean, result.population.theta, atol=1e-5)  # the mode


def test_of_a_line_every_parameter_is_determined_and_the_noise_found() -> None:
    X = np.random.default_rng(1).uniform(-1, 1, size=400)
    y = 2 * X - 1 + 0.3 * np.random.default_rng(2).normal(size=400)
    result = train(Network(1, [Dense(1)]), X, y, solver="br", epochs=50, tolerance=1e-12)
    gamma, _, beta = told(result)
    assert gamma[0] == pytest.approx(2, abs=0.01)
    assert beta[0] ** -0.5 == pytest.approx(0.3, abs=0.02)


def test_foresee_and_hagans_sine() -> None:
    """21 points of a noisy sine: γ stays where it is, however many parameters there are."""
    means = {}
    for hidden in (4, 20):
        result = trained(hidden)
        gamma = told(result)[0]
        assert ((gamma > 4) & (gamma < 9)).all(), hidden
        means[hidden] = gamma.mean()
        x = np.linspace(-1, 1, 101)
        plain = train(
            Network(1, [Dense(hidden, "tanh"), Dense(1)]), POINTS, NOISY, starts=4, solver="lm", epochs=300
        )
        errors = [
            np.sqrt(np.square(r.population.outputs(x)[..., 0] - np.sin(np.pi * x)).mean(axis=1))
            for r in (result, plain)
        ]
        assert errors[0].max() < 0.1
        assert errors[0].max() < np.median(errors[1])
    assert abs(means[20] - means[4]) < 2  # of 61 and of 13 parameters


def test_a_whole_weight_repeats_a_sample() -> None:
    counts = np.arange(21) % 3
    rows = np.repeat(np.arange(21), counts)
    network = Network(1, [Dense(3, "tanh"), Dense(1)])
    settings: dict[str, Any] = {"solver": "br", "epochs": 20, "tolerance": 0}
    weighted = train(network, POINTS, NOISY, sample_weight=counts.astype(float), **settings)
    repeated = train(network, POINTS[rows], NOISY[rows], **settings)
    for mine, theirs in zip(told(weighted), told(repeated), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-6)


def test_the_mean_over_outputs_finds_the_same_prior() -> None:
    y = np.column_stack([NOISY, 0.5 * NOISY])
    results = [
        train(Network(1, [Dense(3, "tanh"), Dense(2)], loss), POINTS, y, solver="br", epochs=15, tolerance=0)
        for loss in ("squared_error", "mean_squared_error")
    ]
    for mine, theirs in zip(*map(told, results), strict=True):
        np.testing.assert_allclose(mine, theirs, rtol=1e-6)


def test_what_is_told_belongs_to_each_epoch_and_is_undone_with_it() -> None:
    result = trained(3, epochs=30, tolerance=0)
    history = result.history
    assert np.isnan(history.told["gamma"][:, 0]).all()  # nothing is known yet
    assert np.isfinite(history.told["gamma"][:, 1:30]).all()
    m = len(POINTS)
    run = begin(result.population.network, POINTS, NOISY, starts=4, solver="br", epochs=30, tolerance=0)
    run.advance(10)
    there = run.snapshot()
    run.advance(5)
    after = run.history.told["alpha"].copy()
    run.restore(there)
    assert np.isnan(run.history.told["alpha"][:, 10:]).all()
    theta = run.population.theta
    run.advance(5)
    np.testing.assert_array_equal(run.history.told["alpha"], after)
    l2 = (run.history.told["alpha"] / run.history.told["beta"])[:, 10]
    z = run.population.network.population(4).members(range(4))
    z.theta[...] = theta
    loss = 0.5 * np.square(z.outputs(POINTS)[..., 0] - NOISY).mean(axis=1)
    expected = loss + l2 / (2 * m) * np.square(theta).sum(axis=1)
    np.testing.assert_allclose(run.history.loss[:, 10], expected, rtol=1e-6)


@pytest.mark.parametrize("settings", [{"l2": 0.1}, {"l1": [0.0, 0.0, 1.0, 0.0]}])
def test_a_strength_beside_its_own_is_refused(settings: dict[str, Any]) -> None:
    message = "finds the strength of its penalty itself, got l[12]=.*; leave l[12] out"
    with pytest.raises(ConfigurationError, match=message):
        trained(3, **settings)
    run = begin(Network(1, [Dense(1)]), POINTS, NOISY, solver=BayesianRegularization(), epochs=5)
    with pytest.raises(ConfigurationError, match=message):
        run.set(l2=1.0)
