from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.activations import ACTIVATIONS, LeakyRelu
from shoal.errors import ConfigurationError, DataError
from shoal.initializers import INITIALIZERS, Normal
from shoal.layers import (
    AveragePool2D,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    GlobalAveragePool2D,
    Layer,
    LayerNorm,
    LocallyConnected2D,
    MaxPool2D,
    Residual,
)
from shoal.layers.base import Role
from shoal.losses import LOSSES, Huber
from shoal.populations.network import Network
from shoal.populations.trainer import train
from shoal.randomness import Purpose, member_id, stream


def hidden_layers() -> st.SearchStrategy[list[Layer]]:
    """Return stacks of up to 3 layers with any activation and initialiser."""
    dense = st.builds(
        Dense, st.integers(1, 5), st.sampled_from([*ACTIVATIONS]), st.sampled_from([None, *INITIALIZERS])
    )
    return st.lists(dense | st.builds(Dropout, st.floats(0, 0.9)), max_size=3)


def networks() -> st.SearchStrategy[Network]:
    """Return small networks with any loss, some with an activation after the last layer."""
    return st.builds(
        lambda n, hidden, K, loss: Network(n, [*hidden, Dense(K)], loss),
        st.integers(1, 5),
        hidden_layers(),
        st.integers(1, 4),
        st.sampled_from([*LOSSES]),
    )


def test_shapes_and_places_in_the_arena() -> None:
    network = Network(3, [Dense(4, "tanh"), Dropout(0.1), Dense(2)], loss="cross_entropy")
    assert network.shapes == ((3,), (4,), (4,), (2,))
    assert network.n_outputs == 2
    assert network.n_parameters == (4 * 3 + 4) + (2 * 4 + 2) == 26
    assert [dataclasses.astuple(slot) for slot in network.slots] == [
        (0, "W", (4, 3), Role.WEIGHT, 0, 12),
        (0, "b", (4, 1), Role.OFFSET, 12, 16),
        (2, "W", (2, 4), Role.WEIGHT, 16, 24),
        (2, "b", (2, 1), Role.OFFSET, 24, 26),
    ]
    assert np.flatnonzero(~network.weight_mask).tolist() == [12, 13, 14, 15, 24, 25]
    assert [layer.name for layer in network] == ["dense", "dropout", "dense"]


def image_layers() -> st.SearchStrategy[list[Layer]]:
    """Return stacks of layers for images of any size, of every kind that there is."""
    activation, padding = st.sampled_from([*ACTIVATIONS]), st.sampled_from(["valid", "same"])
    kinds = [
        st.builds(Conv2D, st.integers(1, 3), st.just(1), activation, st.integers(1, 2), padding),
        st.builds(LocallyConnected2D, st.integers(1, 2), st.just((1, 1)), activation),
        st.builds(Residual, st.lists(st.builds(BatchNorm, activation) | st.just(Dropout(0.1)), min_size=1)),
        st.builds(BatchNorm, activation, st.floats(0, 0.99), st.floats(1e-8, 1)),
        st.builds(LayerNorm, activation),
        st.builds(Residual, st.just([Residual([LayerNorm("tanh")], "relu")]), activation),
        st.builds(MaxPool2D, st.just(1), st.none() | st.integers(1, 2)),
        st.builds(AveragePool2D, st.just(1)),
    ]
    last = st.sampled_from([Flatten(), GlobalAveragePool2D()])
    return st.builds(lambda layers, last: [*layers, last], st.lists(st.one_of(kinds), max_size=3), last)


def image_networks() -> st.SearchStrategy[Network]:
    """Return small networks over images."""
    return st.builds(
        lambda shape, layers: Network(shape, [*layers, Dense(2)], "cross_entropy"),
        st.tuples(st.integers(1, 3), st.integers(1, 4), st.integers(1, 4)),
        image_layers(),
    )


def test_an_image_s_shape_and_numbers() -> None:
    network = Network([2, 6, 5], [Conv2D(3, 2), Flatten(), Dense(1)])  # type: ignore[arg-type]
    assert network.inputs == network.input_shape == (2, 6, 5)
    assert network.n_inputs == 60
    assert network.shapes == ((2, 6, 5), (3, 5, 4), (60,), (1,))
    assert network.to_config()["inputs"] == [2, 6, 5]
    dense = Network(7, [Dense(1)])
    assert (dense.inputs, dense.input_shape, dense.n_inputs) == (7, (7,), 7)
    assert dense.to_config()["inputs"] == 7


def test_images_and_their_rows_are_the_same_samples() -> None:
    network = Network((2, 3, 4), [Conv2D(3, 2, "tanh"), Flatten(), Dense(1)])
    X, y = np.random.default_rng(0).normal(size=(5, 2, 3, 4)), np.arange(5.0)
    population = network.population(2)
    assert np.array_equal(population.predict(X), population.predict(X.reshape(5, -1)))
    images, rows = (train(population, x, y, epochs=2).population.theta for x in (X, X.reshape(5, -1)))
    assert np.array_equal(images, rows)
    for wrong, got in ((X[:, :1], "(5, 1, 3, 4)"), (X[0], "(2, 3, 4)")):
        with pytest.raises(DataError) as error:
            population.predict(wrong)
        assert str(error.value) == (
            f"X must have shape (N, 2, 3, 4) or (N, 24), one row for each sample, got {got}; reshape it"
        )


def test_masks_go_by_what_layers_say_of_their_parameters() -> None:
    network = Network((1, 2, 2), [Residual([BatchNorm(), Conv2D(1, 1)]), LayerNorm(), Flatten(), Dense(1)])
    roles = [
        (slot.name, bool(network.weight_mask[slot.start]), bool(network.statistic_mask[slot.start]))
        for slot in network.slots
    ]
    assert roles == [
        ("0.gamma", False, False),
        ("0.beta", False, False),
        ("0.mean", False, True),
        ("0.variance", False, True),
        ("1.W", True, False),
        ("1.b", False, False),
        ("gamma", False, False),
        ("beta", False, False),
        ("W", True, False),
        ("b", False, False),
    ]
    assert [layer.name for layer in network.walk()][:3] == ["residual", "batch_norm", "conv2d"]


@given(networks() | image_networks(), st.integers(1, 3))
def test_views_divide_the_arena_and_write_through(network: Network, P: int) -> None:
    theta = np.arange(P * network.n_parameters, dtype=float).reshape(P, -1)
    values = theta.copy()
    views = network.views(theta)
    for slot in network.slots:
        view = views[slot.layer][slot.name]
        assert view.shape == (P, *slot.shape)
        assert np.array_equal(view.reshape(P, -1), values[:, slot.start : slot.stop])
        view += 1
    assert np.array_equal(theta, values + 1)  # every parameter is in exactly one view


@given(networks() | image_networks())
def test_the_description_survives_json(network: Network) -> None:
    again = Network.from_config(json.loads(json.dumps(network.to_config())))
    assert again == network
    assert again.to_config() == network.to_config()


def test_the_description_keeps_hyper_parameters() -> None:
    network = Network(1, [Dense(2, LeakyRelu(0.3), Normal(0.5)), Dropout(0.25), Dense(1)], Huber(2.0))
    config = network.to_config()
    assert config["layers"][0] == {
        "name": "dense",
        "units": 2,
        "activation": {"name": "leaky_relu", "slope": 0.3},
        "initializer": {"name": "normal", "sigma": 0.5},
    }
    assert config["loss"] == {"name": "huber", "threshold": 2.0}
    assert Network.from_config(config) == network


DESCRIPTION = Network(2, [Dense(3, "tanh"), Dense(1)]).to_config()
DENSE = DESCRIPTION["layers"][0]


@pytest.mark.parametrize(
    "config",
    [
        None,
        "network",
        [],
        {},
        DESCRIPTION | {"inputs": "2"},
        DESCRIPTION | {"inputs": 0},
        {key: value for key, value in DESCRIPTION.items() if key != "inputs"},
        DESCRIPTION | {"loss": "squared_error"},
        DESCRIPTION | {"loss": None},
        DESCRIPTION | {"loss": {"name": "squared"}},
        DESCRIPTION | {"loss": {"name": "huber", "threshold": "1"}},
        DESCRIPTION | {"layers": None},
        DESCRIPTION | {"layers": []},
        DESCRIPTION | {"layers": "dense"},
        DESCRIPTION | {"layers": ["dense"]},
        DESCRIPTION | {"layers": [3]},
        DESCRIPTION | {"layers": [{"name": "convolution"}]},
        DESCRIPTION | {"layers": [DENSE | {"units": "3"}]},
        DESCRIPTION | {"layers": [DENSE | {"units": -3}]},
        DESCRIPTION | {"layers": [DENSE | {"width": 3}]},
        DESCRIPTION | {"layers": [DENSE | {"activation": "tanh"}]},
        DESCRIPTION | {"layers": [DENSE | {"activation": {"name": "leaky_relu", "slope": None}}]},
        DESCRIPTION | {"layers": [DENSE | {"initializer": {"name": "normal", "sigma": float("nan")}}]},
        DESCRIPTION | {"layers": [{"name": "dropout", "rate": "0.5"}]},
        DESCRIPTION | {"inputs": [1, 2]},
        DESCRIPTION | {"inputs": [1, 2, "3"]},
        DESCRIPTION | {"layers": [{"name": "residual", "layers": None}, DENSE]},
        DESCRIPTION | {"layers": [{"name": "residual", "layers": [3]}, DENSE]},
        DESCRIPTION | {"layers": [{"name": "bidirectional", "layer": 3}, DENSE]},
        DESCRIPTION | {"layers": [{"name": "bidirectional", "layer": DENSE}, DENSE]},
        DESCRIPTION | {"layers": [{"name": "residual", "layers": [{"name": "none"}]}, DENSE]},
    ],
    ids=str,
)
def test_descriptions_that_are_refused(config: object) -> None:
    with pytest.raises(ConfigurationError) as error:
        Network.from_config(config)  # type: ignore[arg-type]
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("nested", [("residual", "layers"), ("bidirectional", "layer")])
def test_layers_within_layers_without_end(nested: tuple[str, str]) -> None:
    name, field = nested
    inner: dict[str, object] = {"name": "flatten"}
    for _ in range(5000):
        inner = {"name": name, field: [inner] if field == "layers" else inner}
    with pytest.raises(ConfigurationError, match="not a network's description: RecursionError"):
        Network.from_config({"inputs": 2, "layers": [inner], "loss": {"name": "squared_error"}})


LINK = (
    "applies its own link to the last layer's z, so that layer must be Dense(K) without an activation, got "
)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda: Network(0, [Dense(1)]), "the inputs of a network must be a whole number ≥ 1, got 0"),
        (lambda: Network(2.0, [Dense(1)]), "the inputs of a network must be a whole number ≥ 1, got 2.0"),
        (lambda: Network(True, [Dense(1)]), "the inputs of a network must be a whole number ≥ 1, got True"),
        (
            lambda: Network((), [Dense(1)]),
            "the inputs of a network are a number of features or a shape such as (C, H, W), got ()",
        ),
        (
            lambda: Network((1, 0, 3), [Dense(1)]),
            "each of the inputs, such as (C, H, W), must be a whole number ≥ 1, got 0",
        ),
        (
            lambda: Network((1, 4, 4), [Conv2D(2, 3)]),
            "the last layer must give samples of shape (K,), got (2, 2, 2); end with Flatten() and Dense(K)",
        ),
        (lambda: Network(2, []), "layers must be a list such as [Dense(8, 'tanh'), Dense(1)], got []"),
        (lambda: Network(2, None), "layers must be a list such as [Dense(8, 'tanh'), Dense(1)], got None"),
        (lambda: Network(2, 5), "layers must be a list such as [Dense(8, 'tanh'), Dense(1)], got 5"),
        (
            lambda: Network(2, Dense(1)),
            "layers must be a list such as [Dense(8, 'tanh'), Dense(1)], got Dense(",
        ),
        (
            lambda: Network(2, ["tanh"]),
            "layers must be a list such as [Dense(8, 'tanh'), Dense(1)], got ['tanh']",
        ),
        (
            lambda: Network(2, [Dropout()]),
            "no layer has parameters to train, add a Dense to (Dropout(rate=0.5),)",
        ),
        (
            lambda: Network(2, [Dense(1)], "squared"),
            "unknown loss 'squared'; did you mean 'squared_error'? Known: ",
        ),
        (lambda: Network(2, [Dense(1)], None), "loss must be a name or an instance, got None. Known names: "),
        (lambda: Network(2, [Dense(1, "tanh")], "log_loss"), "log_loss " + LINK + "Dense(units=1, "),
        (lambda: Network(2, [Dense(1), Dropout()], "poisson"), "poisson " + LINK + "Dropout(rate=0.5)"),
        (lambda: Network(2, [Dense(1)]).population(0), "starts must be a whole number ≥ 1, got 0"),
        (lambda: Network(2, [Dense(1)]).population("3"), "starts must be a whole number ≥ 1, got '3'"),
        (
            lambda: Network(2, [Dense(1)]).population(1, seed=-1),
            "seed must be an integer from 0 to 2**64 - 1, got -1",
        ),
        (
            lambda: Network(2, [Dense(1)]).population(1, dtype="int8"),
            "dtype must be float32 or float64, got int8",
        ),
        (
            lambda: Network(2, [Dense(1)]).population(1, dtype="huge"),
            "dtype must be float32 or float64, got huge",
        ),
        (
            lambda: Network(2, [Dense(1)]).population(2, first_start=2**32 - 1),
            "start must be from 0 to 4294967295, got 4294967296",
        ),
    ],
)
def test_networks_that_are_refused(build: Callable[[], object], message: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        build()
    assert str(error.value).startswith(message)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("loss", [name for name, loss in LOSSES.items() if not loss.has_link])
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_a_loss_without_a_link_takes_any_last_layer(loss: str, activation: str) -> None:
    assert Network(1, [Dense(2, activation)], loss).n_outputs == 2


def test_a_network_is_immutable_and_keeps_no_hold_on_the_list_it_was_given() -> None:
    layers: list[Layer] = [Dense(2), Dense(1)]
    network = Network(1, layers)
    layers.append(Dense(5))
    assert network.n_outputs == 1
    with pytest.raises(AttributeError):
        network.inputs = 3  # type: ignore[misc]


def test_members_are_drawn_layer_by_layer_from_their_own_streams() -> None:
    network = Network(2, [Dense(3, initializer="normal"), Dense(1, initializer="he")])
    population = network.population(2, seed=7, candidate=5, first_start=10, fold=1, dtype="float64")
    for p in range(2):
        rng = stream(7, member_id(5, 10 + p, 1), Purpose.WEIGHTS)
        W, b = rng.normal(0, 0.1, (3, 2)), rng.normal(0, 0.1, (3, 1))
        assert np.array_equal(population.weights[0][p], W)
        assert np.array_equal(population.biases[0][p], b)
        assert np.array_equal(population.weights[1][p], rng.normal(0, np.sqrt(2 / 3), (1, 3)))
        assert np.array_equal(population.biases[1][p], [[0]])


def test_a_member_is_the_same_network_whoever_its_companions_are() -> None:
    network = Network(2, [Dense(3), Dense(1)])
    many = network.population(5, seed=1)
    assert np.array_equal(network.population(1, seed=1, first_start=3).theta[0], many.theta[3])
    assert np.array_equal(network.population(2, seed=1).theta, many.theta[:2])
    assert len({row.tobytes() for row in many.theta}) == 5
    assert not np.array_equal(network.population(1, seed=2).theta, many.theta[:1])
    assert not np.array_equal(network.population(1, seed=1, candidate=1).theta, many.theta[:1])


def test_both_dtypes_begin_at_the_same_numbers() -> None:
    network = Network(2, [Dense(3), Dense(1)])
    wide = network.population(2, dtype="float64").theta
    assert np.array_equal(network.population(2).theta, wide.astype(np.float32))


def test_a_network_is_written_as_its_shapes() -> None:
    image = Network((1, 8, 9), [Flatten(), Dense(2)], "cross_entropy")
    assert str(image) == "1×8×9-72-2 (cross_entropy)"
    assert str(Network(3, [*[Dense(5, "tanh")] * 20, Dense(1)])) == "3-5-5-5-5-5-…-1 (squared_error)"
