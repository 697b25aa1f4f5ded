from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.errors import CapacityError
from shoal.jobs.sizing import study as module
from shoal.jobs.sizing.pace import CORES
from shoal.jobs.sizing.study import (
    BUDGET_SECONDS,
    BY_EVIDENCE_LADDER,
    CURVATURE_RATE,
    FILLING_STARTS,
    LADDER,
    MARGIN,
    STARTUP_SECONDS,
    AskedSize,
    Goal,
    Sizing,
    StudySize,
    counted,
    ensemble_ladder,
    size_study,
)
from shoal.jobs.sizing.workload import Workload
from shoal.selection.candidates.architectures import Hidden, Perceptron
from shoal.selection.cohorts.by_evidence import curvature_work
from shoal.training.recipe import Recipe

RNG = np.random.default_rng(0)
LOAD = Workload(
    X=RNG.normal(size=(60, 3)),
    y=RNG.normal(size=60),
    n_train=48,
    n_judged=12,
    folds=5,
    n_outputs=1,
    loss="squared_error",
    architecture=Perceptron("tanh"),
    recipe=Recipe(batch_size=32),
)
SizeIt = Callable[..., Sizing]
BUDGET = BUDGET_SECONDS["good"]


@pytest.fixture
def size_it(monkeypatch: pytest.MonkeyPatch) -> SizeIt:
    """Size a study where an epoch of a network takes ``seconds`` for each of its units."""

    def size(
        seconds: float,
        asked: AskedSize | None = None,
        workers: int = 1,
        load: Workload = LOAD,
        goal: Goal | None = None,
    ) -> Sizing:
        paced(monkeypatch, seconds)
        return size_study(asked or AskedSize(), load, workers, goal)

    return size


def paced(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    """Let an epoch of a network take ``seconds`` for each of its units, counted or timed."""

    def counted(hidden: Hidden, load: Workload) -> float:
        return seconds * sum(hidden)

    def timed(sizes: Iterable[Hidden], load: Workload, left: float | None) -> dict[Hidden, float]:
        return {hidden: counted(hidden, load) for hidden in sizes}

    monkeypatch.setattr(module, "counted", counted)
    monkeypatch.setattr(module, "timed", timed)


def networks(size: StudySize) -> int:
    return len(size.hidden) * size.starts * len(size.l2)


def by_hand(size: StudySize, seconds: float, workers: int, folds: int) -> float:
    """The estimate, written out: every network of every fold, and the chosen one again, twice."""
    units = [sum(hidden) for hidden in size.hidden]
    study = folds * sum(units) * size.starts * len(size.l2) * size.epochs * seconds
    again = size.starts * size.epochs * seconds * np.mean(units) if folds > 1 else 0.0
    curves = size.epochs * seconds * max(units)
    return STARTUP_SECONDS + curves + MARGIN * float(study + again) / workers


def test_what_takes_no_time_is_the_whole_study(size_it: SizeIt) -> None:
    sizing = size_it(1e-9)
    assert sizing.size == LADDER[0]
    assert sizing.sentences == ()


@pytest.mark.parametrize("folds", [1, 5])
@pytest.mark.parametrize("workers", [1, 4])
def test_the_estimate_is_the_sum_of_the_work(size_it: SizeIt, folds: int, workers: int) -> None:
    sizing = size_it(1e-5, workers=workers, load=dataclasses.replace(LOAD, folds=folds))
    assert sizing.seconds == pytest.approx(by_hand(sizing.size, 1e-5, workers, folds))
    assert MARGIN == 2.0


def test_what_comes_after_the_study_counts(size_it: SizeIt) -> None:
    longer = size_it(1e-9, load=dataclasses.replace(LOAD, finishing=20.0))
    assert longer.seconds == pytest.approx(size_it(1e-9).seconds + 20)


def test_the_more_there_is_to_compute_the_smaller_the_study(size_it: SizeIt) -> None:
    sizings = [size_it(seconds) for seconds in np.geomspace(1e-8, 1, 60)]
    rungs = [LADDER.index(sizing.size) for sizing in sizings]
    assert rungs == sorted(rungs)
    assert rungs[0] == 0
    assert set(rungs) == set(range(len(LADDER)))


def test_every_rung_costs_less_than_the_one_above(size_it: SizeIt) -> None:
    costs = [by_hand(rung, 1e-4, 1, folds=5) for rung in LADDER]
    assert costs == sorted(costs, reverse=True)
    assert len(set(costs)) == len(costs)


def test_first_starts_fit_into_what_reading_has_left(size_it: SizeIt) -> None:
    """A table that took most of the time to read gets a smaller study than one that took none."""
    whole, late = (size_it(2e-4, goal=Goal(seconds=100.0, deadline=True, left=left)) for left in (None, 5.0))
    assert by_hand(dataclasses.replace(late.size, starts=1), 2e-4, 1, 5) - STARTUP_SECONDS <= 2.5
    assert networks(late.size) * late.size.epochs < networks(whole.size) * whole.size.epochs
    assert late.sentences == whole.sentences == ("Ends after 100 s, with the best found until then.",)


settings = st.one_of(st.none(), st.integers(1, 50))
sizes = st.one_of(st.none(), st.lists(st.integers(1, 64), min_size=1, max_size=5, unique=True))


@given(
    seconds=st.floats(1e-9, 1e-1),
    workers=st.integers(1, 8),
    starts=settings,
    epochs=settings,
    hidden=sizes,
    strengths=st.one_of(st.none(), st.lists(st.floats(0, 10), min_size=1, max_size=3, unique=True)),
)
def test_what_was_asked_for_stays_and_the_rest_fits_if_anything_does(
    seconds: float,
    workers: int,
    starts: int | None,
    epochs: int | None,
    hidden: list[int] | None,
    strengths: list[float] | None,
) -> None:
    asked = AskedSize(
        hidden=None if hidden is None else tuple((units,) for units in hidden),
        starts=starts,
        l2=None if strengths is None else tuple(strengths),
        epochs=epochs,
    )
    with pytest.MonkeyPatch.context() as patched:
        paced(patched, seconds)
        sizing = size_study(asked, LOAD, workers)
    for name, value in vars(asked).items():
        if value is not None:
            assert getattr(sizing.size, name) == value
    costs = [by_hand(asked.filled(rung), seconds, CORES, folds=5) for rung in LADDER]
    assert sizing.seconds == pytest.approx(by_hand(sizing.size, seconds, workers, folds=5))
    if min(costs) <= BUDGET * (1 - 1e-9):
        assert sizing.size == asked.filled(LADDER[[c <= BUDGET for c in costs].index(True)])
    else:
        assert sizing.size == asked.filled(LADDER[-1])


def test_what_is_shrunk_is_said_and_nothing_else(size_it: SizeIt) -> None:
    sizing = size_it(1.0, AskedSize(starts=4), workers=3)
    assert sizing.sentences == (
        "Sized to these data: 4 hidden sizes instead of 7, 1 L2 strength instead of 3, "
        "10 epochs instead of 200.",
    )
    (sentence,) = size_it(10.0, AskedSize(hidden=((2,),), starts=1, epochs=1), workers=1).sentences
    assert sentence == "Sized to these data: 1 L2 strength instead of 3."


def test_nothing_is_said_where_nothing_was_left_open(size_it: SizeIt) -> None:
    asked = AskedSize(hidden=((64,),), starts=30, l2=(0.0,), epochs=500)
    sizing = size_it(1.0, asked)
    assert sizing.size == StudySize(((64,),), 30, (0.0,), 500)
    assert sizing.sentences == ()
    assert sizing.seconds > BUDGET


@pytest.mark.parametrize("seconds", np.geomspace(1e-6, 1e-2, 9))
@pytest.mark.parametrize("goal", [Goal(), Goal(ensemble_ladder((64, 64), 300), 20.0)])
def test_cores_decide_how_long_it_takes_and_never_what_is_trained(
    size_it: SizeIt, seconds: float, goal: Goal
) -> None:
    few, many = (size_it(seconds, workers=workers, goal=goal) for workers in (1, 64))
    assert (few.size, few.sentences) == (many.size, many.sentences)
    assert few.seconds > many.seconds


def test_no_clock_is_asked_without_a_deadline(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        pytest.fail("the clock was asked")

    monkeypatch.setattr(module, "timed", refuse)
    assert size_study(AskedSize(), LOAD, 1).size in LADDER
    with pytest.raises(pytest.fail.Exception, match="the clock was asked"):
        size_study(AskedSize(), LOAD, 1, Goal(deadline=True))


@pytest.mark.parametrize("solver", ["adam", "scg", "lbfgs"])
def test_more_to_compute_counts_as_more(solver: str) -> None:
    load = dataclasses.replace(
        LOAD, recipe=Recipe(solver=solver, batch_size=32 if solver == "adam" else None)
    )
    once = counted((1,), load)
    assert counted((1,), dataclasses.replace(load, n_train=4800)) > 10 * once
    assert counted((1,), dataclasses.replace(load, n_judged=1200)) > once
    assert counted((512, 512), load) > once


def test_views_count_as_their_mean() -> None:
    alone = [counted((4,), dataclasses.replace(LOAD, X=LOAD.X[:, :n])) for n in (1, 2)]  # type: ignore[index]
    both = counted((4,), dataclasses.replace(LOAD, views=((2,), (0, 1))))
    assert both == pytest.approx(np.mean(alone))
    assert alone[0] < both < alone[1]


def test_a_network_that_no_memory_holds_is_refused_before_it_is_made() -> None:
    with pytest.raises(
        CapacityError, match=r"5,000,000,000,001 parameters \(hidden 1000000000000, 10 epochs\) needs"
    ):
        size_study(AskedSize(hidden=((10**12,),)), LOAD, 1)
    with pytest.raises(CapacityError, match="use smaller --hidden sizes"):
        size_study(AskedSize(hidden=((1,),), epochs=10**13), LOAD, 1)


def test_the_memory_of_all_processes_counts(monkeypatch: pytest.MonkeyPatch, size_it: SizeIt) -> None:
    monkeypatch.setattr("shoal.data.memory.available_bytes", lambda: 200_000)
    size_it(1e-6, AskedSize(hidden=((64,),)), workers=1)
    with pytest.raises(CapacityError, match="training 8 networks at a time of 321 parameters"):
        size_it(1e-6, AskedSize(hidden=((64,),)), workers=8)


MEMBERS = ensemble_ladder((64, 64), 300)


def test_every_rung_of_an_ensemble_costs_less_than_the_one_above() -> None:
    costs = [by_hand(rung, 1e-4, 1, folds=5) for rung in MEMBERS]
    assert costs == sorted(costs, reverse=True)
    assert len(set(costs)) == len(costs)
    assert (MEMBERS[0].starts, MEMBERS[0].epochs) == (16, 300)


@pytest.mark.parametrize("seconds", [10.0, 40.0])
def test_another_goal_has_its_own_ladder_and_time(size_it: SizeIt, seconds: float) -> None:
    sizing = size_it(1e-5, goal=Goal(MEMBERS, seconds))
    costs = [by_hand(rung, 1e-5, CORES, folds=5) for rung in MEMBERS]
    assert sizing.size == MEMBERS[[cost <= seconds for cost in costs].index(True)]


def test_sizes_whose_evidence_takes_too_long_are_left_out(size_it: SizeIt) -> None:
    X = np.random.default_rng(1).normal(size=(60, 150))
    wide = dataclasses.replace(LOAD, X=X, folds=1, n_train=20000, by_evidence=True)
    goal = Goal(BY_EVIDENCE_LADDER, 1e9)
    found = size_it(0.0, load=wide, goal=goal)
    assert found.size.hidden == ((1,), (2,), (4,))
    work = sum(
        curvature_work(wide.architecture.network(h, 150, 1, wide.loss), 20000) for h in found.size.hidden
    )
    seconds = MARGIN * found.size.starts * work / CURVATURE_RATE
    assert found.seconds == pytest.approx(STARTUP_SECONDS + seconds)
    asked = size_it(0.0, AskedSize(hidden=((16,),)), load=wide, goal=goal)
    assert asked.size.hidden == ((16,),)  # and is refused when the study is planned


def test_a_deadline_gets_more_starts_than_there_is_time_for(size_it: SizeIt) -> None:
    sizing = size_it(1e-5, goal=Goal(MEMBERS, 20.0, deadline=True))
    assert sizing.size.starts == FILLING_STARTS
    assert sizing.seconds == 20.0
    assert sizing.sentences == ("Ends after 20 s, with the best found until then.",)
    first = dataclasses.replace(sizing.size, starts=1)
    assert by_hand(first, 1e-5, 1, folds=5) - STARTUP_SECONDS <= 10.0
    assert size_it(1e-5, AskedSize(starts=3), goal=Goal(MEMBERS, 20.0, deadline=True)).size.starts == 3


def test_a_deadline_far_away_is_no_estimate(size_it: SizeIt) -> None:
    sizing = size_it(1e-9, goal=Goal(MEMBERS, 1e6, deadline=True))
    assert sizing.size == dataclasses.replace(MEMBERS[0], starts=FILLING_STARTS)
    assert sizing.seconds == pytest.approx(by_hand(sizing.size, 1e-9, 1, folds=5))
