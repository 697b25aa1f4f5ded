"""``python -m benchmarks.levels [B1 …]``: shoal in each of this machine's instruction sets, in turn.

Figures are the processor's time on one core, of contestants that are stopped while another one works.
"""

from __future__ import annotations

import argparse
import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.commits import CONTESTANTS
from benchmarks.machine import machine
from benchmarks.measure import Contestant
from benchmarks.workload import Workload
from benchmarks.workloads import WORKLOADS
from shoal.engines.compiled.module import SETS

ROUNDS = 7


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.levels", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="ID", help=f"of {', '.join(WORKLOADS)}; all")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="times of each")
    arguments = parser.parse_args()
    print("; ".join(f"{name} {value}" for name, value in machine().items()) + ".\n")
    print(f"| workload | form |{''.join(f' {name}, ms |' for name in SETS)} the others ÷ {SETS[0]} |")
    print(f"|---|---|{'--:|' * len(SETS)}---|", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.names or WORKLOADS:
            for line in compare(WORKLOADS[name], Path(folder), arguments.rounds):
                print(line, flush=True)


def compare(workload: Workload, folder: Path, rounds: int) -> Iterator[str]:
    """Yield a row of the table for each of shoal's forms: medians, and medians of the ratios of a round."""
    path = folder / "task.npz"
    task = workload.task()
    task.save(path)
    for form in dict.fromkeys(e.name for e in workload.entries if e.name.startswith(CONTESTANTS)):
        with contextlib.ExitStack() as running:
            each = [
                running.enter_context(Contestant(form, 1, path, environment={"SHOAL_INSTRUCTION_SET": level}))
                for level in SETS
            ]
            for contestant in each:
                contestant.turn(task.epochs)
            times = np.array([[contestant.turn(task.epochs) for contestant in each] for _ in range(rounds)])
        taken = "".join(f" {median * 1e3:.4g} |" for median in np.median(times, axis=0))
        ratios = ", ".join(f"{ratio:.2f}" for ratio in np.median(times[:, 1:] / times[:, :1], axis=0))
        yield f"| {workload.name} | {form.removeprefix('benchmarks.peers.')} |{taken} {ratios or '–'} |"


if __name__ == "__main__":
    main()
