from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import shoal
from shoal.engines.turns import InTurn, one_at_a_time
from tests.waiting import HANGS

X = np.linspace(0, 1, 20)


def begun(engine: str) -> shoal.Run:
    network = shoal.Network(1, [shoal.Dense(4, "tanh"), shoal.Dense(1)])
    return shoal.begin(network, X, np.sin(6 * X), starts=5, epochs=300, solver="adam", engine=engine, seed=0)


@pytest.mark.parametrize("engine", ["auto", "reference"])
def test_threads_that_train_one_run_take_turns(engine: str) -> None:
    run, alone = begun(engine), begun(engine)

    def train(_: int) -> None:
        for _ in range(25):
            run.advance(3)
            run.snapshot()

    with ThreadPoolExecutor(3) as pool:
        list(pool.map(train, range(3)))
    alone.advance(225)
    assert run.epoch == 225
    np.testing.assert_array_equal(run.population.theta, alone.population.theta)
    np.testing.assert_array_equal(run.history.loss, alone.history.loss)


def test_one_is_in_its_turn_and_may_come_again() -> None:
    class Kept(InTurn):
        inside = 0

        @one_at_a_time
        def first(self, begun: threading.Event, go: threading.Event) -> int:
            begun.set()
            assert go.wait(HANGS)
            return self.second(2)

        @one_at_a_time
        def second(self, by: int) -> int:
            self.inside += by
            return self.inside

    kept, began, go = Kept(), threading.Event(), threading.Event()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(kept.first, began, go)
        assert began.wait(HANGS)
        second = pool.submit(kept.second, by=3)
        assert kept.inside == 0
        go.set()
        assert (first.result(HANGS), second.result(HANGS)) == (2, 5)
