"""Sizing a study to the data and the machine: everything that the user left open, and how long it takes.

A full-sized study is shrunk, one rung of a ladder at a time, until its estimated time fits the budget.
Rows are never left out. The estimate assumes that no network stops early, and allows for a machine that
does other things besides: it is an upper bound, not a forecast.
"""

from __future__ import annotations

import dataclasses
import time
from dataclasses import dataclass

from threadpoolctl import threadpool_limits

from shoal.architectures import Architecture, Hidden
from shoal.data.memory import require_memory
from shoal.network import Network
from shoal.registry import resolve
from shoal.report.wording import plural
from shoal.selection.candidates import hidden_label
from shoal.selection.planning import Cost
from shoal.shapes import Array
from shoal.solvers import SOLVERS
from shoal.trainer import sample_losses, train

BUDGET_SECONDS = 100.0
STARTUP_SECONDS = 4.0
"""What is done once: starting processes, the linear model, the examination, the report."""
MARGIN = 2.0
"""A few networks are timed alone; a study's cohorts leave the caches, share the machine, end unevenly."""
SMALL_TABLE = 3000
"""Below this many rows, folds spend the data better than a validation share."""

HIDDEN: tuple[Hidden, ...] = tuple((2**k,) for k in range(7))
L2 = (0.1, 1.0, 10.0)
_PROBE_MEMBERS, _PROBE_BATCHES, _PROBE_BYTES = 8, 6, 2**28


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


@dataclass(frozen=True)
class Workload:
    """The data that every network of the study sees: rows trained on and judged on, in how many folds."""

    X: Array
    y: Array
    n_train: int
    n_judged: int
    folds: int
    n_outputs: int
    loss: str
    architecture: Architecture
    solver: str
    batch_size: int | None
    finishing: float = 0.0
    """Seconds that what comes after the study takes, besides what every job does."""


@dataclass(frozen=True)
class Sizing:
    """The study decided on, its estimated seconds at most, and what was decided, in sentences."""

    size: StudySize
    seconds: float
    sentences: tuple[str, ...]


def default_batch_size(n: int, solver: str) -> int | None:
    """Return the minibatch size for ``n`` training rows; None (all rows) for a full-batch solver."""
    if resolve("solver", solver, SOLVERS).full_batch:
        return None
    return 32 if n < 5000 else 128 if n < 20000 else 256


def size_study(
    asked: AskedSize, load: Workload, workers: int, ladder: tuple[StudySize, ...] = LADDER
) -> Sizing:
    """Return the largest study of the ladder that ``workers`` processes end within ``BUDGET_SECONDS``.

    What was asked for is kept whatever it costs; only what was left open is shrunk. Raises
    ``CapacityError`` if one network a process is more than the memory can hold.
    """
    rungs = [asked.filled(rung) for rung in ladder]
    hidden = dict.fromkeys(size for rung in rungs for size in rung.hidden)
    for size in hidden:
        _require_room(size, load, rungs[-1].epochs, workers)
    with threadpool_limits(limits=1):  # as the study's processes work
        seconds_of = {size: _seconds_an_epoch(size, load) for size in hidden}
    for rung in rungs:
        seconds = _seconds(rung, seconds_of, load, workers)
        if seconds <= BUDGET_SECONDS:
            break
    return Sizing(rung, seconds, _sentences(asked, rung, rungs[0], workers))


def _seconds(size: StudySize, seconds_of: dict[Hidden, float], load: Workload, workers: int) -> float:
    networks = size.starts * len(size.l2)
    epochs = float(size.epochs * load.folds)
    if load.folds > 1:  # the chosen candidate is trained once more, on all rows
        epochs += size.epochs / len(size.hidden) / len(size.l2)
    work = networks * epochs * sum(seconds_of[hidden] for hidden in size.hidden)
    curves = size.epochs * max(seconds_of[hidden] for hidden in size.hidden)  # of the chosen, trained again
    return STARTUP_SECONDS + load.finishing + curves + MARGIN * work / workers


def _network(hidden: Hidden, load: Workload) -> Network:
    return load.architecture.network(hidden, load.X.shape[1], load.n_outputs, load.loss)


def _bytes_a_network(network: Network, load: Workload, epochs: int) -> int:
    itemsize = 4 if resolve("solver", load.solver, SOLVERS).takes_learning_rate else 8
    return Cost(load.n_train, load.n_judged, epochs, load.batch_size, itemsize, memory=0).bytes(network)


def _require_room(hidden: Hidden, load: Workload, epochs: int, workers: int) -> None:
    network = _network(hidden, load)
    require_memory(
        workers * _bytes_a_network(network, load, epochs),
        f"training {plural(workers, 'network')} at a time of {plural(network.n_parameters, 'parameter')} "
        f"(hidden {hidden_label(hidden)}, {plural(epochs, 'epoch')})",
        "use smaller --hidden sizes, a smaller --batch-size, or fewer --epochs or --jobs",
    )


def _seconds_an_epoch(hidden: Hidden, load: Workload) -> float:
    """Time one epoch of one network by training a few on a few batches of the real data."""
    network = _network(hidden, load)
    members = max(1, min(_PROBE_MEMBERS, _PROBE_BYTES // _bytes_a_network(network, load, epochs=1)))
    batch = min(load.batch_size or load.n_train, load.n_train)
    rows = slice(0, min(len(load.X), batch * (1 if load.batch_size is None else _PROBE_BATCHES)))
    X, y = load.X[rows], load.y[rows]
    population = network.population(members)
    step, judge = [], []
    for _ in range(3):  # the first call warms up; the fastest of the rest is the least disturbed
        began = time.perf_counter()
        train(
            population, X, y, solver=load.solver, epochs=1, batch_size=load.batch_size, batch_order="shared"
        )
        trained = time.perf_counter()
        sample_losses(population, X, y)
        step.append(trained - began)
        judge.append(time.perf_counter() - trained)
    rows_timed = members * len(X)
    seconds: float = (min(step[1:]) * load.n_train + min(judge[1:]) * load.n_judged) / rows_timed
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
    return (f"Sized to this table and {plural(workers, 'process', 'processes')}: {', '.join(shrunk)}.",)
