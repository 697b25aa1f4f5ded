"""``python -m benchmarks.grids [TABLE …]``: a grid of networks, as populations and as scikit-learn's loop.

``CapacityStudyCV`` and ``GridSearchCV`` over scikit-learn's perceptron, with all cores, search the same grid
of 5 sizes × 5 alphas × 3 starts on the same 5 folds: 375 fits, and the best mean score of each. Needs
SHOAL_DATA, the folder with ``tables/``; writes ``benchmarks/results/grids.md``.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import time
import warnings
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl
import sklearn.neural_network
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler

import shoal
from benchmarks.machine import commit, machine
from benchmarks.results import FOLDER

TARGETS = {"phoneme": "class", "california_housing": "medianHouseValue"}
GRID = {
    "hidden_layer_sizes": [2, 4, 8, 16, 32],
    "alpha": [1e-5, 1e-3, 1e-1, 1, 10],
    "random_state": [0, 1, 2],
}
FOLDS = 5


@dataclass(frozen=True)
class Searched:
    """``seconds`` of each run of ``CapacityStudyCV`` and of the one of ``GridSearchCV``, and their scores."""

    table: str
    rows: int
    epochs: int
    seconds: list[float]
    score: float
    peer_seconds: float
    peer_score: float
    cores: int
    date: str
    commit: str

    @property
    def ratio(self) -> float:
        return self.peer_seconds / statistics.median(self.seconds)


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.grids", description=__doc__)
    parser.add_argument("tables", nargs="*", metavar="TABLE", help=f"of {', '.join(TARGETS)}; all")
    parser.add_argument("--epochs", type=int, default=200, help="at most, for each network")
    parser.add_argument("--repeats", type=int, default=3, help="runs of CapacityStudyCV")
    arguments = parser.parse_args()
    for table in arguments.tables or TARGETS:
        if table not in TARGETS:
            parser.error(f"there is no table {table}; take some of {', '.join(TARGETS)}")
    warnings.simplefilter("ignore")  # that networks have not converged yet, 375 times
    os.environ["PYTHONWARNINGS"] = "ignore"
    for table in arguments.tables or TARGETS:
        record(search(table, arguments.epochs, arguments.repeats))


def search(table: str, epochs: int, repeats: int) -> Searched:
    """Search the grid on a table, and say how long it took."""
    X, y = read(table)
    kind = "MLPClassifier" if table == "phoneme" else "MLPRegressor"
    ours, theirs = getattr(shoal, kind), getattr(sklearn.neural_network, kind)
    options: dict[str, Any] = {"cv": FOLDS, "refit": False, "n_jobs": -1}
    seconds = []
    for _ in range(repeats):
        took, study = timed(
            shoal.CapacityStudyCV(ours(max_iter=epochs, dtype="float32"), GRID, **options).fit, X, y
        )
        seconds.append(took)
        print(f"{table}: CapacityStudyCV {took:.2f} s, best {study.best_score_:.4f}", flush=True)
    took, peer = timed(GridSearchCV(theirs(max_iter=epochs), GRID, **options).fit, X, y)
    print(f"{table}: GridSearchCV {took:.1f} s, best {peer.best_score_:.4f}", flush=True)
    today = datetime.now(UTC).date().isoformat()
    scores = float(study.best_score_), took, float(peer.best_score_)
    return Searched(table, len(X), epochs, seconds, *scores, len(os.sched_getaffinity(0)), today, commit())


def read(table: str) -> tuple[Any, Any]:
    """Return a table's inputs, standardised, and its target; numbers are standardised too."""
    frame = pl.read_csv(Path(os.environ["SHOAL_DATA"], "tables", f"{table}.csv.gz"))
    X = StandardScaler().fit_transform(frame.drop(TARGETS[table]).fill_null(0).to_numpy())
    y = frame[TARGETS[table]].to_numpy()
    return X, (y - y.mean()) / y.std() if table != "phoneme" else y


def timed(run: Callable[..., Any], *arguments: Any) -> tuple[float, Any]:
    """Return the seconds that a call took, and what it returned."""
    began = time.perf_counter()
    value = run(*arguments)
    return time.perf_counter() - began, value


def record(searched: Searched) -> None:
    """Put a search among those of before, and write both files."""
    path = FOLDER / "grids.json"
    entries = json.loads(path.read_text()) if path.exists() else {}
    entries[searched.table] = asdict(searched)
    path.write_text(json.dumps(entries, indent=1) + "\n")
    (FOLDER / "grids.md").write_text(document([Searched(**entry) for entry in entries.values()]))


def document(found: list[Searched]) -> str:
    """Return the table of all grids."""
    lines = [
        "# Searches",
        "",
        "`python -m benchmarks.grids`: 5 folds × 5 sizes × 5 alphas × 3 starts, 375 fits with all cores,",
        "by `CapacityStudyCV` (float32; the median, and all runs) and by `GridSearchCV` over scikit-learn's",
        "perceptron.",
        "",
        "| table | rows | epochs at most | shoal | scikit-learn | ratio | target | best score | its best |",
        "|---|--:|--:|--:|--:|--:|--:|--:|--:|",
    ]
    for s in found:
        runs = ", ".join(f"{seconds:.1f}" for seconds in s.seconds)
        met = f"**{s.ratio:.0f}×**" if s.ratio >= 50 else f"{s.ratio:.0f}×, missed"
        lines.append(
            f"| {s.table} | {s.rows} | {s.epochs} | {statistics.median(s.seconds):.1f} s ({runs}) | "
            f"{s.peer_seconds:.0f} s | {met} | ≥ 50× | {s.score:.4f} | {s.peer_score:.4f} |"
        )
    who = machine()["processor"]
    lines += ["", *(f"- {s.table}: {s.date}, commit {s.commit}, {s.cores} cores of {who}." for s in found)]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    main()
