"""Lengths of gradients at the states of a sequence, against the factors of single steps and differences."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.explanation.reach import lengths_back, relative
from shoal.explanation.through_time import walk_back
from shoal.layers import GRU, LSTM, RNN
from shoal.layers.base import Context
from shoal.layers.recurrent import Recurrent

CELLS = (RNN, GRU, LSTM)
LENGTHS = np.array([7, 5, 1])


def drawn(layer: Recurrent, P: int = 1) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    return {name: rng.normal(0, 0.6, (P, *shape)) for name, shape in layer.parameter_shapes((2, 7)).items()}


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("reverse", [False, True])
def test_they_are_those_of_the_product_of_the_steps_factors(cell: type[Recurrent], reverse: bool) -> None:
    layer, rng = cell(4, reverse=reverse), np.random.default_rng(5)
    parameters, x, grad = drawn(layer), rng.normal(size=(1, 2, 7, 3)), rng.normal(size=(1, 4, 3))
    found = lengths_back(layer, parameters, x, grad, LENGTHS)
    for n, L in enumerate(LENGTHS):
        steps, _ = walk_back(layer, parameters, x[0, :, :L, n], grad[0, :, n])
        expected = [np.linalg.norm(step.grad[0]) for step in reversed(steps)]
        np.testing.assert_allclose(found[:L, 0, n], expected, rtol=1e-12)
        assert np.isnan(found[L:, 0, n]).all()


@pytest.mark.parametrize(
    "layer", [RNN(3, layer_norm=True), GRU(3, return_sequences=True)], ids=["norm", "all states"]
)
def test_they_are_those_of_differences_of_the_first_state(layer: Recurrent) -> None:
    rng = np.random.default_rng(7)
    parameters, x = drawn(layer, P=2), rng.normal(size=(2, 2, 7, 1))
    grad, first = rng.normal(size=(2, 3, 1)), x[:, :, 1:]
    found = lengths_back(layer, parameters, x, grad)
    last = type(layer)(3, layer_norm=layer.layer_norm, initial_state="learnt")
    state, _ = type(layer)(3, layer_norm=layer.layer_norm).forward(parameters, x[:, :, :1], Context())

    def objective(h: np.ndarray) -> np.ndarray:
        after, _ = last.forward({**parameters, "h0": h}, first, Context())
        return np.asarray((grad * after).sum(axis=(1, 2)))

    step = 1e-5
    directions = [step * np.eye(3)[k][None, :, None] for k in range(3)]
    slopes = np.array([(objective(state + d) - objective(state - d)) / (2 * step) for d in directions])
    np.testing.assert_allclose(found[-1, :, 0], np.linalg.norm(slopes, axis=0), rtol=1e-6)


def test_of_unequal_lengths_those_are_compared_that_have_the_step() -> None:
    norms = np.array([[[3.0, 4.0]], [[6.0, np.nan]], [[0.0, np.nan]]])
    assert relative(norms).tolist() == [[1.0, 2.0, 0.0]]


def test_where_no_gradient_comes_nothing_is_shorter() -> None:
    assert relative(np.zeros((2, 1, 1))).tolist() == [[1.0, 1.0]]


def test_steps_that_no_sequence_has_have_no_length() -> None:
    norms = np.array([[[2.0]], [[np.nan]]])
    np.testing.assert_array_equal(relative(norms), [[1.0, np.nan]])
