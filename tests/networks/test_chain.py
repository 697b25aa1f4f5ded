"""Architectures: where each parameter lies, and what cannot be one."""

from __future__ import annotations

import json
import pickle
from typing import Any

import numpy as np
import pytest

from shoal.errors import ConfigurationError, DataError
from shoal.layers import BatchNorm, Conv2D, Dense, Flatten, Residual
from shoal.layers.base import Role
from shoal.networks.chain import Chain
from shoal.populations.network import Network

IMAGES = Chain(
    (2, 5, 5), [Conv2D(3, 3, activation="relu"), BatchNorm(), Flatten(), Dense(4)], "cross_entropy"
)


def test_slots_fill_the_arena_without_gaps_in_the_order_of_layers() -> None:
    ends = [0, *(slot.stop for slot in IMAGES.slots)]
    assert [slot.start for slot in IMAGES.slots] == ends[:-1]
    assert ends[-1] == IMAGES.n_parameters == 3 * 2 * 9 + 3 + 4 * 3 + 27 * 4 + 4
    assert [slot.layer for slot in IMAGES.slots] == [0, 0, 1, 1, 1, 1, 3, 3]
    assert IMAGES.shapes == ((2, 5, 5), (3, 3, 3), (3, 3, 3), (27,), (4,))


def test_networks_that_differ_in_names_alone_have_hashes_of_their_own() -> None:
    each = [
        Chain(3, [Dense(2, activation), Dense(1)], loss)
        for activation in ("relu", "tanh")
        for loss in ("squared_error", "log_loss")
    ]
    assert len({hash(network) for network in each}) == 4
    assert hash(Network(3, [Dense(2)])) == hash(Network(3, [Dense(2)], "squared_error"))
    assert Network(3, [Dense(2)]) == Network(3, [Dense(2)])
    assert Network(3, [Dense(2)]) != Chain(3, [Dense(2)])


def test_only_its_fields_are_saved() -> None:
    chain = Chain(3, [Dense(2)])
    hash(chain), chain.slots
    copied = pickle.loads(pickle.dumps(chain))  # noqa: S301 (our own)
    assert set(vars(copied)) == {"inputs", "layers", "loss"}  # a hash is another one in every process
    assert copied == chain
    assert hash(copied) == hash(chain)


def test_masks_go_by_roles() -> None:
    assert IMAGES.weight_mask.sum() == 3 * 2 * 9 + 27 * 4
    assert IMAGES.statistic_mask.sum() == 2 * 3
    assert not (IMAGES.weight_mask & IMAGES.statistic_mask).any()
    assert {slot.name for slot in IMAGES.slots if slot.role is Role.STATISTIC} == {"mean", "variance"}


def test_views_write_through() -> None:
    theta = np.zeros((2, IMAGES.n_parameters))
    views = IMAGES.views(theta)
    views[3]["W"][1] = 7
    slot = next(slot for slot in IMAGES.slots if (slot.layer, slot.name) == (3, "W"))
    assert (theta[1, slot.start : slot.stop] == 7).all()
    assert theta.sum() == 7 * 27 * 4
    assert views[2] == {}


def test_a_member_begins_alike_alone_and_in_company() -> None:
    streams = [np.random.default_rng(i) for i in range(3)]
    together = IMAGES.initialize_all(streams, 3)
    np.testing.assert_array_equal(together[1], IMAGES.initialize(np.random.default_rng(1)))


def test_it_comes_back_from_its_description() -> None:
    deep = Chain(3, [Dense(3, "tanh"), Residual([Dense(3, "relu")]), Dense(1)], "poisson")
    for network in (IMAGES, deep):
        assert Chain.from_config(json.loads(json.dumps(network.to_config()))) == network


def test_a_long_one_is_told_in_part() -> None:
    long = Chain(2, [Dense(i) for i in range(1, 12)])
    assert str(long) == "2-1-2-3-4-5-…-11 (squared_error)"
    assert str(IMAGES) == "2×5×5-3×3×3-3×3×3-27-4 (cross_entropy)"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, [Dense(1)]), "the inputs of a network must be a whole number ≥ 1, got 0"),
        (
            ((), [Dense(1)]),
            r"the inputs of a network are a number of features or a shape such as \(C, H, W\)",
        ),
        (((3, 0, 2), [Flatten(), Dense(1)]), "each of the inputs, such as .* whole number ≥ 1, got 0"),
        ((3, []), r"layers must be a list such as \[Dense\(8, 'tanh'\), Dense\(1\)\], got \[\]"),
        ((3, [Dense]), "layers must be a list such as"),
        ((3, Dense(1)), "layers must be a list such as"),
        (((1, 4, 4), [Conv2D(2, 3)]), r"the last layer must give samples of shape \(K,\), got \(2, 2, 2\)"),
        ((3, [Dense(1, "tanh")], "log_loss"), "log_loss applies its own link to the last layer's z"),
        (((2, 2, 2), [Flatten()]), "no layer has parameters to train"),
    ],
)
def test_what_is_no_network(arguments: Any, message: str) -> None:
    with pytest.raises(ConfigurationError, match=message):
        Chain(*arguments)


@pytest.mark.parametrize("config", [{}, {"layers": 3}, {"layers": [{}], "inputs": 1, "loss": {}}, None])
def test_what_describes_none(config: Any) -> None:
    with pytest.raises(ConfigurationError):
        Chain.from_config(config)


def test_samples_are_flattened_to_rows_and_others_refused() -> None:
    X = np.arange(100.0).reshape(2, 2, 5, 5)
    np.testing.assert_array_equal(IMAGES.rows(X, "X"), X.reshape(2, 50))
    with pytest.raises(DataError, match="X"):
        IMAGES.rows(np.zeros((2, 49)), "X")
