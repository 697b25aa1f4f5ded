"""What is asked of a target: classification or regression, and its values as a network takes them."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from shoal.data.cells import values
from shoal.data.cells.dates import readings
from shoal.data.cells.numerals import GAPS
from shoal.data.cells.texts import unread_note
from shoal.data.frames import Frame, as_frame, as_series, pl, quoted
from shoal.data.names import names_shown, nearest
from shoal.data.row_numbers import data_row, keep_rows
from shoal.data.targets.labels import Classes, classes_of, codes_of, has_padded
from shoal.data.targets.losses import LOSSES, POISSON, SQUARED, not_of_classes, require_rates, scaling
from shoal.data.targets.rare import counted, rare_of, require_repeated
from shoal.errors import DataError, ModelFolderError, ShoalWarning, UnknownNameError
from shoal.words import setting

TASKS = CLASSIFICATION, REGRESSION = ("classification", "regression")
#: Whole numbers 0, 1, … or 1, 2, … without a gap are codes of classes up to this many.
MAX_CODES = 20


@dataclass(frozen=True)
class TaskChoice:
    """The task, and a sentence that says why and how to have the other."""

    task: str
    sentence: str


def infer_task(target: Any, override: str | None = None, loss: str | None = None) -> TaskChoice:
    """Return what the target asks for, "classification" or "regression", with the reason.

    A ``loss`` of numbers asks for a regression, of whatever is written in numbers.

    Text, booleans, declared categories, two distinct values, and whole numbers that count on from 0 or 1
    without a gap to at most 20 of them are classes; other numbers are measured. Whole numbers with
    leading zeros are text.

    Raises ``UnknownNameError`` for another ``override``, ``DataError`` for a regression of text and for
    negative numbers with the Poisson loss, ``ConfigurationError`` for a loss of numbers and classes.

    >>> infer_task([3, 5, 8, 9]).task
    'regression'
    >>> infer_task(["yes", "no", "yes"]).sentence
    "classification, because 'target' holds text (2 classes); task='regression' overrides"
    """
    series = as_series(target)
    if override is not None:
        _require_task(override)
        if override == REGRESSION:
            _require_suited(_numbers(series), series.name, loss)
        elif loss is not None:
            raise not_of_classes(series, loss, f"holds classes with {setting('task', override)}")
        return TaskChoice(override, f"{override}, as asked with {setting('task')}")
    if loss is not None:
        if why := _no_numbers(series):
            raise not_of_classes(series, loss, why)
        _require_suited(_numbers(series), series.name, loss)
        return TaskChoice(REGRESSION, f"{REGRESSION}, as {setting('loss', loss)} asks for")
    task, why = _reason(series)
    other = TASKS[1 - TASKS.index(task)]
    return TaskChoice(task, f"{task}, because {series.name!r} {why}; {setting('task', other)} overrides")


def rows_with_target(frame: Any, target: str) -> Frame:
    """Return the rows whose target is known; warns (``ShoalWarning``) of how many are not.

    Raises ``DataError`` if there is no such column, or no row has a value.
    """
    return known_rows(as_frame(frame), target)


def known_rows(table: Frame, target: str) -> Frame:
    """Return the same of a table that is shoal's own."""
    if target not in table.columns:
        near = nearest(target, table.columns)
        its = f"did you mean {' or '.join(map(quoted, near))}? Its" if near else "its"
        raise DataError(
            f"the table has no column {target!r} to predict; {its} columns: {names_shown(table.columns)}"
        )
    series = table[target]
    known = known_targets(series)
    missing = int((~known).sum())
    if missing == len(table):
        raise DataError(f"the target {target!r} is missing in all {missing} rows; give a column with values")
    if missing:
        warnings.warn(
            f"{missing} of {len(table)} rows have no value of the target {target!r} and are left out",
            ShoalWarning,
            stacklevel=3,
        )
        keep_rows(known.to_numpy())
        return table.filter(known)
    return table


@dataclass(frozen=True)
class TargetEncoder:
    """The target as class codes 0 … K−1 or as scaled numbers ``(y − mean) / sd``.

    ``labels`` are the classes in order (numbers by size, texts by alphabet), empty for a regression; what
    makes two labels one class is told in ``shoal.data.targets.labels``. ``loss`` is that of a regression,
    None of classes; it decides what ``mean`` and ``sd`` are: see ``shoal.data.targets.losses.scaling``.
    """

    name: str
    task: str
    labels: tuple[str, ...] = ()
    mean: float = 0.0
    sd: float = 1.0
    loss: str | None = None

    @classmethod
    def fit(cls, target: Any, task: str, least: int = 2, loss: str | None = None) -> Self:
        """Learn the classes, or how a regression's loss scales, from (N,) values without missing ones.

        For a classification give the whole table's target, so that a rare class is known whichever rows are
        trained on; for a regression the training rows'. ``least`` rows are asked of each class: one where
        none are set aside for a test.

        Raises ``DataError`` for missing values, one class, a class with fewer rows, a regression target that
        is not numeric or constant.
        """
        series = as_series(target)
        _require_task(task)
        if task == CLASSIFICATION:
            _require_complete(series.is_null().to_numpy(), series.name)
            classes = classes_of(series)
            _require_classes(classes, series.name, least)
            _warn_of_spellings(classes, series.name)
            return cls(series.name, task, classes.labels)
        y = _numbers(series)
        _require_complete(np.isnan(y), series.name)
        if note := values.notation_note(series, values.read(series)):
            warnings.warn(f"the target {series.name!r}: {note}", ShoalWarning, stacklevel=2)
        if y.min() == y.max() or y.std() == 0:
            whole = series.cast(pl.Int64, strict=False)
            if whole.drop_nulls().n_unique() > 1:
                raise DataError(
                    f"the target {series.name!r} is about {y[0]:g} in every row, and differs by less than "
                    "numbers of 16 digits can tell; subtract what its values share, or ask for "
                    f"{setting('task', CLASSIFICATION)}"
                )
            raise DataError(
                f"the target {series.name!r} is {y[0]:g} in every row; a regression needs one that varies"
            )
        loss = loss or SQUARED
        _require_suited(y, series.name, loss)
        return cls(series.name, task, (), *scaling(y, loss), loss)

    def encode(self, target: Any) -> npt.NDArray[Any]:
        """Return (N,): int64 class codes, or float64 scaled values.

        Raises ``DataError`` for missing values, for a class that was not there when fitted, and for numbers
        that the loss does not take.
        """
        series = as_series(target)
        if self.task == REGRESSION:
            y = _numbers(series)
            _require_complete(np.isnan(y), series.name)
            _require_suited(y, series.name, self.loss)
            return (y - self.mean) / self.sd
        _require_complete(series.is_null().to_numpy(), series.name)
        codes = codes_of(series, self.labels)
        if codes.null_count():
            row = int(codes.is_null().arg_max() or 0)
            known, found = ", ".join(map(quoted, self.labels[:10])), quoted(values.text(series)[row])
            raise DataError(
                f"the target {series.name!r} is {found} in {data_row(row)}, expected "
                f"one of the classes fitted: {known}; correct it or fit again with it"
            )
        return codes.to_numpy()

    def knows(self, target: Any) -> npt.NDArray[np.bool_]:
        """Return which values (N,) are there, and of classes are among those fitted.

        >>> TargetEncoder.fit(["a", "b", "a", "b"], "classification").knows(["b", "c", None]).tolist()
        [True, False, False]
        """
        series = as_series(target)
        known = known_targets(series)
        if self.task == CLASSIFICATION:
            known &= codes_of(series, self.labels).is_not_null()
        return known.to_numpy()

    def decode_values(self, encoded: npt.ArrayLike) -> npt.NDArray[Any]:
        """Return (N,): the labels of class codes, or the values of scaled ones."""
        if self.task == REGRESSION:
            return np.asarray(encoded, dtype=np.float64) * self.sd + self.mean
        return np.asarray(self.labels)[np.asarray(encoded, dtype=np.intp)]

    def to_config(self) -> dict[str, Any]:
        """Return everything as plain JSON."""
        return {
            "name": self.name,
            "task": self.task,
            "labels": list(self.labels),
            "mean": self.mean,
            "sd": self.sd,
            "loss": self.loss,
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Return the encoder that ``to_config`` described; raises ``ModelFolderError`` if it was altered.

        One without a loss was described by an earlier version, whose regressions had the squared error.
        """
        if isinstance(config, Mapping) and "loss" not in config:
            config = {**config, "loss": SQUARED if config.get("task") == REGRESSION else None}
        problem = _problem(config)
        if problem:
            raise ModelFolderError(
                f"the saved target cannot be used: {problem}; take the model folder as shoal wrote it, "
                "or fit again"
            )
        return cls(
            config["name"],
            config["task"],
            tuple(config["labels"]),
            float(config["mean"]),
            float(config["sd"]),
            config["loss"],
        )


def _reason(series: pl.Series) -> tuple[str, str]:
    given = series.filter(known_targets(series))
    if len(given) == 0:
        raise DataError(
            f"the target {series.name!r} is missing in all {len(series)} rows; name another column"
        )
    if why := _no_numbers(given):
        _require_meant(given)
        return CLASSIFICATION, why
    x = np.unique(_numbers(given))
    distinct = x.size
    if distinct <= MAX_CODES:  # beyond 2**53 whole numbers that differ are equal as floats
        distinct = len(classes_of(given).labels)
    if distinct == 2:
        return CLASSIFICATION, "has two distinct values"
    if distinct == x.size <= MAX_CODES and x[0] in (0, 1) and (np.diff(x) == 1).all():
        return CLASSIFICATION, f"holds the codes {x[0]:g} to {x[-1]:g} without a gap"
    return REGRESSION, f"is a number with {distinct} distinct values"


def _require_meant(given: pl.Series) -> None:
    """Raise ``DataError`` for numbers that would be classes for a few texts, or for how they are written."""
    if given.dtype != pl.String or given.n_unique() <= MAX_CODES:
        return
    read = values.as_numbers(given)
    if any(not dates.null_count() for dates in readings(given).values()):
        raise _no_dates(given.name)
    if note := unread_note(given):
        raise DataError(f"the target {given.name!r} holds {note}, or say {setting('task', CLASSIFICATION)}")
    others = given.filter(read.is_null())
    if len(others) < len(given) / 2 and read.drop_nulls().n_unique() > MAX_CODES:
        odd = others.unique().sort().to_list()
        raise DataError(
            f"the target {given.name!r} holds numbers, and {names_shown(odd)} in {len(others)} of "
            f"{len(given)} rows, which may be classes or no values at all; leave those cells empty, or say "
            f"{setting('task', CLASSIFICATION)}"
        )


def _no_numbers(series: pl.Series) -> str:
    """Return why the values of a target are classes whatever is asked for; nothing where they are numbers."""
    given = series.filter(known_targets(series))
    if given.dtype == pl.Boolean:
        return "is true or false"
    if given.dtype == pl.Datetime:
        raise _no_dates(series.name)
    if given.dtype == pl.Categorical:
        return f"is declared to hold categories ({given.n_unique()} classes)"
    if not _is_numeric(given):
        return f"holds text ({given.n_unique()} classes)"
    if given.dtype == pl.String and has_padded(given):
        return f"holds codes with leading zeros ({given.n_unique()} classes)"
    return ""


def _no_dates(name: str) -> DataError:
    return DataError(f"the target {name!r} holds dates, expected numbers or classes; derive one from them")


def _require_suited(y: npt.NDArray[np.float64], name: str, loss: str | None) -> None:
    """Raise ``DataError`` for numbers that a loss does not take."""
    if loss == POISSON:
        require_rates(y, name)


def known_targets(series: pl.Series) -> pl.Series:
    """Return which rows have a value; among numbers a dash is none, among texts it is a class."""
    known = series.is_not_null()
    if series.dtype == pl.String and series.is_in(GAPS).any() and _is_numeric(values.given(series)):
        return known & ~series.is_in(GAPS)
    return known


def _is_numeric(given: pl.Series) -> bool:
    return len(given) > 0 and values.as_numbers(given).null_count() == 0


def _numbers(series: pl.Series) -> npt.NDArray[np.float64]:
    try:
        return values.numbers(series)
    except DataError as error:
        raise DataError(f"the target of a regression must be finite numbers: {error}") from None


def _require_task(task: str) -> None:
    if task not in TASKS:
        raise UnknownNameError("task", task, TASKS)


def _require_complete(missing: npt.NDArray[np.bool_], name: str) -> None:
    if missing.any() or missing.size == 0:
        raise DataError(
            f"the target {name!r} is missing in {int(missing.sum())} of {missing.size} rows; "
            "leave those rows out"
        )


def _require_classes(classes: Classes, name: str, least: int) -> None:
    if len(classes.labels) < 2:
        rows = sum(classes.rows)
        where = "the only row" if rows == 1 else f"all {rows} rows"
        raise DataError(
            f"the target {name!r} is {quoted(classes.labels[0])} in {where}; "
            "a classification needs two classes at least"
        )
    if rare := rare_of(classes, least):
        require_repeated(classes, rare, name)
        several = len(rare) > 1
        remedies = [f"{setting('rare', 'drop')} leaves {'their rows' if several else 'it'} out"]
        if sum(rows for _, rows in rare) >= least:
            remedies.insert(0, f"{setting('rare', 'merge')} makes them one class")
        if not values.as_numbers(pl.Series(classes.labels, dtype=pl.String)).null_count():
            remedies.append(f"{setting('task', REGRESSION)} is for numbers")
        raise DataError(
            f"{f'{len(rare)} classes' if several else 'a class'} of the target {name!r} "
            f"{'have' if several else 'has'} fewer than two rows, one to train on and one to test on: "
            f"{counted(rare)}; {', '.join(remedies)}"
        )


def _warn_of_spellings(classes: Classes, name: str) -> None:
    """Say which labels are one class because they are one number: they might be no numbers at all."""
    if not classes.spellings:
        return
    shown = "; ".join(" and ".join(map(quoted, ways)) for ways in classes.spellings[:5])
    more = " …" if len(classes.spellings) > 5 else ""
    warnings.warn(
        f"the target {name!r} holds numbers only, so {shown}{more} are one class each; write them "
        "as texts (v3.10) if they are not numbers",
        ShoalWarning,
        stacklevel=3,
    )


def _problem(config: Any) -> str:
    """Return what is wrong with a saved encoder, empty if nothing is."""
    if not isinstance(config, Mapping) or set(config) != {"name", "task", "labels", "mean", "sd", "loss"}:
        return "its entries are not name, task, labels, mean, sd and loss"
    if not isinstance(config["name"], str) or config["task"] not in TASKS:
        return f"its task is {config['task']!r}"
    labels = config["labels"]
    if not isinstance(labels, list) or not all(isinstance(label, str) for label in labels):
        return "its labels are not texts"
    if (config["task"] == CLASSIFICATION) != (len(labels) >= 2) or len(set(labels)) < len(labels):
        return "its labels do not fit its task"
    for field in ("mean", "sd"):
        value = config[field]
        if type(value) not in (int, float) or not math.isfinite(value):
            return f"its {field} is {value!r}"
    if config["loss"] not in (LOSSES if config["task"] == REGRESSION else (None,)):
        return f"its loss is {config['loss']!r}"
    if config["loss"] == POISSON and config["mean"] != 0:
        return f"its mean is {config['mean']!r}, where rates have none taken from them"
    return "" if config["sd"] > 0 else "its sd is not positive"
