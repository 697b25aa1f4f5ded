from __future__ import annotations

import numpy as np
import pytest

from shoal.lab import commands as c
from shoal.lab.playing import MOST_PACE
from shoal.lab.running import LOOKS_EVERY, next_chunk
from tests.lab.listening import Hungry, Page, conductor, done
from tests.waiting import HANGS


def test_without_waiting_it_trains_to_the_end_by_the_same_bits_on_any_threads() -> None:
    found = []
    for threads in 1, 3:
        running, page = conductor(threads), Page()
        running.join(page)
        done(running, c.Pace(epochs=0))
        done(running, c.Start())
        page.wait(
            lambda p: p.states and not p.states[-1]["playing"] and p.states[-1]["sides"][0]["epoch"] == 200
        )
        running.close()
        found.append([run.population.theta for run in running.laboratory.sides[0].runs])
    for one, other in zip(*found, strict=True):
        np.testing.assert_array_equal(one, other)


@pytest.mark.parametrize(("every", "pictures"), [(0.0, 10), (1e9, 1)])
def test_training_that_waits_for_nobody_shows_no_more_than_can_be_seen(
    every: float, pictures: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shoal.lab.running.SHOWN_EVERY", every)
    monkeypatch.setattr("shoal.lab.running.TOLD_EVERY", 1e9)
    monkeypatch.setattr("shoal.lab.running.next_chunk", lambda epochs, seconds: epochs)
    running = conductor()
    page = Hungry(running)
    running.join(page)
    done(running, c.Pace(epochs=0))
    count = len(page.frames)
    done(running, c.Start())
    page.wait(lambda p: not p.states[-1]["playing"] and p.states[-1]["sides"][0]["epoch"] == 200)
    running.close()
    assert len(page.frames) == count + pictures  # of 200 epochs, 20 at a time


def test_training_that_waits_for_nobody_leaves_a_page_the_cores_to_draw_a_late_picture(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, seconds in (("SHOWN_EVERY", 0.0), ("LATE", 0.0), ("LOST", 1e6), ("TOLD_EVERY", 1e9)):
        monkeypatch.setattr(f"shoal.lab.running.{name}", seconds)
    monkeypatch.setattr("shoal.lab.running.next_chunk", lambda epochs, seconds: epochs)
    running, page = conductor(), Page()
    running.join(page)
    page.wait(lambda p: p.frames)
    running.feed()
    done(running, c.Pace(epochs=0))
    count = len(page.frames)
    done(running, c.Start())
    for epoch in 20, 40, 60:
        count += 1
        page.wait(lambda p, count=count: len(p.frames) >= count)
        assert running.look(lambda lab: lab.epoch).result(HANGS) == epoch
        running.feed()
    running.close()


def test_a_page_that_draws_no_more_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shoal.lab.running.LATE", 0.0)
    running, page = conductor(), Page()
    running.join(page)
    page.wait(lambda p: p.frames)
    running.feed()  # a first picture, and none after it
    done(running, c.Pace(epochs=0))
    done(running, c.Start())
    page.wait(lambda p: p.states[-1]["sides"][0]["epoch"] == 200)
    running.close()


@pytest.mark.parametrize(
    ("epochs", "seconds", "then"),
    [
        (20, 0.0, 40),
        (10, LOOKS_EVERY, 10),
        (10, 2 * LOOKS_EVERY, 5),
        (1, 60.0, 1),
        (900, 1e-4, MOST_PACE),
    ],
)
def test_epochs_between_two_looks_take_about_as_long(epochs: int, seconds: float, then: int) -> None:
    assert next_chunk(epochs, seconds) == then
