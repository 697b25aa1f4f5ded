from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest

from shoal.errors import ConfigurationError, ShoalError
from shoal.lab import commands as c
from shoal.lab import frames
from shoal.lab.laboratory import Laboratory
from shoal.lab.running import MOST_WAITING, Conductor
from tests.lab.listening import Hungry, Page, conductor, done
from tests.waiting import HANGS


def test_whoever_joins_is_told_how_things_stand() -> None:
    running, page = conductor(), Page()
    running.join(page)
    page.wait(lambda p: p.states and p.frames)
    assert page.states[0]["sides"][0]["epoch"] == 0
    running.close()


def test_a_picture_waits_until_the_last_was_taken() -> None:
    running, page = conductor(), Page()
    running.join(page)
    page.wait(lambda p: p.frames)
    done(running, c.Start())
    count = len(page.frames)
    assert running.laboratory.sides[0].epoch == 0  # nobody has taken the last picture
    running.feed()
    page.wait(lambda p: len(p.frames) > count)
    done(running, c.Pause())
    assert running.laboratory.sides[0].epoch == 5
    running.close()


def test_a_picture_of_which_nothing_has_changed_is_sent_to_those_alone_who_join() -> None:
    running, page, other = conductor(), Page(), Page()
    running.join(page)
    done(running, c.Step(epochs=3))
    count, states = len(page.frames), len(page.states)
    for command in (c.Inspect(), c.Turn(l2=0.5), c.Rule(rule="one-se"), c.Pick(network=0)):
        done(running, command)
    assert (len(page.frames), len(page.states)) == (count, states + 4)
    running.join(other)
    other.wait(lambda p: p.frames)
    done(running, c.Pick(network=1))
    running.close()
    assert other.frames[0] == page.frames[count - 1]
    assert other.frames[-1] == page.frames[-1] != other.frames[0]


def test_what_is_turned_while_it_trains_is_seen_next(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shoal.lab.running.TOLD_EVERY", 1e9)
    running, page = conductor(), Page()
    running.join(page)
    done(running, c.Pace(epochs=1000))
    done(running, c.Start())
    monkeypatch.setattr("shoal.lab.playing.UNHEARD", 7 * running.laboratory.work)
    count = len(page.frames)
    done(running, c.Turn(l2=0.5))  # while the page has not taken the last picture
    page.wait(lambda p: len(p.frames) > count)
    done(running, c.Pause())
    assert [block.epoch for block in frames.read(page.frames[-1])] == [7] * 6
    running.close()


def test_what_is_turned_while_it_trains_is_told_with_what_becomes_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("shoal.lab.running.TOLD_EVERY", 1e9)
    running, page = conductor(), Page()
    running.join(page)
    done(running, c.Start())
    for command in (c.Turn(l2=0.5), c.Turn(l2=5.0)):
        done(running, command)
    running.close()
    lab = running.laboratory
    assert [state["sides"][0]["epoch"] for state in page.states[-2:]] == [5, 10]
    assert [next(frames.read(frame)).epoch for frame in page.frames] == [0, 5, 10]  # none of before twice
    assert [(at, knobs.l2) for at, knobs in lab.sides[0].journal.items()] == [(5, 5.0)]


def test_a_long_way_to_the_next_picture_is_interrupted_by_whoever_asks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    running, page = conductor(), Page()
    running.join(page)
    done(running, c.Pace(epochs=100))
    lab, asked = running.laboratory, []
    monkeypatch.setattr("shoal.lab.playing.UNHEARD", 3 * lab.work)
    train = lab.train

    def ask_at_the_fourth(epochs: int, each: Any) -> None:
        train(epochs, each)
        if lab.sides[0].epoch == 12:
            asked.append(running.ask(c.Pause()))

    monkeypatch.setattr(lab, "train", ask_at_the_fourth)
    done(running, c.Start())
    running.feed()
    page.wait(lambda p: asked and not p.states[-1]["playing"])
    assert lab.sides[0].epoch == 12
    running.close()


def halfway(monkeypatch: pytest.MonkeyPatch, *asked: c.Command) -> tuple[Conductor, Page, list[Any]]:
    """Return a lab of which a step of 100 epochs is asked, and at epoch 12 what else, with the answers."""
    running, page = conductor(), Page()
    running.join(page)
    lab, answers = running.laboratory, list[Any]()
    monkeypatch.setattr("shoal.lab.playing.UNHEARD", 3 * lab.work)
    train = lab.train

    def ask_at_the_fourth(epochs: int, each: Any) -> None:
        train(epochs, each)
        if lab.sides[0].epoch == 12 and not answers:
            answers.extend(running.ask(command) for command in asked)

    monkeypatch.setattr(lab, "train", ask_at_the_fourth)
    done(running, c.Step(epochs=100))
    for answer in answers:
        answer.result(HANGS)
    return running, page, answers


def test_a_long_step_goes_on_with_what_is_turned_meanwhile_to_the_same_bits(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    running, page, _ = halfway(monkeypatch, c.Turn(l2=0.5), c.Pick(network=2))
    running.close()
    lab, twin = running.laboratory, Laboratory(running.laboratory.design)
    assert (lab.sides[0].epoch, lab.picked, lab.playing) == (100, 2, False)
    assert page.states[-1]["sides"][0]["epoch"] == 100
    twin.do(c.Step(epochs=12))
    twin.do(c.Turn(l2=0.5))
    twin.do(c.Step(epochs=88))
    for one, other in zip(lab.sides[0].runs, twin.sides[0].runs, strict=True):
        np.testing.assert_array_equal(one.population.theta, other.population.theta)


@pytest.mark.parametrize(("command", "epoch"), [(c.Pause(), 12), (c.Reset(), 0), (c.Seek(epoch=7), 7)])
def test_a_long_step_is_ended_by_what_it_could_not_go_on_after(
    command: c.Command, epoch: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    running, page, _ = halfway(monkeypatch, command)
    running.close()
    assert running.laboratory.sides[0].epoch == page.states[-1]["sides"][0]["epoch"] == epoch


def test_a_step_is_over_with_the_last_epoch(monkeypatch: pytest.MonkeyPatch) -> None:
    running = conductor(epochs=10)
    lab, trained = running.laboratory, list[int]()
    monkeypatch.setattr("shoal.lab.playing.UNHEARD", lab.work)
    train = lab.train
    monkeypatch.setattr(lab, "train", lambda *given: (train(*given), trained.append(lab.epoch)))
    done(running, c.Step(epochs=100))
    running.close()
    assert trained == [*range(1, 11), 10]


def test_a_step_that_is_under_way_when_the_lab_closes_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    running = conductor()
    lab, held, go = running.laboratory, threading.Event(), threading.Event()
    monkeypatch.setattr("shoal.lab.playing.UNHEARD", lab.work)
    train = lab.train
    monkeypatch.setattr(lab, "train", lambda *given: (held.set(), go.wait(HANGS), train(*given)))
    step = running.ask(c.Step(epochs=100))
    assert held.wait(HANGS)
    with running._change:
        running._closed = True
    go.set()
    with pytest.raises(ConfigurationError, match="closing"):
        step.result(HANGS)
    running.close()


def test_pictures_are_as_far_apart_as_is_asked_whatever_an_epoch_takes(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    running = conductor()
    page = Hungry(running)
    running.join(page)
    monkeypatch.setattr("shoal.lab.playing.UNHEARD", 3 * running.laboratory.work)
    monkeypatch.setattr("shoal.lab.running.TOLD_EVERY", 1e9)
    done(running, c.Pace(epochs=50))
    done(running, c.Start())
    page.wait(lambda p: not p.states[-1]["playing"] and p.states[-1]["sides"][0]["epoch"] == 200)
    running.close()
    assert [next(frames.read(frame)).epoch for frame in page.frames] == [0, 50, 100, 150, 200]


def test_nothing_trains_while_nobody_looks() -> None:
    running, page = conductor(), Page()
    running.join(page)
    done(running, c.Start())
    running.leave(page)
    running.feed()
    done(running, c.Pick(network=1))
    assert running.laboratory.sides[0].epoch == 0
    running.close()


def test_a_refusal_goes_to_whoever_asked() -> None:
    running = conductor()
    with pytest.raises(ShoalError, match="has not come yet"):
        done(running, c.Seek(epoch=9))
    done(running, c.Step(epochs=3))
    assert running.laboratory.sides[0].epoch == 3
    running.close()


def test_a_fault_of_the_code_is_said_and_survived(monkeypatch: pytest.MonkeyPatch) -> None:
    running = conductor()
    monkeypatch.setattr(running.laboratory, "train", lambda *_: 1 / 0)
    with pytest.raises(ShoalError, match="should not have happened"):
        done(running, c.Step(epochs=3))
    done(running, c.Pick(network=2))
    running.close()


def test_whoever_joins_while_others_ask_is_told_too() -> None:
    running, page = conductor(), Page()
    held, go = threading.Event(), threading.Event()
    busy = running.look(lambda _: (held.set(), go.wait(HANGS)))
    assert held.wait(HANGS)
    running.join(page)
    refused = running.ask(c.Seek(epoch=9))  # which tells nobody anything but who asked
    go.set()
    page.wait(lambda p: p.frames and p.states)
    busy.result(HANGS)
    with pytest.raises(ShoalError, match="has not come yet"):
        refused.result(HANGS)
    running.close()


def test_a_listener_that_always_fails_does_not_end_the_thread() -> None:
    class Failing(Page):
        def hear_state(self, state: dict[str, Any]) -> None:
            super().hear_state(state)
            raise ZeroDivisionError

    running, page = conductor(), Failing()
    running.join(page)
    page.wait(lambda p: len(p.states) == 2)  # as it joins, and of its fault
    assert running.look(lambda _: 3).result(HANGS) == 3
    assert "should not have happened: ZeroDivisionError()" in page.states[-1]["note"]
    running.close()


def test_no_more_may_wait_than_there_is_room_for() -> None:
    running = conductor()
    held, go = threading.Event(), threading.Event()

    class Slow(Page):
        def hear_state(self, state: dict[str, Any]) -> None:
            held.set()
            go.wait(HANGS)

    running.join(Slow())
    assert held.wait(HANGS)
    answers = [running.ask(c.Pick(network=1)) for _ in range(MOST_WAITING)]
    with pytest.raises(ConfigurationError, match="too much is asked at once"):
        running.ask(c.Pick(network=1)).result(HANGS)
    go.set()
    for answer in answers:
        answer.result(HANGS)
    running.close()
    with pytest.raises(ConfigurationError, match="closing"):
        done(running, c.Start())


def test_whoever_asked_and_has_gone_ends_nothing() -> None:
    running, done_for = conductor(), list[int]()
    held, go = threading.Event(), threading.Event()

    def slow(_: object) -> None:
        held.set()
        go.wait(HANGS)

    first, second = running.look(slow), running.look(lambda _: done_for.append(2))
    assert held.wait(HANGS)
    assert not first.cancel()  # it is being answered
    assert second.cancel()
    go.set()
    assert running.look(lambda _: 3).result(HANGS) == 3
    assert done_for == []
    running.close()


def test_whoever_has_gone_is_not_told_that_the_lab_closes() -> None:
    running = conductor()
    held, go = threading.Event(), threading.Event()

    def slow(_: object) -> None:
        held.set()
        go.wait(HANGS)

    running.look(slow)
    gone, waits = running.look(lambda _: 1), running.look(lambda _: 2)
    assert held.wait(HANGS)
    assert gone.cancel()
    closing = threading.Thread(target=running.close)
    with running._change:
        running._closed = True
    closing.start()
    go.set()
    with pytest.raises(ConfigurationError, match="closing"):
        waits.result(HANGS)
    closing.join(HANGS)
    assert not closing.is_alive()
