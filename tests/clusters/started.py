"""Schedulers and workers as processes of their own, as clusters have them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from tests.waiting import HANGS

ROOT = Path(__file__).parents[2]
BARE = """
import sys

class Missing:
    def find_spec(self, name, *_):
        if name == "shoal":
            raise ModuleNotFoundError("No module named 'shoal'", name=name)

sys.meta_path.insert(0, Missing())
"""
"""Makes a process one that has no shoal."""
MPIEXEC = ("mpiexec", "--oversubscribe", "-n", "3")
AS_ROOT = {"OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1"}


@contextmanager
def running(*command: str, **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """A process that has nothing to say, and is gone when the block ends."""
    with subprocess.Popen(
        command, env=os.environ | environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        try:
            yield process
        finally:
            process.kill()


class Dask:
    """A Dask scheduler and its workers."""

    def __init__(self, stack: ExitStack, folder: Path) -> None:
        self._stack, file = stack, folder / "scheduler.json"
        options = ("--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--scheduler-file", str(file))
        self.scheduler = self._started("dask_scheduler", *options)
        end = time.monotonic() + HANGS
        while not (file.exists() and file.read_text()) and time.monotonic() < end:
            time.sleep(0.05)
        self.address: str = json.loads(file.read_text())["address"]
        self.workers: list[subprocess.Popen[bytes]] = []

    def start(self, before: str = "", **environment: str) -> None:
        """Start another worker, in which the code ``before`` is run first, and wait until it is there."""
        self.workers.append(self._started("dask_worker", self.address, *_ALONE, before=before, **environment))
        from distributed import Client

        with Client(self.address, set_as_default=False) as client:
            client.wait_for_workers(len(self.workers), timeout=HANGS)

    def _started(
        self, program: str, *options: str, before: str = "", **environment: str
    ) -> subprocess.Popen[bytes]:
        code = f"{before}from distributed.cli.{program} import main; main()"
        return self._stack.enter_context(running(sys.executable, "-c", code, *options, **environment))


_ALONE = ("--nthreads", "1", "--no-dashboard", "--no-nanny")


@contextmanager
def dask(folder: Path, workers: int) -> Iterator[Dask]:
    """A Dask cluster of so many workers."""
    with ExitStack() as stack:
        cluster = Dask(stack, folder)
        for _ in range(workers):
            cluster.start()
        yield cluster


def under_mpi(*command: str) -> subprocess.CompletedProcess[str]:
    """What became of a command of Python's that MPI has started on three ranks."""
    return subprocess.run(
        [*MPIEXEC, sys.executable, *command],
        env=os.environ | AS_ROOT | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=HANGS,
        check=False,
    )
