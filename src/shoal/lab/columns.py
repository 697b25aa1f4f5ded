"""The columns of a finished study's picture: a column a candidate, a point a start."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from shoal.plots.text import number
from shoal.selection.trials import Trials
from shoal.shapes import IntArray
from shoal.words import plural


@dataclass(frozen=True)
class Column:
    """A candidate of a study: its size and strength, and of each start the rows that it is judged by.

    ``fitted`` are rows of the same networks, fitted to all that is there when the choice was made.
    """

    hidden: str
    l2: float
    candidate: int
    starts: tuple[tuple[int, IntArray], ...]
    fitted: IntArray


def columns_of(trials: Trials, folds: Iterable[int]) -> tuple[Column, ...]:
    """Return the candidates of a study, each with its starts, which are judged by these folds."""
    found, judged = [], np.isin(trials["fold"], list(folds))
    for candidate in np.unique(trials["candidate"]):
        own = trials["candidate"] == candidate
        rows, fitted = np.flatnonzero(own & judged), np.flatnonzero(own & ~judged)
        if not rows.size:
            continue
        starts = trials["start"][rows]
        each = tuple((int(start), rows[starts == start]) for start in np.unique(starts))
        found.append(
            Column(str(trials["hidden"][rows[0]]), float(trials["l2"][rows[0]]), int(candidate), each, fitted)
        )
    return tuple(found)


def labels_of(columns: tuple[Column, ...]) -> list[str]:
    """Return what columns are called: by size, and by all else that tells them apart."""
    strengths, seen, labels = {column.l2 for column in columns}, dict[str, int](), []
    for column in columns:
        label = column.hidden if len(strengths) == 1 else f"{column.hidden}, λ {column.l2:g}"
        seen[label] = seen.get(label, 0) + 1
        labels.append(label if seen[label] == 1 else f"{label} ({seen[label]})")
    return labels


def in_words(column: Column, trials: Trials) -> list[str]:
    """Return sentences about a candidate: what its starts made of it."""
    means = np.array([trials["validation_loss"][rows].mean() for _, rows in column.starts])
    finite = means[np.isfinite(means)]
    if not finite.size:
        return [f"All {plural(len(means), 'start')} of size {column.hidden} have diverged."]
    words = [
        f"{plural(len(means), 'start')} of size {column.hidden}: validation loss "
        f"{number(finite.min(), 3)} from the best, {number(float(np.median(finite)), 3)} from the median, "
        f"{number(finite.max(), 3)} from the worst."
    ]
    if len(finite) < len(means):
        words.append(f"{len(means) - len(finite)} of them diverged.")
    return words
