"""From a table larger than the memory to a study: some rows drawn, and the features of all others on disk."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from shoal.calibration.decision import require_decidable
from shoal.data.cells.notation import Known
from shoal.data.cells.remembered import as_fitted, require_signs
from shoal.data.frames import Frame, as_frame, pl
from shoal.data.readers.delimited_parts import NotPlainError
from shoal.data.readers.glimpse import glimpse
from shoal.data.readers.parts import comes_in_parts, table_parts
from shoal.data.roles import Roles
from shoal.data.row_numbers import counting_rows, keep_rows
from shoal.data.tables import read_table
from shoal.data.targets.task import CLASSIFICATION, REGRESSION, TargetEncoder
from shoal.errors import CapacityError, DataError, ShoalWarning
from shoal.files import written_atomically
from shoal.jobs.division import DEFAULT_SHARE
from shoal.jobs.leakage import tell_of_division
from shoal.jobs.memory.footprint import PROGRAM, Allowance
from shoal.jobs.metadata import attributes_of, unit_of
from shoal.jobs.prepared import Subset, collected
from shoal.jobs.recipes import table_goal, table_method
from shoal.jobs.request import FitRequest
from shoal.jobs.saved.layout import ROWS, TRIED
from shoal.jobs.sizing.study import Goal
from shoal.jobs.streams.drawing import DrawnRows, counted, draw, drawing_stream, naming_rows, weights_of
from shoal.jobs.streams.folds import Folds
from shoal.jobs.streams.labels import Labels, with_every_class
from shoal.jobs.streams.others import Others
from shoal.jobs.streams.sides import Sides
from shoal.jobs.streams.uses import ASIDE, Uses
from shoal.jobs.tables.described import Described
from shoal.jobs.tables.fits import as_fits, look
from shoal.jobs.tables.prepare import PreparedTable, SubsetMaker, other_parts
from shoal.shapes import Array, BoolArray, IntArray
from shoal.training.blocks import BLOCK, BUFFER, WIDE, BlockFile, rows_at_once, write_rows
from shoal.words import setting

_Samples: TypeAlias = tuple[Array, Array, Array | None, IntArray | None]
"""X (N, n), y (N,), what samples count for and their folds (N,), where there are such."""
SAMPLE = BLOCK * BUFFER
"""Rows to train on that columns are described by."""
MANY, MANY_FAST = 2**22, 2**18
"""Rows from which on a table is trained on from the disk, however much memory there is; in a fast job."""
ENOUGH, VISITS, LEAST_EPOCHS = 2**20, 2**25, 4
"""Rows that a study is sized by at most, times that rows are trained on in all, and epochs all the same."""


def in_the_way(request: FitRequest) -> list[str]:
    """Return the settings for which all rows are needed in memory."""
    names = list[str]()
    if request.score != "validation":
        names.append("score")
    if request.solver not in (None, "adam", "adamw", "rmsprop", "sgd"):
        names.append("solver")
    if request.halving:  # all of a population see a part of the rows before another is read
        names.append("halving")
    return names


def way_to_the_disk(request: FitRequest) -> str:
    """Return what to say where a table does not fit: which settings keep it from being read in parts.

    It is nothing where leaving them out would not help: of few rows, or where no table fits at all.
    """
    names = in_the_way(request)
    if not names or not Allowance.of(request).holds(PROGRAM):
        return ""
    usual: dict[str, Any] = {each.name: each.default for each in fields(request) if each.name in names}
    if not is_streamed(replace(request, **usual)):
        return ""
    told = " and ".join(setting(name) for name in names)
    return (
        f"; or leave out {told}, for which all rows must be in memory, so that it is trained on from the disk"
    )


def is_streamed(request: FitRequest) -> bool:
    """Whether a table is too large to be read as a whole, and of a format of which a part can be read.

    It is too large that has ``MANY`` rows, or ``MANY_FAST`` where the job is to be fast, or is for the memory
    that the request allows.
    """
    if request.target is None or in_the_way(request):
        return False
    seen = glimpse(request.table)
    if seen is None or not comes_in_parts(request.table):
        return False
    if seen.rows >= (MANY_FAST if request.quality == "fast" else MANY):
        return True
    try:
        look(request, Allowance.of(request))
    except CapacityError:
        return True
    return False


@dataclass(frozen=True)
class PreparedStream(PreparedTable):
    """A table whose rows to train on lie on disk; ``train`` is a sample of them."""

    source: str
    roles: Roles
    unit: float | None
    """The mean weight, in which weights are told; None where all rows count alike."""
    aside: IntArray
    """The numbers of the rows that validate and test, in rising order; none where there are sides."""
    sides: Sides | None
    """The side of each row, where it goes by groups or by a time."""
    parting: Folds | None
    """The fold of each row to train on, where there are folds."""
    seed: int
    trained: int
    """How many rows there are to train on."""

    @property
    def streamed(self) -> bool:
        return True

    @property
    def sources(self) -> tuple[str, ...]:
        return ()  # of so many rows a network finds out by itself which columns are useless

    @property
    def n_train(self) -> int:
        return self.trained

    def goal(self, request: FitRequest) -> Goal:
        rule, n = self.rule(request), min(self.trained, ENOUGH)
        goal = table_goal(request, rule, self.n_classes, n, max(len(self.views), 1))
        most = max(VISITS // self.trained, LEAST_EPOCHS)
        ladder = tuple(replace(rung, epochs=min(rung.epochs, most)) for rung in goal.ladder)
        return replace(goal, ladder=ladder)

    def lay_out(self, folder: Path) -> BlockFile:
        """Write the features and targets of all rows to train on, unless that was done before.

        Raises ``OutputError`` where there is no room for them; then nothing is left of them.
        """
        path, width = folder.resolve() / ROWS, len(self.preprocessor.feature_names)
        if not path.exists():
            try:
                with collected(), written_atomically(path) as file:  # what there is to tell was told before
                    for samples in self._samples():
                        write_rows(file, *samples)
            except NotPlainError:
                raise DataError(f"{self.source} was changed while it was read; fit again") from None
        parting = self.parting
        written = BlockFile.of(
            path,
            width,
            classes=bool(self.n_classes),
            weighed=self.unit is not None,
            folds=None if parting is None else parting.count,
            forward=parting is not None and parting.forward,
        )
        return replace(written, kept=path.with_name(TRIED))

    def _samples(self) -> Iterator[_Samples]:
        """Yield X, y, what they count for and their fold of all rows to train on, in the table's order."""
        name, first, bits = self.target.name, 0, drawing_stream(self.seed)
        folds_of = None if self.parting is None else self.parting.reading()
        for part in table_parts(self.source, large=0):
            with naming_rows(self.source, first, part):
                draws, trains = bits.random_raw(part.height), self._to_train_on(part, first)
                rows = part.filter(pl.Series(trains))
                samples: _Samples | None = None
                if rows.height:
                    X = self.preprocessor.transform(rows, dtype=np.float32)
                    weights = weights_of(rows, self.roles)
                    s = None if weights is None or self.unit is None else weights / self.unit
                    y = self.target.encode(rows[name])
                    samples = X, y, s, None if folds_of is None else folds_of(rows, draws[trains], y)
            if samples is not None:
                yield samples
            first += part.height

    def _to_train_on(self, part: pl.DataFrame, first: int) -> BoolArray:
        """Return which rows of a part are to train on (N,), by the number of its first row."""
        there, _ = counted(part, self.target.name, self.roles)
        here = slice(*np.searchsorted(self.aside, [first, first + part.height]))
        trains = there.copy()
        trains[self.aside[here] - first] = False
        keep_rows(trains[there])
        if self.sides is not None:
            of_side = self.sides.train(part.filter(pl.Series(trains)))
            keep_rows(of_side)
            trains[trains] = of_side
        return trains


def prepare_stream(request: FitRequest) -> PreparedStream:
    """Draw rows from a table, describe its columns by them, and divide them.

    Rows that test and validate are as many as of any table, but ``ASIDE`` at most; the others are trained on.
    Of ``MANY`` rows numbers are told plainly, and there are no folds, unless the request says otherwise.

    Raises ``CapacityError`` where the rows drawn are too much for the memory, and what reading raises:
    ``NotPlainError`` for a table that has to be read as a whole.
    """
    target = request.target
    assert target is not None
    roles = Roles.asked(request)
    with collected() as notes:
        others = Others.read(request, roles)
        labels = None if request.task == REGRESSION or request.loss is not None else Labels(target)

        def passing(rows: pl.DataFrame, numbers: IntArray, draws: Array) -> None:
            others.meet(rows)
            if labels is not None:
                labels.add(rows, numbers, draws)

        drawn = draw(request.table, target, request.seed, SAMPLE + 2 * ASIDE, roles, passing)
        others.require_apart(drawn.moments)
        drawn, rare = with_every_class(drawn, labels, request)
    with counting_rows(numbers=drawn.numbers), collected() as further:
        frame = as_frame(drawn.rows)
        described = Described.of(frame, target, request, least=1)
        forms = ("pieces", "waves") if drawn.known >= MANY else ()
        plainer: dict[str, Any] = {name: 0 for name in forms if getattr(request, name) is None}
        alone = replace(request, **plainer, valid=None, test=None)  # of others as many rows as are drawn
        fitting, told = as_fits(described, alone, Allowance.of(request))
        prepared = _divided(described, drawn, request, plainer | fitting)
        further.extend(told)
    told_of = (*_told(drawn, request), *rare, *notes, *further)
    return replace(prepared, warnings=(*told_of, *prepared.warnings))


def _told(drawn: DrawnRows, request: FitRequest) -> tuple[str, ...]:
    """Return what there is to say of the rows drawn, and of those that are left out."""
    unknown = drawn.total - drawn.known - drawn.weightless
    told = []
    if unknown:
        told.append(
            f"{unknown} of {drawn.total} rows have no value of the target {request.target!r} and are left out"
        )
    if drawn.weightless:
        told.append(
            f"{drawn.weightless} of {drawn.total} rows count for nothing, by {request.weight!r}, and are "
            "left out"
        )
    size = drawn.at_random
    if size < drawn.known:
        told.append(
            f"the table is trained on from the disk; columns, scales, the simpler models and the report go "
            f"by {size:,} of its {drawn.known:,} rows, drawn at random"
        )
    return tuple(told)


def _divided(
    described: Described, drawn: DrawnRows, request: FitRequest, plainer: dict[str, Any]
) -> PreparedStream:
    """Return the rows drawn by their use, and the features of them."""
    frame, name, task, roles = described.frame, described.name, described.task.task, described.roles
    uses = Uses.of(drawn, request, roles)
    numbers = sum(column.used and column.kind == "numeric" for column in described.columns)
    method = table_method(replace(request, **plainer), request.choose or "ensemble", task, numbers)
    target = _target_of(described, request, uses.train)
    preprocessor = described.preprocessor(method, uses.train)
    width = len(preprocessor.feature_names)
    uses = uses.at_most(ASIDE // 2 if width > WIDE else ASIDE, rows_at_once(width))
    attributes = attributes_of(frame, roles)
    part = SubsetMaker(preprocessor, target, described, method.recipe.rule.dtype)
    labels = target.encode(frame[name]) if task == CLASSIFICATION else None
    folds = None
    if request.folds is not None:
        folds = uses.folds(request.folds, labels, len(target.labels), request.seed)
    train = _in_folds(part(frame, attributes, uses.train), folds, uses)
    with collected() as notes:
        tell_of_division(attributes, roles, uses.division, labels, target.labels)
        _tell_of_folds(request.folds, drawn, len(train))
        held, test = other_parts(request, part, partial(_some_of, request=request))
    apart = held is not None or request.folds is not None
    return PreparedStream(
        target=target,
        n_rows=drawn.known,
        train=train,
        validation=held if apart else part(frame, attributes, uses.held),
        test=part(frame, attributes, uses.test) if test is None else test,
        folds=request.folds,
        validation_share=None if apart else request.validation_share or DEFAULT_SHARE,
        test_share=None if test is not None else request.test_share,
        warnings=tuple(notes),
        columns=described.columns,
        target_kind=described.target_kind,
        task=described.task,
        preprocessor=preprocessor,
        forms=method.forms,
        plainer=plainer,
        source=request.table,
        roles=roles,
        unit=unit_of(frame, roles),
        aside=uses.aside,
        sides=uses.sides,
        parting=folds,
        seed=request.seed,
        trained=uses.trained,
    )


def _target_of(described: Described, request: FitRequest, train: IntArray) -> TargetEncoder:
    """Return the classes of all rows drawn, or the mean and the spread of those to train on."""
    series, task = described.frame[described.name], described.task.task
    if task == CLASSIFICATION:
        target = TargetEncoder.fit(series, task, 1)
    else:
        target = TargetEncoder.fit(series.gather(train), task, 1, request.loss)
    require_decidable(request.metric, request.cost, target.labels)
    return target


def _in_folds(train: Subset, folds: Folds | None, uses: Uses) -> Subset:
    """Return the rows drawn to train on with their folds."""
    if folds is None:
        return train
    drawn = uses.drawn
    fold = folds.reading()(drawn.rows[uses.train], drawn.draws[uses.train], train.y)
    return replace(train, attributes=replace(train.attributes, fold=fold))


def _tell_of_folds(folds: int | None, drawn: DrawnRows, rows: int) -> None:
    """Warn where folds are judged by some of their rows alone."""
    if folds is not None and drawn.at_random < drawn.known:
        warnings.warn(
            f"each of {folds} folds is judged by those of {rows:,} rows drawn at random that it holds out",
            ShoalWarning,
            stacklevel=2,
        )


def _some_of(source: str, names: Sequence[str], known: Known, request: FitRequest) -> Frame:
    """Return ``ASIDE`` rows of a table that is brought along, drawn at random, or all that it has."""
    assert request.target is not None
    try:
        drawn = draw(source, request.target, request.seed, ASIDE)
        require_signs(drawn.rows, known)
        if as_fitted(drawn.rows, known).table is not drawn.rows:
            return read_table(source, names, known)
    except NotPlainError:
        return read_table(source, names, known)
    keep_rows(drawn.numbers)
    if drawn.rows.height < drawn.known:
        warnings.warn(
            f"of {source} {drawn.rows.height:,} of its {drawn.known:,} rows are looked at, drawn at random",
            ShoalWarning,
            stacklevel=2,
        )
    return as_frame(drawn.rows, source)
