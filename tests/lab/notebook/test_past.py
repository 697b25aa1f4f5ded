from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import shoal
from shoal.errors import ConfigurationError
from shoal.lab.notebook import past as module
from shoal.lab.notebook.past import Past
from shoal.populations.run import Run

X = np.linspace(-1, 1, 24)
HELD_OUT = (np.linspace(-0.9, 0.9, 10), np.linspace(-0.9, 0.9, 10) ** 2)


def begun(hidden: int = 2, **settings: Any) -> Run:
    network = shoal.Network(1, [shoal.Dense(hidden, "tanh"), shoal.Dense(1)])
    asked = {"epochs": 400, "validation": HELD_OUT} | settings
    return shoal.begin(network, X, X**2, starts=3, **asked)


def stands(past: Past) -> list[np.ndarray]:
    """Return all that is seen of where runs stand."""
    found = []
    for run in past.runs:
        history = run.history
        found += [run.population.theta, history.loss, history.epochs, history.stopped]
        if history.validation_loss is not None:
            found.append(history.validation_loss)
    return found


@pytest.mark.parametrize(
    "settings",
    [
        {"solver": "adam", "batch_size": 5},
        {"solver": "scg"},
        {"solver": "sgd", "patience": 7, "learning_rate": 0.3},  # of which some networks end early
        {"solver": "adam", "validation": None},
    ],
)
def test_every_epoch_is_the_same_bits_again_whatever_was_turned_on_the_way(settings: dict[str, Any]) -> None:
    past = Past((begun(**settings), begun(3, **settings)))
    past.advance(3)
    past.turn({"l2": 0.01})
    past.turn({"l2": 0.02})
    seen = {past.epoch: stands(past)}
    for epochs in (20, 9, 31):
        past.advance(epochs)
        seen[past.epoch] = stands(past)
        if epochs == 9:
            past.turn({"l2": 0.5})
    last = past.epoch
    for epoch in (*sorted(seen, reverse=True), *sorted(seen), last):
        past.seek(epoch)
        assert (past.epoch, past.furthest) == (epoch, last)
        assert past.knobs["l2"] == (0.5 if epoch >= 32 else 0.02)
        for mine, then in zip(stands(past), seen[epoch], strict=True):
            np.testing.assert_array_equal(mine, then)


def test_what_is_turned_in_the_past_begins_another_future() -> None:
    past, twin = Past((begun(),)), begun()
    past.advance(50)
    past.seek(20)
    past.turn({"l2": 0.3})
    assert (past.furthest, past.journal) == (20, {20: {"l2": 0.3}})
    with pytest.raises(ConfigurationError, match="go to one from 0 to 20"):
        past.seek(50)
    past.advance(15)
    past.seek(0)
    past.advance(35)  # what is turned at 20 is turned again
    twin.advance(20)
    twin.set(l2=0.3)
    twin.advance(15)
    np.testing.assert_array_equal(past.runs[0].population.theta, twin.population.theta)


@pytest.mark.parametrize(
    "change", [lambda run: run.advance(2), lambda run: run.set(l2=0.4), lambda run: run.stop([0])]
)
def test_what_a_cell_does_to_a_run_begins_another_past(change: Any) -> None:
    run = begun()
    past = Past((run,))
    past.advance(12)
    change(run)
    with pytest.raises(ConfigurationError, match=f"go to one from {run.epoch} to {run.epoch}"):
        past.seek(3)
    then = run.epoch
    past.advance(5)
    theta = run.population.theta
    past.seek(then)
    past.seek(then + 5)
    np.testing.assert_array_equal(run.population.theta, theta)


def test_snapshots_thin_out_and_the_first_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    run = begun()
    run.advance(3)
    past = Past((run,))
    size = past._marks[3].size
    monkeypatch.setattr(module, "MOST_BYTES", 4 * size)
    past.advance(200)
    assert len(past._marks) <= 4
    assert 3 in past._marks
    theta = run.population.theta
    past.seek(3)
    past.seek(203)
    np.testing.assert_array_equal(run.population.theta, theta)


def test_a_run_whose_snapshots_are_too_large_goes_forward_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MOST_BYTES", 100)
    past = Past((begun(),))
    past.advance(20)
    assert not past.goes_back
    with pytest.raises(ConfigurationError, match="it goes forward alone"):
        past.seek(10)
    assert past.epoch == 20


def test_strengths_that_one_run_refuses_are_turned_in_none() -> None:
    past = Past((begun(solver="adam"), begun(3, solver="scg")))
    with pytest.raises(ConfigurationError, match="scg cannot decay weights"):
        past.turn({"weight_decay": 0.1})
    assert past.knobs["weight_decay"] == 0
    assert past.journal == {}
