"""How the numbers of a column were written: what tells how the same column of another table is to be read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import Any

from shoal.data.cells.numerals import COMMA, CURRENCY, NO_SIGN, NOTHING, POINT, read_numbers
from shoal.data.frames import named, pl, quoted
from shoal.errors import ConfigurationError, DataError

_SAME = (
    *("$ US$ USD", "€ EUR", "£ GBP", "¥ JPY", "¥ CNY", "₹ INR", "₽ RUB", "₩ KRW", "₺ TRY"),
    *("R$ BRL", "C$ CAD", "A$ AUD"),
)
"""What each currency is written as; ¥ is the sign of two."""
OTHER = {POINT: COMMA, COMMA: POINT}
"""What separates thousands where decimals have a mark."""
_MARKS = (("", ""), (POINT, ""), (COMMA, ""), ("", POINT), ("", COMMA), (POINT, COMMA), (COMMA, POINT))
_NOT_PLAIN = "[^0-9eE+.-]"


@dataclass(frozen=True)
class Notation:
    """The marks that stood in the numbers of a column, empty where none was seen.

    ``percent`` is True where every number ended with a per cent sign, False where none did, else None.

    >>> Notation(thousands=".").mark
    ','
    """

    decimal: str = ""
    thousands: str = ""
    percent: bool | None = False
    currency: str = ""

    @property
    def mark(self) -> str:
        """The mark of decimals, which that of thousands tells, too; empty where neither was seen."""
        return self.decimal or OTHER.get(self.thousands, "")


@dataclass(frozen=True)
class Known:
    """How the columns of a table that was fitted were written; nothing is known of columns not in ``of``.

    ``by_texts`` are those whose decimal commas are read column by column (``ColumnSummary.decimal``).
    ``names`` are columns that name something, such as identifiers and labels: they stay as they are written.
    So do columns that a text of ``listed`` may name among others, between its commas.
    """

    of: Mapping[str, Notation] = field(default_factory=dict)
    by_texts: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    listed: tuple[str, ...] = ()

    @classmethod
    def of_numbers(cls, decimals: Mapping[str, str], notations: Mapping[str, Notation]) -> Known:
        """Return what is known of columns of numbers, given their ``ColumnSummary.decimal``."""
        plain = dict.fromkeys(decimals, Notation())
        return cls({**plain, **notations}, frozenset(name for name in decimals if decimals[name] == COMMA))

    def with_names(self, names: Iterable[str | None]) -> Known:
        """Return the same with other columns that name something; None is no column.

        >>> sorted(Known().with_names(["id", None]).names)
        ['id']
        """
        return replace(self, names=frozenset(name for name in names if name is not None))

    def is_name(self, column: str) -> bool:
        """Tell whether a column names something, or may.

        >>> known = Known(names=frozenset(["id"]), listed=("zip, old, rent",))
        >>> [name for name in ("id", "zip", "old, rent", "ol") if known.is_name(name)]
        ['id', 'zip', 'old, rent']
        """
        return column in self.names or any(_apart(column) in text for text in self._texts)

    @cached_property
    def _texts(self) -> list[str]:
        return [_apart(text) for text in self.listed]

    @cached_property
    def marks(self) -> frozenset[str]:
        """The marks of decimals of all columns, one unless some were written otherwise than the rest."""
        return frozenset(filter(None, (notation.mark for notation in self.of.values())))

    @cached_property
    def mark(self) -> str:
        """The one mark of decimals, empty where there is none or more than one."""
        return next(iter(self.marks)) if len(self.marks) == 1 else ""

    @cached_property
    def _thousands(self) -> frozenset[str]:
        return frozenset(notation.thousands for notation in self.of.values())

    def had_other(self, name: str, mark: str) -> bool:
        """Tell whether decimals of a column had another mark."""
        return name in self.of and self.of[name].mark not in ("", mark)

    def mark_of(self, name: str, separator: str, expected: str) -> str:
        """Return the mark of decimals of a column whose ``separator`` might be one or separate thousands.

        It is the column's own if such a separator stood in it, else that of the table if it stood elsewhere,
        or is that mark; empty where nothing tells. Of thousands that only other columns had, a file says
        the contrary where its delimiter lets ``expected`` be its mark.
        """
        own = self.of[name]
        if separator in (own.decimal, own.thousands):
            return own.mark
        if separator == self.mark:
            return self.mark
        return self.mark if separator in self._thousands and expected in ("", self.mark) else ""


NOTHING_KNOWN = Known()


def _apart(text: str) -> str:
    """Return a text with commas at its ends, and no spaces beside any."""
    return f",{','.join(part.strip() for part in text.split(','))},"


def notation_of(series: pl.Series, mark: str) -> Notation:
    """Return how the numbers of a column of texts are written, whose decimals have this ``mark``.

    >>> notation_of(pl.Series(["1.234,5", "-", "7"]), ",")
    Notation(decimal=',', thousands='.', percent=False, currency='')
    """
    known = _known(series)
    decimal, thousands = (
        each if known.str.contains(each, literal=True).any() else "" for each in (mark, OTHER[mark])
    )
    if known.str.contains(NO_SIGN).all():
        return Notation(decimal, thousands)
    return Notation(decimal, thousands, _percent(known), _currency(known))


def notations_of(table: pl.DataFrame, marks: Mapping[str, str]) -> dict[str, Notation]:
    """Return how numbers were written, but for plain ones, in columns of texts with these marks of decimals.

    >>> notations_of(pl.DataFrame({"a": ["1.5", "2"], "b": ["3", "4"]}), {"a": ".", "b": "."})
    {'a': Notation(decimal='.', thousands='', percent=False, currency='')}
    """
    types = table.schema
    texts = [name for name in marks if types.get(name) == pl.String]
    if not texts:
        return {}
    odd, points = (
        named(table, texts).select(pl.all().str.contains(pattern).any()).row(0)
        for pattern in (_NOT_PLAIN, r"\.[0-9]")
    )  # all at once (wide tables!)
    found = {}
    for name, strange, point in zip(texts, odd, points, strict=True):
        if strange or (point and marks[name] == COMMA):
            found[name] = notation_of(table[name], marks[name])
        elif point:
            found[name] = Notation(POINT)
    return {name: notation for name, notation in found.items() if notation != Notation()}


def notations_to_config(notations: Mapping[str, Notation] | None) -> dict[str, Any] | None:
    """Return notations as plain JSON."""
    return None if notations is None else {name: asdict(of) for name, of in notations.items()}


def notations_from_config(config: Mapping[str, Mapping[str, Any]] | None) -> dict[str, Notation] | None:
    """Return the notations that ``notations_to_config`` described; ``ConfigurationError`` for no such."""
    if config is None:
        return None
    try:
        found = {name: Notation(**entry) for name, entry in config.items()}
    except (TypeError, AttributeError):
        raise ConfigurationError("the marks of numbers are described in no way that shoal knows") from None
    for name, notation in found.items():
        marks = (notation.decimal, notation.thousands)
        known = marks in _MARKS and (notation.percent is None or type(notation.percent) is bool)
        if not known or not isinstance(notation.currency, str):
            raise ConfigurationError(f"the numbers of column {name!r} are written in no way that shoal knows")
    return found


def require_alike(series: pl.Series, notation: Notation) -> None:
    """Raise ``DataError`` where a column of texts has per cent signs or a currency that it had not, or lacks.

    Zeros, and a column in which some numbers had the sign, say nothing.
    """
    known = _known(series)
    numbers = read_numbers(known).numbers
    known = known.filter((numbers != 0).fill_null(True))
    percent, currency = _percent(known), _currency(known)
    if not known.is_empty() and None not in (percent, notation.percent) and percent != notation.percent:
        signs = ("no number", "every number") if percent else ("every number", "no number")
        raise DataError(
            f"column {series.name!r} has {quoted(known[0])}, and {signs[1]} of it has a per cent sign, as "
            f"{signs[0]} had where the model was fitted; write them alike (45% is 0.45)"
        )
    if currency and notation.currency and not _alike(currency, notation.currency):
        raise DataError(
            f"column {series.name!r} has {quoted(known[0])}, an amount in {currency}, expected one in "
            f"{notation.currency}, as where the model was fitted; convert the amounts"
        )


def _known(series: pl.Series) -> pl.Series:
    texts = series.str.strip_chars().drop_nulls()
    return texts.filter(~texts.is_in(NOTHING) & texts.str.contains("[0-9]"))


def _percent(known: pl.Series) -> bool | None:
    signs = known.str.ends_with("%")
    return None if signs.any() and not signs.all() else bool(signs.any())


def _currency(known: pl.Series) -> str:
    """Return the currency of amounts, empty where there is none or more than one."""
    found = known.str.extract(f"({CURRENCY})").drop_nulls().unique()
    return str(found[0]) if len(found) == 1 else ""


def _alike(one: str, other: str) -> bool:
    return one == other or any({one, other} <= set(names.split()) for names in _SAME)
