from __future__ import annotations

import threading

import numpy as np
import pytest

import shoal
from shoal.errors import ShoalError
from shoal.interruption import Cancelled, checkpoint, heed


def on_a_thread(work: object) -> list[object]:
    """Return what ``work`` returned on a thread of its own, or raised."""
    ended: list[object] = []

    def run() -> None:
        try:
            ended.append(work())  # type: ignore[operator]
        except BaseException as error:
            ended.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    return ended


ENDLESS = 10**6
"""Epochs that no machine is done with before it has looked whether it is to go on."""


def train(epochs: int = 30) -> int:
    X = np.linspace(-1, 1, 500)[:, None]
    population = shoal.Network(1, [shoal.Dense(32, "tanh"), shoal.Dense(1)]).population(2)
    return int(shoal.train(population, X, X[:, 0], epochs=epochs, engine="native").history.epochs[0])


def test_work_without_anybody_to_cancel_it_has_no_checkpoint() -> None:
    assert on_a_thread(checkpoint) == [None]
    assert on_a_thread(train) == [30]


@pytest.mark.parametrize("is_set", [True, False])
def test_native_training_ends_as_soon_as_its_thread_is_cancelled(is_set: bool) -> None:
    cancelled = threading.Event()

    def work() -> int:
        heed(cancelled)
        if is_set:
            cancelled.set()
        return train(ENDLESS if is_set else 30)

    (ended,) = on_a_thread(work)
    assert isinstance(ended, Cancelled) if is_set else ended == 30


def test_cancelling_is_no_error_that_anybody_handles() -> None:
    assert not issubclass(Cancelled, (Exception, ShoalError))
