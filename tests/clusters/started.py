"""Schedulers and workers as processes of their own, as clusters have them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

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


class RayHead:
    """A Ray cluster of one node with two CPUs, and its client server at ``address``, where it has one."""

    def __init__(self, process: subprocess.Popen[bytes], port: int) -> None:
        self.process, self.address = process, f"ray://127.0.0.1:{port}"
        end = time.monotonic() + HANGS
        self.listens = False
        while not self.listens and process.poll() is None and time.monotonic() < end:
            with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
                self.listens = True
            time.sleep(0.2)

    def kill(self) -> None:
        """End all of it at once, as a machine that is switched off."""
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


RAY = (
    *(sys.executable, "-m", "ray.scripts.scripts", "start", "--head", "--block"),
    *("--include-dashboard", "false", "--disable-usage-stats", "--object-store-memory", "100000000"),
)


@contextmanager
def ray_head() -> Iterator[RayHead]:
    """What ``ray start --head`` starts, in processes of their own, on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with (
        TemporaryDirectory(prefix="ray") as folder,  # of a short name: sockets lie in it
        subprocess.Popen(
            (
                *RAY,
                "--temp-dir",
                folder,
                "--num-cpus",
                "2",
                "--port",
                "0",
                "--ray-client-server-port",
                str(port),
            ),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        ) as process,
    ):
        try:
            yield RayHead(process, port)
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(20)
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)


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
