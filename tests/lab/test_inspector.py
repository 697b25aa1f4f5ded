from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

import shoal
from shoal.errors import ConfigurationError
from shoal.explanation.explanation import explain
from shoal.lab import commands as c
from shoal.lab.course import Course
from shoal.lab.design import Design
from shoal.lab.inspector import MOST_EDGES, InspectedNetwork
from shoal.lab.inspector import inspected as inspected_of
from shoal.lab.laboratory import Laboratory
from shoal.lab.views import member
from shoal.populations.trainer import sample_losses


def small(**settings: Any) -> Laboratory:
    lab = Laboratory(Design(**({"hidden": (2, 3), "starts": 2, "epochs": 300, "initial": "unit"} | settings)))
    lab.do(c.Pick(network=3))
    lab.do(c.Step(epochs=3))
    return lab


def inspected(side: Course, network: int, asked: c.Inspect) -> dict[str, Any]:
    return inspected_of(InspectedNetwork.of_course(side, network), asked)


def edges(lab: Laboratory) -> list[tuple[int, int, int | None]]:
    """Return every edge of the picked network: layer, unit, and input or None."""
    shapes = [s.shape for s in member(lab.sides[0], lab.picked).network.slots if s.name == "W"]
    return [
        (number, unit, place)
        for number, (units, inputs) in enumerate(shapes, 1)
        for unit in range(units)
        for place in (*range(inputs), None)
    ]


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("data", ["sine", "moons"])
def test_every_edge_has_the_gradient_of_the_explanation_and_of_differences(data: str, depth: int) -> None:
    lab, row = small(data=data, depth=depth), 4
    side = lab.sides[0]
    train = side.material.train
    explained = explain(member(side, 3), train.X[[row]], train.y[[row]])
    gradients = {
        (one.derivation.step.number, one.derivation.name): one.derivation.gradient
        for one in explained.comparisons
    }
    for layer, unit, place in edges(lab):
        told = inspected(side, 3, c.Inspect(row=row, layer=layer, unit=unit, input=place))
        expected = gradients[layer, "b" if place is None else "W"][unit, place or 0]
        assert told["value"] == pytest.approx(expected, rel=1e-12)
        drawn = told["layers"][layer - 1]
        assert told["value"] == (drawn["db"][unit] if place is None else drawn["dW"][unit][place])
        assert told["error"] < 1e-6
        assert told["numerical"] == pytest.approx(told["value"], rel=1e-6)


@pytest.mark.parametrize("depth", [1, 2, 3])
@pytest.mark.parametrize("data", ["sine", "moons"])
def test_the_factors_multiply_to_the_gradient_in_the_order_of_the_chain_rule(data: str, depth: int) -> None:
    lab = small(data=data, depth=depth)
    for layer, unit, place in edges(lab):
        told = inspected(lab.sides[0], 3, c.Inspect(row=1, layer=layer, unit=unit, input=place))
        row = np.ones(1)
        for factor in told["factors"]:
            values, after = np.array(factor["values"]), np.array(factor["so_far"])
            across = "W" in factor["formula"]
            row = row @ values.reshape(len(row), -1) if across else row * values
            np.testing.assert_allclose(row, after, rtol=1e-12)
        assert row.tolist() == pytest.approx([told["value"]], rel=1e-12)
        last = f"∂z{layer}/∂{'b' if place is None else 'W'}{layer}"
        assert [told["factors"][0]["symbol"], told["factors"][-1]["symbol"]] == [f"∂L/∂a{depth + 1}", last]


def test_the_way_forward_is_what_the_network_predicts() -> None:
    lab = small(data="moons")
    lab.do(c.Inspect(row=7))
    told, side = lab.state()["inspected"], lab.sides[0]
    prediction = side.runs[1].population.members(1).predict(side.material.train.X[[7]])
    assert told["layers"][-1]["a"] == pytest.approx(prediction.ravel().tolist(), rel=1e-12)
    hidden = told["layers"][0]
    assert np.tanh(hidden["z"]).tolist() == pytest.approx(hidden["a"], rel=1e-12)
    ŷ, y = told["layers"][-1]["a"][0], told["y"]
    assert told["loss"] == pytest.approx(-(y * np.log(ŷ) + (1 - y) * np.log(1 - ŷ)), rel=1e-9)
    assert told["layers"][-1]["delta"] == pytest.approx([ŷ - y], rel=1e-9)


@pytest.mark.parametrize("data", ["sine", "moons"])
def test_the_update_by_hand_is_a_step_of_gradient_descent(data: str) -> None:
    lab = small(data=data, solver="gradient_descent", depth=2)
    lab.do(c.Turn(weight_decay=0.03, learning_rate=0.2))
    side, row = lab.sides[0], 4
    alone, train = member(side, 3), side.material.train
    run = shoal.begin(
        alone, train.X[[row]], train.y[[row]], solver="gradient_descent", epochs=1, learning_rate=0.5,
        weight_decay=0.03, n_jobs=1,
    )  # fmt: skip
    run.advance(1)
    after = member(side, 3).theta.copy()
    for layer, unit, place in edges(lab):
        update = inspected(side, 3, c.Inspect(row=row, layer=layer, unit=unit, input=place, rate=0.5))[
            "update"
        ]
        (at,) = np.flatnonzero(alone.theta[0] == update["before"])
        after[0, at] = update["after"]
        assert update["decay"] == (0.0 if place is None else 0.03)
    np.testing.assert_allclose(after, run.population.theta, rtol=1e-12)
    loss = sample_losses(run.population, train.X[[row]], train.y[[row]])[0, 0]
    assert update["loss"] == pytest.approx(loss, rel=1e-12)
    assert inspected(side, 3, c.Inspect())["update"]["rate"] == 0.2
    assert inspected(small().sides[0], 3, c.Inspect())["update"]["rate"] == 0.1


def test_too_long_and_too_short_a_step_are_seen_to_fail() -> None:
    side = small().sides[0]
    error = {h: inspected(side, 3, c.Inspect(h=h))["error"] for h in (1.0, 1e-5, 1e-12)}
    assert error[1e-5] < 1e-7 < min(error[1.0], error[1e-12])


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        (c.Inspect(row=20), "row must be a whole number from 0 to 19, got 20"),
        (c.Inspect(row=-1), "row must be a whole number from 0 to 19, got -1"),
        (c.Inspect(layer=0), "layer must be a whole number from 1 to 2, got 0"),
        (c.Inspect(layer=3), "layer must be a whole number from 1 to 2, got 3"),
        (c.Inspect(unit=3), "unit of layer 1 must be a whole number from 0 to 2, got 3"),
        (c.Inspect(layer=2, unit=1), "unit of layer 2 must be a whole number from 0 to 0, got 1"),
        (c.Inspect(input=1), "input of layer 1 must be a whole number from 0 to 0, got 1"),
        (c.Inspect(layer=2, input=-1), "input of layer 2 must be a whole number from 0 to 2, got -1"),
        (c.Inspect(h=0.0), "h must be a number from 1e-12 to 1, got 0.0"),
        (c.Inspect(h=float("nan")), "h must be a number from 1e-12 to 1, got nan"),
        (c.Inspect(rate=0.0), "rate must be a number from 1e-06 to 10, got 0.0"),
    ],
)
def test_what_is_not_there_is_refused_and_changes_nothing(asked: c.Inspect, sentence: str) -> None:
    lab = small()
    lab.do(c.Inspect(row=3, unit=2))
    before = lab.state()
    with pytest.raises(ConfigurationError, match=sentence):
        lab.do(asked)
    assert lab.state() == before


def test_a_network_with_too_many_edges_is_refused() -> None:
    lab = small(hidden=(2, 64), depth=2)
    with pytest.raises(
        ConfigurationError, match=f"up to {MOST_EDGES} weights and biases, this network has 4,3"
    ):
        lab.do(c.Inspect())
    assert lab.state()["inspected"] is None


def test_it_follows_what_is_picked_and_trained_until_it_is_closed() -> None:
    lab = small()
    lab.do(c.Inspect(row=19, layer=2, input=2))
    before = lab.state()["inspected"]
    lab.do(c.Step(epochs=1))
    assert lab.state()["inspected"]["value"] != before["value"]
    lab.do(c.Pick(network=0))  # which has two units
    told = lab.state()["inspected"]
    assert [told[name] for name in ("row", "layer", "unit", "input")] == [19, 1, 0, 0]
    lab.do(c.Turn(samples=5))
    assert lab.state()["inspected"]["row"] == 4
    lab.do(c.Build(hidden=(64,), depth=2))
    assert lab.state()["inspected"] is None
    lab.do(c.Build(hidden=(2,), depth=1))
    lab.do(c.Inspect())
    lab.do(c.CloseInspector())
    assert lab.state()["inspected"] is None


def test_a_network_that_has_diverged_is_told_without_numbers() -> None:
    lab = small(solver="gradient_descent", activation="relu")
    lab.do(c.Turn(learning_rate=10.0))
    lab.do(c.Step(epochs=200))
    unknown = 0
    for network in range(4):
        lab.do(c.Pick(network=network))
        lab.do(c.Inspect())
        unknown += json.dumps(lab.state()["inspected"], allow_nan=False).count("null")
    assert unknown
