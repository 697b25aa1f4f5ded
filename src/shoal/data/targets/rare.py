"""Classes with too few rows: all told at once, and merged into one or left out where that is asked for."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass

from shoal.data.cells import values
from shoal.data.cells.texts import MOST, free_text_note
from shoal.data.columns import MIN_ROWS_OF_IDENTIFIER
from shoal.data.frames import Frame, as_frame, pl, quoted
from shoal.data.row_numbers import keep_rows
from shoal.data.targets.labels import Classes, classes_of, codes_of
from shoal.errors import DataError, ShoalWarning
from shoal.words import setting

RARE = MERGE, DROP = ("merge", "drop")
"""What may be done with rare classes."""
_SHOWN = 20


@dataclass(frozen=True)
class RareClasses:
    """What becomes of each class: its own label, that which rare ones share, or None, left out."""

    labels: tuple[str, ...] = ()
    becomes: tuple[str | None, ...] = ()

    @classmethod
    def settle(cls, target: pl.Series, how: str | None, least: int) -> RareClasses:
        """Return what becomes of classes with fewer than ``least`` rows; warns (``ShoalWarning``) of it.

        ``how`` is "merge", "drop", or None: nothing is done. Raises ``DataError`` where all rare classes
        together are too few, and where they are nearly all rows.
        """
        classes = classes_of(target)
        rare = rare_of(classes, least)
        if how is None or not rare:
            return cls()
        require_repeated(classes, rare, target.name)
        rows, shown = sum(rows for _, rows in rare), counted(rare)
        other = None
        if how == DROP and rows == len(target):
            raise DataError(
                f"all classes of the target {target.name!r} have fewer than {least} rows ({shown}), so "
                f"{setting('rare', DROP)} leaves no row; name another column as the target"
            )
        if how == DROP:
            what = f"left out, {rows} of {len(target)} rows"
        elif rows < least:
            raise DataError(
                f"the rare classes of the target {target.name!r} have {rows} row together ({shown}), and a "
                f"class needs {least}; use {setting('rare', DROP)}"
            )
        else:
            other = name_beside(classes.labels)
            what = f"merged into the class {quoted(other)} of {rows} rows"
        warnings.warn(
            f"classes of the target {target.name!r} with fewer than {least} rows are {what}: {shown}",
            ShoalWarning,
            stacklevel=2,
        )
        scarce = {label for label, _ in rare}
        becomes = tuple(other if label in scarce else label for label in classes.labels)
        return cls(classes.labels, becomes)

    def apply(self, target: pl.Series) -> pl.Series:
        """Return what each row's label becomes, null where its class is left out; unknown labels stay."""
        if not self.labels:
            return target
        codes = codes_of(target, self.labels)
        new = codes.replace_strict(
            list(range(len(self.labels))), list(self.becomes), default=None, return_dtype=pl.String
        )
        return new.zip_with(codes.is_not_null(), values.text(target)).cast(pl.Categorical)

    def of_frame(self, frame: Frame, name: str) -> Frame:
        """Return the rows of a table that are not left out, with what the labels in ``name`` become."""
        if not self.labels:
            return frame
        new = self.apply(frame[name]).alias(name)
        keep_rows(new.is_not_null().to_numpy())
        return as_frame(frame.with_columns(new).filter(new.is_not_null()))


def rare_of(classes: Classes, least: int) -> list[tuple[str, int]]:
    """Return the classes with fewer than ``least`` rows, and their rows."""
    return [(label, rows) for label, rows in zip(classes.labels, classes.rows, strict=True) if rows < least]


def require_repeated(classes: Classes, rare: Sequence[tuple[str, int]], name: str) -> None:
    """Raise ``DataError`` where nearly all rows are of rare classes that are texts: they are no classes."""
    rows, labels = sum(classes.rows), pl.Series(classes.labels, dtype=pl.String)
    few = rows < MIN_ROWS_OF_IDENTIFIER or sum(of for _, of in rare) < MOST * rows
    if few or not values.as_numbers(labels).null_count():
        return
    note = free_text_note(labels)
    what = note.partition(":")[0] or "texts that hardly ever occur twice, as names and codes do"
    remedy = f"{setting('text', name)} predicts from it, " if note else ""
    raise DataError(
        f"the target {name!r} looks like {what}, such as {quoted(labels[0])} ({len(labels)} different in "
        f"{rows} rows); classes repeat: name another column as the target; {remedy}"
        f"{setting('drop', name)} leaves it out"
    )


def counted(rare: Sequence[tuple[str, int]]) -> str:
    """Return classes with their rows for a message.

    >>> counted([("a", 1), ("b", 2)])
    "'a' 1, 'b' 2"
    """
    more = f" and {len(rare) - _SHOWN} more" if len(rare) > _SHOWN else ""
    return ", ".join(f"{quoted(label)} {rows}" for label, rows in rare[:_SHOWN]) + more


def name_beside(labels: Sequence[str]) -> str:
    """Return a name for one more class, which none of these labels has in any case.

    >>> name_beside(["a", "b"]), name_beside(["Other", "b"])
    ('other', 'other 2')
    """
    taken = {label.lower() for label in labels}
    names = ("other" if number == 1 else f"other {number}" for number in range(1, len(taken) + 2))
    return next(name for name in names if name not in taken)
