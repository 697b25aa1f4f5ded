"""From a table to the arrays of a study: rows divided, columns encoded, the test share set aside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from shoal.calibration.decision import require_decidable
from shoal.data.cells.notation import Known
from shoal.data.features.preprocessing import TablePreprocessor
from shoal.data.frames import Frame
from shoal.data.row_numbers import counting_rows
from shoal.data.tables import read_table
from shoal.data.targets.task import TargetEncoder, TaskChoice, known_rows
from shoal.errors import DataError
from shoal.jobs.division import divide
from shoal.jobs.leakage import Identified, require_apart, tell_of_division, tell_what_is_unknown
from shoal.jobs.memory.footprint import Allowance
from shoal.jobs.metadata import attributes_of, unit_of, without_weightless
from shoal.jobs.model import TableModel
from shoal.jobs.prepared import Prepared, Subset, collected
from shoal.jobs.recipes import Method, smoothed_for, table_goal
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing.study import Goal
from shoal.jobs.tables.described import Described, method_of, rule_of
from shoal.jobs.tables.fits import as_fits, look
from shoal.populations.population import Population
from shoal.selection.rules import BY_EVIDENCE
from shoal.selection.samples.attributes import Attributes
from shoal.shapes import IntArray
from shoal.words import plural, setting


@dataclass(frozen=True)
class PreparedTable(Prepared):
    """A table made ready."""

    task: TaskChoice
    preprocessor: TablePreprocessor
    forms: tuple[str, ...]
    """Of numbers, that some networks each are given."""
    plainer: dict[str, Any]
    """Settings that are 0 for lack of memory."""

    @property
    def less(self) -> dict[str, Any]:
        return self.plainer

    @property
    def noun(self) -> str:
        return "row"

    @property
    def sentence(self) -> str:
        return (
            f"{plural(self.n_rows, 'row')}, {plural(len(self.columns), 'column')}, "
            f"{plural(self.train.X.shape[1], 'feature')}. "
            f"{self.task.sentence[0].upper()}{self.task.sentence[1:]}."
        )

    @property
    def views(self) -> tuple[tuple[int, ...], ...]:
        return self.preprocessor.views(self.forms)

    @property
    def sources(self) -> tuple[str, ...]:
        return self.preprocessor.source_columns

    def rule(self, request: FitRequest) -> str:
        return rule_of(request)

    def method(self, request: FitRequest) -> Method:
        method = method_of(replace(request, **self.plainer), self.task.task, self.columns)
        if not self.n_classes:
            return method
        return smoothed_for(method, np.bincount(self.train.y, self.train.weights, self.n_classes))

    def goal(self, request: FitRequest) -> Goal:
        return table_goal(request, rule_of(request), self.n_classes, len(self.train), max(len(self.views), 1))

    def model(self, population: Population) -> TableModel:
        return TableModel(self.preprocessor, self.target, population)


def prepare_table(request: FitRequest) -> PreparedTable:
    """Read the table and divide it: see ``prepare_frame``.

    Raises ``CapacityError``, of a large table before it is read, where it would not fit into memory.
    """
    allowance = Allowance.of(request)
    look(request, allowance)
    with counting_rows():
        with collected() as notes:
            described = Described.read(request)
        prepared = _divided(described, request, request.test is None, allowance)
    return replace(prepared, warnings=(*notes, *prepared.warnings))


def prepare_frame(frame: Frame, name: str, request: FitRequest, divide_test: bool) -> PreparedTable:
    """Divide the rows of a table; medians, scales and categories come from the training rows alone.

    With folds the training rows are all that are not for testing, so a fold's scaling has seen its
    validation rows' features (never their targets). Unless ``divide_test`` none are for testing but those of
    a table asked for.

    Raises ``DataError``, ``ConfigurationError`` or ``CapacityError`` before anything is written.
    """
    with counting_rows():
        with collected() as notes:
            described = Described.of(frame, name, request, least=2 if divide_test else 1)
        prepared = _divided(described, request, divide_test, Allowance.of(request))
    return replace(prepared, warnings=(*notes, *prepared.warnings))


def _divided(
    table: Described,
    request: FitRequest,
    divide_test: bool,
    allowance: Allowance,
) -> PreparedTable:
    """Return the rows by their use, and the features of them."""
    frame, name, task = table.frame, table.name, table.task
    with collected() as notes:
        plainer, told = as_fits(table, request, allowance)
        notes.extend(told)
        whole = _whole_target(frame, name, task.task, table.least, request)
        labels = whole.encode(frame[name]) if whole is not None else None
        attributes = attributes_of(frame, table.roles)
        by_folds = {"ensemble": True, BY_EVIDENCE: False}.get(rule_of(request))
        rows = divide(
            attributes.divider(len(frame), labels),
            request,
            not divide_test,
            request.valid is not None,
            by_folds,
        )
        tell_of_division(attributes, table.roles, rows, labels, whole.labels if whole else ())
        with collected():  # how numbers are read has been told of all rows
            target = whole or TargetEncoder.fit(frame[name].gather(rows.train), task.task, loss=request.loss)
        method = method_of(replace(request, **plainer), task.task, table.columns)
        preprocessor = table.preprocessor(method, rows.train)
        part = SubsetMaker(preprocessor, target, table, method.recipe.rule.dtype)
        train = part(frame, attributes, rows.train)
        validation, test = other_parts(request, part)
        if rows.held.size:
            validation = part(frame, attributes, rows.held)
        if test is None:
            test = part(frame, attributes, rows.test) if divide_test else Subset(train.X[:0], train.y[:0])
    return PreparedTable(
        target=target,
        n_rows=len(frame),
        train=train,
        validation=validation,
        test=test,
        folds=rows.folds,
        validation_share=rows.validation_share,
        test_share=request.test_share if divide_test else None,
        warnings=tuple(notes),
        columns=table.columns,
        target_kind=table.target_kind,
        task=task,
        preprocessor=preprocessor,
        forms=method.forms,
        plainer=plainer,
    )


@dataclass(frozen=True)
class SubsetMaker:
    preprocessor: TablePreprocessor
    target: TargetEncoder
    table: Described
    dtype: str

    def __call__(self, frame: Frame, attributes: Attributes, rows: IntArray | None = None) -> Subset:
        X = self.preprocessor.transform(frame, rows=rows, dtype=self.dtype)
        series = frame[self.table.name]
        y = self.target.encode(series if rows is None else series.gather(rows))
        return Subset(X, y, attributes if rows is None else attributes.take(rows))


def _whole_target(
    frame: Frame, name: str, task: str, least: int, request: FitRequest
) -> TargetEncoder | None:
    # Classes are known from all rows, so that a rare one is known wherever it falls; a regression's mean
    # and standard deviation belong to the training rows.
    encoder = TargetEncoder.fit(frame[name], task, least)
    require_decidable(request.metric, request.cost, encoder.labels)
    return encoder if task == "classification" else None


Read: TypeAlias = Callable[[str, Sequence[str], Known], Frame]
"""What reads a table that has some, or all, of these columns, whose numbers are written as is known."""


def other_parts(
    request: FitRequest, part: SubsetMaker, read: Read = read_table
) -> tuple[Subset | None, Subset | None]:
    """Return the rows to choose by and to test on that other tables bring along, all apart."""
    earlier = [Identified.of("the table", part.table.frame, part.table.roles)]
    found = list[Subset | None]()
    for option in ("valid", "test"):
        with counting_rows():
            path = getattr(request, option)
            found.append(None if path is None else _other_part(option, path, part, earlier, read))
    return found[0], found[1]


def _other_part(option: str, path: str, part: SubsetMaker, earlier: list[Identified], read: Read) -> Subset:
    """Return the rows of another table, which has the columns of this one.

    They are apart from the rows in ``earlier`` parts, among which they are then.
    """
    table = part.table
    given = read(path, table.names, table.known)
    strangers = [name for name in given.columns if name not in set(table.names)]
    if strangers:
        raise DataError(
            f"{setting(option, path)} has the column {strangers[0]!r}, which the table lacks; drop it"
        )
    try:
        rows = table.rare.of_frame(known_rows(given, table.name), table.name)
        rows = without_weightless(rows, table.roles)
        tell_what_is_unknown(option, path, rows, table.roles)
        own = Identified.of(setting(option, path), rows, table.roles)
        require_apart(own, earlier, table.roles)
        earlier.append(own)
        return part(rows, attributes_of(rows, table.roles, unit_of(table.frame, table.roles)))
    except DataError as error:
        raise DataError(f"{setting(option, path)}: {error}") from None
