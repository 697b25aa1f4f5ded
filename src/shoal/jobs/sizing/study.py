"""Sizing a study to the data: everything that the user left open, and how long it takes.

A full-sized study is shrunk, one rung of a ladder at a time, until its estimated time fits the budget.
Rows are never left out. Operations are counted, and seconds are theirs at the pace of one machine (``pace``),
so nothing but the data decides; the clock is asked (``probe``) only where the user says when all shall end.
The estimate assumes that no network stops early, and allows for cores that do other things besides: it is
an upper bound for a machine of that pace, not a forecast.
"""

from __future__ import annotations

import dataclasses
import math
import statistics
from dataclasses import dataclass

from shoal.bayes.tangent import MOST_PARAMETERS
from shoal.data.memory import require_memory
from shoal.jobs.sizing.pace import CORES, RELEASED
from shoal.jobs.sizing.probe import timed
from shoal.jobs.sizing.workload import Workload
from shoal.selection.candidates.architectures import Hidden
from shoal.selection.candidates.candidate import hidden_label
from shoal.selection.cohorts.by_evidence import MOST_WORK, curvature_work
from shoal.words import plural, setting

BUDGET_SECONDS = {"fast": 25.0, "good": 100.0, "best": 400.0}
"""What a study of single networks may take, by the quality asked for."""
ENSEMBLE_SECONDS = {"fast": (6.0, 2e-3), "good": (8.0, 8e-3), "best": (60.0, 24e-3)}
"""What an ensemble may take if no network stops early, and besides for every row: much data pay for long
training. Most networks stop early."""
MOST_STARTS = 16
"""Of an ensemble."""
QUALITIES = tuple(BUDGET_SECONDS)
STARTUP_SECONDS = 4.0
"""What is done once: the linear model, the examination, the report."""
MARGIN = 2.0
"""The pace is that of a few networks alone; a study's leave the caches, share the machine, end unevenly."""
FILLING_STARTS = 50
"""Random starts of a study that a deadline ends: as many as ensembles are made from."""
SMALL_TABLE = 3000
"""Below this many rows, folds spend the data better than a validation share."""

HIDDEN: tuple[Hidden, ...] = tuple((2**k,) for k in range(7))
L2 = (0.1, 1.0, 10.0)


@dataclass(frozen=True)
class StudySize:
    """What a study tries: hidden sizes × random starts × L2 strengths, and epochs at most."""

    hidden: tuple[Hidden, ...]
    starts: int
    l2: tuple[float, ...]
    epochs: int


@dataclass(frozen=True)
class AskedSize:
    """What the user asked a study to try; None means "size it for me"."""

    hidden: tuple[Hidden, ...] | None = None
    starts: int | None = None
    l2: tuple[float, ...] | None = None
    epochs: int | None = None

    def filled(self, rung: StudySize) -> StudySize:
        """Return ``rung`` with what was asked for in its place."""
        asked = {name: value for name, value in vars(self).items() if value is not None}
        return dataclasses.replace(rung, **asked)


LADDER: tuple[StudySize, ...] = (
    StudySize(HIDDEN, 30, L2, 200),
    StudySize(HIDDEN, 20, L2, 200),
    StudySize(HIDDEN, 10, L2, 200),
    StudySize(HIDDEN, 10, L2, 100),
    StudySize(HIDDEN, 5, L2, 100),
    StudySize(HIDDEN, 5, (0.1, 10.0), 100),
    StudySize(HIDDEN, 5, (1.0,), 100),
    StudySize(HIDDEN[:-1], 5, (1.0,), 80),
    StudySize(HIDDEN[:-1], 3, (1.0,), 60),
    StudySize(HIDDEN[:-1], 3, (1.0,), 40),
    StudySize(HIDDEN[:-2], 3, (1.0,), 30),
    StudySize(HIDDEN[:-3], 2, (1.0,), 20),
    StudySize(HIDDEN[:-3], 2, (1.0,), 10),
)
"""From the study that one would like to the smallest that still compares starts and sizes."""

BY_EVIDENCE_LADDER = tuple(
    StudySize(HIDDEN[:sizes], starts, (1.0,), epochs)
    for sizes, starts, epochs in (
        (7, 20, 500), (7, 10, 500), (7, 5, 500), (7, 5, 250), (6, 5, 250), (6, 3, 250), (5, 3, 250),
        (5, 2, 150), (4, 2, 150), (3, 2, 100), (2, 1, 50),
    )
)  # fmt: skip
"""The same where the evidence chooses, which re-estimates the strength of L2 for every network."""
CURVATURE_RATE = 1e10
"""Operations a second of a core at work on curvatures."""


def ensemble_ladder(
    hidden: Hidden, epochs: int, views: int = 1, most: int = MOST_STARTS
) -> tuple[StudySize, ...]:
    """Return the sizes of studies whose members make an ensemble, from many long trainings to a few short.

    There are as many starts of each of the ``views``, and not more than ``most`` in all.

    >>> ensemble_ladder((128, 128), 300, views=2)[-1]
    StudySize(hidden=((64, 64),), starts=2, l2=(0.0,), epochs=6)
    """
    small = tuple(units // 2 for units in hidden)
    long = [(starts, 1.0) for starts in (16, 8, 6, 4, 3, 2) if views < starts <= most and starts % views == 0]
    short = [(views, share) for share in (1.0, 0.7, 0.5, 0.35, 0.25, 0.17, 0.12, 0.08)]
    sizes = [(hidden, *size) for size in [*long, *short]] + [
        (small, views, share) for share in (0.08, 0.04, 0.02)
    ]
    return tuple(StudySize((h,), starts, (0.0,), max(int(share * epochs), 5)) for h, starts, share in sizes)


@dataclass(frozen=True)
class Goal:
    """The studies that there are to pick from, and in how many seconds the one that is picked shall end.

    With ``deadline`` the time is to be used: the study has more starts than there is time for, and is
    ended when the time is up. Of the seconds only those ``left`` are for the study, where that is known.
    """

    ladder: tuple[StudySize, ...] = LADDER
    seconds: float = BUDGET_SECONDS["good"]
    deadline: bool = False
    left: float | None = None


@dataclass(frozen=True)
class Sizing:
    """The study decided on, its estimated seconds at most, and what was decided, in sentences."""

    size: StudySize
    seconds: float
    sentences: tuple[str, ...]


def size_study(asked: AskedSize, load: Workload, workers: int, goal: Goal | None = None) -> Sizing:
    """Return the largest study of the ladder that ends within the goal's seconds, by counted operations.

    The seconds are those of the machine that ``pace`` tells of, so that a study is the same on any machine,
    at any load and on any number of cores; what it is estimated to take is said of so many ``workers``. A
    goal with a deadline alone asks the clock. What was asked for is kept whatever it costs; only what was
    left open is shrunk. Raises ``CapacityError`` if one network a core is more than the memory can hold.
    """
    goal = goal or Goal()
    rungs = [asked.filled(_affordable(rung, load)) for rung in goal.ladder]
    hidden = dict.fromkeys(size for rung in rungs for size in rung.hidden)
    for size in hidden:
        _require_room(size, load, rungs[-1].epochs, workers)
    if goal.deadline:
        return _filling(asked, rungs, timed(hidden, load, goal.left), load, workers, goal)
    seconds_of = {size: counted(size, load) for size in hidden}
    for rung in rungs:
        if _seconds(rung, seconds_of, load, CORES) <= goal.seconds:
            break
    seconds = _seconds(rung, seconds_of, load, workers)
    return Sizing(rung, seconds, _sentences(asked, rung, rungs[0]))


def counted(hidden: Hidden, load: Workload) -> float:
    """Return the seconds of one epoch of a network by what it counts, as the mean over the views."""
    networks = [load.network(hidden, n_inputs) for n_inputs in load.widths]
    return statistics.mean(
        RELEASED.epoch(network, load.recipe, load.n_train, load.n_judged) for network in networks
    )


def _affordable(rung: StudySize, load: Workload) -> StudySize:
    """Return the rung without the sizes whose evidence would take too long; the smallest stays, to say so."""
    if not load.by_evidence:
        return rung

    def bearable(hidden: Hidden) -> bool:
        network = load.network(hidden)
        return network.n_parameters <= MOST_PARAMETERS and curvature_work(network, load.n_train) <= MOST_WORK

    return dataclasses.replace(rung, hidden=tuple(filter(bearable, rung.hidden)) or rung.hidden[:1])


def _filling(
    asked: AskedSize,
    rungs: list[StudySize],
    seconds_of: dict[Hidden, float],
    load: Workload,
    workers: int,
    goal: Goal,
) -> Sizing:
    """Return the study whose first starts take at most half of the time, and more starts than it has."""
    seconds, left = goal.seconds, goal.seconds if goal.left is None else goal.left
    for rung in rungs:
        first = dataclasses.replace(rung, starts=max(len(load.views), 1))
        if _seconds(first, seconds_of, load, workers) - STARTUP_SECONDS <= left / 2:
            break
    size = dataclasses.replace(first, starts=asked.starts or FILLING_STARTS)
    sentence = f"Ends after {seconds:g} s, with the best found until then."
    return Sizing(size, min(seconds, _seconds(size, seconds_of, load, workers)), (sentence,))


def _seconds(size: StudySize, seconds_of: dict[Hidden, float], load: Workload, workers: int) -> float:
    networks = size.starts * len(size.l2)
    epochs = float(size.epochs * load.folds)
    if load.folds > 1:  # the chosen candidate is trained once more, on all rows
        epochs += size.epochs / len(size.hidden) / len(size.l2)
    work = networks * math.fsum(
        epochs * seconds_of[hidden] + _scoring(hidden, load) for hidden in size.hidden
    )
    curves = size.epochs * max(seconds_of[hidden] for hidden in size.hidden)  # of the chosen, trained again
    return STARTUP_SECONDS + load.finishing + curves + MARGIN * work / workers


def _scoring(hidden: Hidden, load: Workload) -> float:
    """Return the seconds that the evidence of a network takes besides its training."""
    if not load.by_evidence:
        return 0.0
    return curvature_work(load.network(hidden), load.n_train) / CURVATURE_RATE


def _require_room(hidden: Hidden, load: Workload, epochs: int, workers: int) -> None:
    network = load.network(hidden)
    require_memory(
        workers * load.bytes_a_network(network, epochs),
        f"training {plural(workers, 'network')} at a time of {plural(network.n_parameters, 'parameter')} "
        f"(hidden {hidden_label(hidden)}, {plural(epochs, 'epoch')})",
        f"use smaller {setting('hidden')} sizes, a smaller {setting('batch_size')}, or fewer "
        f"{setting('epochs')} or {setting('jobs')}",
    )


def _sentences(asked: AskedSize, size: StudySize, full: StudySize) -> tuple[str, ...]:
    parts = (
        ("hidden", "hidden size", len(size.hidden), len(full.hidden)),
        ("starts", "random start", size.starts, full.starts),
        ("l2", "L2 strength", len(size.l2), len(full.l2)),
        ("epochs", "epoch", size.epochs, full.epochs),
    )
    shrunk = [
        f"{plural(kept, noun)} instead of {wished}"
        for name, noun, kept, wished in parts
        if getattr(asked, name) is None and kept != wished
    ]
    if not shrunk:
        return ()
    return (f"Sized to these data: {', '.join(shrunk)}.",)
