"""Sizing a study to the data and the machine: everything that the user left open, and how long it takes.

A full-sized study is shrunk, one rung of a ladder at a time, until its estimated time fits the budget.
Rows are never left out. The estimate assumes that no network stops early, and allows for a machine that
does other things besides: it is an upper bound, not a forecast.
"""

from __future__ import annotations

import dataclasses
import math
import statistics
import time
from dataclasses import dataclass

import numpy as np
from threadpoolctl import threadpool_limits

from shoal.bayes.tangent import MOST_PARAMETERS
from shoal.data.memory import require_memory
from shoal.networks.chain import Chain
from shoal.populations.network import Network
from shoal.populations.trainer import sample_losses, train
from shoal.selection.architectures import Architecture, Hidden
from shoal.selection.by_evidence import MOST_WORK, curvature_work
from shoal.selection.candidates import hidden_label
from shoal.selection.planning import Cost
from shoal.selection.splits import some_rows
from shoal.sequences import Rows, width
from shoal.shapes import Array
from shoal.training.recipe import Recipe
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
"""A few networks are timed alone; a study's cohorts leave the caches, share the machine, end unevenly."""
FILLING_STARTS = 50
"""Random starts of a study that a deadline ends: as many as ensembles are made from."""
SMALL_TABLE = 3000
"""Below this many rows, folds spend the data better than a validation share."""

HIDDEN: tuple[Hidden, ...] = tuple((2**k,) for k in range(7))
L2 = (0.1, 1.0, 10.0)
_PROBE_MEMBERS, _PROBE_BATCHES, _PROBE_BYTES = 8, 6, 2**28
_PROBE_WORK = 2e9
"""Operations of a timed epoch: of large networks a few tell as much as many."""
PROBE_SHARE = 0.05
"""Of the time left, what timing networks more than once may take."""
_PROBE_ROWS = 8192
"""Of one batch where all rows are: the time of an epoch grows with the rows."""


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
class Workload:
    """The data that every network of the study sees: rows trained on and judged on, in how many folds."""

    X: Rows
    y: Array
    n_train: int
    n_judged: int
    folds: int
    n_outputs: int
    loss: str
    architecture: Architecture
    recipe: Recipe
    views: tuple[tuple[int, ...], ...] = ()
    by_evidence: bool = False
    finishing: float = 0.0
    """Seconds that what comes after the study takes, besides what every job does."""


@dataclass(frozen=True)
class Sizing:
    """The study decided on, its estimated seconds at most, and what was decided, in sentences."""

    size: StudySize
    seconds: float
    sentences: tuple[str, ...]


def size_study(asked: AskedSize, load: Workload, workers: int, goal: Goal | None = None) -> Sizing:
    """Return the largest study of the ladder that ``workers`` cores end within the goal's seconds.

    What was asked for is kept whatever it costs; only what was left open is shrunk. Raises
    ``CapacityError`` if one network a core is more than the memory can hold.
    """
    goal = goal or Goal()
    rungs = [asked.filled(_affordable(rung, load)) for rung in goal.ladder]
    hidden = dict.fromkeys(size for rung in rungs for size in rung.hidden)
    for size in hidden:
        _require_room(size, load, rungs[-1].epochs, workers)
    with threadpool_limits(limits=1):  # as the study's workers do
        views = _seen(_some(load))
        most = PROBE_SHARE * (math.inf if goal.left is None else goal.left) / (len(hidden) * len(views))
        seconds_of = {
            size: statistics.mean(_seconds_an_epoch(size, view, most) for view in views) for size in hidden
        }
    if goal.deadline:
        return _filling(asked, rungs, seconds_of, load, workers, goal)
    for rung in rungs:
        seconds = _seconds(rung, seconds_of, load, workers)
        if seconds <= goal.seconds:
            break
    return Sizing(rung, seconds, _sentences(asked, rung, rungs[0], workers))


def _affordable(rung: StudySize, load: Workload) -> StudySize:
    """Return the rung without the sizes whose evidence would take too long; the smallest stays, to say so."""
    if not load.by_evidence:
        return rung

    def bearable(hidden: Hidden) -> bool:
        network = _network(hidden, load)
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
    work = networks * sum(epochs * seconds_of[hidden] + _scoring(hidden, load) for hidden in size.hidden)
    curves = size.epochs * max(seconds_of[hidden] for hidden in size.hidden)  # of the chosen, trained again
    return STARTUP_SECONDS + load.finishing + curves + MARGIN * work / workers


def _some(load: Workload) -> Workload:
    """Return the workload with so many of the rows as are trained on for the timing."""
    batch = min(load.recipe.batch_size or _PROBE_ROWS, load.n_train)
    rows = some_rows(len(load.X), batch * (1 if load.recipe.batch_size is None else _PROBE_BATCHES), seed=0)
    return dataclasses.replace(load, X=load.X[rows], y=load.y[rows])


def _seen(load: Workload) -> list[Workload]:
    """Return what the networks of each view see."""
    return [dataclasses.replace(load, X=np.asarray(load.X)[:, list(view)]) for view in load.views] or [load]


def _scoring(hidden: Hidden, load: Workload) -> float:
    """Return the seconds that the evidence of a network takes besides its training."""
    if not load.by_evidence:
        return 0.0
    return curvature_work(_network(hidden, load), load.n_train) / CURVATURE_RATE


def _network(hidden: Hidden, load: Workload) -> Network:
    return load.architecture.network(hidden, width(load.X), load.n_outputs, load.loss)


def _bytes_a_network(network: Chain, load: Workload, epochs: int) -> int:
    itemsize = np.dtype(load.recipe.rule.dtype).itemsize
    cost = Cost(load.n_train, load.n_judged, epochs, load.recipe.batch_size, itemsize, 0, load.by_evidence)
    return cost.bytes(network)


def _require_room(hidden: Hidden, load: Workload, epochs: int, workers: int) -> None:
    network = _network(hidden, load)
    require_memory(
        workers * _bytes_a_network(network, load, epochs),
        f"training {plural(workers, 'network')} at a time of {plural(network.n_parameters, 'parameter')} "
        f"(hidden {hidden_label(hidden)}, {plural(epochs, 'epoch')})",
        f"use smaller {setting('hidden')} sizes, a smaller {setting('batch_size')}, or fewer "
        f"{setting('epochs')} or {setting('jobs')}",
    )


def _seconds_an_epoch(hidden: Hidden, load: Workload, most: float) -> float:
    """Time one epoch of one network by training a few on a few batches of the real data.

    Nothing is timed again after so many seconds at ``most``; what was timed once is too slow rather than
    too fast.
    """
    network, X, y = _network(hidden, load), load.X, load.y
    room = _PROBE_BYTES // _bytes_a_network(network, load, epochs=1)
    worth = int(_PROBE_WORK // (6 * network.operations * len(X)))
    members = max(1, min(_PROBE_MEMBERS, room, worth))
    population = network.population(members)
    recipe = dataclasses.replace(load.recipe, epochs=1, patience=None)
    step: list[float] = []
    judge: list[float] = []
    for _ in range(3):  # the first call warms up; the fastest of the rest is the least disturbed
        began = time.perf_counter()
        train(population, X, y, recipe)
        trained = time.perf_counter()
        sample_losses(population, X, y, n_jobs=1)
        step.append(trained - began)
        judge.append(time.perf_counter() - trained)
        if sum(step) + sum(judge) > most:
            break
    rows_timed = members * len(X)
    fastest, judged = min(step[1:] or step), min(judge[1:] or judge)
    seconds: float = (fastest * load.n_train + judged * load.n_judged) / rows_timed
    return seconds


def _sentences(asked: AskedSize, size: StudySize, full: StudySize, workers: int) -> tuple[str, ...]:
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
    return (f"Sized to this table and {plural(workers, 'core')}: {', '.join(shrunk)}.",)
