from __future__ import annotations

import numpy as np
import pytest

from shoal.engines import choose_engine
from shoal.engines.base import Training
from shoal.engines.running import finish
from shoal.layers import Dense
from shoal.populations.network import Network
from shoal.training.problem import Problem, Progress, Samples
from shoal.training.recipe import Recipe, only
from shoal.training.stopping import Reason

EPOCHS = 6


def begun(engine: str, patience: int | None = None) -> Training:
    network = Network(1, [Dense(2, "tanh"), Dense(1)])
    population, recipe = (
        network.population(3, seed=0, dtype="float64"),
        Recipe(epochs=EPOCHS, patience=patience),
    )
    x = np.linspace(-1, 1, 8)[:, None]
    samples = Samples.of(network, x, x[:, 0] ** 2)
    problem = Problem(samples, None, only(3, learning_rate=0.1))
    chosen = choose_engine(engine, network, recipe, problem.unequal)
    return chosen.begin(network, population.theta, population.keys, problem, recipe)


@pytest.mark.parametrize("engine", ["reference", "auto"])
def test_who_listens_hears_of_every_epoch_and_changes_nothing(engine: str) -> None:
    heard: list[Progress] = []
    alone, listened = begun(engine), begun(engine)
    finish(alone, EPOCHS, 1, None)
    finish(listened, EPOCHS, 1, lambda progress: bool(heard.append(progress)))
    assert [progress.epoch for progress in heard] == [1, 2, 3, 4, 5, 6]
    assert heard[0] == Progress(1, EPOCHS, 3)
    assert all(progress.history is listened.history for progress in heard)
    np.testing.assert_array_equal(alone.theta, listened.theta)
    assert not np.array_equal(alone.theta, begun(engine).theta)


def test_whoever_says_so_ends_it() -> None:
    training = begun("reference")
    finish(training, EPOCHS, 1, lambda progress: progress.epoch == 2)
    assert training.history.epochs.tolist() == [2, 2, 2]
    assert set(training.history.stopped.tolist()) == {Reason.INTERRUPTED}
