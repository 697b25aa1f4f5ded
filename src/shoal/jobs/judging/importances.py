"""How much each column of a table matters to a model: by how much its test score worsens without it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from shoal.jobs.deadline import Deadline
from shoal.jobs.judging.judge import Judge
from shoal.jobs.judging.metrics import score_name
from shoal.jobs.judging.shuffled import Exchange, Shuffled
from shoal.jobs.model import TableModel
from shoal.jobs.prepared import Prepared, Subset
from shoal.randomness import Purpose, stream
from shoal.selection.samples.splits import some_rows
from shoal.shapes import Array, IntArray
from shoal.words import plural
from shoal.workers import one_thread

if TYPE_CHECKING:
    from shoal.plots.evidence import Importance

SHUFFLES = 5
UNITS, LEAST_ROWS, FEWEST_ROWS = 2 * 10**8, 200, 50
"""What may be spent, in units computed (a few seconds); rows that are asked for, and where time is short."""
SHARE = 0.5
"""Of the time left, what shuffling every column once may take by a forecast from a few columns."""
CHUNK = 4096
"""Rows that are predicted in one call: what they take stays in the caches."""


@dataclass(frozen=True)
class Importances:
    """The columns, the most important first, and a sentence on what there was no time for."""

    rows: list[Importance]
    note: str = ""


@dataclass(frozen=True)
class _Group:
    """Columns that are shuffled together; ``number`` is that of the first of them, and of their streams."""

    name: str
    which: IntArray
    number: int


def importances(
    model: TableModel, prepared: Prepared, seed: int, deadline: Deadline | None = None
) -> Importances:
    """Return how much the test score worsens when a column's values are shuffled among the test rows.

    Every feature that comes from the column is shuffled alike. The mean and standard deviation of
    ``SHUFFLES`` shuffles, the most important column first, on as many of the rows as ``UNITS`` allows.
    Where the deadline leaves no time for all of that there are fewer shuffles, then fewer rows, and then
    neighbouring columns are shuffled together; after it there is nothing.

    Source: Breiman 2001, "Random forests", 10.
    """
    deadline = deadline or Deadline()
    if deadline.left() <= 0:
        return Importances([], "The time was up before the importances of the columns.")
    with one_thread():  # the same bits on any number of cores
        return _importances(model, prepared, seed, deadline)


def _importances(model: TableModel, prepared: Prepared, seed: int, deadline: Deadline) -> Importances:
    columns = _columns(model)
    whole = _affordable(prepared, model, SHUFFLES * len(columns), seed)
    examined, groups = _Examined(model, prepared, whole, seed), columns
    if deadline.seconds is not None:
        test, groups = _shortened(examined, columns, deadline)
        if len(test) < len(whole):
            examined = _Examined(model, prepared, test, seed)
    passes: list[list[float]] = []
    began = deadline.elapsed
    while len(passes) < SHUFFLES:
        passes.append(examined.increases(groups, len(passes)))
        if deadline.left() < (deadline.elapsed - began) / len(passes):
            break
    rows: list[Importance] = [
        {"column": group.name, "increase": float(np.mean(own)), "sd": float(np.std(own))}
        for group, own in zip(groups, np.transpose(passes), strict=True)
    ]
    note = _note(len(passes), (len(examined.test), len(whole)), (len(groups), len(columns)))
    return Importances(sorted(rows, key=lambda row: -row["increase"]), note)


class _Examined:
    """A model and the rows that it is examined on, with the score of the rows as they are."""

    def __init__(self, model: TableModel, prepared: Prepared, test: Subset, seed: int) -> None:
        self.test, self._seed = test, seed
        self._shuffled = Shuffled(model, np.asarray(test.X))
        self._name = score_name(prepared.target)
        self._judge = Judge(prepared, test)
        self._intact = self._score(self._shuffled.intact)
        self._classes = prepared.n_classes
        self.at_a_time = max(CHUNK // len(test), 1)

    def some(self, most: int) -> Subset:
        """Return at most so many of the rows."""
        return _some(self.test, most, self._classes, self._seed)

    def increases(self, groups: Sequence[_Group], shuffle: int) -> list[float]:
        """Return by how much the score rises when the columns of each group are shuffled."""
        increases = []
        for first in range(0, len(groups), self.at_a_time):
            exchanges = [
                Exchange(group.which, self._order(group, shuffle))
                for group in groups[first : first + self.at_a_time]
            ]
            predictions = self._shuffled.predict(exchanges)
            increases += [self._score(values) - self._intact for values in predictions]
        return increases

    def _score(self, predictions: Array) -> float:
        score = self._judge.scores(predictions)[self._name]
        assert score is not None  # a log loss, or a mean error
        return score

    def _order(self, group: _Group, shuffle: int) -> IntArray:
        return stream(self._seed, group.number, Purpose.PERMUTATION, shuffle).permutation(len(self.test))


def _columns(model: TableModel) -> list[_Group]:
    """Return every column with its features."""
    features: dict[str, list[int]] = {}
    for feature, column in enumerate(model.preprocessor.source_columns):
        features.setdefault(column, []).append(feature)
    return [
        _Group(column, np.array(which), number) for number, (column, which) in enumerate(features.items())
    ]


def _affordable(prepared: Prepared, model: TableModel, times: int, seed: int) -> Subset:
    """Return some of the rows to test on, as many as can be predicted so many times."""
    population = model.population
    units = population.size * sum(int(np.prod(shape)) for shape in population.network.shapes[1:])
    return _some(prepared.test, max(UNITS // (units * times), LEAST_ROWS), prepared.n_classes, seed)


def _some(part: Subset, most: int, n_classes: int, seed: int) -> Subset:
    rows = some_rows(len(part), most, seed, part.y if n_classes else None)
    return part if len(rows) == len(part) else part.rows(rows)


def _shortened(examined: _Examined, columns: list[_Group], deadline: Deadline) -> tuple[Subset, list[_Group]]:
    """Return the rows and the groups of columns for which there is time, by that of a few columns."""
    began, few = deadline.elapsed, columns[: examined.at_a_time]
    examined.increases(few, 0)
    pace = (deadline.elapsed - began) / len(few)
    left, test = SHARE * deadline.left(), examined.test
    share = left / max(pace * len(columns), 1e-9)
    if share >= 1:
        return test, columns
    fewer = examined.some(max(int(share * len(test)), FEWEST_ROWS))
    most = max(int(left / (pace * len(fewer) / len(test))), 1)
    return fewer, _merged(columns, math.ceil(len(columns) / most))


def _merged(columns: list[_Group], size: int) -> list[_Group]:
    """Return the columns in groups of so many neighbours."""
    if size == 1:
        return columns
    groups = [columns[first : first + size] for first in range(0, len(columns), size)]
    return [
        _Group(
            f"{group[0].name} … {group[-1].name} ({plural(len(group), 'column')})",
            np.concatenate([column.which for column in group]),
            group[0].number,
        )
        for group in groups
    ]


def _note(shuffles: int, rows: tuple[int, int], groups: tuple[int, int]) -> str:
    """Return what there was no time for; rows and groups are those there are, and those there would be."""
    less = []
    if shuffles < SHUFFLES:
        less.append(f"shuffled {plural(shuffles, 'time')} instead of {SHUFFLES}")
    if rows[0] < rows[1]:
        less.append(f"on {rows[0]:,} instead of {rows[1]:,} test rows")
    if groups[0] < groups[1]:
        less.append(f"in {plural(groups[0], 'group')} of neighbours")
    if not less:
        return ""
    return f"Importances of {plural(groups[1], 'column')}: {', '.join(less)}, as the time was short."
