"""From a table larger than the memory to a study: some rows drawn, and the features of all others on disk."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from shoal.calibration.decision import require_decidable
from shoal.data.features.preprocessing import TablePreprocessor
from shoal.data.frames import as_frame, pl
from shoal.data.readers.delimited_parts import NotPlainError
from shoal.data.readers.glimpse import glimpse
from shoal.data.readers.parts import comes_in_parts, table_parts
from shoal.data.targets.labels import codes_of
from shoal.data.targets.rare import RareClasses
from shoal.data.targets.task import CLASSIFICATION, TargetEncoder
from shoal.errors import CapacityError, DataError
from shoal.files import written_atomically
from shoal.jobs.division import DEFAULT_SHARE
from shoal.jobs.memory.footprint import Allowance
from shoal.jobs.prepared import collected
from shoal.jobs.recipes import table_goal, table_method
from shoal.jobs.request import FitRequest
from shoal.jobs.saved.layout import ROWS
from shoal.jobs.sizing.study import Goal
from shoal.jobs.streams.drawing import Drawn, draw, targets_known
from shoal.jobs.tables.prepare import Described, PartMaker, PreparedTable, as_fits, look
from shoal.selection.attributes import Attributes
from shoal.shapes import Array, IntArray
from shoal.training.blocks import BLOCK, BUFFER, WIDE, BlockFile, rows_at_once, write_rows

SAMPLE, ASIDE = BLOCK * BUFFER, 2**16
"""Rows to train on that columns are described by, and rows at most that validate, and that test: of wide rows
half as many."""
MANY, MANY_FAST = 2**22, 2**18
"""Rows from which on a table is trained on from the disk, however much memory there is; in a fast job."""
ENOUGH, VISITS, LEAST_EPOCHS = 2**20, 2**25, 4
"""Rows that a study is sized by at most, times that rows are trained on in all, and epochs all the same."""
AS_A_WHOLE = ("folds", "valid", "test", "group", "time_order", "weight")
"""What asks for more of the rows than some at a time tell."""


def is_streamed(request: FitRequest) -> bool:
    """Whether a table is too large to be read as a whole, and of a format of which a part can be read.

    It is too large that has ``MANY`` rows, or ``MANY_FAST`` where the job is to be fast, or is for the memory
    that the request allows.
    """
    if any(getattr(request, name) is not None for name in AS_A_WHOLE) or request.score != "validation":
        return False
    if request.target is None or request.solver not in (None, "adam", "adamw", "rmsprop", "sgd"):
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
    rare: RareClasses
    aside: IntArray
    """The numbers of the rows that validate and test, in rising order."""
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
            with collected(), written_atomically(path) as file:  # what there is to tell was told before
                for X, y in self._samples():
                    write_rows(file, X, y)
        return BlockFile.of(path, width, classes=bool(self.n_classes))

    def _samples(self) -> Iterator[tuple[Array, Array]]:
        """Yield X and y of all rows to train on, in the table's order."""
        name, first = self.target.name, 0
        for part in self._parts():
            last = first + part.height
            try:
                trains = targets_known(part, name)
                here = slice(*np.searchsorted(self.aside, [first, last]))
                trains[self.aside[here] - first] = False
                rows = self._of_known_classes(part.filter(pl.Series(trains)))
                if rows.height:
                    X = self.preprocessor.transform(rows, dtype=np.float32)
                    yield X, self.target.encode(rows[name])
            except DataError as error:
                raise DataError(f"{self.source}, data rows {first + 1} to {last}: {error}") from None
            first = last

    def _parts(self) -> Iterator[pl.DataFrame]:
        try:
            yield from table_parts(self.source, large=0)
        except NotPlainError:
            raise DataError(f"{self.source} was changed while it was read; fit again") from None

    def _of_known_classes(self, rows: pl.DataFrame) -> pl.DataFrame:
        """Return the rows whose class is known from those drawn; of numbers all of them."""
        if not rows.height or not self.n_classes:
            return rows
        name = self.target.name
        settled = self.rare.of_frame(as_frame(rows), name).to_native()
        return settled.filter(codes_of(settled[name], self.target.labels).is_not_null())


def prepare_stream(request: FitRequest) -> PreparedStream:
    """Draw rows from a table, describe its columns by them, and divide them.

    Rows that test and validate are as many as of any table, but ``ASIDE`` at most; the others are trained on.
    Of ``MANY`` rows numbers are told plainly unless the request says otherwise. There are no folds.

    Raises ``CapacityError`` where the rows drawn are too much for the memory, and what reading raises:
    ``NotPlainError`` for a table that has to be read as a whole.
    """
    target = request.target
    assert target is not None
    with collected() as notes:
        drawn = draw(request.table, target, request.seed, SAMPLE + 2 * ASIDE)
        frame = as_frame(drawn.rows)
        described = Described.of(frame, target, request, least=1)
        forms = ("pieces", "waves") if drawn.known >= MANY else ()
        plainer: dict[str, Any] = {name: 0 for name in forms if getattr(request, name) is None}
        fitting, told = as_fits(described, replace(request, **plainer), Allowance.of(request))
        prepared = _divided(described, drawn, request, plainer | fitting)
        notes.extend(told)
    return replace(prepared, warnings=(*_told(drawn, request), *notes, *prepared.warnings))


def _told(drawn: Drawn, request: FitRequest) -> tuple[str, ...]:
    """Return what there is to say of the rows drawn, and of those without a target."""
    unknown = drawn.total - drawn.known
    left_out = (
        f"{unknown} of {drawn.total} rows have no value of the target {request.target!r} and are left out"
    )
    size = drawn.rows.height
    few = (
        f"the table is trained on from the disk; columns, scales, the simpler models and the report go by "
        f"{size:,} of its {drawn.known:,} rows, drawn at random"
    )
    return (*([left_out] if unknown else []), *([few] if size < drawn.known else []))


def _divided(
    described: Described, drawn: Drawn, request: FitRequest, plainer: dict[str, Any]
) -> PreparedStream:
    """Return the rows drawn by their use, and the features of them."""
    frame, name, task = described.frame, described.name, described.task.task
    test, held, train = _uses(drawn, request)
    numbers = sum(column.used and column.kind == "numeric" for column in described.columns)
    method = table_method(replace(request, **plainer), request.choose or "ensemble", task, numbers)
    of_classes = described.frame[name] if task == CLASSIFICATION else frame[name].to_native().gather(train)
    target = TargetEncoder.fit(of_classes, task, 1, None if task == CLASSIFICATION else request.loss)
    require_decidable(request.metric, request.cost, target.labels)
    preprocessor = TablePreprocessor.fit(
        frame, name, described.columns, method.pieces, method.waves, described.chosen.dropped, train
    )
    width = len(preprocessor.feature_names)
    aside = ASIDE // 2 if width > WIDE else ASIDE
    test, held = (_first(drawn, rows, aside) for rows in (test, held))
    train = _first(drawn, train, rows_at_once(width))
    part = PartMaker(preprocessor, target, described, method.recipe.rule.dtype)
    return PreparedStream(
        target=target,
        n_rows=drawn.known,
        train=part(frame, Attributes(), train),
        validation=part(frame, Attributes(), held),
        test=part(frame, Attributes(), test),
        folds=None,
        validation_share=request.validation_share or DEFAULT_SHARE,
        test_share=request.test_share,
        warnings=(),
        columns=described.columns,
        target_kind=described.target_kind,
        task=described.task,
        preprocessor=preprocessor,
        forms=method.forms,
        plainer=plainer,
        source=request.table,
        rare=described.rare,
        aside=np.sort(drawn.numbers[np.concatenate([test, held])]),
        trained=drawn.known - len(test) - len(held),
    )


def _first(drawn: Drawn, rows: IntArray, most: int) -> IntArray:
    """Return at most so many of these rows, those that were drawn first, in the table's order."""
    return np.sort(rows[np.argsort(drawn.ranks[rows])[:most]])


def _uses(drawn: Drawn, request: FitRequest) -> tuple[IntArray, IntArray, IntArray]:
    """Return the places, among the rows drawn, of those to test on, to validate on, and to train on."""
    tested = min(round(request.test_share * drawn.known), ASIDE)
    share = request.validation_share or DEFAULT_SHARE
    held = min(round(share * (drawn.known - tested)), ASIDE)
    ranks = drawn.ranks
    return (
        np.flatnonzero(ranks < tested),
        np.flatnonzero((ranks >= tested) & (ranks < tested + held)),
        np.flatnonzero(ranks >= tested + held),
    )
