"""What a query is made of: numbers, names, texts, sums, and the tables that a WITH names."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from shoal.printable import on_one_line

ROW = "shoal_row"
"""The column that says which row of the source a row of each table is of."""
BLANKS = (
    " \t\n\v\f\r\x85\xa0\u1680" + "".join(map(chr, range(0x2000, 0x200B))) + "\u2028\u2029\u202f\u205f\u3000"
)
"""What Unicode counts as white space: databases take off the first of it alone, unless they are told."""
SUMMED = 32
"""Terms that are added in a row: databases limit how deep an expression may be."""


def number(value: float) -> str:
    """Return a finite number as SQL reads it back to the last bit, in double precision.

    Without an exponent some databases would take it for a decimal.

    >>> number(0.1), number(-3), number(np.float32(0.1))
    ('1e-01', '(-3e+00)', '1.0000000149011612e-01')
    """
    digits = np.format_float_scientific(np.float64(value), unique=True, trim="-")
    return f"({digits})" if digits.startswith("-") else digits


def name(text: str) -> str:
    """Return the name of a column or table in quotes.

    >>> name('5" nails')
    '"5"" nails"'
    """
    return '"' + text.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return a text in quotes.

    >>> literal("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def trimmed(column: str) -> str:
    """Return a value as text without blanks around it, of all kinds, as ``shoal`` reads it.

    >>> trimmed("a").startswith("TRIM(CAST(a AS VARCHAR), '")
    True
    """
    return f"TRIM(CAST({column} AS VARCHAR), {literal(BLANKS)})"


def comment(lines: Sequence[str]) -> str:
    """Return lines of comments, none of which a text of the user's can end.

    >>> comment(["a\\nb"])
    '-- a b'
    """
    return "\n".join(f"-- {on_one_line(line)}" for line in lines)


def total(terms: Sequence[str]) -> str:
    """Return the sum of terms, in parentheses so that it is nowhere deep.

    >>> total(["a", "b"]), total([])
    ('(a + b)', '0e+00')
    """
    if not terms:
        return number(0.0)
    while len(terms) > SUMMED:
        terms = [total(terms[k : k + SUMMED]) for k in range(0, len(terms), SUMMED)]
    return f"({' + '.join(terms)})"


@dataclass
class QueryTables:
    """The tables of a query: each is computed once, from those before it, row by row of the source."""

    written: list[str] = field(default_factory=list)

    def add(self, table: str, source: str, columns: Sequence[tuple[str, str]], group: str = "") -> str:
        """Write a table of (name, expression) over ``source``, and return its name."""
        listed = ",\n    ".join(
            [f"{source}.{ROW} AS {ROW}", *(f"{formula} AS {column}" for column, formula in columns)]
        )
        return self.as_it_is(table, f"SELECT\n    {listed}\n  FROM {source}{group}")

    def as_it_is(self, table: str, select: str) -> str:
        """Write a table that a SELECT of one's own makes, and return its name."""
        self.written.append(f"{table} AS MATERIALIZED (\n  {select}\n)")
        return table
