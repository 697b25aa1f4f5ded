"""How memory and time of the commands grow with the rows of a table: ``python -m benchmarks.rows``.

Each table is written anew, as a folder of Parquet files, and one network is trained on it: in memory, and
with a limit from the disk once it does not fit; and the model predicts for it. Times are the processor's.
Memory is anonymous (``RssAnon`` of the command and its children, looked at twenty times a second), without
the pages of files that the system keeps and can drop; the most that was resident is beside it. The picture
and its numbers go into ``results/``, where sizes that were measured on the same machine before stay.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import matplotlib as mpl
import numpy as np
import polars as pl
import pyarrow.parquet as pq
from matplotlib import pyplot as plt
from matplotlib.axes import Axes

from benchmarks.machine import commit, machine
from benchmarks.measure import family
from benchmarks.results import FOLDER

INPUTS, TARGET = 30, "y"
ROWS = (10_000, 30_000, 100_000, 300_000, 1_000_000, 3_000_000, 10_000_000)
LARGEST = 20_000_000
MOST_IN_MEMORY = 3_000_000
"""A table of more than four million rows is trained on from the disk in any case."""
LIMIT = "700MB"
AT_ONCE, IN_A_FILE = 2**17, 2**20
"""Rows that are drawn together, and that a file of the folder has."""
LOOKS = 0.05
"""Seconds between two looks at the memory."""
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
    """What a command took for a table of so many ``rows``, at a commit.

    CPU ``seconds``, the most ``anonymous`` bytes at a look, and the most ``bytes`` resident in a process.
    """

    rows: int
    seconds: float
    anonymous: int
    bytes: int
    commit: str = ""


def write_table(folder: Path, rows: int) -> None:
    """Write a table of numbers, of which the target is a function with noise, in pieces."""
    rng = np.random.default_rng(0)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for number, begin in enumerate(range(0, rows, IN_A_FILE)):
        end, writer = min(begin + IN_A_FILE, rows), None
        for first in range(begin, end, AT_ONCE):
            X = rng.normal(size=(min(AT_ONCE, end - first), INPUTS)).round(3).astype(np.float32)
            y = X[:, 0] + X[:, 1] * X[:, 2] + rng.normal(size=len(X)).astype(np.float32)
            table = pl.DataFrame({**{f"x{k}": X[:, k] for k in range(INPUTS)}, TARGET: y}).to_arrow()
            writer = writer or pq.ParquetWriter(folder / f"part-{number:03}.parquet", table.schema)
            writer.write_table(table)
        if writer is not None:
            writer.close()


def cost(rows: int, command: Sequence[str]) -> Cost:
    """Return what a command of shoal's takes, with all threads that it has."""
    shoal = Path(sys.executable).with_name("shoal")
    child = subprocess.Popen([str(shoal), *command], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    most = 0
    while True:
        ended, status, used = os.wait4(child.pid, os.WNOHANG)
        if ended:
            break
        with suppress(OSError):  # of a child that has just ended
            most = max(most, sum(map(anonymous, family(child.pid))))
        time.sleep(LOOKS)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"shoal {' '.join(command)} ended with {child.returncode}")
    return Cost(rows, used.ru_utime + used.ru_stime, most, used.ru_maxrss * 1024, commit())


def anonymous(pid: int) -> int:
    """Return the bytes of a process's memory that no file is behind; nothing once it has ended."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    except OSError:
        return 0
    found = next((line for line in lines if line.startswith("RssAnon:")), "RssAnon: 0 kB")
    return int(found.split()[1]) * 1024


def measure(folder: Path, sizes: Sequence[int]) -> Iterator[tuple[str, Cost]]:
    """Yield the roads and what they took, table by table."""
    table, in_memory, limited, predict = str(folder / "table"), *ROADS
    for rows in sizes:
        write_table(Path(table), rows)
        out = str(folder / "out")
        if rows <= MOST_IN_MEMORY:
            yield in_memory, cost(rows, ["fit", table, "--out", out, *FIT])
        yield limited, cost(rows, ["fit", table, "--out", out, "--memory", LIMIT, *FIT])
        predicted = str(folder / "predicted.parquet")
        yield predict, cost(rows, ["predict", out, table, "--out", predicted, "--overwrite"])


def ratios(curves: dict[str, list[Cost]]) -> Iterator[tuple[int, float]]:
    """Yield sizes, with how long a row takes from the disk there against one in memory.

    Of a size that was not trained on in memory, against a row of the largest that was.
    """
    in_memory, limited, _ = (curves[road] for road in ROADS)
    of_size = {each.rows: each for each in in_memory}
    for each in limited:
        if of_size:
            other = of_size.get(each.rows) or of_size[max(of_size)]
            yield each.rows, each.seconds / each.rows / (other.seconds / other.rows)


def draw(axes: Axes, curves: dict[str, list[Cost]], what: str, line: str = "-") -> None:
    """Draw what grows, ``seconds``, ``anonymous`` or ``bytes``, against rows."""
    scale = {"seconds": 1.0}.get(what, 2.0**20)
    for name, costs in curves.items():
        colour, marker = ROADS[name]
        values = [getattr(each, what) / scale for each in costs]
        rows, label = [each.rows for each in costs], name if line == "-" else None
        axes.loglog(rows, values, line, color=colour, marker=marker, markersize=4, label=label)
    axes.set_xlabel("rows")
    axes.set_ylabel({"seconds": "processor's time / s"}.get(what, "most memory held / MiB"))
    axes.grid(color="0.9")
    axes.spines[["top", "right"]].set_visible(False)


def picture(curves: dict[str, list[Cost]]) -> None:
    """Draw memory and time, one beside the other, into ``results/``."""
    mpl.rcParams.update({"svg.hashsalt": "shoal", "svg.fonttype": "none"})
    figure, both = plt.subplots(1, 2, figsize=(8, 3.6), layout="constrained")
    draw(both[0], curves, "bytes", ":")
    draw(both[0], curves, "anonymous")
    draw(both[1], curves, "seconds")
    limit = int(LIMIT.removesuffix("MB")) * 10**6 / 2**20
    both[0].axhline(limit, color="0.5", linestyle="--", zorder=0)
    both[0].annotate(LIMIT, (ROWS[0], limit), color="0.4", fontsize=8, va="bottom")
    both[0].set_title("anonymous, and dotted all that is resident", fontsize=8)
    both[1].legend(frameon=False, fontsize=8)
    figure.suptitle(f"One network of 16 hidden units, two epochs, {INPUTS} columns of Parquet", fontsize=10)
    figure.savefig(FOLDER / "rows.svg", metadata={"Date": None})
    plt.close(figure)


def before() -> dict[str, list[Cost]]:
    """Return what was measured on this machine before."""
    path = FOLDER / "rows.json"
    known = json.loads(path.read_text()) if path.exists() else {}
    same = known.get("machine") == machine()
    curves = known["curves"] if same else {}
    return {road: [Cost(**each) for each in curves.get(road, []) if "anonymous" in each] for road in ROADS}


def record(curves: dict[str, list[Cost]]) -> None:
    """Write numbers and picture."""
    known = {road: [asdict(each) for each in costs] for road, costs in curves.items()}
    (FOLDER / "rows.json").write_text(json.dumps({"machine": machine(), "curves": known}, indent=1) + "\n")
    picture(curves)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and draw after every size, so that what is interrupted is not lost."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.rows", description=__doc__)
    parser.add_argument("--largest", action="store_true", help=f"also {LARGEST:,} rows, with 6 GB of disk")
    parser.add_argument("--rows", type=int, nargs="+", metavar="N", help="these sizes alone")
    asked = parser.parse_args(arguments)
    sizes = asked.rows or ([*ROWS, LARGEST] if asked.largest else ROWS)
    curves = before()
    with tempfile.TemporaryDirectory() as folder:
        for road, found in measure(Path(folder), sizes):
            others = [each for each in curves[road] if each.rows != found.rows]
            curves[road] = sorted([*others, found], key=lambda each: each.rows)
            print(
                f"{road}, {found.rows:,} rows: {found.seconds:.1f} s, {found.anonymous / 2**20:.0f} MiB "
                f"anonymous, {found.bytes / 2**20:.0f} MiB resident",
                flush=True,
            )
            record(curves)
    for rows, ratio in ratios(curves):
        print(f"a row of {rows:,} from the disk: {ratio:.2f} times the time of one in memory")


if __name__ == "__main__":
    main()
