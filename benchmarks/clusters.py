"""``python -m benchmarks.clusters [dask ray mpi]``: two workers against one, and what a cohort costs.

A study of about a minute on one worker is timed on one and on two workers of this machine, in turns, and the
ratio of the medians is told; then the client's processor time for each cohort of a study whose networks are
trained for one epoch in cohorts of their own. Ways whose package, or ``mpiexec``, is not installed are left
out. Writes ``results/clusters.md``.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import median

import numpy as np

import shoal
from benchmarks.machine import ROOT, commit, machine
from benchmarks.measure import THREADS
from benchmarks.results import FOLDER
from tests.clusters.started import AS_ROOT, dask

HOME = "one thread of this process"
WAYS = {"dask": "distributed", "ray": "ray", "mpi": "mpi4py"}
"""What may train, with the package of each."""
SIZES, STARTS, FOLDS = range(2, 17, 2), 64, 4
ALONE = 400
"""Networks that are each a cohort of its own."""
TARGET = 1.8
PROBE = 10
"""Epochs by which a study of a stated length is sized."""


@dataclass(frozen=True)
class Asked:
    """A study to time: where, and of how many epochs; or with cohorts of one network (``alone``)."""

    on: str | None
    workers: int
    epochs: int
    alone: bool = False
    kept: bool = False

    def study(self, store: Path | None = None) -> shoal.CapacityStudy:
        of_one = {"hidden": [2], "starts": ALONE, "memory": 1, "epochs": 1}
        usual = {"hidden": SIZES, "starts": STARTS, "folds": FOLDS, "epochs": self.epochs}
        settings = of_one if self.alone else usual
        return shoal.CapacityStudy(
            **settings,  # type: ignore[arg-type]
            solver="adam",
            batch_size=32,
            choose="best",
            on=self.on,
            n_jobs=None if self.on else 1,
            store=store,
        )


@dataclass(frozen=True)
class Took:
    """Seconds by the clock, the client's processor time, and its cohorts."""

    seconds: float
    processor: float
    cohorts: int


@dataclass(frozen=True)
class Compared:
    """The medians of both numbers of workers, and the client's milliseconds for a cohort."""

    way: str
    one: float
    two: float
    cost: float

    @property
    def ratio(self) -> float:
        return self.one / self.two


def samples() -> tuple[np.ndarray, np.ndarray]:
    """Return 1 000 samples of ten numbers, and a function of them with noise."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 10))
    return X, X[:, 0] * X[:, 1] + np.sin(X[:, 2]) + 0.3 * rng.normal(size=1000)


def timed(asked: Asked) -> Took:
    """Run a study in this process, after a small one that has all workers awake."""
    X, y = samples()
    shoal.CapacityStudy(
        [2],
        starts=4 * asked.workers,
        memory=1,
        epochs=1,
        solver="adam",
        on=asked.on,
        n_jobs=None if asked.on else 1,
    ).fit(X[:50], y[:50])
    with tempfile.TemporaryDirectory() as folder:
        study = asked.study(Path(folder) / "store" if asked.kept else None)
        cohorts = study.plan(X, y).cohorts
        began, processor = time.perf_counter(), time.process_time()
        study.fit(X, y)
        return Took(time.perf_counter() - began, time.process_time() - processor, cohorts)


def asked_of_a_child(asked: Asked, way: str | None) -> Took:
    """Run a study in a process of its own, of one thread, which tells what it took."""
    command = ["-m", "benchmarks.clusters", "--child", json.dumps(asdict(asked))]
    environment = os.environ | dict.fromkeys(THREADS, "1") | {"PYTHONPATH": str(ROOT)}
    ranks = str(asked.workers + 1)
    if way == "mpi":
        command = [
            "mpiexec",
            "--oversubscribe",
            "-n",
            ranks,
            sys.executable,
            "-m",
            "mpi4py.futures",
            *command,
        ]
        environment |= AS_ROOT
    else:
        command = [sys.executable, *command]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(
            f"the study on {way or 'this machine'} ended with {done.returncode}: {done.stderr[-2000:]}"
        )
    return Took(**json.loads(done.stdout.strip().splitlines()[-1]))


def child(text: str) -> None:
    """Do what ``asked_of_a_child`` asks for, and tell what it took."""
    asked = Asked(**json.loads(text))
    if asked.on == "ray":
        import ray

        ray.init(num_cpus=asked.workers, include_dashboard=False, log_to_driver=False, logging_level="ERROR")
    print(json.dumps(asdict(timed(asked))))


@contextmanager
def started(way: str, workers: int) -> Iterator[str]:
    """Start so many workers of one thread each, and yield their address."""
    if way != "dask":
        yield way
        return
    with tempfile.TemporaryDirectory() as folder, dask(Path(folder), workers) as cluster:
        yield cluster.address


def there() -> list[str]:
    """Return the ways that are installed."""
    found = [way for way, package in WAYS.items() if importlib.util.find_spec(package)]
    return [way for way in found if way != "mpi" or shutil.which("mpiexec")]


def epochs_of(seconds: float) -> int:
    """Return the epochs of a study that takes about so many seconds on one core."""
    took = asked_of_a_child(Asked(None, 1, PROBE), None)
    return max(1, round(PROBE * seconds / took.seconds))


def compare(way: str, epochs: int, runs: int) -> Compared:
    """Time the study on one and on two workers, in turns, and the client's cost of a cohort."""
    took: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(runs):
        for workers, seconds in took.items():
            with started(way, workers) as on:
                seconds.append(asked_of_a_child(Asked(on, workers, epochs), way).seconds)
            print(f"{way}, {workers} worker{'s' * (workers > 1)}: {seconds[-1]:.1f} s", flush=True)
    with started(way, 2) as on:
        cost = cost_of(Asked(on, 2, 1, alone=True), way)
    return Compared(way, median(took[1]), median(took[2]), cost)


def cost_of(asked: Asked, way: str | None) -> float:
    """Return the client's milliseconds of processor for a cohort."""
    took = asked_of_a_child(asked, way)
    return 1000 * took.processor / took.cohorts


def document(
    found: Sequence[Compared], home: tuple[float, float], seconds: float, epochs: int, runs: int
) -> str:
    """Return both tables; ``home`` are ms a cohort in this process, without a store and with one."""
    networks = len(SIZES) * STARTS * FOLDS
    lines = [
        "# More than one machine",
        "",
        f"`python -m benchmarks.clusters --seconds {seconds:g} --runs {runs}`: {networks} networks of 2 to",
        f"16 hidden units, {epochs} epochs of 1 000 samples, on one and on two workers of one thread on this",
        f"machine, medians of {runs} runs in turns.",
        "",
        "| workers of | one / s | two / s | ratio | target |",
        "|---|--:|--:|--:|--:|",
        *(
            f"| {c.way} | {c.one:.1f} | {c.two:.1f} | "
            f"{f'**{c.ratio:.2f}×**' if c.ratio >= TARGET else f'{c.ratio:.2f}×, missed'} | ≥ {TARGET}× |"
            for c in found
        ),
        "",
        f"The client's processor time for a cohort, of {ALONE} networks trained for one epoch in cohorts of",
        "their own:",
        "",
        "| where | ms a cohort |",
        "|---|--:|",
        f"| {HOME}, which trains them too | {home[0]:.1f} |",
        *(f"| {c.way} | {c.cost:.1f} |" for c in found),
        f"| besides: a store on disk | {home[1] - home[0]:.1f} |",
    ]
    who = machine()
    return "\n".join([*lines, "", f"Commit {commit()}, {who['cores']} cores of {who['processor']}."]) + "\n"


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print and record."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.clusters", description=__doc__)
    parser.add_argument("ways", nargs="*", metavar="WAY", help=f"of {', '.join(WAYS)}; those installed")
    parser.add_argument("--seconds", type=float, default=60.0, help="of the study on one worker, about")
    parser.add_argument("--runs", type=int, default=3, help="of which the median is taken")
    parser.add_argument("--child", help=argparse.SUPPRESS)
    asked = parser.parse_args(arguments)
    if asked.child:
        child(asked.child)
        return
    ways = asked.ways or there()
    for way in ways:
        if way not in there():
            parser.error(f"{way} is not installed, or none of {', '.join(WAYS)}")
    epochs = epochs_of(asked.seconds)
    home = (
        cost_of(Asked(None, 1, 1, alone=True), None),
        cost_of(Asked(None, 1, 1, alone=True, kept=True), None),
    )
    found = [compare(way, epochs, asked.runs) for way in ways]
    told = document(found, home, asked.seconds, epochs, asked.runs)
    (FOLDER / "clusters.md").write_text(told)
    print(told)


if __name__ == "__main__":
    main()
