"""Measuring: one process for each contestant, results compared before times, rounds that interleave."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import numpy as np

from benchmarks.equal import fewest
from benchmarks.judge import Judge
from benchmarks.task import Array
from benchmarks.workload import Entry, Workload

ROOT = Path(__file__).parents[1]
THREADS = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS")
REPEATS = 7
ENOUGH = 0.3
"""Seconds that a form is calibrated for at least."""
HOPELESS = 3
"""A form this many times slower than its peer's best is not tried on more cores."""


class ContestantError(Exception):
    """A contestant that fell over, or whose results are not those of the task."""


class Contestant:
    """A contestant's process (see ``contestant.py``), begun at ``start``; shoal is ``checkout``'s.

    With the processes that it begins it is a group of its own, which can be stopped.
    """

    def __init__(
        self,
        name: str,
        cores: int,
        task: Path,
        checkout: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        python = checkout / ".venv/bin/python" if checkout else sys.executable
        self.stderr = tempfile.TemporaryFile("w+")  # noqa: SIM115  (closed in __exit__)
        self.start = time.perf_counter()
        self.process = subprocess.Popen(
            [python, "-m", "benchmarks.contestant", name, str(cores), str(task)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.stderr,
            text=True,
            cwd=ROOT,
            env=os.environ | dict.fromkeys(THREADS, str(cores)) | dict(environment or {}),
            start_new_session=True,
        )

    def ask(self, do: str, **arguments: Any) -> dict[str, Any]:
        """Return the reply to a request; raise ``ContestantError`` with its last words if there is none."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        try:
            print(json.dumps({"do": do, **arguments}), file=self.process.stdin, flush=True)
            reply: dict[str, Any] = json.loads(self.process.stdout.readline())
        except (BrokenPipeError, json.JSONDecodeError):
            self.process.wait()
            self.stderr.seek(0)
            last = self.stderr.read().strip().splitlines()[-1:]
            raise ContestantError(f"ended with status {self.process.returncode}: {' '.join(last)}") from None
        return reply

    def run(self, epochs: int) -> float:
        """Return the seconds that the task takes, from its beginning to ``epochs`` epochs."""
        return float(self.ask("run", epochs=epochs)["seconds"])

    def turn(self, epochs: int, processor: bool = True) -> float:
        """Return the processor's seconds of one run, or those of the clock; before and after it is stopped.

        Threads of a contestant that waits may spin, and would take a core from whoever is measured.
        """
        self.go_on()
        try:
            start = self._processor_time()
            seconds = self.run(epochs)
            return self._processor_time() - start if processor else seconds
        finally:
            self._signal(signal.SIGSTOP)

    def go_on(self) -> None:
        """Wake the process, if it is stopped."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):  # it has ended, which its next reply tells
            os.killpg(self.process.pid, number)

    def _processor_time(self) -> float:
        """Return the time of the process and of all that it has begun."""
        return sum(map(_processor_time, family(self.process.pid)))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.go_on()  # whoever is stopped cannot end
        self.process.communicate()
        self.stderr.close()


def _processor_time(pid: int) -> float:
    """Return the time of clock_getcpuclockid(3): Linux numbers the clocks of processes so."""
    return time.clock_gettime(~pid << 3 | 2)


def family(pid: int) -> Iterator[int]:
    """Yield a process and, where /proc tells, those that it and they have begun."""
    yield pid
    for children in Path("/proc", str(pid), "task").glob("*/children"):
        for child in children.read_text().split():
            yield from family(int(child))


@dataclass
class Measurement:
    """What one contestant reached in its best form, in seconds for the whole task."""

    peer: str
    form: str
    cores: int
    networks: int
    measured_networks: int
    seconds: list[float] = field(default_factory=list)
    cold: float | None = None
    bytes: int | None = None
    error: str | None = None
    disagreement: float | None = None
    epochs: int | None = None
    """Iterations of a solver of its own that is timed for as many as it needs; None: those of the task."""
    loss: float | None = None
    """The mean J over all networks that it reaches so."""
    tried: dict[str, float | str] = field(default_factory=dict)

    @property
    def scale(self) -> float:
        """By how much times of the measured networks are multiplied to stand for all."""
        return self.networks / self.measured_networks

    @property
    def median(self) -> float:
        return float(np.median(self.seconds)) * self.scale

    @property
    def quartiles(self) -> tuple[float, float]:
        low, high = np.percentile(self.seconds, [25, 75]) * self.scale
        return float(low), float(high)


class Measurer:
    """Measures one workload: by the clock, or in the ``processor``'s time, all threads together."""

    def __init__(
        self,
        workload: Workload,
        folder: Path,
        say: Callable[[str], None],
        repeats: int,
        cores: list[int],
        processor: bool,
    ) -> None:
        self.time = partial(Contestant.turn, processor=processor)
        self.workload, self.folder, self.say = workload, folder, say
        self.repeats, self.cores = repeats, cores
        self.task = workload.task()
        self.judge = Judge(self.task)
        self.files: dict[int | None, Path] = {}
        self.reached: list[Array] | None = None
        """What the contestant has trained that all others are to be as low as."""

    def measure(self) -> list[Measurement]:
        """Return everybody's measurement, fastest form and number of cores chosen in a short calibration."""
        names = dict.fromkeys(entry.contestant for entry in self.workload.entries)
        first = sorted(names, key=lambda name: name != self.workload.as_low_as)
        found = {name: self._calibrate(name) for name in first}
        chosen = [found[name] for name in names]
        with ExitStack() as running:
            contestants = []
            for measurement in chosen:
                if measurement.error is None:
                    contestants.append((measurement, running.enter_context(self._start(measurement))))
                    self._first_run(*contestants[-1])
            for _ in range(self.repeats):
                for measurement, contestant in contestants:
                    measurement.seconds.append(self.time(contestant, measurement.epochs or self.task.epochs))
            for measurement, contestant in contestants:
                contestant.go_on()
                measurement.bytes = contestant.ask("memory")["bytes"]
        return chosen

    def _calibrate(self, contestant: str) -> Measurement:
        """Return the form and number of cores that are fastest in a tenth of the task, and who disagrees."""
        tried: dict[str, float | str] = {}
        best: tuple[float, Measurement] | None = None
        for entry in self.workload.entries:
            if entry.contestant != contestant:
                continue
            for cores in self.cores:
                networks = self.task.networks, self._networks(entry)
                measurement = Measurement(contestant, entry.form, cores, *networks)
                try:
                    seconds = self._try(entry, cores, measurement)
                except ContestantError as error:
                    measurement.error = str(error)
                    seconds = float("inf")
                label = f"{entry.form}, {cores} cores"
                tried[label] = measurement.error or seconds
                self.say(f"  {contestant} {label}: {measurement.error or f'{seconds * 1e3:.4g} ms'}")
                if best is None or seconds < best[0]:
                    best = seconds, measurement
                if measurement.error or seconds > HOPELESS * best[0]:  # on more cores as well
                    break
        assert best is not None
        best[1].tried = tried
        return best[1]

    def _try(self, entry: Entry, cores: int, measurement: Measurement) -> float:
        epochs, longer = self.task.check_epochs, max(self.task.check_epochs, self.task.epochs // 10)
        with Contestant(entry.name, cores, self._file(entry)) as contestant:
            results = self._results(contestant, epochs)
            if entry.contestant == self.workload.as_low_as:
                self.reached = results
            if self.reached is not None:
                longer = self._as_low(contestant, entry, measurement)
            else:
                measurement.disagreement = self.judge.disagreement(results, entry)
                if not measurement.disagreement <= self.judge.tolerance:
                    raise ContestantError(
                        f"disagrees by {measurement.disagreement:.2g} (relative) after {epochs} epochs"
                    )
            seconds = [self.time(contestant, longer) for _ in range(2)]
            while sum(seconds) < ENOUGH:  # threads that have just begun tell little
                seconds.append(self.time(contestant, longer))
        return min(seconds) * measurement.scale

    def _results(self, contestant: Contestant, epochs: int) -> list[Array]:
        """Return what a contestant has trained after so many epochs."""
        contestant.run(epochs)
        path = self.folder / "results.npz"
        contestant.ask("save", path=str(path))
        with np.load(path) as arrays:
            return list(arrays.values())

    def _as_low(self, contestant: Contestant, entry: Entry, measurement: Measurement) -> int:
        """Return for how many iterations a contestant is timed to reach the mean J of the one before it."""
        assert self.reached is not None
        aim = float(self.judge.mean_losses(self.reached, entry.members).mean())
        if entry.contestant == self.workload.as_low_as:
            measurement.epochs, measurement.loss = self.task.epochs, aim
            return self.task.epochs
        found: dict[int, float] = {}

        def mean_loss(epochs: int) -> float:
            trained = self._results(contestant, epochs)
            found[epochs] = float(self.judge.mean_losses(trained, entry.members).mean())
            return found[epochs]

        epochs = fewest(mean_loss, aim, self.task.epochs)
        if epochs is None:
            raise ContestantError(
                f"ends at a mean J of {min(found.values()):.4g}, above {aim:.4g} of {self.workload.as_low_as}"
            )
        measurement.epochs, measurement.loss = epochs, found[epochs]
        return epochs

    def _start(self, measurement: Measurement) -> Contestant:
        [entry] = (
            entry
            for entry in self.workload.entries
            if (entry.contestant, entry.form) == (measurement.peer, measurement.form)
        )
        return Contestant(entry.name, measurement.cores, self._file(entry))

    def _first_run(self, measurement: Measurement, contestant: Contestant) -> None:
        contestant.run(measurement.epochs or self.task.epochs)
        measurement.cold = time.perf_counter() - contestant.start

    def _file(self, entry: Entry) -> Path:
        if entry.members not in self.files:
            task = self.task if entry.members is None else self.task.spread(entry.members)
            self.files[entry.members] = self.folder / f"{self.workload.name}-{entry.members}.npz"
            task.save(self.files[entry.members])
        return self.files[entry.members]

    def _networks(self, entry: Entry) -> int:
        return sum(min(entry.members or cohort.size, cohort.size) for cohort in self.task.cohorts)


def core_counts() -> list[int]:
    """Return 1, 2, 4, … up to the cores that this process may use, and those."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return sorted({*(2**k for k in range(cores.bit_length()) if 2**k <= cores), cores})


def measure(
    workload: Workload,
    say: Callable[[str], None],
    repeats: int,
    cores: list[int],
    processor: bool = False,
) -> list[Measurement]:
    """Return the measurements of a workload's peers, which try these numbers of cores."""
    with tempfile.TemporaryDirectory() as folder:
        return Measurer(workload, Path(folder), say, repeats, cores, processor).measure()
