from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from shoal.errors import CapacityError, ShoalError
from shoal.lab import commands as c
from shoal.lab.choosing import trials
from shoal.lab.design import Design, Knobs
from shoal.lab.frames import BlockKind, read
from shoal.lab.laboratory import Laboratory
from shoal.lab.material import SETS
from shoal.lab.room import require_room
from shoal.selection.trials import Trials
from shoal.training.stopping import Reason


def small(**settings: Any) -> Laboratory:
    return Laboratory(Design(**({"hidden": (1, 3), "starts": 4, "epochs": 300} | settings)))


def frame(lab: Laboratory) -> dict[tuple[BlockKind, int], Any]:
    return {(block.kind, block.side): block for block in read(lab.frame())}


def test_many_starts_have_room_for_fewer_epochs() -> None:
    many = Design(starts=300, epochs=2000)
    require_room(many, Knobs(), SETS)  # raises nothing
    with pytest.raises(CapacityError, match="ask for fewer starts, sizes or epochs"):
        require_room(replace(many, epochs=5000), Knobs(), SETS)


def test_a_step_moves_every_network() -> None:
    lab = small()
    before = frame(lab)
    lab.do(c.Step(epochs=7))
    after = frame(lab)
    assert after[BlockKind.SCORES, 0].epoch == lab.state()["sides"][0]["epoch"] == 7
    assert (after[BlockKind.SCORES, 0].values[0] < before[BlockKind.SCORES, 0].values[0]).all()
    assert after[BlockKind.FUNCTIONS, 0].values.shape == (8, 64)


def test_the_scores_are_the_mean_squares_of_the_predictions() -> None:
    lab = small()
    lab.do(c.Step(epochs=20))
    side = lab.sides[0]
    part = side.material.validation
    run = side.runs[1]
    squares = np.square(run.population.predict(part.X)[:, :, 0] - part.y).mean(axis=1)
    np.testing.assert_allclose(frame(lab)[BlockKind.SCORES, 0].values[1, 4:], squares, rtol=1e-6)
    assert run.history.validation_loss is not None
    np.testing.assert_allclose(run.history.validation_loss[:, 19], squares, rtol=1e-12)


def test_the_picked_network_is_shown_from_inside() -> None:
    lab = small()
    lab.do(c.Pick(network=5))
    lab.do(c.Step(epochs=10))
    shown = frame(lab)
    run = lab.sides[0].runs[1]
    np.testing.assert_allclose(shown[BlockKind.THETA, 0].values[0], run.population.theta[1], rtol=1e-6)
    W, b = run.population.weights[0][1], run.population.biases[0][1]
    grid = lab.sides[0].material.grid
    np.testing.assert_allclose(shown[BlockKind.UNITS, 0].values, np.tanh(W @ grid.T + b), atol=1e-6)
    assert shown[BlockKind.LOSSES, 0].values.shape == (2, 10)
    fine = run.population.predict(lab.sides[0].material.fine)[1, :, 0]
    np.testing.assert_allclose(shown[BlockKind.PICKED, 0].values[0], fine, rtol=1e-5, atol=1e-6)


def test_the_state_is_plain_json() -> None:
    lab = small(solver="gradient_descent")
    lab.do(c.Turn(learning_rate=10.0))
    lab.do(c.Step(epochs=200))  # most networks diverge
    said = json.loads(json.dumps(lab.state(), allow_nan=False))
    assert said["sides"][0]["epoch"] == 200


def test_the_networks_are_the_trials_of_a_study() -> None:
    lab = small(hidden=(3, 1), depth=2)
    lab.do(c.Step(epochs=4))
    side = lab.sides[0]
    side.runs[1].stop([2])
    side.runs[0].history.stopped[1] = Reason.DIVERGED
    found = trials(side)
    whole = Trials.from_rows(found.rows())  # which a study makes of what it trained
    for name, column in whole.columns.items():
        assert column.dtype == found[name].dtype, name
        np.testing.assert_array_equal(column, found[name])
    scores = frame(lab)[BlockKind.SCORES, 0].values
    kept = np.arange(8) != 1
    np.testing.assert_array_equal(found["validation_loss"].astype("f4")[kept], scores[1][kept])
    np.testing.assert_array_equal(np.isnan(found["validation_loss"]), ~kept)
    assert found["hidden"].tolist() == ["3x3"] * 4 + ["1x1"] * 4
    assert found["stopped"].tolist() == ["epochs", "diverged", *["epochs"] * 4, "interrupted", "epochs"]


def test_the_choice_is_the_smallest_validation_error_and_says_so() -> None:
    lab = small()
    lab.do(c.Step(epochs=50))
    scores = frame(lab)[BlockKind.SCORES, 0].values
    choice = lab.state()["sides"][0]["choice"]
    assert choice["network"] == np.argmin(scores[1])
    assert "the smallest validation loss" in choice["sentence"]
    lab.do(c.Rule(rule="one-se"))
    assert lab.state()["sides"][0]["choice"]["threshold"] > scores[1].min()


def test_a_fork_is_two_shoals_from_the_same_parameters() -> None:
    lab = small()
    lab.do(c.Step(epochs=30))
    lab.do(c.Fork(l2=1.0))
    forked = frame(lab)
    np.testing.assert_array_equal(forked[BlockKind.THETA, 0].values, forked[BlockKind.THETA, 1].values)
    lab.do(c.Step(epochs=30))
    both = frame(lab)
    straight = small()
    straight.do(c.Step(epochs=60))
    for kind in BlockKind.SCORES, BlockKind.FUNCTIONS, BlockKind.LOSSES:
        np.testing.assert_array_equal(both[kind, 0].values, frame(straight)[kind, 0].values)
    norms = [
        sum(float(np.square(w).sum()) for run in side.runs for w in run.population.weights)
        for side in lab.sides
    ]
    assert norms[1] < norms[0]
    assert [side["knobs"]["l2"] for side in lab.state()["sides"]] == [0, 1]
    lab.do(c.Turn(side=0, l2=0.2))
    lab.do(c.Turn(noise=0.5))
    assert [side["knobs"]["l2"] for side in lab.state()["sides"]] == [0.2, 1]
    assert [side["knobs"]["noise"] for side in lab.state()["sides"]] == [0.5, 0.5]
    lab.do(c.Join(side=1))
    assert [side["knobs"]["l2"] for side in lab.state()["sides"]] == [1]


def test_what_is_turned_on_one_side_of_a_fork_leaves_both_at_the_same_epochs() -> None:
    lab = small()
    lab.do(c.Step(epochs=10))
    lab.do(c.Fork(l2=1.0))
    lab.do(c.Step(epochs=20))
    lab.do(c.Seek(epoch=20))
    lab.do(c.Turn(side=1, l2=0.5))
    assert [side["furthest"] for side in lab.state()["sides"]] == [20, 20]
    with pytest.raises(ShoalError, match="epoch 30 has not come yet"):
        lab.do(c.Seek(epoch=30))
    lab.do(c.Step(epochs=5))
    lab.do(c.Seek(epoch=5))
    lab.do(c.Seek(epoch=25))
    assert [side["epoch"] for side in lab.state()["sides"]] == [25, 25]


def test_the_test_opens_once_for_a_draw() -> None:
    lab = small()
    with pytest.raises(ShoalError, match="no choice to test yet; train first"):
        lab.do(c.OpenTest())
    lab.do(c.Step(epochs=40))
    assert lab.state()["test"] is None
    lab.do(c.OpenTest())
    opened = lab.state()["test"]
    side, network = lab.sides[0], opened["network"]
    run = side.runs[network // 4]
    test = side.material.test
    alone = run.population.members(network % 4)
    squares = np.square(alone.predict(test.X)[0, :, 0] - test.y)
    assert opened["loss"] == pytest.approx(squares.mean(), rel=1e-12)
    assert "On 200 points that nothing had seen" in opened["sentence"]
    for command in c.Step(epochs=5), c.Reset(), c.Build(solver="adam"):
        lab.do(command)
        assert lab.state()["test"] == opened
        with pytest.raises(ShoalError, match="has been opened"):
            lab.do(c.OpenTest())
    lab.do(c.Build(seed=1))
    assert lab.state()["test"] is None
    lab.do(c.Build(seed=0))
    assert lab.state()["test"] == opened


def test_two_classes_are_shown_as_maps() -> None:
    lab = small()
    lab.do(c.Build(data="moons", solver="adam"))
    lab.do(c.Step(epochs=5))
    shown = frame(lab)
    assert shown[BlockKind.MAPS, 0].values.shape == (8, 24 * 24)
    assert shown[BlockKind.PICKED, 0].values.shape == (1, 96 * 96)
    assert lab.state()["material"]["kind"] == "plane"
    assert lab.state()["sides"][0]["knobs"]["samples"] == 100


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (c.Seek(epoch=6), "epoch 6 has not come yet; go to one from 0 to 5"),
        (c.Seek(epoch=-1), "has not come yet"),
        (c.Step(epochs=0), "epochs of a step"),
        (c.Pick(network=8), "networks are numbered 0 to 7, got 8"),
        (c.Pace(epochs=-1), "the pace is 0 to 1,000"),
        (c.Turn(l2=-1.0), "l2 must be a number from 0 to 10000, got -1"),
        (c.Turn(l2=1e300), "l2 must be"),
        (c.Turn(side=1, l2=1.0), "a side is one of A, got number 1"),
        (c.Turn(samples=10**9), "samples must be a whole number from 2 to 1000"),
        (c.Turn(weight_decay=0.1), "scg cannot decay weights"),
        (c.Turn(dropout=0.5), "scg"),
        (c.Turn(dropout=1.0), "dropout must be"),
        (c.Join(side=3), "a side is one of A"),
        (c.Fork(l2=-1.0), "l2 must be"),
        (c.Rule(rule="lucky"), "unknown rule of choice 'lucky'"),
        (c.Build(data="../etc"), "unknown data set"),
        (c.Build(starts=1000, hidden=(64, 63, 62, 61)), "networks"),
        (c.Build(starts=1000, hidden=(64, 63), depth=4), "parameters, and the lab takes"),
        (c.Build(starts=1000, hidden=(1, 2), epochs=20000), "networks times epochs"),
        (c.Build(hidden=()), "hidden must be sizes that all differ"),
        (c.Build(hidden=(2, 2)), "hidden must be sizes that all differ"),
        (c.Build(solver="magic"), "unknown solver"),
        (c.Build(seed=-1), "seed"),
    ],
)
def test_what_is_out_of_range_changes_nothing(command: c.Command, sentence: str) -> None:
    lab = small()
    lab.do(c.Step(epochs=5))
    before, shown = lab.state(), lab.frame()
    with pytest.raises(ShoalError, match=sentence):
        lab.do(command)
    assert lab.state() == before
    assert lab.frame() == shown


def test_it_stops_at_the_last_epoch() -> None:
    lab = small(epochs=10)
    lab.do(c.Start())
    lab.train(50)
    assert (lab.playing, lab.state()["sides"][0]["epoch"]) == (False, 10)
    assert lab.state()["note"] == "This is epoch 10, the last of this run."
    with pytest.raises(ShoalError, match="reached its last epoch"):
        lab.do(c.Start())
    lab.do(c.Reset())
    assert lab.state()["sides"][0]["epoch"] == 0
