from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, softmax

from shoal.errors import ConfigurationError, DataError
from shoal.layers import Dense, Dropout
from shoal.losses import LOSSES
from shoal.populations.network import Network
from shoal.populations.population import Population, float_dtype

LINKS = {
    "log_loss": expit,
    "cross_entropy": lambda z: softmax(z, axis=-1),
    "step_cross_entropy": lambda z: softmax(z, axis=-1),
    "poisson": np.exp,
}


def a_population(P: int = 4, loss: str = "squared_error", dtype: str = "float64") -> Population:
    layers = [Dense(5, "tanh"), Dropout(0.5), Dense(2)]
    return Network(3, layers, loss).population(P, seed=2, dtype=dtype)


def test_weights_and_biases_are_the_layers_that_have_them() -> None:
    population = a_population()
    assert [W.shape for W in population.weights] == [(4, 5, 3), (4, 2, 5)]
    assert [b.shape for b in population.biases] == [(4, 5, 1), (4, 2, 1)]
    assert population.size == 4


def test_weights_and_biases_write_through() -> None:
    population = a_population()
    population.weights[1][2] = 7
    population.biases[0][:] = -1
    assert (population.theta == 7).sum() == 10
    assert (population.theta == -1).sum() == 20
    assert (population.weights[1][2] == 7).all()


def test_the_layout_that_theta_came_in_does_not_show_in_the_bits() -> None:
    source = Network(50, [Dense(40, "tanh"), Dense(1)]).population(3)
    turned = Population(source.network, np.asfortranarray(source.theta), source.keys)
    X = np.random.default_rng(0).normal(size=(7, 50))
    assert np.array_equal(turned.predict(X), source.predict(X))


@pytest.mark.parametrize("loss", LOSSES)
def test_predictions_are_the_link_of_the_outputs(loss: str) -> None:
    population, X = a_population(loss=loss), np.random.default_rng(0).normal(size=(7, 3))
    (W1, W2), (b1, b2) = population.weights, population.biases
    z = np.stack([(W2[p] @ np.tanh(W1[p] @ X.T + b1[p]) + b2[p]).T for p in range(4)])
    np.testing.assert_allclose(population.outputs(X), z, rtol=1e-12)
    np.testing.assert_allclose(population.predict(X), LINKS.get(loss, lambda z: z)(z), rtol=1e-12)
    assert (loss in LINKS) == LOSSES[loss].has_link


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_predictions_have_the_dtype_of_the_parameters(dtype: str) -> None:
    assert a_population(dtype=dtype).predict([[1, 2, 3]]).dtype == dtype


def test_predictions_of_one_feature_take_a_list() -> None:
    population = Network(1, [Dense(1)]).population(1, dtype="float64")
    population.theta[:] = [2, 1]
    assert population.predict([0, 1, 2]).tolist() == [[[1], [3], [5]]]


@given(st.lists(st.integers(-4, 3), min_size=1, max_size=6))
def test_members_are_copies_in_the_order_asked_for(indices: list[int]) -> None:
    population = a_population()
    chosen = population.members(indices)
    assert np.array_equal(chosen.theta, population.theta[indices])
    assert np.array_equal(chosen.keys, population.keys[indices])
    chosen.theta[:] = 0
    assert population.theta.any(axis=1).all()


def test_members_by_number_and_by_mask() -> None:
    population = a_population()
    assert np.array_equal(population.members(2).theta, population.theta[2:3])
    assert np.array_equal(
        population.members(np.array([False, True, False, True])).theta, population.theta[[1, 3]]
    )


@pytest.mark.parametrize(
    ("indices", "reason"),
    [
        ([4], "index 4 is out of bounds"),
        ([0.5], "must be of integer"),
        ([True, False], "boolean index did not match"),
        ("first", "must be of integer"),
    ],
)
def test_members_that_are_not_there(indices: object, reason: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        a_population().members(indices)  # type: ignore[arg-type]
    assert str(error.value).startswith("members are chosen by number, 0 to 3, or by a mask of 4: ")
    assert reason in str(error.value)


@pytest.mark.parametrize("nobody", [np.zeros(4, bool), np.array([], int)], ids=["mask", "numbers"])
def test_nobody_is_no_population(nobody: np.ndarray) -> None:
    with pytest.raises(ConfigurationError, match=r"^a population needs at least one member, got none$"):
        a_population().members(nobody)


def test_parameters_that_do_not_fit_the_network() -> None:
    source = a_population()
    expected = (
        "a population of 4 needs theta of shape (4, 32) and keys of shape (4, 2), got (4, 31) and (4, 2)"
    )
    with pytest.raises(ConfigurationError) as error:
        Population(source.network, source.theta[:, 1:], source.keys)
    assert str(error.value) == expected
    with pytest.raises(ConfigurationError, match="needs theta of shape"):
        Population(source.network, source.theta, source.keys[:, :1])
    with pytest.raises(ConfigurationError, match="dtype must be float32 or float64, got int64"):
        Population(source.network, source.theta.astype(int), source.keys)


@pytest.mark.parametrize("dtype", ["float32", np.float32, np.dtype("float32"), "f4"])
def test_dtypes_by_any_name(dtype: object) -> None:
    assert float_dtype(dtype) == np.float32  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("X", "message"),
    [
        ([[1.0, 2.0]], "X has 2 columns, the network takes 3"),
        ([[1.0, 2.0, np.nan]], "X has 1 NaN or infinite values"),
        (
            [[1.0, 2.0, 1e300]],
            "X reaches 1e[+]300, too large for float32; rescale it, or use dtype='float64'",
        ),
        ([["a", "b", "c"]], "X must be numbers, not text or dates"),
    ],
)
def test_rows_that_cannot_be_predicted(X: object, message: str) -> None:
    with pytest.raises(DataError, match=message):
        a_population(dtype="float32").predict(X)  # type: ignore[arg-type]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_of_two_classes_both_keep_their_digits(dtype: str) -> None:
    population = Network(1, [Dense(1)], "log_loss").population(2, dtype=dtype)
    population.theta[:] = [[1, 0], [-1, 0]]
    logits = np.linspace(-80, 80, 41)
    expected = np.stack([expit(-logits), expit(logits)], axis=-1)
    given = population.probabilities(logits)
    assert given.shape == (2, 41, 2)
    assert given.dtype == dtype
    np.testing.assert_allclose(given, [expected, expected[:, ::-1]], rtol=1e-6)


def test_of_other_outputs_probabilities_are_predictions() -> None:
    for loss in ("cross_entropy", "log_loss"):  # of the second, three questions
        population, rows = a_population(loss=loss), np.random.default_rng(0).normal(size=(5, 3))
        np.testing.assert_array_equal(population.probabilities(rows), population.predict(rows))


def test_a_population_is_shown_in_a_line() -> None:
    network = Network(4, [Dense(8, "tanh"), Dense(3)], "cross_entropy")
    shown = "4-8-3 (cross_entropy), 67 parameters each"
    assert repr(network.population(30)) == f"Population of 30 networks {shown}, float32"
    assert repr(network.population(1, dtype="float64")) == f"Population of 1 network {shown}, float64"
