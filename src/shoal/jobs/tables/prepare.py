"""From a table to the arrays of a study: rows divided, columns encoded, the test share set aside."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeAlias

import numpy as np

from shoal.calibration.decision import require_decidable
from shoal.data.chosen import ChosenColumns, require_one_target
from shoal.data.columns import ColumnSummary, describe_columns
from shoal.data.features.preprocessing import TablePreprocessor
from shoal.data.frames import Frame
from shoal.data.names import names_shown
from shoal.data.readers.glimpse import bytes_of, glimpse
from shoal.data.roles import Roles
from shoal.data.settled import settled
from shoal.data.tables import read_table
from shoal.data.targets.rare import RareClasses
from shoal.data.targets.task import (
    CLASSIFICATION,
    TargetEncoder,
    TaskChoice,
    infer_task,
    known_rows,
)
from shoal.errors import ConfigurationError, DataError, ShoalError
from shoal.jobs.apart import (
    Place,
    attributes_of,
    require_apart,
    tell_of_division,
    tell_what_is_unknown,
    unit_of,
    without_weightless,
)
from shoal.jobs.division import divide
from shoal.jobs.memory.footprint import NONE_BROUGHT, Allowance, Brought, Footprint, fitting, require_reading
from shoal.jobs.model import TableModel
from shoal.jobs.prepared import Part, Prepared, collected
from shoal.jobs.recipes import Method, smoothed_for, table_goal, table_method
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing.study import Goal
from shoal.populations.population import Population
from shoal.selection.attributes import Attributes
from shoal.selection.choice import BY_EVIDENCE
from shoal.shapes import IntArray
from shoal.words import plural, setting

WORTH_A_LOOK = 2**16
"""Bytes of a file that is brought along from which on it is looked at before it is read."""


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
        return _rule(request)

    def method(self, request: FitRequest) -> Method:
        method = _method(replace(request, **self.plainer), self.task.task, self.columns)
        if not self.n_classes:
            return method
        return smoothed_for(method, np.bincount(self.train.y, self.train.weights, self.n_classes))

    def goal(self, request: FitRequest) -> Goal:
        return table_goal(request, _rule(request), self.n_classes, len(self.train), max(len(self.views), 1))

    def model(self, population: Population) -> TableModel:
        return TableModel(self.preprocessor, self.target, population)


def _rule(request: FitRequest) -> str:
    return BY_EVIDENCE if request.score == BY_EVIDENCE else request.choose or "ensemble"


def prepare_table(request: FitRequest) -> PreparedTable:
    """Read the table and divide it: see ``prepare_frame``.

    Raises ``CapacityError``, of a large table before it is read, where it would not fit into memory.
    """
    allowance = Allowance.of(request)
    look(request, allowance)
    with collected() as notes:
        described = _read(request)
    prepared = _divided(described, request, request.test is None, allowance)
    return replace(prepared, warnings=(*notes, *prepared.warnings))


def look(request: FitRequest, allowance: Allowance) -> None:
    """Raise ``CapacityError`` for tables whose first rows tell that they are too much for the memory."""
    seen = glimpse(request.table)
    if seen is not None and seen.head is None:
        require_reading(request.table, seen.reading, request, allowance)
    for source in filter(None, (request.valid, request.test)):
        require_reading(source, _brought(source).reading, request, allowance)
    if seen is None or seen.head is None or request.target not in seen.head.columns:
        return
    try:
        with collected():
            head = Described.of(seen.head, request.target, request, least=1)
    except ShoalError:
        return  # all of the table may be otherwise, and will tell
    method = _method(request, head.task.task, head.columns)
    fitting(_footprint(head, request, seen.rows, seen.reading), request, method, allowance)


def prepare_frame(frame: Frame, name: str, request: FitRequest, divide_test: bool) -> PreparedTable:
    """Divide the rows of a table; medians, scales and categories come from the training rows alone.

    With folds the training rows are all that are not for testing, so a fold's scaling has seen its
    validation rows' features (never their targets). Unless ``divide_test`` none are for testing but those of
    a table asked for.

    Raises ``DataError``, ``ConfigurationError`` or ``CapacityError`` before anything is written.
    """
    with collected() as notes:
        described = Described.of(frame, name, request, least=2 if divide_test else 1)
    prepared = _divided(described, request, divide_test, Allowance.of(request))
    return replace(prepared, warnings=(*notes, *prepared.warnings))


@dataclass(frozen=True)
class Described:
    """A table whose columns are known: what is used of its rows, and what is asked of it."""

    frame: Frame
    name: str
    known: Sequence[str]
    """The names of all of the table's columns."""
    chosen: ChosenColumns
    columns: tuple[ColumnSummary, ...]
    target_kind: str
    task: TaskChoice
    rare: RareClasses
    least: int
    roles: Roles

    @classmethod
    def of(cls, frame: Frame, name: str, request: FitRequest, least: int) -> Described:
        """Describe the columns of a table, and keep what is used of it."""
        task = infer_task(frame[name], request.task, request.loss)
        roles = Roles.settle(frame.columns, name, request)
        frame = without_weightless(frame, roles)
        asked = (request.drop, request.columns, request.categorical)
        chosen = ChosenColumns.settle(frame.columns, name, *asked, roles.of_columns)
        columns = tuple(describe_columns(frame.drop(chosen.dropped), name, chosen.categorical))
        (target_column,) = describe_columns(frame.select(name))
        rare = _rare_classes(frame, name, task, request, least)
        used = rare.of_frame(settled(frame, name, columns, roles.of_columns), name)
        kind = target_column.kind
        return cls(
            used, name, frame.columns, chosen, columns, kind, _task_after(task, rare), rare, least, roles
        )


def _read(request: FitRequest) -> Described:
    """Return the table described; what else was read of it is let go of."""
    return Described.of(*_rows_and_target(request), request, least=2 if request.test is None else 1)


def _brought(source: str | None) -> Brought:
    """Return what a table that is brought along takes, by its first rows; nothing of a small one."""
    seen = None if source is None else glimpse(source, WORTH_A_LOOK)
    return NONE_BROUGHT if seen is None else Brought(seen.rows, seen.reading)


def _footprint(table: Described, request: FitRequest, rows: int, reading: int = 0) -> Footprint:
    """Return what decides the memory for so many rows like those of a table."""
    n_outputs = 1
    if table.task.task == CLASSIFICATION:
        classes = table.frame[table.name].n_unique()
        n_outputs = classes if classes > 2 else 1
    return Footprint(
        rows=rows,
        test_rows=int(request.test_share * rows) if request.test is None else 0,
        columns=table.columns,
        used=round(rows / len(table.frame) * bytes_of(table.frame.to_native())),
        n_outputs=n_outputs,
        reading=reading,
        copied=request.valid is not None or _rule(request) not in ("ensemble", BY_EVIDENCE),
        validation=_brought(request.valid),
        test=_brought(request.test),
    )


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
        by_folds = {"ensemble": True, BY_EVIDENCE: False}.get(_rule(request))
        rows = divide(
            attributes.divider(len(frame), labels),
            request,
            not divide_test,
            request.valid is not None,
            by_folds,
        )
        tell_of_division(attributes, table.roles, rows, labels, whole.labels if whole else ())
        target = whole or TargetEncoder.fit(
            frame[name].to_native().gather(rows.train), task.task, loss=request.loss
        )
        method = _method(replace(request, **plainer), task.task, table.columns)
        preprocessor = TablePreprocessor.fit(
            frame, name, table.columns, method.pieces, method.waves, table.chosen.dropped, rows.train
        )
        part = PartMaker(preprocessor, target, table, method.recipe.rule.dtype)
        train = part(frame, attributes, rows.train)
        validation, test = other_parts(request, part)
        if rows.held.size:
            validation = part(frame, attributes, rows.held)
        if test is None:
            test = part(frame, attributes, rows.test) if divide_test else Part(train.X[:0], train.y[:0])
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


def as_fits(table: Described, request: FitRequest, allowance: Allowance) -> tuple[dict[str, Any], list[str]]:
    """Return what is plainer for the table to fit into memory, and what there is to say of it."""
    method = _method(request, table.task.task, table.columns)
    footprint = _footprint(table, request, len(table.frame))
    plainer, told = fitting(footprint, request, method, allowance)
    return plainer, [told] if told else []


def _method(request: FitRequest, task: str, columns: Sequence[ColumnSummary]) -> Method:
    return table_method(request, _rule(request), task, _count_numbers(columns))


def _count_numbers(columns: Sequence[ColumnSummary]) -> int:
    return sum(column.used and column.kind == "numeric" for column in columns)


@dataclass(frozen=True)
class PartMaker:
    preprocessor: TablePreprocessor
    target: TargetEncoder
    table: Described
    dtype: str

    def __call__(self, frame: Frame, attributes: Attributes, rows: IntArray | None = None) -> Part:
        X = self.preprocessor.transform(frame, rows=rows, dtype=self.dtype)
        series = frame[self.table.name].to_native()
        y = self.target.encode(series if rows is None else series.gather(rows))
        return Part(X, y, attributes if rows is None else attributes.take(rows))


def _rows_and_target(request: FitRequest) -> tuple[Frame, str]:
    """Return the rows to work on, and the name of the column to predict."""
    table = read_table(request.table)
    if request.target is None:
        raise ConfigurationError(
            f"{request.table} is read as a table, which needs {setting('target')}, the column to predict; "
            f"give it (or a folder, IDX or NPZ file of images). Its columns: {names_shown(table.columns)}"
        )
    require_one_target(request.target, table.columns)
    return known_rows(table, request.target), request.target


def _rare_classes(frame: Frame, name: str, task: TaskChoice, request: FitRequest, least: int) -> RareClasses:
    """Return what becomes of classes with fewer rows than ``least``."""
    if task.task == CLASSIFICATION:
        return RareClasses.settle(frame[name].to_native(), request.rare, least)
    if request.rare is not None:
        raise ConfigurationError(
            f"{setting('rare')} is for classes, and this is a {task.sentence}; leave it out"
        )
    return RareClasses()


def _task_after(task: TaskChoice, rare: RareClasses) -> TaskChoice:
    if not rare.labels:
        return task
    left = len(set(rare.becomes) - {None})
    return replace(task, sentence=f"{task.sentence}; without rare classes there are {left}")


def _whole_target(
    frame: Frame, name: str, task: str, least: int, request: FitRequest
) -> TargetEncoder | None:
    # Classes are known from all rows, so that a rare one is known wherever it falls; a regression's mean
    # and standard deviation belong to the training rows.
    encoder = TargetEncoder.fit(frame[name], task, least)
    require_decidable(request.metric, request.cost, encoder.labels)
    return encoder if task == "classification" else None


Read: TypeAlias = Callable[[str, Sequence[str]], Frame]
"""What reads a table that has some, or all, of these columns."""


def other_parts(
    request: FitRequest, part: PartMaker, read: Read = read_table
) -> tuple[Part | None, Part | None]:
    """Return the rows to choose by and to test on that other tables bring along, all apart."""
    places = [Place.of("the table", part.table.frame, part.table.roles)]
    found = [
        None if (path := getattr(request, option)) is None else _other_part(option, path, part, places, read)
        for option in ("valid", "test")
    ]
    return found[0], found[1]


def _other_part(option: str, path: str, part: PartMaker, places: list[Place], read: Read) -> Part:
    """Return the rows of another table, which has the columns of this one.

    They are apart from the rows in ``places``, among which they are then.
    """
    table = part.table
    given = read(path, table.known)
    strangers = [name for name in given.columns if name not in set(table.known)]
    if strangers:
        raise DataError(
            f"{setting(option, path)} has the column {strangers[0]!r}, which the table lacks; drop it"
        )
    try:
        rows = table.rare.of_frame(known_rows(given, table.name), table.name)
        rows = without_weightless(rows, table.roles)
        tell_what_is_unknown(option, path, rows, table.roles)
        place = Place.of(setting(option, path), rows, table.roles)
        require_apart(place, places, table.roles)
        places.append(place)
        return part(rows, attributes_of(rows, table.roles, unit_of(table.frame, table.roles)))
    except DataError as error:
        raise DataError(f"{setting(option, path)}: {error}") from None
