from __future__ import annotations

import math

import numpy as np
import pytest

from shoal.errors import ConfigurationError, UnknownNameError
from shoal.registry import from_config, resolve, to_config
from shoal.solvers import SOLVERS
from shoal.solvers.adamw import AdamW
from shoal.solvers.base import as_column, dot, largest


def test_registry_holds_the_solvers_by_name() -> None:
    first_order = ["gradient_descent", "sgd", "adam", "adamw", "rmsprop"]
    second_order = ["scg", "lbfgs", "bfgs", "levenberg_marquardt", "bayesian_regularization"]
    assert list(SOLVERS) == [*first_order, *second_order]
    assert SOLVERS["lm"] is SOLVERS["levenberg_marquardt"]
    assert SOLVERS["br"] is SOLVERS["bayesian_regularization"]
    with pytest.raises(UnknownNameError, match="did you mean 'lbfgs'"):
        resolve("solver", "lbfg", SOLVERS)


@pytest.mark.parametrize("name", SOLVERS)
def test_config_gives_the_solver_back(name: str) -> None:
    solver = SOLVERS[name]()
    assert from_config("solver", to_config(solver), SOLVERS) == solver
    assert solver.learning_rate > 0


def test_which_solvers_need_all_samples_and_which_a_learning_rate() -> None:
    curved = {"levenberg_marquardt", "bayesian_regularization"}
    searching = {"scg", "lbfgs", "bfgs", *curved}
    assert {n for n, s in SOLVERS.items() if s.full_batch} == {"gradient_descent", *searching}
    assert {n for n, s in SOLVERS.items() if not s.takes_learning_rate} == searching
    assert {n for n, s in SOLVERS.items() if s.squares} == curved
    assert {n for n, s in SOLVERS.items() if s.dense} == {"bfgs", *curved}
    assert {n for n, s in SOLVERS.items() if s.estimates_l2} == {"bayesian_regularization"}
    assert [s for s in SOLVERS.values() if s.decay_times_rate] == [AdamW]


FRACTIONS = [("sgd", "momentum"), ("adam", "beta1"), ("adamw", "beta2"), ("rmsprop", "rho")]
POSITIVE = [
    ("adam", "epsilon"),
    ("rmsprop", "epsilon"),
    ("scg", "sigma"),
    ("scg", "initial_lambda"),
    ("levenberg_marquardt", "initial_damping"),
    ("bayesian_regularization", "initial_damping"),
    ("bayesian_regularization", "initial_l2"),
]


@pytest.mark.parametrize(("name", "field"), FRACTIONS)
@pytest.mark.parametrize("value", [-0.1, 1, 1.5, math.nan, "0.9", None, True])
def test_fractions_outside_their_range_are_refused(name: str, field: str, value: object) -> None:
    with pytest.raises(ConfigurationError, match=f"{name}: {field} must be .* got {value!r}"):
        SOLVERS[name](**{field: value})


@pytest.mark.parametrize(("name", "field"), POSITIVE)
@pytest.mark.parametrize("value", [0, -1e-8, math.inf, math.nan, "1e-8", None, True])
def test_numbers_that_are_not_positive_are_refused(name: str, field: str, value: object) -> None:
    with pytest.raises(ConfigurationError, match=f"{name}: {field} must be .* got {value!r}"):
        SOLVERS[name](**{field: value})


@pytest.mark.parametrize("value", [0, -3, 2.0, math.nan, "10", None, True])
def test_a_memory_that_is_not_a_positive_integer_is_refused(value: object) -> None:
    with pytest.raises(ConfigurationError, match=f"lbfgs: memory must be .* got {value!r}"):
        SOLVERS["lbfgs"](memory=value)


@pytest.mark.parametrize("value", [0, 1, "yes", None])
def test_nesterov_is_a_truth_value(value: object) -> None:
    with pytest.raises(ConfigurationError, match="sgd: nesterov must be True or False"):
        SOLVERS["sgd"](nesterov=value)


def test_largest_keeps_nan_in_its_row() -> None:
    sizes = largest(np.array([[1.0, -2.0], [math.nan, 5.0], [-math.inf, 0.0]]))
    np.testing.assert_array_equal(sizes, [2.0, math.nan, math.inf])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("n_parameters", [1, 2, 7, 8, 33, 129, 1000])
def test_inner_products_are_the_same_bits_however_rows_lie(dtype: type, n_parameters: int) -> None:
    a, b = np.random.default_rng(0).standard_normal((2, 9, n_parameters)).astype(dtype)
    together = dot(a, b)
    np.testing.assert_allclose(together, np.sum(a * b, axis=1, dtype=np.float64), atol=1e-4, rtol=0)
    np.testing.assert_array_equal(dot(np.asfortranarray(a), np.asfortranarray(b)), together)
    for p in range(9):
        np.testing.assert_array_equal(dot(a[p : p + 1], b[p : p + 1]), together[p : p + 1])


def test_a_column_takes_the_dtype_asked_for() -> None:
    column = as_column(np.array([1.0, 2.0]), np.zeros((2, 3), np.float32))
    assert column.dtype == np.float32
    np.testing.assert_array_equal(column, [[1.0], [2.0]])
