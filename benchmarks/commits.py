"""``python -m benchmarks.commits BEFORE AFTER [B1 …]``: one checkout of shoal beside another, in turn.

Each checkout is a folder with shoal installed in its ``.venv``. Both do what a workload defines, and should
come to the same bits; then they take turns, the other one stopped meanwhile, for a waiting process can spin.
Figures are the time of the processor, of all threads together: they mean something where others work, too.
"""

from __future__ import annotations

import argparse
import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from benchmarks.measure import Contestant
from benchmarks.workload import Workload
from benchmarks.workloads import WORKLOADS

ROUNDS = 11
CONTESTANTS = ("benchmarks.peers.shoal:", "benchmarks.peers.estimators:")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.commits", description=__doc__)
    parser.add_argument("before", type=Path, help="a checkout, with its .venv")
    parser.add_argument("after", type=Path, help="another")
    parser.add_argument("names", nargs="*", metavar="ID", help=f"of {', '.join(WORKLOADS)}; all")
    parser.add_argument("--rounds", type=int, default=ROUNDS, help="times of each")
    parser.add_argument("--cores", type=int, default=1)
    arguments = parser.parse_args()
    print("| workload | form | before, ms | after, ms | after ÷ before, median of pairs (quartiles) | bits |")
    print("|---|---|--:|--:|--:|---|", flush=True)
    roots = (arguments.before.absolute(), arguments.after.absolute())
    with tempfile.TemporaryDirectory() as folder:
        for name in arguments.names or WORKLOADS:
            for line in compare(WORKLOADS[name], roots, Path(folder), arguments.rounds, arguments.cores):
                print(line, flush=True)


def compare(
    workload: Workload, roots: tuple[Path, Path], folder: Path, rounds: int, cores: int
) -> Iterator[str]:
    """Yield a row of the table for each of shoal's forms."""
    path = folder / "task.npz"
    task = workload.task()
    task.save(path)
    for form in dict.fromkeys(e.name for e in workload.entries if e.name.startswith(CONTESTANTS)):
        with contextlib.ExitStack() as running:
            pair = [running.enter_context(Contestant(form, cores, path, root)) for root in roots]
            for contestant in pair:
                contestant.run(task.epochs)
            same = _same_bits(pair, folder)
            times = np.array([[each.turn(task.epochs) for each in pair] for _ in range(rounds)])
        low, middle, high = np.percentile(times[:, 1] / times[:, 0], [25, 50, 75])
        before, after = np.median(times, axis=0) * 1e3
        ratio = f"{middle:.3f} ({low:.3f} to {high:.3f})"
        label = f"{workload.name} | {form.removeprefix('benchmarks.peers.')}"
        yield f"| {label} | {before:.4g} | {after:.4g} | {ratio} | {'same' if same else 'others'} |"


def _same_bits(pair: list[Contestant], folder: Path) -> bool:
    results = []
    for contestant in pair:
        contestant.ask("save", path=str(folder / "results.npz"))
        with np.load(folder / "results.npz") as arrays:
            results.append(list(arrays.values()))
    return all(np.array_equal(one, other, equal_nan=True) for one, other in zip(*results, strict=True))


if __name__ == "__main__":
    main()
