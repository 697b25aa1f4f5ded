"""A table whose columns are known, before anything is made of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from shoal.data.cells.notation import Known, Notation, notations_of
from shoal.data.chosen import ChosenColumns, require_one_target
from shoal.data.columns import ColumnSummary, describe_columns
from shoal.data.features.preprocessing import TablePreprocessor
from shoal.data.frames import Frame, named, without
from shoal.data.names import names_shown
from shoal.data.roles import Roles
from shoal.data.settled import settled
from shoal.data.tables import MarkedTable, read_marked
from shoal.data.targets.rare import RareClasses
from shoal.data.targets.task import CLASSIFICATION, TaskChoice, infer_task, known_rows
from shoal.data.targets.written import as_meant
from shoal.errors import ConfigurationError
from shoal.jobs.metadata import without_weightless
from shoal.jobs.recipes import Method, table_method
from shoal.jobs.request import FitRequest
from shoal.selection.rules import BY_EVIDENCE
from shoal.shapes import IntArray
from shoal.words import setting


@dataclass(frozen=True)
class Described:
    """A table whose columns are known: what is used of its rows, and what is asked of it."""

    frame: Frame
    name: str
    names: Sequence[str]
    """The names of all of the table's columns."""
    chosen: ChosenColumns
    columns: tuple[ColumnSummary, ...]
    target_kind: str
    task: TaskChoice
    rare: RareClasses
    least: int
    roles: Roles
    notations: Mapping[str, Notation]
    """How the numbers of the columns that are used were written, and of the target."""

    @classmethod
    def of(
        cls,
        frame: Frame,
        name: str,
        request: FitRequest,
        least: int,
        read: Mapping[str, Notation] = MappingProxyType({}),
    ) -> Described:
        """Describe the columns of a table, and keep what is used of it.

        ``read`` says how the columns of a file were written that have decimal points since it was read.
        """
        task = infer_task(frame[name], request.task, request.loss)
        roles = Roles.settle(frame.columns, name, request)
        frame = without_weightless(frame, roles)
        asked = (request.drop, request.columns, request.categorical)
        chosen = ChosenColumns.settle(frame.columns, name, *asked, roles.of_columns)
        columns = tuple(describe_columns(without(frame, chosen.dropped), name, chosen.categorical))
        (target_column,) = describe_columns(named(frame, [name]))
        rare = _rare_classes(frame, name, task, request, least)
        used = rare.of_frame(settled(frame, name, columns, roles.of_columns), name)
        return cls(
            used,
            name,
            frame.columns,
            chosen,
            columns,
            target_column.kind,
            _task_after(task, rare),
            rare,
            least,
            roles,
            _notations(frame, (*columns, target_column), read),
        )

    @classmethod
    def read(cls, request: FitRequest) -> Described:
        """Return the table asked for; what else was read of it is let go of."""
        table, name = _table_and_target(request)
        rows = known_rows(table.frame, name)
        target = as_meant(rows[name], table.notations, request.task, request.loss)
        rows = rows.with_columns(target)
        described = cls.of(rows, name, request, 2 if request.test is None else 1, table.notations)
        known = described.known
        table.tell_of_thousands({*known.of, name} - known.names)
        return described

    @property
    def known(self) -> Known:
        """How the columns were written, for other tables that belong to this one."""
        numbers = {c.name: c.decimal for c in self.columns if c.used and c.kind == "numeric"}
        label = self.name if self.task.task == CLASSIFICATION else None
        names = (label, self.roles.group, *self.chosen.categorical)
        return Known.of_numbers(numbers, self.notations).with_names(names)

    def preprocessor(self, method: Method, rows: IntArray) -> TablePreprocessor:
        """Return what the rows of these numbers teach of columns as networks of a method take them."""
        return TablePreprocessor.fit(
            self.frame,
            self.name,
            self.columns,
            method.pieces,
            method.waves,
            self.chosen.dropped,
            rows,
            self.notations,
        )


def rule_of(request: FitRequest) -> str:
    """Return the rule of choice of a study of a table: the one asked for, or that of its scores."""
    return BY_EVIDENCE if request.score == BY_EVIDENCE else request.choose or "ensemble"


def method_of(request: FitRequest, task: str, columns: Sequence[ColumnSummary]) -> Method:
    """Return how networks on such columns are made."""
    return table_method(request, rule_of(request), task, _count_numbers(columns))


def _count_numbers(columns: Sequence[ColumnSummary]) -> int:
    return sum(column.used and column.kind == "numeric" for column in columns)


def _notations(
    frame: Frame, columns: Sequence[ColumnSummary], read: Mapping[str, Notation]
) -> dict[str, Notation]:
    """Return how the numbers of columns that are used were written, as far as it is known."""
    marks = {column.name: column.decimal for column in columns if column.kind == "numeric"}
    used = [column.name for column in columns if column.used]
    return notations_of(frame, marks) | {name: read[name] for name in used if name in read}


def _table_and_target(request: FitRequest) -> tuple[MarkedTable, str]:
    """Return the table, in which names stay as they are written, and the name of the column to predict."""
    known = Known(listed=tuple(request.categorical or ())).with_names((request.target, request.group))
    table = read_marked(request.table, known=known)
    if request.target is None:
        raise ConfigurationError(
            f"{request.table} is read as a table, which needs {setting('target')}, the column to predict; "
            "give it (or a folder, IDX or NPZ file of images). Its columns: "
            f"{names_shown(table.frame.columns)}"
        )
    require_one_target(request.target, table.frame.columns)
    return table, request.target


def _rare_classes(frame: Frame, name: str, task: TaskChoice, request: FitRequest, least: int) -> RareClasses:
    """Return what becomes of classes with fewer rows than ``least``."""
    if task.task == CLASSIFICATION:
        return RareClasses.settle(frame[name], request.rare, least)
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
