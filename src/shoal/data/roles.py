"""Columns of a table that are no features: what a row is part of, when it was, and what it counts for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from decimal import Context, Decimal
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from shoal.data.cells import values
from shoal.data.cells.numerals import GAPS
from shoal.data.frames import pl, quoted
from shoal.data.names import meant
from shoal.data.row_numbers import data_row
from shoal.data.sequences.instants import are_numbers, instants
from shoal.errors import ConfigurationError, DataError
from shoal.words import setting

Floats = npt.NDArray[np.float64]
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?")
MOST_DIGITS = 40
"""Of a number that is written out."""
_NO_WEIGHT = "correct them, or leave their rows out with 0"


@dataclass(frozen=True)
class Roles:
    """The names of such columns, None where there is none; each field is called as its setting."""

    group: str | None = None
    time_order: str | None = None
    weight: str | None = None

    @classmethod
    def settle(cls, known: Sequence[str], target: str, asked: Any) -> Self:
        """Return the roles that ``asked`` has by the names of the fields, for a table of ``known`` columns.

        Raises ``DataError`` for a column that is not there, ``ConfigurationError`` for the target, for a
        column with two roles, and for groups and a time order at once.
        """
        roles = cls.asked(asked)
        for column, name in roles.of_columns.items():
            if column not in known:
                raise DataError(
                    f"the table has no column {quoted(column)}, which {setting(name)} names; "
                    f"{meant(column, known)}"
                )
            if column == target:
                raise ConfigurationError(
                    f"{setting(name)} names {quoted(target)}, the target; name another column"
                )
        return roles

    @classmethod
    def asked(cls, asked: Any) -> Self:
        """Return the roles that ``asked`` has by the names of the fields, of whatever has such names.

        Raises ``ConfigurationError`` for one with two roles, and for groups and a time order at once.
        """
        roles = cls(*(getattr(asked, field.name) for field in fields(cls)))
        if roles.group is not None and roles.time_order is not None:
            raise ConfigurationError(
                f"{setting('group', roles.group)} and {setting('time_order', roles.time_order)} were given; "
                "rows are divided by one of them, leave one out"
            )
        if roles.weight in (roles.group, roles.time_order) and roles.weight is not None:
            raise ConfigurationError(
                f"{setting('weight')} names {quoted(roles.weight)}, by which rows are divided; name another"
            )
        return roles

    @property
    def of_columns(self) -> Mapping[str, str]:
        """The setting that each column was named by."""
        named = ((getattr(self, field.name), field.name) for field in fields(self))
        return {column: name for column, name in named if column is not None}

    def groups(self, table: pl.DataFrame) -> pl.Series | None:
        """Return each row's group as text; ``DataError`` where one is missing.

        Numbers that are equal are one group, however they are written: files of one source differ there, and
        of two groups that are one in truth the one would tell of the other.
        """
        if self.group is None or self.group not in table.columns:
            return None
        series = table[self.group]
        texts = values.text(values.undeclared(series))
        missing = texts.is_null() | texts.is_in(GAPS)
        if series.dtype.is_float():
            missing |= series.is_nan()
        _require_known(missing, self.group, "group")
        return _as_numbers_are(texts)

    def times(self, table: pl.DataFrame) -> Floats | None:
        """Return when each row was, as numbers that grow; ``DataError`` for times without an order."""
        if self.time_order is None or self.time_order not in table.columns:
            return None
        series = values.undeclared(table[self.time_order])
        missing = series.is_null() | (series.is_in(GAPS) if series.dtype == pl.String else False)
        if series.dtype.is_float():
            missing |= series.is_nan()
        _require_known(missing, self.time_order, "time_order")
        found = instants(series)
        if not np.isfinite(found).all():
            row = int((~np.isfinite(found)).argmax())
            raise DataError(f"{_names('time_order', self.time_order)} is infinite in {data_row(row)}")
        return found

    def has_numbered_times(self, table: pl.DataFrame) -> bool:
        """Return whether times are numbers, which cannot be told to be before or after a date."""
        return self.time_order in table.columns and are_numbers(values.undeclared(table[self.time_order]))

    def weights(self, table: pl.DataFrame, of_all: bool = True) -> Floats | None:
        """Return what each row counts for; ``DataError`` for what is missing, negative, or all 0.

        Only where the rows are ``of_all`` there are need some count for anything.
        """
        if self.weight is None or self.weight not in table.columns:
            return None
        found = values.numbers(table[self.weight], remedy=_NO_WEIGHT)
        _require_known(pl.Series(np.isnan(found)), self.weight, "weight")
        if (found < 0).any():
            row = int((found < 0).argmax())
            raise DataError(
                f"{_names('weight', self.weight)} is {found[row]:g} in {data_row(row)}, expected no "
                "weight below 0; correct it, or leave the row out with 0"
            )
        if of_all and not found.any():
            raise DataError(
                f"{_names('weight', self.weight)} is 0 in all {len(found)} rows; give a positive one to rows "
                "that count"
            )
        return found


def _as_numbers_are(texts: pl.Series) -> pl.Series:
    """Return texts, those of equal numbers alike: without zeros and signs that mean nothing.

    >>> _as_numbers_are(pl.Series(["1", "1.0", " 01", "+1e0", "P1", "1,5"])).to_list()
    ['1', '1', '1', '1', 'P1', '1,5']
    """
    names = {text: _plainest(text) for text in texts.unique().to_list()}
    return texts.replace_strict(names, return_dtype=pl.String)


def _plainest(text: str) -> str:
    text = text.strip()
    if not _NUMBER.fullmatch(text):
        return text
    try:
        exact = Decimal(text).normalize(Context(prec=len(text)))
    except ArithmeticError:  # beyond the exponents that there are
        return text
    if not exact:
        return "0"
    return f"{exact:f}" if abs(exact.adjusted()) < MOST_DIGITS else str(exact)


def _require_known(missing: pl.Series, column: str, name: str) -> None:
    if missing.any():
        row = int(missing.arg_max() or 0)
        raise DataError(
            f"{_names(name, column)} is missing in {int(missing.sum())} of {len(missing)} rows, the first of "
            f"them {data_row(row)}; fill it or leave those rows out"
        )


def _names(name: str, column: str) -> str:
    """Return a column with what it was named for.

    >>> _names("weight", "w")
    "the column 'w' (weight)"
    """
    return f"the column {quoted(column)} ({setting(name)})"
