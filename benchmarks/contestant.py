"""A contestant's process: ``python -m benchmarks.contestant MODULE:FORM CORES TASK``.

It answers one JSON line on stdin with one on stdout: ``{"do": "run", "epochs": 20}`` with
``{"seconds": …}``, ``{"do": "save", "path": …}`` with ``{}`` after writing the last run's results, and
``{"do": "memory"}`` with ``{"bytes": …}``, the most that the process and its workers have held.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from importlib import import_module
from pathlib import Path
from typing import TextIO

import numpy as np

from benchmarks.peers import Run
from benchmarks.task import Array, Task


def main() -> None:
    name, cores, path = sys.argv[1:]
    replies = _claim_stdout()
    if hasattr(os, "sched_setaffinity"):  # before any library counts the cores
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(cores)])
    module, form = name.split(":")
    run: Run = getattr(import_module(module), form)(Task.load(Path(path)), int(cores))
    results: list[Array] = []
    for line in sys.stdin:
        request, reply = json.loads(line), {}
        match request["do"]:
            case "run":
                start = time.perf_counter()
                results = run(request["epochs"])
                reply = {"seconds": time.perf_counter() - start}
            case "save":
                np.savez(request["path"], *results)
            case "memory":
                reply = {"bytes": _peak_memory()}
        print(json.dumps(reply), file=replies, flush=True)


def _claim_stdout() -> TextIO:
    """Return stdout for replies alone; whatever libraries print goes to stderr."""
    replies = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    return replies


def _peak_memory() -> int:
    """Return the largest resident size of this process and, where /proc tells, of its children.

    The system's own figure begins with what the process that started this one held, so it stands in only.
    """
    own = Path("/proc/self/status")
    if not own.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)
    of_threads = Path("/proc/self/task").glob("*/children")
    children = (Path("/proc", pid, "status") for each in of_threads for pid in each.read_text().split())
    return sum(map(_most_held, (own, *children)))


def _most_held(status: Path) -> int:
    [held] = (line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return 1024 * int(held)


if __name__ == "__main__":
    main()
