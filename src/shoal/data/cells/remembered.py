"""A table that is read as one that was fitted, as far as its own texts leave it open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from shoal.data.cells.marks import Resolved, with_decimal_points
from shoal.data.cells.notation import Known, Notation, notations_of, require_alike
from shoal.data.cells.numerals import POINT
from shoal.data.frames import named, pl


def numbers_written(
    table: pl.DataFrame, names: Sequence[str], read: Mapping[str, Notation]
) -> dict[str, Notation]:
    """Return how columns of numbers were written, but for plain ones, in a table that was read.

    ``read`` says it of those that have decimal points only since then.

    >>> table = pl.DataFrame({"a": ["1.5"], "b": ["12 €"], "c": ["3"]})
    >>> {n: of.mark or of.currency for n, of in numbers_written(table, "abc", {"a": Notation(",")}).items()}
    {'a': ',', 'b': '€'}
    """
    marks = dict.fromkeys(names, POINT)
    return notations_of(table, marks) | {name: read[name] for name in names if name in read}


def known_numbers(names: Sequence[str], notations: Mapping[str, Notation] | None) -> Known:
    """Return what is known of columns of numbers that were written so: nothing, where nobody noted it."""
    return Known() if notations is None else Known.of_numbers(dict.fromkeys(names, POINT), notations)


def as_fitted(table: pl.DataFrame, known: Known) -> Resolved:
    """Return a table that is no delimited file, whose texts of known columns tell of each other's marks.

    Raises ``DataError`` as ``with_decimal_points``.

    >>> from shoal.data.cells.notation import Notation
    >>> table = pl.DataFrame({"a": ["1.234"], "b": [7.5]})
    >>> as_fitted(table, Known({"a": Notation(",", ".")})).table.row(0)
    ('1234', 7.5)
    """
    texts = _texts(table, known) if known.marks else []
    if not texts:
        return Resolved(table, {})
    written = named(table, texts)
    resolved = with_decimal_points(written, known=known)
    if resolved.table.equals(written):
        return resolved._replace(table=table)
    return resolved._replace(table=table.with_columns(resolved.table))


def require_signs(table: pl.DataFrame, known: Known) -> None:
    """Raise ``DataError`` where numbers have signs of per cent or a currency otherwise than those fitted."""
    names = _texts(table, known)
    signs = "[^0-9eE+.,'-]"
    odd = named(table, names).select(pl.all().str.contains(signs).any()) if names else table.clear()
    for name in names:
        if known.of[name].percent or odd[name].item():
            require_alike(table[name], known.of[name])


def _texts(table: pl.DataFrame, known: Known) -> list[str]:
    types = table.schema
    return [name for name in known.of if types.get(name) == pl.String]
