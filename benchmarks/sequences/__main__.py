"""``python -m benchmarks.sequences [SET …]``: fit the estimators with nothing to tune, and write the table.

Every set is fitted on its training part as it is published; its test part is looked at once, at the end.
With ``--validate`` it is not looked at, and only what is held out of the training part is told.
"""

from __future__ import annotations

import argparse
import time
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.machine import commit, machine
from benchmarks.sequences.results import EVERY, FOLDER, AnySet, Entry, load, save
from benchmarks.sequences.sets import Measured, Set
from shoal import SequenceClassifier, SequenceRegressor
from shoal.data.sequences.series_set import SeriesSet
from shoal.shapes import Array


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.sequences", description=__doc__)
    parser.add_argument("sets", nargs="*", metavar="SET", help=f"of {', '.join(EVERY)}; all")
    parser.add_argument(
        "--validate", action="store_true", help="leave the test part alone, and write nothing"
    )
    parser.add_argument("--data", type=Path, help="the folder with the sets, if not where SHOAL_DATA says")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--budget", type=float, help="operations, if not the default")
    parser.add_argument("--threads", type=int, help="all cores, unless OMP_NUM_THREADS says less")
    parser.add_argument("--results", type=Path, default=FOLDER, help="the folder of results")
    arguments = parser.parse_args()
    for name in arguments.sets:
        if name not in EVERY:
            parser.error(f"there is no set {name}; take some of {', '.join(EVERY)}")
    settings = {"random_state": arguments.seed, "n_jobs": arguments.threads, "channels_first": True}
    if arguments.budget is not None:
        settings["budget"] = arguments.budget
    for name in arguments.sets or EVERY:
        entry = run(EVERY[name], arguments.data, arguments.validate, settings)
        if not arguments.validate:
            save(arguments.results, {**load(arguments.results), name: entry})


def run(of: AnySet, folder: Path | None, validate: bool, settings: dict[str, Any]) -> Entry:
    """Fit a set, judge what came out, and say so."""
    measured = partial(_measured, of) if isinstance(of, Set) else of.measure
    error, held_out, seconds, sentence = measured(folder, validate, settings)
    entry = Entry(
        error=error,
        held_out=held_out,
        seconds=seconds,
        sentence=sentence,
        seed=settings["random_state"],
        date=datetime.now(UTC).date().isoformat(),
        commit=commit(),
        machine=machine()["processor"],
    )
    print(f"{of.name}: {error:.4g} (held out {held_out:.4g}, to reach {of.target:g}), {seconds:.1f} s of CPU")
    print(f"  {entry.sentence}", flush=True)
    return entry


def _measured(of: Set, folder: Path | None, validate: bool, settings: dict[str, Any]) -> Measured:
    """Return the errors of the test part and of what is held out, the CPU seconds, and what was made."""
    data = of.read(folder)
    kind = SequenceClassifier if of.classification else SequenceRegressor
    estimator: Any = kind(**settings)
    known = _targets(data.train, of)
    began = time.process_time()
    estimator.fit(list(data.train.series), known)
    seconds = time.process_time() - began
    held = estimator.held_out_
    held_out = _judged(estimator.classes_[held.argmax(axis=1)] if of.classification else held, known)
    error = float("nan")
    if not validate:
        assert data.test is not None
        error = _judged(estimator.predict(list(data.test.series)), _targets(data.test, of))
    return Measured(error, held_out, seconds, estimator.mixture_.sentence)


def _targets(part: SeriesSet, of: Set) -> Array:
    assert part.targets is not None
    values = part.targets.to_numpy()
    return values.astype(str) if of.classification else values.astype(np.float64)


def _judged(predicted: Array, known: Array) -> float:
    """Return the share of wrong labels in %, or the root of the mean squared error."""
    if known.dtype.kind == "U":
        return float(100 * (predicted != known).mean())
    return float(np.sqrt(np.square(predicted - known).mean()))


if __name__ == "__main__":
    main()
