from __future__ import annotations

from typing import Any

import pytest

from shoal.errors import ConfigurationError, UnknownNameError
from shoal.lab.design import Design, Knobs, without_chance
from shoal.lab.material import two_moons


def test_dropout_stands_behind_each_hidden_layer_and_in_no_prediction() -> None:
    network = Design(hidden=(3, 5), depth=2).network(1, two_moons(0, 10, 0.1), dropout=0.25)
    assert [layer.name for layer in network.layers] == ["dense", "dropout", "dense", "dropout", "dense"]
    alone = without_chance(network)
    assert [layer.name for layer in alone.layers] == ["dense"] * 3
    assert alone.n_parameters == network.n_parameters == (2 * 5 + 5) + (5 * 5 + 5) + (5 + 1)


def test_a_rate_left_alone_is_the_solver_s_own_where_it_takes_one() -> None:
    assert Knobs(l2=0.5).strengths("scg") == {"l2": 0.5, "weight_decay": 0.0}
    assert Knobs().strengths("adam")["learning_rate"] == 0.001
    assert Knobs(learning_rate=0.2).strengths("adam")["learning_rate"] == 0.2


def test_what_is_no_knob_is_left_alone_when_knobs_are_turned() -> None:
    assert Knobs(l2=0.5).turned({"noise": 1, "starts": 7}) == Knobs(l2=0.5, noise=1)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"hidden": (3, 3)}, "hidden must be sizes that all differ"),
        ({"hidden": ()}, "hidden must be sizes that all differ"),
        ({"hidden": (65,)}, "hidden must be a whole number from 1 to 64, got 65"),
        ({"starts": 2.5}, "starts must be a whole number from 1 to 1000, got 2.5"),
        ({"starts": 301}, r"10 sizes × 301 starts are 3,010 networks; the lab shows 3,000 at most"),
    ],
)
def test_what_is_out_of_range_is_refused(asked: dict[str, Any], told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        Design(**asked)


@pytest.mark.parametrize("asked", [{"solver": "adan"}, {"activation": "tan"}, {"initial": "wider"}])
def test_unknown_names_are_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(UnknownNameError):
        Design(**asked)


@pytest.mark.parametrize("asked", [{"l2": float("nan")}, {"dropout": 1}, {"samples": 2.5}, {"noise": None}])
def test_knobs_stop_where_they_end(asked: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError, match="must be a"):
        Knobs(**asked)
