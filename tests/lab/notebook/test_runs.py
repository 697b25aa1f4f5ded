from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import shoal
from shoal.errors import ConfigurationError, ShoalError
from shoal.lab import commands as c
from shoal.lab.frames import BlockKind, read
from shoal.lab.notebook.runs import Runs
from shoal.populations.run import Run

X = np.linspace(-1, 1, 24)
HELD_OUT = (np.linspace(-0.9, 0.9, 10), np.linspace(-0.9, 0.9, 10) ** 2)


def begun(hidden: int = 2, starts: int = 4, **settings: Any) -> Run:
    network = shoal.Network(1, [shoal.Dense(hidden, "tanh"), shoal.Dense(1)])
    asked = {"epochs": 20, "validation": HELD_OUT} | settings
    return shoal.begin(network, X, X**2, starts=starts, **asked)


def blocks(shown: Runs) -> dict[BlockKind, np.ndarray]:
    return {block.kind: block.values for block in read(shown.frame())}


def test_what_is_trained_here_is_the_run_itself_bit_for_bit() -> None:
    run, alone = begun(), begun()
    shown = Runs([run])
    shown.do(c.Step(epochs=3))
    shown.do(c.Turn(l2=0.5))
    shown.do(c.Step(epochs=4))
    alone.advance(3)
    alone.set(l2=0.5)
    alone.advance(4)
    np.testing.assert_array_equal(run.population.theta, alone.population.theta)
    assert shown.state()["training"]["l2"] == 0.5


def of_sides(shown: Runs, kind: BlockKind) -> list[np.ndarray]:
    return [block.values for block in read(shown.frame()) if block.kind == kind]


@pytest.mark.parametrize("solver", ["adam", "scg"])
def test_a_fork_is_the_run_and_one_forked_by_hand_bit_for_bit(solver: str) -> None:
    run, alone = begun(solver=solver), begun(solver=solver)
    shown = Runs([run])
    shown.do(c.Step(epochs=3))
    shown.do(c.Fork(l2=0.5))
    np.testing.assert_array_equal(*of_sides(shown, BlockKind.THETA))
    shown.do(c.Step(epochs=9))
    alone.advance(3)
    by_hand = alone.fork()
    by_hand.set(l2=0.5)
    for one in (alone, by_hand):
        one.advance(9)
    for side, other in zip(shown.pasts, (alone, by_hand), strict=True):
        np.testing.assert_array_equal(side.runs[0].population.theta, other.population.theta)
        np.testing.assert_array_equal(side.runs[0].history.loss, other.history.loss)
    assert shown.pasts[0].runs == (run,)
    for scores, other in zip(of_sides(shown, BlockKind.SCORES), (alone, by_hand), strict=True):
        last = other.history.loss[np.arange(4), other.history.epochs - 1]  # scg may end before
        np.testing.assert_array_equal(scores[0], last.astype(np.float32))
    told = shown.state()
    assert [side["l2"] for side in told["sides"]] == [0.0, 0.5]
    assert [words[0] for words in told["words"]] == ["A", "B"]
    assert told["training"]["active"] == sum(int(one.active.sum()) for one in (alone, by_hand))


def test_both_sides_go_back_before_the_fork_and_forward_to_the_same_bits() -> None:
    shown = Runs([begun(2), begun(3)])
    shown.do(c.Step(epochs=4))
    shown.do(c.Fork(l2=0.5))
    shown.do(c.Step(epochs=8))
    shown.do(c.Turn(side=0, l2=0.1))
    shown.do(c.Turn(learning_rate=0.01))
    shown.do(c.Step(epochs=4))
    there = shown.frame()
    shown.do(c.Seek(epoch=2))
    np.testing.assert_array_equal(*of_sides(shown, BlockKind.THETA))
    assert [side["l2"] for side in shown.state()["sides"]] == [0.0, 0.0]
    shown.do(c.Seek(epoch=16))
    assert shown.frame() == there
    assert [side["l2"] for side in shown.state()["sides"]] == [0.1, 0.5]
    shown.do(c.Seek(epoch=14))
    shown.do(c.Turn(side=1, l2=0.2))  # and what A had trained since then is out of reach, too
    assert [past.furthest for past in shown.pasts] == [14, 14]


def test_the_side_that_is_kept_is_what_the_run_goes_on_with() -> None:
    run, alone = begun(), begun()
    shown = Runs([run])
    shown.do(c.Step(epochs=3))
    shown.do(c.Fork(l2=0.5))
    shown.do(c.Step(epochs=4))
    shown.do(c.Join(side=1))
    shown.do(c.Step(epochs=5))
    alone.advance(3)
    alone.set(l2=0.5)
    alone.advance(9)
    assert shown.runs == (run,)
    np.testing.assert_array_equal(run.population.theta, alone.population.theta)
    np.testing.assert_array_equal(run.history.loss, alone.history.loss)
    assert [side["l2"] for side in shown.state()["sides"]] == [0.5]
    shown.do(c.Seek(epoch=1))
    assert (run.epoch, shown.state()["training"]["l2"]) == (1, 0.0)
    shown.do(c.Seek(epoch=12))
    np.testing.assert_array_equal(run.population.theta, alone.population.theta)


def test_a_fork_in_which_a_cell_trains_the_run_says_what_can_be_gone_to() -> None:
    run = begun()
    shown = Runs([run])
    shown.do(c.Step(epochs=3))
    shown.do(c.Fork(l2=0.5))
    run.advance(4)  # side A, whose past begins there
    shown.do(c.Step(epochs=2))
    assert [past.epoch for past in shown.pasts] == [9, 5]
    before = shown.frame()
    with pytest.raises(ConfigurationError, match="epoch 4 is not one of those seen here"):
        shown.do(c.Seek(epoch=4))
    assert shown.frame() == before
    shown.do(c.Join(side=1))
    assert run.epoch == 5


def test_points_are_the_losses_of_the_history_and_pictures_the_predictions() -> None:
    run = begun()
    shown = Runs([run])
    shown.do(c.Step(epochs=5))
    shown.do(c.Pick(network=3))
    seen, history = blocks(shown), run.history
    assert history.validation_loss is not None
    np.testing.assert_array_equal(seen[BlockKind.SCORES][0], history.loss[:, 4].astype(np.float32))
    np.testing.assert_array_equal(seen[BlockKind.SCORES][1], history.validation_loss[:, 4].astype(np.float32))
    np.testing.assert_array_equal(
        seen[BlockKind.LOSSES][1], history.validation_loss[3, :5].astype(np.float32)
    )
    there = np.linspace(-1, 1, 241)
    np.testing.assert_allclose(seen[BlockKind.PICKED][0], run.population.predict(there)[3, :, 0], rtol=1e-6)
    assert seen[BlockKind.FUNCTIONS].shape == (4, 64)
    assert seen[BlockKind.UNITS].shape == (2, 64)
    np.testing.assert_array_equal(seen[BlockKind.THETA][0], run.population.theta[3].astype(np.float32))
    assert shown.state()["sides"][0]["choice"]["network"] == np.argmin(history.validation_loss[:, 4])


def test_before_the_first_epoch_networks_stand_at_the_loss_of_their_starts() -> None:
    run = begun()
    errors = np.square(run.population.predict(HELD_OUT[0])[:, :, 0] - HELD_OUT[1]).mean(axis=1) / 2
    np.testing.assert_allclose(blocks(Runs([run]))[BlockKind.SCORES][1], errors, rtol=1e-6)


def test_of_a_network_that_has_ended_its_last_loss_is_shown() -> None:
    run = begun()
    run.advance(2)
    run.stop([1])
    run.advance(3)
    assert run.history.validation_loss is not None
    shown = blocks(Runs([run]))[BlockKind.SCORES][1]
    assert shown[1] == np.float32(run.history.validation_loss[1, 1])
    assert shown[0] == np.float32(run.history.validation_loss[0, 4])


def test_without_validation_data_networks_stand_by_their_objective_and_nothing_is_chosen() -> None:
    run = begun(validation=None)
    shown = Runs([run])
    shown.do(c.Step(epochs=2))
    state = shown.state()
    assert state["error"] == "objective"
    assert state["sides"][0]["choice"] is None
    assert "nothing tells which of them generalises" in state["words"][-1]
    np.testing.assert_array_equal(
        blocks(shown)[BlockKind.SCORES][1], run.history.loss[:, 1].astype(np.float32)
    )


def test_a_run_that_has_ended_says_so_and_trains_no_more() -> None:
    shown = Runs([begun(epochs=3)])
    shown.do(c.Start())
    shown.train(5)
    assert not shown.playing
    assert shown.state()["note"] == "this is epoch 3, at which the last network has ended"
    assert shown.state()["training"]["ended"]
    with pytest.raises(ConfigurationError, match="no network trains on: the run has ended, at epoch 3"):
        shown.do(c.Start())


def test_runs_stand_beside_each_other_by_size() -> None:
    shown = Runs([begun(1), begun(3), begun(3)])
    assert shown.state()["design"] == {"hidden": [1, 3, "3 (3)"], "starts": 4}
    shown.do(c.Pick(network=5))
    assert shown.network().network.n_parameters == 10
    shown.do(c.Step(epochs=2))
    assert [run.epoch for run in shown.runs] == [2, 2, 2]


@pytest.mark.parametrize(
    ("runs", "sentence"),
    [
        (list, "got nothing"),
        (lambda: [3], "got int"),
        (lambda: [begun(), begun(starts=2)], "run 2 has 2 members and the first 4"),
        (lambda: [begun(), begun(validation=None)], "run 2 has other samples"),
        (lambda: [begun()] * 2, "given twice"),
    ],
)
def test_runs_that_cannot_stand_beside_each_other_are_refused(runs: Any, sentence: str) -> None:
    with pytest.raises(ConfigurationError, match=sentence):
        Runs(runs())


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (c.Reset(), "a widget trains, steps, pauses"),
        (c.Seek(epoch=1), "epoch 1 is not one of those seen here; go to one from 0 to 0"),
        (c.Turn(samples=5), "samples is what the run has begun with"),
        (c.Turn(l2=-1.0), "l2"),
        (c.Turn(side=1, l2=1.0), "side must be a whole number from 0 to 0"),
        (c.Join(side=1), "side must be a whole number from 0 to 0"),
        (c.Fork(l2=-1.0), "l2"),
        (c.Pick(network=4), "network must be a whole number from 0 to 3"),
        (c.Pace(epochs=-1), "the pace must be"),
        (c.Step(epochs=0), "epochs of a step"),
    ],
)
def test_what_runs_do_not_do_is_refused_and_changes_nothing(command: c.Command, sentence: str) -> None:
    shown = Runs([begun()])
    before = shown.state()
    with pytest.raises(ShoalError, match=sentence):
        shown.do(command)
    assert shown.state() == before


def test_a_strength_that_one_run_refuses_is_turned_in_none() -> None:
    first, second = begun(2, solver="adam"), begun(3, solver="scg")
    shown = Runs([first, second])
    with pytest.raises(ConfigurationError, match="scg cannot decay weights"):
        shown.do(c.Turn(weight_decay=0.1))
    assert first.snapshot().strengths["weight_decay"].tolist() == [0.0] * 4


def test_strengths_of_their_own_are_no_single_number() -> None:
    assert Runs([begun(l2=[0.0, 0.1, 0.2, 0.3])]).state()["training"]["l2"] is None
    assert Runs([begun(l2=0.1)]).state()["training"]["l2"] == 0.1


@pytest.mark.parametrize("solver", ["adam", "scg"])  # of which one trains in 32 bits and one knows no rate
def test_a_network_is_looked_into_by_the_exact_numbers_of_its_chain_rule(solver: str) -> None:
    run = begun(solver=solver, weight_decay=0.01 if solver == "adam" else 0.0)
    shown = Runs([run])
    shown.do(c.Step(epochs=2))
    shown.do(c.Pick(network=1))
    shown.do(c.Inspect(row=3, layer=2, unit=0, input=1))
    told = shown.state()["inspected"]
    assert told["value"] == pytest.approx(told["numerical"], rel=1e-6)
    x, y = shown.data.train.X[3], shown.data.train.y[3]
    assert (y, told["rows"]) == (pytest.approx(x[0] ** 2, rel=1e-6), len(X))
    predicted = float(run.population.predict(x[None])[1, 0, 0])
    assert told["layers"][-1]["a"][0] == pytest.approx(predicted, rel=1e-5)
    assert told["update"]["rate"] == pytest.approx(0.001 if solver == "adam" else 0.1)
    assert told["update"]["decay"] == pytest.approx(0.01 if solver == "adam" else 0.0)
    shown.do(c.CloseInspector())
    assert shown.state()["inspected"] is None


def test_looking_inside_goes_on_with_another_network_and_ends_where_one_is_too_large() -> None:
    shown = Runs([begun(hidden=3), begun(hidden=200)])
    shown.do(c.Inspect(layer=1, unit=2))
    shown.do(c.Pick(network=1))
    assert shown.state()["inspected"]["unit"] == 2
    shown.do(c.Pick(network=7))  # of 601 weights and biases
    assert shown.state()["inspected"] is None
    with pytest.raises(ConfigurationError, match="pick a smaller one"):
        shown.do(c.Inspect())


def test_what_has_no_picture_is_not_looked_into() -> None:
    network = shoal.Network(1, [shoal.Dense(2, "tanh"), shoal.Dense(2)])
    shown = Runs([shoal.begin(network, X, np.stack([X, X**2], axis=1), starts=2, epochs=3)])
    assert shown.state()["inspectable"] is False
    with pytest.raises(ConfigurationError, match=r"shoal\.explain"):
        shown.do(c.Inspect())
