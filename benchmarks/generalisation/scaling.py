"""``python -m benchmarks.generalisation.scaling``: what scaled inputs gain, set by set.

The default ensemble is fitted to some rows of each set, and once more without the start that sees its inputs
scaled: as many starts as before there was one. Sets are those of the folder ``more`` in ``SHOAL_DATA``, and
Friedman's function with useless columns. Results are kept as soon as they are there, so the command may be
stopped and called again.
"""

from __future__ import annotations

import argparse
import csv
import json
import math
import os
import time
import warnings
from collections.abc import Iterable
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import polars as pl
from sklearn.metrics import log_loss

from benchmarks.generalisation.made import friedman
from benchmarks.generalisation.runs import FOLDER, Ledger
from shoal import ShoalClassifier, ShoalRegressor

FRIEDMAN = tuple(f"friedman_{useless}_{noise}" for useless in (0, 20, 50) for noise in (1, 3))
"""Five columns that matter, so many that do not, and a noise with this standard deviation."""
LARGEST_TEST = 3000
MISSING = ["", "?", "NA", "nan"]
MANY_USELESS = 0.3
"""Of the columns, those with a scale below 0.1, from which on a set is among those with useless columns."""


class Divided(NamedTuple):
    """Rows to train on and to test on, with their targets; numbers are regressions'."""

    X: Any
    y: npt.NDArray[Any]
    unseen: Any
    answers: npt.NDArray[Any]


def divided(name: str, rows: int, split: int) -> Divided:
    """Return at most so many rows of a set to train on; four fifths are there to, the others test."""
    if name in FRIEDMAN:
        useless, noise = name.split("_")[1:]
        X, y = friedman(rows + LARGEST_TEST, int(useless), float(noise), split)
        return Divided(X[:rows], y[:rows], X[rows:], y[rows:])
    folder = Path(os.environ.get("SHOAL_DATA", "")) / "more"
    index = {row["name"]: row for row in csv.DictReader((folder / "INDEX.csv").open())}[name]
    frame = pl.read_csv(folder / f"{name}.csv.gz", infer_schema_length=None, null_values=MISSING)
    order = np.random.RandomState(split).permutation(frame.height)
    test, train = order[: frame.height // 5][:LARGEST_TEST], order[frame.height // 5 :][:rows]
    kind = pl.Float64 if index["task"] == "regression" else pl.String
    y = frame[index["target"]].cast(kind).to_numpy()
    rest = frame.drop(index["target"])
    return Divided(rest[train.tolist()], y[train], rest[test.tolist()], y[test])


def without_scales(n_starts: int, views: int, folds: int, sparing: bool) -> dict[str, Any]:
    """Return the parameters of the ensemble that there would be if no inputs were scaled.

    The second start of each view, which is scaled, is replaced by one more that is not: where no network of a
    second start is there to race against, the rest are not scaled either.

    >>> without_scales(8, views=2, folds=5, sparing=False)
    {'n_starts': 10, 'networks': '1-10,21-50'}
    """
    if sparing or n_starts < 2 * views:
        return {"n_starts": views}
    first, all_of_them = views * folds, (n_starts + views) * folds
    return {"n_starts": n_starts + views, "networks": f"1-{first},{2 * first + 1}-{all_of_them}"}


def measured(name: str, rows: int, split: int) -> dict[str, Any]:
    """Return the test errors and the seconds of the processor of the default, and of it without scales."""
    data = divided(name, rows, split)
    kind = ShoalRegressor if data.y.dtype.kind == "f" else ShoalClassifier
    own, found = fitted(kind(random_state=split, n_jobs=1), data)
    study = own.study_
    views = max(len(study.views.views), 1)
    plain = without_scales(own.repeat_["n_starts"], views, study.folds, study.views.sparing)
    asked = {**own.repeat_, **plain} if study.scaling is not None else None
    before = fitted(kind(random_state=split, n_jobs=1, **asked), data)[1] if asked else found
    scales = None if study.scaling is None else study.scaling.columns
    return {
        "set": name,
        "split": split,
        "rows": len(data.y),
        "columns": data.X.shape[1],
        "starts": own.repeat_["n_starts"] // views,
        "useless": 0.0 if scales is None else float((scales < 0.1).mean()),
        "before": before,
        "now": found,
    }


def fitted(estimator: Any, data: Divided) -> tuple[Any, dict[str, float]]:
    """Return the fitted estimator, its test error (RMSE or log loss), rate of mistakes, and seconds."""
    began = time.process_time()
    estimator.fit(data.X, data.y)
    seconds = round(time.process_time() - began, 2)
    if isinstance(estimator, ShoalRegressor):
        error = float(np.sqrt(np.mean(np.square(estimator.predict(data.unseen) - data.answers))))
        return estimator, {"error": error, "seconds": seconds}
    known = np.isin(data.answers, estimator.classes_)
    said = estimator.predict_proba(data.unseen)[known]
    wrong = float((estimator.classes_[said.argmax(axis=1)] != data.answers[known]).mean())
    error = float(log_loss(data.answers[known], said, labels=estimator.classes_))
    return estimator, {"error": error, "wrong": wrong, "seconds": seconds}


def document(runs: Iterable[dict[str, Any]]) -> str:
    """Return the table: ratios of now to before, below 1 where scales gain, and their geometric means."""
    lines = [
        "| set | rows | columns | below 0.1 | starts | error before | now | ratio | seconds |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    ratios: dict[str, list[float]] = {"many useless columns": [], "others": []}
    times: dict[str, list[float]] = {name: [] for name in ratios}
    for run in runs:
        before, now = run["before"], run["now"]
        ratio, longer = now["error"] / before["error"], now["seconds"] / before["seconds"]
        group = "many useless columns" if run["useless"] >= MANY_USELESS else "others"
        ratios[group].append(ratio)
        times[group].append(longer)
        lines.append(
            f"| {run['set']} | {run['rows']} | {run['columns']} | {run['useless']:.0%} | {run['starts']} "
            f"| {before['error']:.4g} | {now['error']:.4g} | {ratio:.3f} | {longer:.2f} |"
        )
    for group, own in ratios.items():
        if own:
            logs, seconds = np.log(own), float(np.exp(np.mean(np.log(times[group]))))
            se = float(logs.std(ddof=1) / math.sqrt(len(own))) if len(own) > 1 else math.nan
            mean = f"{np.exp(logs.mean()):.3f} ± {se:.3f}"
            lines.append(f"| **{group}** ({len(own)}) | | | | | | | {mean} | {seconds:.2f} |")
    return "\n".join(lines) + "\n"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.generalisation.scaling", description=__doc__)
    parser.add_argument("sets", nargs="*", metavar="SET", help="such as puma32H, friedman_20_1; all")
    parser.add_argument("--rows", type=int, default=1000, help="to train on, at most")
    parser.add_argument("--splits", type=int, default=1)
    parser.add_argument("--results", type=Path, default=FOLDER, help="the folder of results")
    arguments = parser.parse_args()
    ledger = Ledger.of("scaling", arguments.results)
    warnings.simplefilter("ignore")  # of columns that are not used
    for split in range(arguments.splits):
        for name in arguments.sets or [*FRIEDMAN, *_of_the_folder()]:
            if (name, split) not in ledger.runs:
                ledger.add(measured(name, arguments.rows, split))
                print(json.dumps(ledger.runs[name, split]), flush=True)
    page = document(ledger.runs[key] for key in sorted(ledger.runs))
    (arguments.results / "scaling.md").write_text(page)
    print(page)


def _of_the_folder() -> list[str]:
    folder = Path(os.environ.get("SHOAL_DATA", "")) / "more"
    return [row["name"] for row in csv.DictReader((folder / "INDEX.csv").open())]


if __name__ == "__main__":
    main()
