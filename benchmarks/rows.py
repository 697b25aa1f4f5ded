"""How memory and time of the commands grow with the rows of a table: ``python -m benchmarks.rows``.

Each table is written anew, and one network is trained on it: in memory, and with a limit from the disk once
it does not fit; and the model predicts for it. Times are the processor's, memory is the most that a process
held. The picture and its numbers go into ``results/``.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
import polars as pl
import pyarrow.parquet as pq
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from benchmarks.machine import commit, machine
from benchmarks.results import FOLDER

INPUTS, TARGET = 30, "y"
ROWS = (10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000)
LARGEST = 20_000_000
MOST_IN_MEMORY = 3_000_000
"""A table of more than four million rows is trained on from the disk in any case."""
LIMIT = "700MB"
AT_ONCE = 2**17
FIT = (
    "--target", TARGET, "--hidden", "16", "--starts", "1", "--epochs", "2", "--validation-share", "0.2",
    "--pieces", "0", "--waves", "0", "--overwrite",
)  # fmt: skip
ROADS = {
    "fit in memory": ("#0072b2", "o"),
    f"fit with --memory {LIMIT}": ("#d55e00", "s"),
    "predict": ("#009e73", "^"),
}
"""What is measured, each with a colour of Okabe and Ito's and a mark."""


@dataclass(frozen=True)
class Cost:
    """What a command took for a table of so many ``rows``: CPU seconds, and the most bytes it held."""

    rows: int
    seconds: float
    bytes: int


def write_table(path: Path, rows: int) -> None:
    """Write a table of numbers, of which the target is a function with noise, as Parquet."""
    rng = np.random.default_rng(0)
    writer = None
    for first in range(0, rows, AT_ONCE):
        X = rng.normal(size=(min(AT_ONCE, rows - first), INPUTS)).round(3).astype(np.float32)
        y = X[:, 0] + X[:, 1] * X[:, 2] + rng.normal(size=len(X)).astype(np.float32)
        table = pl.DataFrame({**{f"x{k}": X[:, k] for k in range(INPUTS)}, TARGET: y}).to_arrow()
        writer = writer or pq.ParquetWriter(path, table.schema)
        writer.write_table(table)
    if writer is not None:
        writer.close()


def cost(rows: int, command: Sequence[str]) -> Cost:
    """Return what a command of shoal's takes, with all threads that it has."""
    shoal = Path(sys.executable).with_name("shoal")
    child = subprocess.Popen([str(shoal), *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"shoal {' '.join(command)} ended with {child.returncode}")
    return Cost(rows, used.ru_utime + used.ru_stime, used.ru_maxrss * 1024)


def measure(folder: Path, sizes: Sequence[int]) -> Iterator[tuple[str, Cost]]:
    """Yield the roads and what they took, table by table."""
    table, in_memory, limited, predict = str(folder / "t.parquet"), *ROADS
    for rows in sizes:
        write_table(Path(table), rows)
        out = str(folder / "out")
        if rows <= MOST_IN_MEMORY:
            yield in_memory, cost(rows, ["fit", table, "--out", out, *FIT])
        yield limited, cost(rows, ["fit", table, "--out", out, "--memory", LIMIT, *FIT])
        predicted = str(folder / "predicted.parquet")
        yield predict, cost(rows, ["predict", out, table, "--out", predicted, "--overwrite"])


def draw(axes: Axes, curves: dict[str, list[Cost]], what: str) -> None:
    """Draw what grows, ``seconds`` or ``bytes``, against rows."""
    scale = {"seconds": 1.0, "bytes": 2.0**20}[what]
    for name, costs in curves.items():
        colour, marker = ROADS[name]
        values = [getattr(each, what) / scale for each in costs]
        axes.loglog(
            [each.rows for each in costs], values, color=colour, marker=marker, markersize=4, label=name
        )
    axes.set_xlabel("rows")
    axes.set_ylabel({"seconds": "processor's time / s", "bytes": "most memory held / MiB"}[what])
    axes.grid(color="0.9")
    axes.spines[["top", "right"]].set_visible(False)


def picture(curves: dict[str, list[Cost]]) -> None:
    """Draw memory and time, one beside the other, into ``results/``."""
    mpl.rcParams.update({"svg.hashsalt": "shoal", "svg.fonttype": "none"})
    figure, both = plt.subplots(1, 2, figsize=(8, 3.6), layout="constrained")
    for axes, what in zip(both, ("bytes", "seconds"), strict=True):
        draw(axes, curves, what)
    limit = int(LIMIT.removesuffix("MB")) * 10**6 / 2**20
    both[0].axhline(limit, color="0.5", linestyle=":", zorder=0)
    both[0].annotate(LIMIT, (ROWS[0], limit), color="0.4", fontsize=8, va="bottom")
    both[1].legend(frameon=False, fontsize=8)
    figure.suptitle(f"One network of 16 hidden units, two epochs, {INPUTS} columns of Parquet", fontsize=10)
    figure.savefig(FOLDER / "rows.svg", metadata={"Date": None})
    plt.close(figure)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure and draw."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rows", description=__doc__)
    parser.add_argument("--largest", action="store_true", help=f"also {LARGEST:,} rows, with 3 GB of disk")
    asked = parser.parse_args(arguments)
    curves: dict[str, list[Cost]] = {road: [] for road in ROADS}
    with tempfile.TemporaryDirectory() as folder:
        for road, found in measure(Path(folder), [*ROWS, LARGEST] if asked.largest else ROWS):
            curves[road].append(found)
            print(
                f"{road}, {found.rows:,} rows: {found.seconds:.1f} s, {found.bytes / 2**20:.0f} MiB",
                flush=True,
            )
    known = {road: [asdict(each) for each in costs] for road, costs in curves.items()}
    told = {"machine": machine(), "commit": commit(), "curves": known}
    (FOLDER / "rows.json").write_text(json.dumps(told, indent=1) + "\n")
    picture(curves)


if __name__ == "__main__":
    main()
