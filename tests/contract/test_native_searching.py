"""The native engine's solvers that find their own step length, against the reference engine's."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.engines import ENGINES, choose_engine
from shoal.errors import ConfigurationError
from shoal.layers import GRU, Conv1D, Dense, Flatten
from shoal.populations.network import Network
from shoal.populations.trainer import train
from shoal.sequences import Sequences
from shoal.solvers import SOLVERS
from shoal.training.recipe import Recipe
from tests.contract.test_native import (
    SEARCHING,
    assert_close,
    assert_same,
    both_dtypes,
    both_sizes,
    samples,
    small,
)

if "native" not in ENGINES:
    pytest.skip("this installation has no compiled engine (SHOAL_NATIVE=0)", allow_module_level=True)


def penalties(solver: str, l2: Any) -> dict[str, Any]:
    """Return the strength of a penalty, but for a solver that finds it itself."""
    return {} if SOLVERS[solver].estimates_l2 else {"l2": l2}


@both_sizes
@both_dtypes
@pytest.mark.parametrize("solver", SEARCHING)
def test_the_first_iterations_of_a_solver_that_searches(solver: str, dtype: str, N: int) -> None:
    # The engines add up in another order, and what these solvers do with that grows: scg divides differences
    # of gradients by 1e-4 and less, both multiply by 1/curvature. So 1e-9 is kept for ten iterations, 1e-3 in
    # float32 for five; at some time a comparison of two rounded numbers falls out the other way.
    population = small(Dense(4, "tanh"), Dense(3, "sigmoid")).population(5, seed=1, dtype=dtype)
    epochs = 10 if dtype == "float64" else 5
    assert_same(population, N, solver=solver, epochs=epochs, **penalties(solver, [0.0, 0.0, 0.5, 0.5, 2.0]))


@both_sizes
@both_dtypes
@pytest.mark.parametrize("solver", SEARCHING)
def test_a_solver_that_searches_ends_in_the_same_minimum(solver: str, dtype: str, N: int) -> None:
    population = small(Dense(4, "tanh"), Dense(3, "sigmoid")).population(5, seed=1, dtype=dtype)
    X, y = samples(N)
    results = [
        train(population, X, y, solver=solver, epochs=2000, engine=e, **penalties(solver, 0.5))
        for e in ENGINES
    ]
    assert all(result.history.reasons == ["converged"] * 5 for result in results)
    J, expected = (result.history.loss[np.arange(5), result.history.epochs - 1] for result in results)
    np.testing.assert_allclose(J, expected, rtol=1e-6 if dtype == "float32" else 1e-12)


@both_sizes
@both_dtypes
@pytest.mark.parametrize("solver", ["gradient_descent", *SEARCHING])
@pytest.mark.parametrize("settings", [{}, {"patience": 2}, {"tolerance": 1e-2}])
def test_members_that_end_at_different_times_do_not_change_each_other(
    settings: dict[str, Any], solver: str, dtype: str, N: int
) -> None:
    P, rng = 23, np.random.default_rng(3)
    population = small(Dense(6, "tanh")).population(P, dtype=dtype)
    X, y = samples(N)
    if solver == "gradient_descent":
        settings = settings | {"schedule": "cosine", "learning_rate": 0.5}
    l2, weights = rng.uniform(0, 9, size=P), rng.uniform(size=(P, N))
    held, own = samples(9, seed=4), rng.uniform(size=(P, 9))

    def run(members: list[int], threads: int, callback: Any = None) -> list[tuple[bytes, ...]]:
        result = train(
            population.members(members), X, y, solver=solver, epochs=40, n_jobs=threads,
            sample_weight=weights[members], validation=(*held, own[members]), engine="native",
            callback=callback, **penalties(solver, l2[members]), **settings,
        )  # fmt: skip
        known = dict(vars(result.history))
        history = [*known.pop("told").values(), *known.values()]
        columns = [result.population.theta, *(array for array in history if array is not None)]
        return [tuple(column[p].tobytes() for column in columns) for p in range(len(members))]

    everybody = list(range(P))
    one = run(everybody, 1)
    assert run(everybody, 3) == one
    assert run(everybody, 2, lambda progress: False) == one
    assert run(everybody[::-1], 1) == one[::-1]
    for members in [0], [22], [3, 17, 9]:
        assert run(members, 2) == [one[p] for p in members]


@both_sizes
@both_dtypes
@pytest.mark.parametrize("solver", SEARCHING)
def test_a_member_that_overflows_under_a_solver_that_searches(solver: str, dtype: str, N: int) -> None:
    absurd = 1e30 if dtype == "float32" else 1e200
    population = small().population(11, dtype=dtype)
    population.theta[1::3] *= absurd
    well = [p for p in range(11) if p % 3 != 1]
    X, y = samples(N)
    together, reference = (train(population, X, y, solver=solver, epochs=5, engine=e) for e in ENGINES)
    alone = train(population.members(well), X, y, solver=solver, epochs=5)
    assert np.flatnonzero(together.diverged).tolist() == [1, 4, 7, 10]
    assert together.history.reasons == reference.history.reasons
    assert together.history.epochs.tolist() == reference.history.epochs.tolist()
    assert np.isfinite(together.population.theta).all()
    assert np.array_equal(together.population.theta[1::3], population.theta[1::3])
    assert np.array_equal(together.population.theta[well], alone.population.theta)


SQUARES = [name for name in SEARCHING if SOLVERS[name].squares]


@both_dtypes
@pytest.mark.parametrize("hidden", [3, 40])
def test_bfgs_keeps_its_matrix_in_either_layout(hidden: int, dtype: str) -> None:
    population = small(Dense(hidden, "tanh"), K=1).population(3, dtype=dtype)
    assert_same(population, 13, solver="bfgs", epochs=5, l2=0.5)


@both_dtypes
@pytest.mark.parametrize("loss", ["squared_error", "mean_squared_error"])
@pytest.mark.parametrize("solver", SQUARES)
def test_jacobians_of_several_outputs_under_weights_of_each_member(
    solver: str, loss: str, dtype: str
) -> None:
    weights = np.random.default_rng(5).integers(0, 3, size=(5, 19)).astype(float)
    network = small(Dense(4, "gelu"), Dense(2, "sigmoid"), K=3, loss=loss)
    strength = penalties(solver, [0.0, 0.3, 1.0, 2.0, 0.1])
    assert_same(
        network.population(5, dtype=dtype), 19, solver=solver, epochs=4, sample_weight=weights, **strength
    )


@pytest.mark.parametrize("solver", SQUARES)
def test_jacobians_over_time(solver: str) -> None:
    """Samples are laid out in the order of their lengths, and each goes through its layers alone."""
    rng = np.random.default_rng(0)
    lengths = rng.integers(1, 6, size=14)
    X = rng.normal(size=(14, 2, 5)) * (np.arange(5) < lengths[:, None])[:, None]
    for layers in [GRU(2), Dense(2)], [Conv1D(2, 2, activation="tanh"), Flatten(), Dense(2)]:
        population = Network((2, 5), layers).population(3, seed=2, dtype="float64")
        given = Sequences(X, lengths) if layers[0].name == "gru" else X.reshape(14, -1)
        settings: dict[str, Any] = {"solver": solver, "epochs": 5, **penalties(solver, 0.5)}
        y = rng.normal(size=(14, 2))
        actual, expected = (train(population, given, y, engine=e, **settings) for e in ENGINES)
        assert_close(actual.history.loss, expected.history.loss, 1e-9)
        assert_close(actual.population.theta, expected.population.theta, 1e-8)


@both_dtypes
@pytest.mark.parametrize("D", [2, 3, 4, 5, 17])
def test_the_evidence_of_matrices_that_fill_no_tiles(D: int, dtype: str) -> None:
    """Told are γ, α and β: each from the trace of an inverse, of which padding must have no part."""
    network = Network(D - 1, [Dense(1)])
    population = network.population(11, dtype=dtype)
    X, y = samples(23, D - 1, 1)
    settings: dict[str, Any] = {"solver": "bayesian_regularization", "epochs": 6, "tolerance": 0}
    actual, expected = (train(population, X, y, engine=e, **settings).history.told for e in ENGINES)
    for name, values in expected.items():
        assert np.isnan(values[:, 0]).all() == (name == "gamma")
        assert_close(actual[name], values, 1e-9 if dtype == "float64" else 2e-3)


@pytest.mark.parametrize("solver", SQUARES)
def test_hessians_that_would_not_fit_beside_each_other_are_left_to_the_reference(solver: str) -> None:
    network, recipe = Network(2, [Dense(300), Dense(1)]), Recipe(solver=solver)
    assert choose_engine("auto", network, recipe).name == "reference"
    with pytest.raises(ConfigurationError, match=f"not support {solver} of 1201 parameters, of which 500"):
        choose_engine("native", network, recipe)
    assert choose_engine("auto", Network(2, [Dense(40), Dense(1)]), recipe).name == "native"
