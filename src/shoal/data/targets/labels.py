"""When two labels of a target are one class, in which order classes stand, and which class a row is of.

Labels are texts, and different texts are different classes, unless every label is a number: then numbers are
compared, exactly, whatever their size (1 and 1.0 are one class, 2⁵³ and 2⁵³ + 1 are two). Whole numbers
with leading zeros, as 007, are codes and so texts; declared categories are always texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from shoal.data.cells import values
from shoal.data.cells.marks import with_point
from shoal.data.frames import pl, quoted
from shoal.errors import DataError

#: A number in digits that are few enough to be compared; (?a) leaves out the digits of other scripts.
_NUMBER = re.compile(r"(?a)[+-]?(\d{1,400}\.?\d{0,400}|\.\d{1,400})([eE][+-]?\d{1,3})?")
_PADDED = re.compile(r"(?a)[+-]?0\d+")
_WITH_COMMA = re.compile(r"(?a)[+-]?(\d{0,400}|\d{1,3}(\.\d{3})+),(?!\d{3}$)\d{1,400}")
"""But for what might be thousands, as 1,000."""


@dataclass(frozen=True)
class Classes:
    """The classes of a target in order (numbers by size, then texts by alphabet), and the rows of each.

    ``spellings`` are those labels that are written in several ways, with all of them.
    """

    labels: tuple[str, ...]
    rows: tuple[int, ...]
    spellings: tuple[tuple[str, ...], ...] = ()


def classes_of(series: pl.Series) -> Classes:
    """Return the classes of a column without missing values.

    >>> classes_of(pl.Series(["3.1", "3.10", "dev"])).labels, classes_of(pl.Series(["2.0", "10", "2"])).labels
    (('3.1', '3.10', 'dev'), ('2', '10'))
    """
    counted = values.text(series).alias("label").value_counts(name="rows")
    counts: dict[str, int] = dict(counted.iter_rows())
    compared = series.dtype != pl.Categorical and are_numbers(counts)
    same: dict[Decimal | str, list[str]] = {}
    for label in sorted(counts, key=lambda label: (len(label), label)):
        same.setdefault(Decimal(label) if compared else label, []).append(label)
    ways = sorted(same.values(), key=lambda ways: _place(ways[0]))
    return Classes(
        tuple(labels[0] for labels in ways),
        tuple(sum(counts[label] for label in labels) for labels in ways),
        tuple(tuple(labels) for labels in ways if len(labels) > 1),
    )


def codes_of(series: pl.Series, labels: Sequence[str]) -> pl.Series:
    """Return the place of each row's label among ``labels``, null for a label that is none of them.

    A table may hold numbers or booleans where another held texts: 1.0 is the label 1, and true is True. Where
    all labels are numbers, those of files with decimal commas are compared too: 2,50 is the label 2,5 or 2.5.

    Raises ``DataError`` for a number that several labels are, as 7 of 007 and 7.
    """
    texts = values.text(series)
    reader = _Reader(labels)
    written = series.dtype in (pl.String, pl.Categorical)
    found: dict[str, int] = {}
    for given in texts.drop_nulls().unique():
        places = reader.written(given) if written else reader.typed(given)
        if len(places) > 1:
            several = ", ".join(quoted(labels[place]) for place in places)
            raise DataError(
                f"the target {series.name!r} holds the number {given}, which is several of the classes "
                f"fitted: {several}; give the column as text"
            )
        if places:
            found[given] = places[0]
    return texts.replace_strict(list(found), list(found.values()), default=None, return_dtype=pl.Int64)


class _Reader:
    """Finds the places of what other tables hold among the labels of a model."""

    def __init__(self, labels: Sequence[str]) -> None:
        self.places = {label: [place] for place, label in enumerate(labels)}
        self.numbers: dict[Decimal, list[int]] = {}
        pointed = _with_points(labels) if "," in "".join(labels) else list(labels)
        self.has_commas = pointed != list(labels) and are_numbers(pointed)
        numbers = pointed if self.has_commas else labels
        for place, number in enumerate(numbers):
            if _NUMBER.fullmatch(number):
                self.numbers.setdefault(Decimal(number), []).append(place)
        truths = {_truth(label): [place] for place, label in enumerate(labels)}
        self.truths = truths if set(truths) == {True, False} and len(labels) == len(truths) else {}
        self.lower = {label.lower(): [place] for place, label in enumerate(labels)} if self.truths else {}
        self.compared = are_numbers(numbers) and len(self.numbers) == len(labels)

    def written(self, given: str) -> list[int]:
        """Return the place of a text."""
        same = self.places.get(given) or self.lower.get(given.lower())
        if same or not self.compared:
            return same or []
        if self.has_commas or _WITH_COMMA.fullmatch(given):
            (given,) = _with_points([given])
        return self._of_number(Decimal(given)) if are_numbers([given]) else []

    def typed(self, given: str) -> list[int]:
        """Return the places of a number or boolean, as text."""
        if self.truths and _truth(given) is not None:
            return self.truths[_truth(given)]
        number = Decimal(given) if _NUMBER.fullmatch(given) else None
        return self._of_number(number) or self.places.get(given, [])

    def _of_number(self, number: Decimal | None) -> list[int]:
        return [] if number is None else self.numbers.get(number, [])


def _with_points(texts: Sequence[str]) -> list[str]:
    return with_point(pl.Series(texts, dtype=pl.String)).to_list()


def are_numbers(labels: Iterable[str]) -> bool:
    """Tell whether every label is a number, none of them a code with leading zeros."""
    return all(_NUMBER.fullmatch(label) and not _PADDED.fullmatch(label) for label in labels)


def has_padded(texts: pl.Series) -> bool:
    """Tell whether any text is a whole number with leading zeros."""
    return bool(texts.str.contains(f"^{_PADDED.pattern.removeprefix('(?a)')}$").any())


def _truth(label: str) -> bool | None:
    lower = label.lower()
    if lower in (*values.TRUE_TEXTS, "1"):
        return True
    return False if lower in (*values.FALSE_TEXTS, "0") else None


def _place(label: str) -> tuple[bool, Decimal, str]:
    number = Decimal(label) if _NUMBER.fullmatch(label) else None
    return (number is None, number or Decimal(0), label)
