"""The classes of a table that nobody holds, with a row of each that none of the rows drawn is of."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from shoal.data.cells import values
from shoal.data.frames import as_series, pl
from shoal.data.targets.rare import counted
from shoal.data.targets.task import CLASSIFICATION, infer_task
from shoal.errors import DataError
from shoal.jobs.request import FitRequest
from shoal.jobs.streams.drawing import DrawnRows
from shoal.shapes import Array, IntArray
from shoal.words import plural, setting

MOST = 2**16
"""Labels that are told apart; a target that has more is no class."""
NONE = pl.DataFrame(schema={"label": pl.String, "rows": pl.Int64})


class Labels:
    """The labels of a ``target`` as they are read, with the rows that each has, and the first of these.

    Of a target with more than ``MOST`` different labels nothing is kept, and ``many`` is true.
    """

    def __init__(self, target: str) -> None:
        self.target = target
        self.many = False
        self._counts = NONE
        self._first: list[tuple[pl.DataFrame, IntArray, Array]] = []

    def add(self, rows: pl.DataFrame, numbers: IntArray, draws: Array) -> None:
        """Count rows (N,) whose target is known, with their places in the table and their random numbers."""
        if self.many or not rows.height:
            return
        given = as_series(rows[self.target]).alias("label").to_frame().with_row_index("place")
        here = given.group_by("label").agg(pl.len().cast(pl.Int64).alias("rows"), pl.min("place"))
        here = here.with_columns(values.text(here["label"]))  # of few, since it takes longer than to count
        new = here.join(self._counts, on="label", how="anti")["place"].sort().to_numpy()
        if new.size:
            self._first.append((rows[new], numbers[new], draws[new]))
        both = pl.concat([self._counts, here.drop("place")])
        self._counts = both.group_by("label").agg(pl.sum("rows"))
        if self._counts.height > MOST:
            self.many, self._counts, self._first = True, NONE, []

    def beside(self, drawn: DrawnRows) -> tuple[DrawnRows, list[tuple[str, int]]]:
        """Return the rows drawn and the first of every other label, and how many rows these labels have."""
        if self.many or not self._first:
            return drawn, []
        known = set(_texts(drawn.rows, self.target))
        rows, numbers, draws = (list(kept) for kept in zip(*self._first, strict=True))
        first, number, draw = pl.concat(rows), np.concatenate(numbers), np.concatenate(draws)
        unknown = np.array([label not in known for label in _texts(first, self.target)])
        if not unknown.any():
            return drawn, []
        of = dict(self._counts.iter_rows())
        added = first.filter(pl.Series(unknown))
        told = [(label, of[label]) for label in _texts(added, self.target)]
        return _with(drawn, added, number[unknown], draw[unknown]), told


def with_every_class(
    drawn: DrawnRows, labels: Labels | None, request: FitRequest
) -> tuple[DrawnRows, tuple[str, ...]]:
    """Return the rows drawn so that every class of the target is among them, and what there is to say of it.

    Of a target that is a number they stay as they are. ``labels`` is None where it is asked to be one.

    Raises ``DataError`` for classes that are too many to be counted.
    """
    if labels is None:
        return drawn, ()
    all_classes, rare = labels.beside(drawn)
    if infer_task(as_series(all_classes.rows[labels.target]), request.task).task != CLASSIFICATION:
        return drawn, ()
    if labels.many:
        raise DataError(
            f"the target {labels.target!r} has more than {MOST:,} different values, too many for classes; "
            f"name another column as the target, or say {setting('task', 'regression')} if they are numbers"
        )
    if not rare:
        return drawn, ()
    n = len(rare)
    return all_classes, (
        f"{plural(n, 'class', 'classes')} of the target {labels.target!r} {'has' if n == 1 else 'have'} none "
        f"of the rows drawn, but {counted(rare)} of the others: the first row of each is looked at, too",
    )


def _texts(rows: pl.DataFrame, target: str) -> list[str]:
    found: list[str] = values.text(as_series(rows[target])).to_list()
    return found


def _with(drawn: DrawnRows, rows: pl.DataFrame, numbers: IntArray, draws: Array) -> DrawnRows:
    """Return more rows than were drawn, in the table's order, of which those that were not are the last."""
    every = np.concatenate([drawn.numbers, numbers])
    ranks = np.concatenate([drawn.ranks, len(drawn.numbers) + np.arange(len(numbers))])
    order = np.argsort(every)
    return replace(
        drawn,
        rows=pl.concat([drawn.rows, rows])[order],
        numbers=every[order],
        draws=np.concatenate([drawn.draws, draws])[order],
        ranks=ranks[order],
        besides=len(numbers),
    )
