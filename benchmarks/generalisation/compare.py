"""The arithmetic of the comparison: scores on splits that two have run, their ratios, and what is sure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from benchmarks.generalisation.runs import Key, Ledger, Run, headline
from benchmarks.generalisation.sets import TABLES

HEADLINE = "headline"
"""The score that runs are compared by: the error of a classification, the RMSE of a regression."""


@dataclass(frozen=True)
class Cell:
    """A contestant on a table: its mean score over splits, the standard error, and seconds a fit."""

    splits: int
    mean: float
    error: float
    seconds: float

    @property
    def words(self) -> str:
        """The cell as the table shows it."""
        spread = f" ± {self.error:.2g}" if self.splits > 1 else ""
        return f"{self.mean:.4g}{spread}"


def cell(ledger: Ledger, keys: Iterable[Key]) -> Cell | None:
    """Return a contestant's scores over some splits, None if it lacks all of them."""
    runs = [ledger.runs[key] for key in keys if key in ledger.runs]
    if not runs:
        return None
    scores = np.array([headline(run) for run in runs])
    error = float(scores.std(ddof=1) / math.sqrt(scores.size)) if scores.size > 1 else 0.0
    return Cell(scores.size, float(scores.mean()), error, float(np.mean([run["fit_s"] for run in runs])))


def shared(first: Ledger, second: Ledger, table: str, what: str = HEADLINE) -> list[Key]:
    """Return the splits of a table that both contestants have run, and of which both tell ``what``."""
    both = [key for key in first.runs if key[0] == table and key in second.runs]
    return sorted(k for k in both if all(of(each.runs[k], what) is not None for each in (first, second)))


def of(run: Run, what: str = HEADLINE) -> float | None:
    """Return a score of a run or what it cost, None where it tells nothing of that."""
    if what == HEADLINE:
        return headline(run)
    return None if what not in run else float(run[what])


def relative(ours: Ledger, theirs: Ledger, table: str, what: str = HEADLINE) -> float | None:
    """Return our mean over theirs on the splits that both have run, None if there are none.

    A classification where one makes no error counts the error of half a test row on both sides.
    """
    keys = shared(ours, theirs, table, what)
    if not keys:
        return None
    pair = [float(np.mean([of(ledger.runs[key], what) or 0.0 for key in keys])) for ledger in (ours, theirs)]
    if min(pair) == 0:
        rows = len(TABLES[table].split(0)[1])
        pair = [value + 0.5 / rows / len(keys) for value in pair]
    return pair[0] / pair[1]


class Behind(NamedTuple):
    """A table where we err more than another, by more than one standard error of the difference."""

    table: str
    splits: int
    ratio: float
    difference: float
    error: float


def behind(ours: Ledger, theirs: Ledger, table: str, factor: float = 1.0) -> Behind | None:
    """Return by how much we err more than ``factor`` times what they do, None unless that is sure.

    Sure is a mean difference over shared splits above its standard error, which one split does not have.
    """
    keys = shared(ours, theirs, table)
    if len(keys) < 2:
        return None
    left = np.array([headline(ours.runs[key]) - factor * headline(theirs.runs[key]) for key in keys])
    mean, error = float(left.mean()), float(left.std(ddof=1) / math.sqrt(len(keys)))
    if not mean > error:
        return None
    return Behind(table, len(keys), relative(ours, theirs, table) or math.nan, mean, error)


def ratios(ledgers: Mapping[str, Ledger], ours: str, table: str, what: str = HEADLINE) -> dict[str, float]:
    """Return our mean over that of each other who has run the table."""
    found = {
        name: relative(ledgers[ours], each, table, what) for name, each in ledgers.items() if name != ours
    }
    return {name: ratio for name, ratio in found.items() if ratio is not None}


def geometric_mean(values: Sequence[float]) -> float:
    """Return the mean of ratios, which treats twice and half alike.

    >>> geometric_mean([0.5, 2.0])
    1.0
    """
    return float(np.exp(np.mean(np.log(values)))) if values else math.nan


def mean_ranks(
    ledgers: Mapping[str, Ledger], names: Sequence[str], tables: Sequence[str]
) -> dict[str, float]:
    """Return each contestant's rank among those who ran a table, 1 the best, averaged over tables."""
    ranks: dict[str, list[float]] = {name: [] for name in names}
    for table in tables:
        # on the splits that all who ran the table share, lest an easy split counts for some only
        present = [name for name in names if any(key[0] == table for key in ledgers[name].runs)]
        keys = set.intersection(*({k for k in ledgers[name].runs if k[0] == table} for name in present))
        if not keys:
            continue
        means = {
            name: float(np.mean([headline(ledgers[name].runs[key]) for key in keys])) for name in present
        }
        for name, mean in means.items():
            below = sum(other < mean for other in means.values())
            level = sum(other == mean for other in means.values())
            ranks[name].append(below + (level + 1) / 2)
    return {name: float(np.mean(found)) if found else math.nan for name, found in ranks.items()}
