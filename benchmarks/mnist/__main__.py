"""``python -m benchmarks.mnist ROW …``: train the networks of a row on MNIST, and write the table anew.

Every row names its own settings. With ``--validate`` the last 10 000 training images are held out and judged
by, which is how settings were chosen; without, it trains on all of its images and the test images are looked
at, once.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.machine import commit, machine
from benchmarks.mnist.digits import Part, read
from benchmarks.mnist.results import FOLDER, Entry, load, save
from benchmarks.mnist.row import Row
from benchmarks.mnist.rows import ROWS
from shoal.training.problem import Progress
from shoal.workers import count_workers


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mnist", description=__doc__)
    parser.add_argument("rows", nargs="*", metavar="ROW", help=f"of {', '.join(ROWS)}; all")
    parser.add_argument("--validate", action="store_true", help="judge by the validation part")
    parser.add_argument("--data", type=Path, help="the folder with MNIST's files; SHOAL_DATA/mnist")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--threads", type=int, help="all cores, unless OMP_NUM_THREADS says less")
    parser.add_argument("--results", type=Path, default=FOLDER, help="the folder of results")
    arguments = parser.parse_args()
    for name in arguments.rows:
        if name not in ROWS:
            parser.error(f"there is no row {name}; take some of {', '.join(ROWS)}")
    part: Part = "validation" if arguments.validate else "test"
    for name in arguments.rows or ROWS:
        entry = run(ROWS[name], arguments.data, part, arguments.seed, arguments.threads)
        entries = load(arguments.results)
        entries.setdefault(name, {})[part] = entry
        save(arguments.results, entries, ROWS)


def run(row: Row, folder: Path | None, part: Part, seed: int, threads: int | None) -> Entry:
    """Train and judge the networks of a row, and say so."""
    train, judges = read(folder, part)
    began = time.perf_counter()

    def tell(progress: Progress) -> None:
        if progress.epoch * 10 // progress.epochs > (progress.epoch - 1) * 10 // progress.epochs:
            print(f"  epoch {progress.epoch}, {time.perf_counter() - began:.0f} s", flush=True)

    judged = row.run(train, judges, seed, threads, tell)
    seconds = time.perf_counter() - began
    entry = Entry(
        **asdict(judged),
        seconds=seconds,
        threads=count_workers(threads),
        parameters=row.network.n_parameters,
        seed=seed,
        date=datetime.now(UTC).date().isoformat(),
        commit=commit(),
        machine=machine()["processor"],
    )
    print(f"{row.name}, {part}: {entry.words()}, {seconds:.0f} s", flush=True)
    return entry


if __name__ == "__main__":
    main()
