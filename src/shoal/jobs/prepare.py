"""From a table to the arrays of a study: rows divided, columns encoded, the test share set aside."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from shoal.data.columns import ColumnSummary, describe_columns
from shoal.data.frames import Frame
from shoal.data.memory import estimate_bytes, require_memory
from shoal.data.preprocessing import TablePreprocessor
from shoal.data.tables import read_table
from shoal.data.task import TargetEncoder, TaskChoice, infer_task, rows_with_target
from shoal.errors import DataError, ShoalWarning
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing import SMALL_TABLE
from shoal.selection.splits import holdout
from shoal.shapes import Array, IntArray

DEFAULT_FOLDS, DEFAULT_SHARE = 5, 0.2
COPIES = 3
"""Feature matrices alive at once: the parts, the study's samples in both precisions, and the baselines'."""
_TEST_SPLIT, _VALIDATION_SPLIT = 0, 1


@dataclass(frozen=True)
class Part:
    """Some rows as a network takes them: features X (N, n), encoded target y (N,), and the table's rows."""

    X: Array
    y: Array
    frame: Frame

    def __len__(self) -> int:
        return len(self.X)


@dataclass(frozen=True)
class Prepared:
    """A table made ready: the parts to train on, to choose by (None with folds) and to test on at the end."""

    task: TaskChoice
    target: TargetEncoder
    preprocessor: TablePreprocessor
    columns: tuple[ColumnSummary, ...]
    target_column: ColumnSummary
    n_rows: int
    train: Part
    validation: Part | None
    test: Part
    folds: int | None
    validation_share: float | None
    warnings: tuple[str, ...]

    @property
    def n_classes(self) -> int:
        """The number of classes; 0 for a regression."""
        return len(self.target.labels)

    @property
    def development(self) -> tuple[Array, Array]:
        """Every row that is not for testing: (X, y)."""
        parts = [part for part in (self.train, self.validation) if part is not None]
        return np.concatenate([part.X for part in parts]), np.concatenate([part.y for part in parts])


def prepare(request: FitRequest) -> Prepared:
    """Read the table and divide it; medians, scales and categories come from the training rows alone.

    With folds the training rows are all that are not for testing, so a fold's scaling has seen its
    validation rows' features (never their targets).

    Raises ``DataError``, ``ConfigurationError`` or ``CapacityError`` before anything is written.
    """
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always", ShoalWarning)
        frame = rows_with_target(read_table(request.table), request.target)
        task = infer_task(frame[request.target], request.task)
        columns = tuple(describe_columns(frame, request.target))
        (target_column,) = describe_columns(frame.select(request.target))
        whole = _whole_target(frame, request.target, task.task)
        labels = whole.encode(frame[request.target]) if whole is not None else None
        if request.test is None:
            rest, test = holdout(len(frame), request.test_share, request.seed, labels, index=_TEST_SPLIT)
        else:
            rest, test = np.arange(len(frame)), np.zeros(0, dtype=np.intp)
        train, held, folds, share = _divide(rest, request, labels)
        target = whole or TargetEncoder.fit(frame[train.tolist()][request.target], task.task)
        preprocessor = TablePreprocessor.fit(frame[train.tolist()], request.target, columns)
        _require_memory(len(frame), len(preprocessor.feature_names))
        part = _PartMaker(preprocessor, target, request.target)
        validation = part(frame[held.tolist()]) if held.size else None
        if request.valid is not None:
            validation = _other_part("--valid", request.valid, frame, part)
        return Prepared(
            task=task,
            target=target,
            preprocessor=preprocessor,
            columns=columns,
            target_column=target_column,
            n_rows=len(frame),
            train=part(frame[train.tolist()]),
            validation=validation,
            test=part(frame[test.tolist()])
            if request.test is None
            else _other_part("--test", request.test, frame, part),
            folds=folds,
            validation_share=share,
            warnings=tuple(str(w.message) for w in caught if issubclass(w.category, ShoalWarning)),
        )


@dataclass(frozen=True)
class _PartMaker:
    preprocessor: TablePreprocessor
    target: TargetEncoder
    name: str

    def __call__(self, frame: Frame) -> Part:
        return Part(self.preprocessor.transform(frame), self.target.encode(frame[self.name]), frame)


def _whole_target(frame: Frame, name: str, task: str) -> TargetEncoder | None:
    # Classes are known from all rows, so that a rare one is known wherever it falls; a regression's mean
    # and standard deviation belong to the training rows.
    encoder = TargetEncoder.fit(frame[name], task)
    return encoder if task == "classification" else None


def _divide(
    rest: IntArray, request: FitRequest, labels: npt.NDArray[Any] | None
) -> tuple[IntArray, IntArray, int | None, float | None]:
    """Return the training rows, the validation rows, and which of folds or a share was used."""
    none = np.zeros(0, dtype=np.intp)
    if request.valid is not None:
        return rest, none, None, None
    if len(rest) < 2:
        raise DataError(
            f"the table leaves {len(rest)} row to train on and choose by beside the test rows; add rows, or "
            "choose by the rows of another table with --valid"
        )
    folds, share = request.folds, request.validation_share
    if folds is None and share is None:
        small = len(rest) < SMALL_TABLE
        folds, share = (min(DEFAULT_FOLDS, len(rest)), None) if small else (None, DEFAULT_SHARE)
    if share is None:
        if folds is not None and folds > len(rest):
            raise DataError(
                f"--folds {folds} asks for more folds than the {len(rest)} rows that are not for testing; "
                f"ask for {len(rest)} or fewer"
            )
        return rest, none, folds, None
    rest_labels = None if labels is None else labels[rest]
    train, held = holdout(len(rest), share, request.seed, rest_labels, index=_VALIDATION_SPLIT)
    return rest[train], rest[held], None, share


def _other_part(option: str, path: str, frame: Frame, part: _PartMaker) -> Part:
    """Return the rows of another table, which has the columns of this one."""
    given = read_table(path)
    strangers = [name for name in given.columns if name not in frame.columns]
    if strangers:
        raise DataError(f"{option} {path} has the column {strangers[0]!r}, which the table lacks; drop it")
    try:
        return part(rows_with_target(given, part.name))
    except DataError as error:
        raise DataError(f"{option} {path}: {error}") from None


def _require_memory(n_rows: int, n_features: int) -> None:
    require_memory(
        estimate_bytes(n_rows, n_features, COPIES),
        f"training on {n_rows:,} rows of {n_features:,} features",
        "use fewer rows, drop columns with many categories, or use a larger machine",
    )
