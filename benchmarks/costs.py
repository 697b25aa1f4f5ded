"""What has no peer: a population from its first numbers to its last, and commands from start to end.

All but the whole command on a data set of series is the processor's time.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import numpy as np
from sklearn.datasets import load_wine

import shoal

MEMBERS, EPOCHS, POINTS = 10_000, 50, 32
COMMAND = (sys.executable, "-m", "shoal")
GUNPOINT = "sequences/ts/GunPoint/GunPoint_TRAIN.ts"


@dataclass(frozen=True)
class Cost:
    """What is to take ``limit`` seconds at most; ``ready`` gives what does it and tells them.

    ``file`` is what it needs of the folder ``SHOAL_DATA``.
    """

    name: str
    title: str
    limit: float
    ready: Callable[[], AbstractContextManager[Callable[[], float]]]
    file: str = ""

    @property
    def lacks(self) -> str:
        """What is missing for it, in words, or nothing."""
        if not self.file or _of_the_folder(self.file).exists():
            return ""
        return f"{self.file} is not in the folder that SHOAL_DATA names"

    def median(self, rounds: int) -> float:
        """Return the median of as many times, after one that does not count."""
        with self.ready() as once:
            once()
            return statistics.median(once() for _ in range(rounds))


@contextmanager
def population(members: int = MEMBERS) -> Iterator[Callable[[], float]]:
    """Draw and train networks on one thread: the seconds of one of them."""
    X = np.linspace(0, 1, POINTS, dtype=np.float32)
    network = shoal.Network(1, [shoal.Dense(8, "tanh"), shoal.Dense(1)])

    def once() -> float:
        start = time.process_time()
        shoal.train(network, X, np.sin(6 * X), starts=members, epochs=EPOCHS, n_jobs=1)
        return (time.process_time() - start) / members

    yield once


@contextmanager
def wine(predicts: bool) -> Iterator[Callable[[], float]]:
    """Fit the table of 178 wines, or predict them by what was fitted: the user's seconds of the process."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        load_wine(as_frame=True).frame.to_csv(folder / "wine.csv", index=False)
        fit = ["fit", str(folder / "wine.csv"), "--target", "target", "--task", "classification"]
        if predicts:
            user_seconds([*fit, "--out", str(folder / "model")])
        numbers = iter(range(1_000_000))

        def once() -> float:
            out = str(folder / f"out{next(numbers)}")
            if not predicts:
                return user_seconds([*fit, "--out", out])
            return user_seconds(
                ["predict", str(folder / "model"), str(folder / "wine.csv"), "--out", f"{out}.csv"]
            )

        yield once


@contextmanager
def series(file: str) -> Iterator[Callable[[], float]]:
    """Fit a file of series by two threads: the seconds that somebody waits for the command."""
    with tempfile.TemporaryDirectory() as name:
        numbers = iter(range(1_000_000))

        def once() -> float:
            start = time.perf_counter()
            out = Path(name, f"out{next(numbers)}")
            user_seconds(["fit", str(_of_the_folder(file)), "--out", str(out), "--jobs", "2"])
            return time.perf_counter() - start

        yield once


def _of_the_folder(file: str) -> Path:
    return Path(os.environ.get("SHOAL_DATA", ""), file)


def user_seconds(arguments: list[str]) -> float:
    """Run the command ``shoal``, and return what the processor took for the process itself, on one core."""
    process = subprocess.Popen([*COMMAND, *arguments], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    assert process.stderr is not None
    said = process.stderr.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode:
        raise RuntimeError(f"shoal {' '.join(arguments)} has ended: {said.decode().strip()}")
    return usage.ru_utime


COSTS = (
    Cost(
        "population",
        f"one of {MEMBERS:,} networks 1→8→1, drawn and trained {EPOCHS} epochs on {POINTS} points",
        9e-6,
        population,
    ),
    Cost("fit", "`shoal fit` of 178 wines, user time", 1.3, partial(wine, predicts=False)),
    Cost("predict", "`shoal predict` of 178 wines, user time", 0.35, partial(wine, predicts=True)),
    Cost(
        "gunpoint",
        "`shoal fit --jobs 2` of GunPoint's 50 series, by the clock",
        15,
        partial(series, GUNPOINT),
        GUNPOINT,
    ),
)
