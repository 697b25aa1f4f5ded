from __future__ import annotations

import numpy as np
import pytest

from shoal.errors import ConfigurationError
from shoal.layers import BatchNorm, Conv2D, Dense, Dropout, Flatten, Residual
from shoal.layers.base import Context, Role
from shoal.populations.network import Network
from shoal.randomness import Noise


def test_numbers_by_hand() -> None:
    # f(a) = 3 tanh(0 · a + 0) + 2 a would need two ways; with one Dense, f(a) = 2 a + 1, and z = 3 a + 1.
    layer = Residual([Dense(1)], "relu")
    parameters = {"0.W": np.array([[[2.0]]]), "0.b": np.array([[[1.0]]])}
    out, cache = layer.forward(parameters, np.array([[[1.0, -1.0]]]), Context())
    assert out.ravel().tolist() == [4, 0]
    gradients = {name: np.full_like(array, np.nan) for name, array in parameters.items()}
    grad_in = layer.backward(parameters, cache, np.array([[[10.0, 100.0]]]), gradients, propagate=True)
    assert grad_in is not None
    assert grad_in.ravel().tolist() == [30, 0]
    assert gradients["0.W"].ravel().tolist() == [10]
    assert gradients["0.b"].ravel().tolist() == [10]


def test_what_its_layers_undo_still_gets_through() -> None:
    layer, a = Residual([Dense(3), Dense(3)]), np.random.default_rng(0).normal(size=(2, 3, 4))
    parameters = {name: np.zeros((2, *extent)) for name, extent in layer.parameter_shapes((3,)).items()}
    out, cache = layer.forward(parameters, a, Context())
    assert np.array_equal(out, a)
    gradients = {name: np.zeros_like(array) for name, array in parameters.items()}
    assert np.array_equal(layer.backward(parameters, cache, a, gradients, propagate=True), a)  # type: ignore[arg-type]
    assert layer.backward(parameters, cache, a, gradients, propagate=False) is None


def test_parameters_and_roles_of_layers_within_layers() -> None:
    block = Residual([Dense(4, "relu"), Residual([BatchNorm()]), Dense(2)])
    assert [*block.parameter_shapes((2,)).items()] == [
        ("0.W", (4, 2)),
        ("0.b", (4, 1)),
        *((f"1.0.{name}", (4, 1)) for name in ("gamma", "beta", "mean", "variance")),
        ("2.W", (2, 4)),
        ("2.b", (2, 1)),
    ]
    assert [block.role(name) for name in block.parameter_shapes((2,))] == [
        Role.WEIGHT,
        Role.OFFSET,
        Role.OFFSET,
        Role.OFFSET,
        Role.STATISTIC,
        Role.STATISTIC,
        Role.WEIGHT,
        Role.OFFSET,
    ]
    assert [layer.name for layer in block.walk()] == ["residual", "dense", "residual", "batch_norm", "dense"]


def test_first_parameters_are_drawn_layer_by_layer() -> None:
    block, rng = Residual([Dense(4, "relu"), Dense(3, "tanh")]), np.random.default_rng(0)
    drawn = block.initialize(np.random.default_rng(0), (3,))
    for index, (layer, shape) in enumerate([(block.layers[0], (3,)), (block.layers[1], (4,))]):
        for name, values in layer.initialize(rng, shape).items():
            assert np.array_equal(drawn[f"{index}.{name}"], values)


def test_a_population_s_weights_include_those_inside() -> None:
    population = Network(3, [Residual([Dense(4), Dense(3)]), Dense(1)]).population(2)
    assert [W.shape for W in population.weights] == [(2, 4, 3), (2, 3, 4), (2, 1, 3)]
    assert [b.shape for b in population.biases] == [(2, 4, 1), (2, 3, 1), (2, 1, 1)]
    population.weights[1][...] = 7
    assert (population.network.views(population.theta)[0]["1.W"] == 7).all()


def test_every_dropout_inside_draws_masks_of_its_own() -> None:
    # a + 1·mask: with the masks alike, layers 0, 1 and 2 would drop the same units.
    network = Network(50, [Dropout(0.5), Residual([Dropout(0.5)]), Residual([Dropout(0.5)]), Dense(1)])
    batch = Context(Noise(np.zeros((1, 2), np.uint64), 0), np.ones((1, 1)))
    masks, number = [], 0
    for layer in network.layers[:3]:
        out, _ = layer.forward({}, np.ones((1, 50, 1)), batch.at(number))
        masks.append(tuple(out.ravel() > 1.5))
        number += len([*layer.walk()])
    assert len(set(masks)) == 3
    # and they are those of the places in which the network counts its layers
    for number, mask in zip((0, 2, 4), masks, strict=True):
        assert tuple(Noise(np.zeros((1, 2), np.uint64), 0, number).keep(0.5, (50, 1)).ravel()) == mask


@pytest.mark.parametrize(
    ("layers", "shape", "message"),
    [
        ([Dense(4)], (3,), "the layers of residual must give what they take, (3,), but give (4,); use as"),
        ([Conv2D(2, 3)], (2, 5, 5), "the layers of residual must give what they take, (2, 5, 5), but give"),
        ([Flatten()], (1, 2, 2), "the layers of residual must give what they take, (1, 2, 2), but give (4,)"),
    ],
)
def test_layers_that_change_the_shape(layers: list[Dense], shape: tuple[int, ...], message: str) -> None:
    with pytest.raises(ConfigurationError) as raised:
        Residual(layers).output_shape(shape)
    assert str(raised.value).startswith(message)


@pytest.mark.parametrize("layers", [[], None, 3, ["dense"], Dense(3)])
def test_what_is_no_list_of_layers(layers: object) -> None:
    with pytest.raises(ConfigurationError, match="the layers of residual must be a list such as"):
        Residual(layers)  # type: ignore[arg-type]
