"""``python -m benchmarks.targets [B1 …]``: what shoal aims for in speed, row by row, in one table.

Each row is a workload on one core: shoal in its fastest form beside the fastest of the peers that it is held
to, in turn, who waits being stopped. Figures are the processor's time, of all threads together, medians of
rounds. A peer that is not installed is named as missing; scikit-learn then stands in, and nothing is judged.
The last rows are what a population, and a command from its start to its end, cost by themselves.

``--cores 2`` has the rows of several cores instead, for all contestants, by the clock; one of them is how
much shoal gains on them over itself on one core, pair by pair.

It takes some minutes where torch and jax are installed. Forms that compile for minutes do not compete.
"""

from __future__ import annotations

import argparse
import shutil
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

import numpy as np

from benchmarks.costs import COSTS, Cost
from benchmarks.machine import commit, machine
from benchmarks.measure import Contestant, Measurement, measure
from benchmarks.table import NAMES, duration
from benchmarks.workload import Workload
from benchmarks.workloads import WORKLOADS

ROUNDS = 5
MODULES = {"onnx": ("onnxruntime", "skl2onnx")}
"""What a peer needs besides a module of its own name."""
PROGRAMS = {"nnet": "Rscript"}
STAND_IN = "sklearn"
HEADER = "| id | work | shoal | peer | ratio | target | |\n|---|---|--:|--:|--:|--:|---|"


@dataclass(frozen=True)
class Row:
    """A workload in which ``ours`` is to be ``target`` times as fast as the fastest of ``peers``.

    Without peers: as itself on one core.
    """

    name: str
    target: float
    peers: tuple[str, ...] = ("jax", "torch")
    ours: str = "shoal"


ROWS = (
    Row("B1", 3.5),
    Row("B4", 6),
    Row("B5", 4),
    Row("B6", 2),
    Row("B6d", 1.4),
    Row("B7", 2),
    Row("B8", 1.15),
    Row("C3", 1.5, ("torch",)),
    Row("B3o", 6, ("nnet",)),
    Row("P1", 2, ("onnx",), "estimators"),
    Row("P2", 0.5, ("onnx",), "estimators"),
)
ON_SEVERAL = (Row("B1", 4), Row("B8", 1.3), Row("B6", 1, ()))
"""The rows of more than one core."""


def main() -> None:
    on_one = {row.name: row for row in ROWS} | {cost.name: cost for cost in COSTS}
    parser = argparse.ArgumentParser(prog="python -m benchmarks.targets", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="ID", help=f"of {', '.join(on_one)}; all")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="times of each")
    parser.add_argument("--cores", type=int, default=1, help="of every contestant; 1")
    arguments = parser.parse_args()
    on_several = {row.name: row for row in ON_SEVERAL}
    known: dict[str, Row | Cost] = {**(on_several if arguments.cores > 1 else on_one)}
    for name in arguments.names:
        if name not in known:
            parser.error(f"there is no row {name}; take some of {', '.join(known)}")
    say(f"Commit {commit()}; " + "; ".join(f"{name} {value}" for name, value in machine().items()) + ".\n")
    say(HEADER)
    for name in arguments.names or known:
        say(line_of(known[name], arguments.rounds, arguments.cores))


def line_of(row: Row | Cost, rounds: int, cores: int) -> str:
    """Measure a row, and return its line of the table."""
    if isinstance(row, Cost):
        return line_of_cost(row, rounds)
    return line(row, rounds, cores) if row.peers else line_of_gain(row, rounds, cores)


def say(text: str) -> None:
    print(text, flush=True)


def line(row: Row, rounds: int, cores: int) -> str:
    """Measure a row beside its peers, and return its line of the table."""
    workload = WORKLOADS[row.name]
    installed, missing = division(row.peers, is_here)
    peers = installed or stand_ins(workload)
    competing = restricted(workload, row.ours, peers)
    found = measure(competing, lambda _: None, rounds, [cores], processor=cores == 1)
    return told(row, workload, found, missing)


def line_of_gain(row: Row, rounds: int, cores: int) -> str:
    """Measure shoal on several cores beside itself on one, and return the line of the table."""
    workload = WORKLOADS[row.name]
    [entry, *_] = (entry for entry in workload.entries if entry.peer == row.ours)
    with tempfile.TemporaryDirectory() as folder, ExitStack() as running:
        task, path = workload.task(), Path(folder, "task.npz")
        task.save(path)
        pair = [running.enter_context(Contestant(entry.name, count, path)) for count in (cores, 1)]
        for contestant in pair:
            contestant.turn(task.epochs, processor=False)
        times = np.array([[each.turn(task.epochs, processor=False) for each in pair] for _ in range(rounds)])
    gain = float(np.median(times[:, 1] / times[:, 0]))
    many, one = (duration(seconds / workload.per) for seconds in np.median(times, axis=0))
    reached = "reached" if gain > row.target else "missed"
    cells = (
        row.name,
        workload.title,
        f"{many} shoal ({cores} cores)",
        f"{one} shoal (1 core)",
        f"{gain:.3g}×",
        f"> {row.target:g}× itself on one core",
        reached,
    )
    return f"| {' | '.join(cells)} |"


def division(peers: Sequence[str], here: Callable[[str], bool]) -> tuple[list[str], list[str]]:
    """Return which of the peers are installed, and which are not."""
    return [peer for peer in peers if here(peer)], [peer for peer in peers if not here(peer)]


def is_here(peer: str) -> bool:
    """Return whether a peer is installed."""
    if peer in PROGRAMS:
        return shutil.which(PROGRAMS[peer]) is not None
    return all(find_spec(module) is not None for module in MODULES.get(peer, (peer,)))


def stand_ins(workload: Workload) -> list[str]:
    return [STAND_IN] if any(entry.peer == STAND_IN for entry in workload.entries) else []


def restricted(workload: Workload, ours: str, peers: Sequence[str]) -> Workload:
    """Return the workload with these contestants alone, in forms that are compiled in seconds."""
    entries = tuple(
        entry for entry in workload.entries if entry.peer in (ours, *peers) and "compiled" not in entry.form
    )
    return replace(workload, entries=entries)


def told(row: Row, workload: Workload, found: Sequence[Measurement], missing: Sequence[str]) -> str:
    """Return a row's line: times, and by how much ours is shorter than the best peer's."""
    ours, *rest = sorted(found, key=lambda m: m.peer != row.ours)
    sound = [m for m in rest if m.error is None]
    best = min(sound, key=lambda m: m.median, default=None)
    remarks = [f"{NAMES.get(peer, peer)} is not installed" for peer in missing]
    remarks += [f"{NAMES.get(m.peer, m.peer)}: {m.error}" for m in found if m.error is not None]
    ratio = ""
    if best is not None and ours.error is None:
        ratio = f"{best.median / ours.median:.3g}×"
        if best.peer in row.peers:
            reached = best.median >= row.target * ours.median
            remarks.insert(0, "reached" if reached else "missed")
    cells = (
        row.name,
        workload.title,
        timed(ours, workload.per),
        "" if best is None else timed(best, workload.per),
        ratio,
        f"≥ {row.target:g}× {' and '.join(NAMES.get(peer, peer) for peer in row.peers)}",
        "; ".join(remarks),
    )
    return f"| {' | '.join(cells)} |"


def timed(m: Measurement, per: int) -> str:
    """Return what a contestant took, and in which form."""
    own = "" if m.epochs is None else f", {m.epochs} iterations to a mean J of {m.loss:.3g}"
    name = f"{NAMES.get(m.peer, m.peer)} ({m.form.replace('_', ' ')}{own})"
    return name if m.error is not None else f"{duration(m.median / per)} {name}"


def line_of_cost(cost: Cost, rounds: int) -> str:
    """Measure what has no peer, and return its line of the table."""
    took, remark = "", cost.lacks
    if not remark:
        median = cost.median(rounds)
        took, remark = duration(median), "reached" if median <= cost.limit else "missed"
    cells = (cost.name, cost.title, took, "", "", f"≤ {duration(cost.limit)}", remark)
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
