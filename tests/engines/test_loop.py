from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from shoal.engines import ENGINES
from shoal.layers import Dense, Dropout
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.populations.trainer import TrainingResult, begin, sample_losses, train
from shoal.randomness import SHARED, Noise, Purpose, permutation
from shoal.schedules import SCHEDULES
from shoal.shapes import Array
from shoal.solvers import SOLVERS
from shoal.solvers.sgd import SGD

LN3, LN4 = math.log(3), math.log(4)
OF_J = [name for name, solver in SOLVERS.items() if not solver.estimates_l2]
"""Those that minimise J as it is given."""
MINIBATCH = [name for name, solver in SOLVERS.items() if not solver.full_batch]
PLAIN = SGD(momentum=0.0)
every_engine = pytest.mark.parametrize("engine", ENGINES)


def line(P: int = 1) -> Population:
    """Return members that fit z = w x + b."""
    return Network(1, [Dense(1)]).population(P, dtype="float64")


def noisy_line(N: int = 10) -> tuple[Array, Array]:
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, size=(N, 1))
    return X, 2 * X[:, 0] - 1 + 0.1 * rng.normal(size=N)


@every_engine
def test_one_step_by_hand(engine: str) -> None:
    # x = (1, 2), y = 0; two sigmoid units and one output with the log loss.
    #   W₁ = ((ln 3, 0), (0, −½ ln 3)), b₁ = 0:  z₁ = (ln 3, −ln 3),  a₁ = (¾, ¼)
    #   W₂ = (2 ln 3, −2 ln 3),         b₂ = 0:  z₂ = 2 ln 3 (¾ − ¼) = ln 3,  ŷ = ¾
    #   J = −ln(1 − ŷ) = ln 4
    #   δ₂ = ŷ − y = ¾            ∂J/∂W₂ = δ₂ a₁ᵀ = (9/16, 3/16)      ∂J/∂b₂ = ¾
    #   δ₁ = W₂ᵀ δ₂ · a₁ (1 − a₁) = (2 ln 3, −2 ln 3) · ¾ · 3/16 = (9/32 ln 3, −9/32 ln 3)
    #   ∂J/∂W₁ = δ₁ xᵀ = 9/32 ln 3 ((1, 2), (−1, −2))                  ∂J/∂b₁ = δ₁
    # and with α = 0.4, where 0.4 · 9/32 = 0.1125:
    #   W₁ ← ln 3 ((0.8875, −0.225), (0.1125, −0.275))                 b₁ ← ln 3 (−0.1125, 0.1125)
    #   W₂ ← (2 ln 3 − 0.225, −2 ln 3 − 0.075)                         b₂ ← −0.3
    population = Network(2, [Dense(2, "sigmoid"), Dense(1)], "log_loss").population(1, dtype="float64")
    population.weights[0][0] = [[LN3, 0], [0, -LN3 / 2]]
    population.weights[1][0] = [[2 * LN3, -2 * LN3]]
    result = train(
        population, [[1, 2]], [0], solver="gradient_descent", learning_rate=0.4, epochs=1, engine=engine
    )
    np.testing.assert_allclose(result.history.loss, [[LN4]], rtol=1e-14)
    (W1, W2), (b1, b2) = result.population.weights, result.population.biases
    np.testing.assert_allclose(W1[0], LN3 * np.array([[0.8875, -0.225], [0.1125, -0.275]]), rtol=1e-13)
    np.testing.assert_allclose(b1[0], LN3 * np.array([[-0.1125], [0.1125]]), rtol=1e-13)
    np.testing.assert_allclose(W2[0], [[2 * LN3 - 0.225, -2 * LN3 - 0.075]], rtol=1e-13)
    np.testing.assert_allclose(b2[0], [[-0.3]], rtol=1e-13)


@every_engine
@pytest.mark.parametrize("batch_order", ["own", "shared"])
@pytest.mark.parametrize("batch_size", [1, 3, 4, 10, 15])
def test_an_epoch_is_one_update_for_each_batch_in_its_random_order(
    batch_size: int, batch_order: str, engine: str
) -> None:
    population, (X, y), alpha, epochs, seed = line(3), noisy_line(), 0.1, 2, 7
    expected, losses = population.theta.copy(), np.zeros((3, epochs))
    for p, epoch in np.ndindex(3, epochs):
        key = (seed, SHARED) if batch_order == "shared" else population.keys[p].tolist()
        order = permutation(10, *key, Purpose.ORDER, epoch)
        batches = [order[i : i + batch_size] for i in range(0, 10, batch_size)]
        for batch in batches:
            w, b = expected[p]
            r = w * X[batch, 0] + b - y[batch]
            losses[p, epoch] += np.mean(r**2 / 2) / len(batches)
            expected[p] -= alpha * np.mean(r * X[batch, 0]), alpha * np.mean(r)
    settings: dict[str, Any] = {"solver": PLAIN, "learning_rate": alpha, "seed": seed, "engine": engine}
    result = train(
        population, X, y, epochs=epochs, batch_size=batch_size, batch_order=batch_order, **settings
    )
    np.testing.assert_allclose(result.population.theta, expected, rtol=1e-12)
    np.testing.assert_allclose(result.history.loss, losses, rtol=1e-12)


@every_engine
@pytest.mark.parametrize("batch_size", [None, 4])
@pytest.mark.parametrize("schedule", SCHEDULES)
def test_schedules_count_the_updates_of_the_whole_training(
    schedule: str, batch_size: int | None, engine: str
) -> None:
    # |b − y| has slope 1 wherever b > y, so that b falls by α times the sum of the factors.
    population = Network(1, [Dense(1)], "absolute_error").population(1, dtype="float64")
    alpha, epochs, N = 0.1, 5, 10
    n_steps = epochs * (1 if batch_size is None else 3)
    result = train(
        population,
        np.zeros(N),
        np.full(N, -100.0),
        solver=PLAIN,
        learning_rate=alpha,
        epochs=epochs,
        batch_size=batch_size,
        schedule=schedule,
        engine=engine,
    )
    total = sum(SCHEDULES[schedule]().factor(t, n_steps) for t in range(n_steps))
    np.testing.assert_allclose(result.population.biases[0].item(), -alpha * total, rtol=1e-12)
    assert (schedule == "constant") == (abs(total - n_steps) < 1e-9)


@every_engine
def test_smoothed_labels_move_the_optimum_and_are_not_validated_on(engine: str) -> None:
    # a bias alone learns the logit of the share of ones: (1 − 0.2) · ¾ + 0.1 = 0.7 instead of ¾
    population = Network(1, [Dense(1)], "log_loss").population(1, dtype="float64")
    data = np.zeros(4), np.array([1, 1, 1, 0])
    settings: dict[str, Any] = {
        "solver": "gradient_descent",
        "learning_rate": 4.0,
        "epochs": 200,
        "tolerance": 1e-9,
    }
    result = train(population, *data, label_smoothing=0.2, validation=data, engine=engine, **settings)
    bias = result.population.biases[0].item()
    assert bias == pytest.approx(np.log(0.7 / 0.3))
    assert result.history.validation_loss is not None
    plain = -0.75 * np.log(0.7) - 0.25 * np.log(0.3)
    last = result.history.epochs[0] - 1
    assert result.history.validation_loss[0, last] == pytest.approx(plain)


@every_engine
def test_clipping_shortens_steps_to_the_bound(engine: str) -> None:
    population, (X, y), alpha = line(2), noisy_line(), 0.5
    population.theta[0] += 10
    population.theta[1] = [1.9, -1.0]
    settings: dict[str, Any] = {
        "solver": "gradient_descent",
        "learning_rate": alpha,
        "epochs": 1,
        "engine": engine,
    }
    free = train(population, X, y, **settings).population.theta - population.theta
    bound = train(population, X, y, clip_norm=0.3, **settings).population.theta - population.theta
    lengths = np.linalg.norm(free, axis=1)
    assert lengths[0] > alpha * 0.3 > lengths[1]
    np.testing.assert_allclose(bound[0], free[0] * (alpha * 0.3 / lengths[0]), rtol=1e-12)
    np.testing.assert_allclose(bound[1], free[1], rtol=1e-12)


@every_engine
def test_every_update_drops_by_a_mask_of_its_own(engine: str) -> None:
    # The weight of a dropped input has no gradient; those of kept ones move.
    population = Network(40, [Dropout(0.5), Dense(1)]).population(2, dtype="float64")
    settings: dict[str, Any] = {"solver": "gradient_descent", "learning_rate": 1e-3, "engine": engine}
    before = population.theta
    for step in range(3):
        after = train(population, np.ones((1, 40)), [9.0], epochs=step + 1, **settings).population.theta
        moved, before = (after != before)[:, :40], after
        assert np.array_equal(moved, Noise(population.keys, step).keep(0.5, (40, 1))[..., 0])


@every_engine
def test_minibatches_count_the_updates_for_dropout(engine: str) -> None:
    population = Network(40, [Dropout(0.5), Dense(1)]).population(1, dtype="float64")
    settings: dict[str, Any] = {"solver": PLAIN, "learning_rate": 1e-3, "batch_size": 1, "engine": engine}
    after = train(population, np.ones((3, 40)), [9.0, 9, 9], epochs=1, **settings).population.theta
    masks = [Noise(population.keys, step).keep(0.5, (40, 1))[0, :, 0] for step in range(3)]
    assert np.array_equal((after != population.theta)[0, :40], np.logical_or.reduce(masks))


@every_engine
@pytest.mark.parametrize("solver", OF_J)
def test_the_loss_of_an_epoch_is_the_objective_before_its_update(solver: str, engine: str) -> None:
    network, (X, y) = Network(1, [Dense(4, "tanh"), Dense(1)]), noisy_line()
    population, l2 = network.population(2, dtype="float64"), 0.3
    settings: dict[str, Any] = {"solver": solver, "l2": l2, "engine": engine}
    history = train(population, X, y, epochs=4, **settings).history
    for epoch in range(4):
        before = train(population, X, y, epochs=epoch, **settings).population if epoch else population
        squares = (np.where(network.weight_mask, before.theta, 0) ** 2).sum(axis=1)
        J = sample_losses(before, X, y).mean(axis=1) + l2 / (2 * len(X)) * squares
        np.testing.assert_allclose(history.loss[:, epoch], J, rtol=1e-12)


@every_engine
@pytest.mark.parametrize("solver", OF_J)
def test_every_solver_lowers_the_loss(solver: str, engine: str) -> None:
    network, (X, y) = Network(1, [Dense(4, "tanh"), Dense(1)]), noisy_line()
    settings: dict[str, Any] = {"learning_rate": 0.01} if SOLVERS[solver].takes_learning_rate else {}
    loss = train(network, X, y, starts=5, solver=solver, epochs=100, engine=engine, **settings).history.loss
    assert (loss[:, -1] < 0.5 * loss[:, 0]).all()


def run(engine: str, seed: int, order: str, batch_size: int | None = 3) -> TrainingResult:
    network, (X, y) = Network(1, [Dense(4, "tanh"), Dropout(0.2), Dense(1)]), noisy_line()
    return train(
        network, X, y, starts=2, seed=seed, epochs=2, batch_size=batch_size, batch_order=order, engine=engine
    )


@every_engine
@pytest.mark.parametrize("order", ["own", "shared"])
def test_the_same_seed_gives_the_same_bits_and_another_seed_others(order: str, engine: str) -> None:
    first, again, other = (run(engine, seed, order) for seed in (1, 1, 2))
    assert np.array_equal(first.population.theta, again.population.theta)
    assert np.array_equal(first.history.loss, again.history.loss)
    assert not np.isclose(first.population.theta, other.population.theta).all(axis=1).any()


@every_engine
@pytest.mark.parametrize("solver", MINIBATCH)
def test_a_batch_of_everything_is_the_full_batch(solver: str, engine: str) -> None:
    population, (X, y) = line(2), noisy_line()
    settings: dict[str, Any] = {"solver": solver, "epochs": 5, "engine": engine}
    whole = train(population, X, y, **settings).population.theta
    np.testing.assert_allclose(
        train(population, X, y, batch_size=10, **settings).population.theta, whole, rtol=1e-10
    )


@every_engine
@pytest.mark.parametrize("solver", SOLVERS)
def test_at_the_end_of_the_plan_a_solver_remembers_what_it_would_go_on_with(engine: str, solver: str) -> None:
    network, (X, y) = Network(1, [Dense(3, "tanh"), Dense(1)]), noisy_line()
    settings: Any = {"starts": 3, "solver": solver, "engine": engine, "seed": 2}
    ended, midst, again = (begin(network, X, y, epochs=epochs, **settings) for epochs in (3, 9, 3))
    for run in (ended, midst):
        run.advance(3)
    again.restore(ended.snapshot())
    expected = midst.snapshot().memory
    assert not expected or any(values.any() for values in expected.values())
    for run in (ended, again):
        assert run.done
        found = run.snapshot().memory
        assert found.keys() == expected.keys()
        for name, values in expected.items():
            np.testing.assert_array_equal(found[name], values, err_msg=name)
