from __future__ import annotations

import dataclasses
from typing import Any

import pytest
from threadpoolctl import threadpool_info, threadpool_limits

from shoal.jobs.sizing import probe as module
from shoal.jobs.sizing.probe import timed
from shoal.training.recipe import Recipe
from tests.jobs.sizing.test_study import LOAD


class Clock:
    """A clock that goes on where something is trained or judged, by a second for each of its rows."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.trained = 0.0, list[tuple[int, int]]()
        monkeypatch.setattr(module, "train", self.train)
        monkeypatch.setattr(module, "sample_losses", lambda *_, **__: None)
        monkeypatch.setattr(module.time, "perf_counter", lambda: self.now)

    def train(self, population: Any, X: Any, *_: object) -> None:
        self.now += (1.0 if self.trained else 1.5) * population.size * len(X)  # the first call warms up
        self.trained.append((population.size, len(X)))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


def test_an_epoch_takes_what_its_rows_take(clock: Clock) -> None:
    assert timed([(1,), (2,)], LOAD, None) == {(1,): 48.0, (2,): 48.0}
    assert timed([(1,)], dataclasses.replace(LOAD, n_train=480), None) == {(1,): 480.0}


@pytest.mark.parametrize(("left", "times"), [(None, 3), (3e4, 3), (2e4, 2), (1.0, 1)])
def test_networks_are_timed_again_as_far_as_there_is_time(
    clock: Clock, left: float | None, times: int
) -> None:
    """A training takes 480 seconds, the first 720; a twentieth of the time left may be taken."""
    found = timed([(1,)], LOAD, left)
    assert clock.trained == [(8, 60)] * times
    assert found == {(1,): 72.0 if times == 1 else 48.0}


def test_a_full_batch_is_some_of_many_rows(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ROWS", 30)
    for batch_size, rows in ((None, 30), (4, 6 * 4)):
        timed([(1,)], dataclasses.replace(LOAD, recipe=Recipe(batch_size=batch_size)), None)
        assert {n for _, n in clock.trained} == {rows}
        clock.trained.clear()


def test_of_large_networks_few_are_timed(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    work = 6 * LOAD.network((1,)).operations * 60
    for allowed, members in ((1e9, 8), (3.5 * work, 3), (0.5 * work, 1)):
        monkeypatch.setattr(module, "_WORK", allowed)
        timed([(1,)], LOAD, None)
        assert {size for size, _ in clock.trained} == {members}
        clock.trained.clear()


def test_the_networks_of_each_view_are_timed(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    widths: list[int] = []
    monkeypatch.setattr(module, "train", lambda population, X, *_: widths.append(X.shape[1]))
    timed([(1,)], dataclasses.replace(LOAD, views=((0,), (1, 2))), None)
    assert widths == [1, 1, 1, 2, 2, 2]


def test_real_networks_take_time_on_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    threads: list[int] = []
    real = module.train

    def watched(*arguments: Any) -> Any:
        threads.extend(pool["num_threads"] for pool in threadpool_info())
        return real(*arguments)

    monkeypatch.setattr(module, "train", watched)
    with threadpool_limits(limits=2):
        assert timed([(1,)], LOAD, None)[(1,)] > 0
    assert set(threads) == {1}
