from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.activations import ACTIVATIONS, LeakyRelu, Tanh
from shoal.errors import ConfigurationError, UnknownNameError
from shoal.initializers import INITIALIZERS, Normal
from shoal.layers import Dense
from shoal.layers.base import Context
from shoal.shapes import Array

P, m, n, N = 2, 3, 4, 5


def some_parameters() -> dict[str, Array]:
    rng = np.random.default_rng(0)
    return {"W": rng.normal(size=(P, m, n)), "b": rng.normal(size=(P, m, 1))}


def test_shapes() -> None:
    assert Dense(m).output_shape((n,)) == (m,)
    assert Dense(m).parameter_shapes((n,)) == {"W": (m, n), "b": (m, 1)}
    message = r"takes samples of shape \(n,\), or sequences \(C, T\), got \(2, 3, 4\); flatten"
    with pytest.raises(ConfigurationError, match=message):
        Dense(m).output_shape((2, 3, 4))


@pytest.mark.parametrize("shared", [False, True], ids=["own data", "shared data"])
def test_forward_is_g_of_w_a_plus_b(shared: bool) -> None:
    parameters, a = some_parameters(), np.random.default_rng(1).normal(size=(1 if shared else P, n, N))
    out, _ = Dense(m, "tanh").forward(parameters, a, Context())
    W, b = parameters["W"], parameters["b"]
    for p in range(P):
        np.testing.assert_allclose(out[p], np.tanh(W[p] @ a[0 if shared else p] + b[p]), rtol=1e-13)


@pytest.mark.parametrize("shared", [False, True], ids=["own data", "shared data"])
def test_backward_sums_over_the_samples_one_at_a_time(shared: bool) -> None:
    layer, parameters, rng = Dense(m, "tanh"), some_parameters(), np.random.default_rng(1)
    a, grad_a = rng.normal(size=(1 if shared else P, n, N)), rng.normal(size=(P, m, N))
    out, cache = layer.forward(parameters, a, Context())
    gradients = {"W": np.full((P, m, n), np.nan), "b": np.full((P, m, 1), np.nan)}
    grad_in = layer.backward(parameters, cache, grad_a, gradients, propagate=True)
    assert grad_in is not None
    for p in range(P):
        a_p = a[0 if shared else p]
        delta = grad_a[p] * (1 - out[p] ** 2)
        dW = sum(np.outer(delta[:, i], a_p[:, i]) for i in range(N))
        np.testing.assert_allclose(gradients["W"][p], dW, rtol=1e-12)
        np.testing.assert_allclose(gradients["b"][p][:, 0], sum(delta[:, i] for i in range(N)), rtol=1e-12)
        np.testing.assert_allclose(grad_in[p], parameters["W"][p].T @ delta, rtol=1e-12)


def test_nothing_is_propagated_unless_asked_for() -> None:
    layer, parameters = Dense(m, "tanh"), some_parameters()
    _, cache = layer.forward(parameters, np.ones((1, n, N)), Context())
    gradients = {"W": np.zeros((P, m, n)), "b": np.zeros((P, m, 1))}
    assert layer.backward(parameters, cache, np.ones((P, m, N)), gradients, propagate=False) is None
    assert gradients["W"].any()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_the_initializer_suits_the_activation(activation: str) -> None:
    recommended = INITIALIZERS[ACTIVATIONS[activation].recommended_initializer]()
    layer = Dense(m, activation)
    assert layer.initializer == recommended
    drawn = layer.initialize(np.random.default_rng(0), (n,))
    assert np.array_equal(drawn["W"], recommended.weights(np.random.default_rng(0), m, n))
    assert np.array_equal(drawn["b"], np.zeros((m, 1)))


def test_names_and_instances_are_the_same_layer() -> None:
    assert Dense(3, "tanh", "normal") == Dense(np.int64(3), Tanh(), Normal())
    assert Dense(3, LeakyRelu(0.2)).g == LeakyRelu(0.2)


@pytest.mark.parametrize(
    ("arguments", "error", "message"),
    [
        ((0,), ConfigurationError, "the units of a dense layer must be a whole number ≥ 1, got 0"),
        ((2.5,), ConfigurationError, "the units of a dense layer must be a whole number ≥ 1, got 2.5"),
        (("3",), ConfigurationError, "the units of a dense layer must be a whole number ≥ 1, got '3'"),
        ((True,), ConfigurationError, "the units of a dense layer must be a whole number ≥ 1, got True"),
        ((3, "tahn"), UnknownNameError, "unknown activation 'tahn'; did you mean 'tanh'? Known: elu, gelu, "),
        (
            (3, None),
            ConfigurationError,
            "activation must be a name or an instance, got None. Known names: elu, ",
        ),
        (
            (3, "tanh", "hee"),
            UnknownNameError,
            "unknown initializer 'hee'; did you mean 'he'? Known: glorot, ",
        ),
        (
            (3, "tanh", 1.0),
            ConfigurationError,
            "initializer must be a name or an instance, got 1.0. Known names: ",
        ),
    ],
    ids=str,
)
def test_layers_that_are_refused(arguments: tuple[Any, ...], error: type[Exception], message: str) -> None:
    with pytest.raises(error) as raised:
        Dense(*arguments)
    assert str(raised.value).startswith(message)
    assert "\n" not in str(raised.value)


def test_at_every_step_of_a_sequence_by_hand() -> None:
    layer, parameters = Dense(1), {"W": np.array([[[2.0, 3.0]]]), "b": np.array([[[1.0]]])}
    assert layer.output_shape((2, 3)) == (1, 3)
    assert layer.parameter_shapes((2, 3)) == {"W": (1, 2), "b": (1, 1)}
    a = np.array([[1.0, 5, 0], [7, 4, 0]])[None, :, :, None]  # (P, C, T, N), of which two steps are valid
    out, cache = layer.forward(parameters, a, Context(lengths=np.array([[2]])))
    assert out.ravel().tolist() == [2 + 21 + 1, 10 + 12 + 1, 0]  # the bias reaches no step beyond the end
    gradients = {name: np.full_like(array, np.nan) for name, array in parameters.items()}
    grad = np.array([10.0, 100, 0])[None, None, :, None]
    back = layer.backward(parameters, cache, grad, gradients, propagate=True)
    assert back is not None
    assert back[0, :, :, 0].tolist() == [[20, 200, 0], [30, 300, 0]]
    assert gradients["W"].ravel().tolist() == [1 * 10 + 5 * 100, 7 * 10 + 4 * 100]
    assert gradients["b"].ravel().tolist() == [110]
