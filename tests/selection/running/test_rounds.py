"""Rounds of a study: what is run together, what later rounds are scaled by, and how a study ends between."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest

from shoal.selection.running import rounds as module
from shoal.selection.running.rounds import Rounds
from shoal.selection.trials import Trials

Row = Callable[..., dict[str, Any]]


def task(number: int, of_round: int, members: int = 2) -> Any:
    """Return a task that is known by its number, of a round."""
    part = SimpleNamespace(round=of_round)
    return SimpleNamespace(number=number, cohort=SimpleNamespace(part=part, members=(None,) * members))


class Design:
    """Tasks of several rounds; later ones are not sure where it is sparing."""

    def __init__(self, *tasks: Any, sparing: bool = False, views: int = 0) -> None:
        self._tasks, self.sparing, self.views = list(tasks), sparing, (None,) * views

    def tasks(self) -> list[Any]:
        return list(self._tasks)

    def is_sure(self, task: Any) -> bool:
        return not (self.sparing and task.cohort.part.round)


class Runner:
    """Notes what it is to run, and ends where it is told to."""

    def __init__(self, row: Row, ends_in: int = -1, interrupted_in: int = -1) -> None:
        self.ran: list[list[int]] = []
        self.ahead: list[list[int]] = []
        self.enough: list[bool | None] = []
        self.ended_by, self._row, self._ends, self._interrupted = "", row, ends_in, interrupted_in

    def run(self, own: list[Any], enough: Any, ahead: list[Any]) -> list[Trials]:
        if len(self.ran) == self._interrupted:
            raise KeyboardInterrupt
        found = [Trials.from_rows([self._row(start=task.number)]) for task in own]
        self.enough.append(None if enough is None else enough(found))
        self.ran.append([task.number for task in own])
        self.ahead.append([task.number for task in ahead])
        if len(self.ran) - 1 == self._ends:
            self.ended_by = "time"
        return found


class Scaling:
    """Scales that turn a task into another, and the losses of those that raced."""

    def __init__(self, useless: bool, losses: Any = None) -> None:
        self.of_many_useless, self.losses = useless, losses

    def of_task(self, task: Any) -> Any:
        return SimpleNamespace(**vars(task) | {"number": task.number + 100})

    def raced(self, trials: Trials, views: int) -> Scaling:
        return Scaling(self.of_many_useless, (sorted(trials["start"].tolist()), views))


@pytest.fixture
def scaled(monkeypatch: pytest.MonkeyPatch) -> Callable[[bool | None], list[Any]]:
    """Have what is known after the first round say whether many columns are useless; None: nothing."""
    asked: list[Any] = []

    def say(useless: bool | None) -> list[Any]:
        def of(design: Any, trials: Trials, stored: Any, threads: int) -> Scaling | None:
            asked.append((trials["start"].tolist(), [task.number for task in stored], threads))
            return None if useless is None else Scaling(useless)

        monkeypatch.setattr(module, "Scaling", SimpleNamespace(of=of))
        monkeypatch.setattr(module, "StoredNetworks", lambda store, tasks: list(tasks))
        return asked

    return say


THREE = [task(0, 0), task(1, 1), task(2, 0, members=3), task(3, 2), task(4, 1)]


def numbers(rounds: Rounds) -> list[int]:
    return [task.number for task in rounds.tasks]


def test_a_round_is_run_together_and_those_ahead_are_told(row: Row, scaled: Any) -> None:
    asked, runner = scaled(False), Runner(row)
    rounds = Rounds(Design(*THREE, views=3), None, runner, 5)
    assert (numbers(rounds), rounds.planned) == ([0, 1, 2, 3, 4], 11)
    trials = rounds.run(None)
    assert runner.ran == [[0, 2], [101, 104], [103]]
    assert runner.ahead == [[1, 3, 4], [3], []]
    assert trials["start"].tolist() == [0, 2, 101, 104, 103]
    assert asked == [([0, 2], [0, 2], 5)]  # what is known when the second round begins
    assert numbers(rounds) == [0, 2, 101, 104, 103]
    assert rounds.planned == 11


def test_who_was_faster_is_told_once_before_the_third_round(row: Row, scaled: Any) -> None:
    scaled(False)
    rounds = Rounds(Design(*THREE, views=3), None, Runner(row), 1)
    rounds.run(None)
    assert rounds.scaling is not None
    assert rounds.scaling.losses == ([0, 2, 101, 104], 3)


def test_after_two_rounds_the_race_is_told_at_the_end_and_without_views_of_one(row: Row, scaled: Any) -> None:
    scaled(False)
    rounds = Rounds(Design(task(0, 0), task(1, 1)), None, Runner(row), 1)
    rounds.run(None)
    assert rounds.scaling is not None
    assert rounds.scaling.losses == ([0, 101], 1)


def test_where_nothing_tells_columns_apart_later_rounds_are_as_they_are(row: Row, scaled: Any) -> None:
    scaled(None)
    runner = Runner(row)
    rounds = Rounds(Design(*THREE), None, runner, 1)
    rounds.run(None)
    assert runner.ran == [[0, 2], [1, 4], [3]]
    assert rounds.scaling is None


@pytest.mark.parametrize(("useless", "ran"), [(True, [[0, 2], [101, 104], [103]]), (False, [[0, 2], []])])
def test_a_sparing_study_goes_on_where_many_columns_are_useless(
    row: Row, scaled: Any, useless: bool, ran: list[list[int]]
) -> None:
    scaled(useless)
    runner = Runner(row)
    rounds = Rounds(Design(*THREE, sparing=True), None, runner, 1)
    assert rounds.planned == 5  # later rounds may be left out
    rounds.run(None)
    assert runner.ran == ran
    assert (rounds.scaling is None) == (not useless)
    assert runner.ahead == [[] for _ in ran]
    if not useless:
        assert numbers(rounds) == [0, 2]


def test_a_sparing_study_that_knows_no_scales_ends(row: Row, scaled: Any) -> None:
    scaled(None)
    runner = Runner(row)
    rounds = Rounds(Design(*THREE, sparing=True), None, runner, 1)
    assert rounds.run(None)["start"].tolist() == [0, 2]


def test_what_is_enough_is_asked_of_all_rounds_together(row: Row, scaled: Any) -> None:
    scaled(False)
    seen: list[int] = []

    def enough(trials: list[Trials]) -> bool:
        seen.append(len(trials))
        return len(trials) > 3

    runner = Runner(row)
    Rounds(Design(*THREE), None, runner, 1).run(enough)
    assert (seen, runner.enough) == ([2, 4, 5], [False, True, True])
    quiet = Runner(row)
    Rounds(Design(*THREE), None, quiet, 1).run(None)
    assert quiet.enough == [None, None, None]


def test_a_study_whose_time_is_up_begins_no_other_round(row: Row, scaled: Any) -> None:
    asked, runner = scaled(False), Runner(row, ends_in=0)
    rounds = Rounds(Design(*THREE), None, runner, 1)
    assert rounds.run(None)["start"].tolist() == [0, 2]
    assert (runner.ran, asked, numbers(rounds)) == ([[0, 2]], [], [0, 2, 1, 3, 4])


def interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Press Ctrl-C while scales are found, between two rounds."""

    def of(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "Scaling", SimpleNamespace(of=of))
    monkeypatch.setattr(module, "StoredNetworks", lambda store, tasks: None)


def test_ctrl_c_between_rounds_ends_a_study_that_has_enough(
    row: Row, monkeypatch: pytest.MonkeyPatch
) -> None:
    interrupted(monkeypatch)
    runner = Runner(row)
    trials = Rounds(Design(*THREE), None, runner, 1).run(lambda trials: len(trials) == 2)
    assert (runner.ended_by, trials["start"].tolist()) == ("Ctrl-C", [0, 2])


@pytest.mark.parametrize("enough", [None, lambda trials: False])
def test_ctrl_c_is_raised_where_it_is_not_enough(
    row: Row, monkeypatch: pytest.MonkeyPatch, enough: Any
) -> None:
    interrupted(monkeypatch)
    runner = Runner(row)
    with pytest.raises(KeyboardInterrupt):
        Rounds(Design(*THREE), None, runner, 1).run(enough)
    assert runner.ended_by == ""
