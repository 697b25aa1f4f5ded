"""Numbers as an explanation shows them: four significant digits, and long matrices cut."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence

from shoal.formulas.nodes import Expression, Number, Vector
from shoal.shapes import Array

MOST_ROWS, MOST_COLUMNS, MOST_ENTRIES = 10, 8, 5
ELLIPSIS = "⋯"


def shown(value: float) -> str:
    """Return a number with four significant digits and a real minus sign.

    >>> shown(-0.123456), shown(1.5e-7), shown(2.0), shown(float("inf"))
    ('−0.1235', '1.5e-7', '2', '∞')
    """
    if math.isnan(value):
        return "undefined"
    if math.isinf(value):
        return "∞" if value > 0 else "−∞"
    text = re.sub(r"e([+-])0*", lambda sign: "e-" if sign[1] == "-" else "e", f"{value:.4g}")
    text = "0" if text == "-0" else text
    return f"−{text[1:]}" if text.startswith("-") else text


def numeral(value: float) -> Number:
    """Return a number as part of a formula."""
    return Number(value, shown(abs(value)))


def numerals(values: Array) -> Expression:
    """Return a few numbers as part of a formula: one as it is, more of them in parentheses."""
    entries: list[Expression] = [numeral(value) for value in values[:MOST_ENTRIES].tolist()]
    if len(values) > MOST_ENTRIES:
        entries.append(Number(0, ELLIPSIS))
    return Vector(tuple(entries)) if len(entries) > 1 else entries[0]


def shape_name(shape: Sequence[int]) -> str:
    """Return a shape with multiplication signs.

    >>> shape_name((3, 4)), shape_name((3,))
    ('3 × 4', '3')
    """
    return " × ".join(map(str, shape))


def vector(values: Array) -> str:
    """Return a few numbers on one line.

    >>> import numpy as np
    >>> vector(np.arange(9.0))
    '(0, 1, 2, 3, 4, ⋯)'
    """
    flat = values.ravel()
    numbers = [shown(value) for value in flat[:MOST_ENTRIES]] + (
        [ELLIPSIS] if flat.size > MOST_ENTRIES else []
    )
    return numbers[0] if flat.size == 1 else f"({', '.join(numbers)})"


def grid(values: Array, rows: Sequence[str], columns: Sequence[str]) -> tuple[list[str], list[list[str]]]:
    """Return a matrix (m, n) as a head and rows of text, cut where there is too much to read."""
    n_rows, n_columns = min(MOST_ROWS, len(rows)), min(MOST_COLUMNS, len(columns))
    wide, long = len(columns) > n_columns, len(rows) > n_rows
    head = ["", *columns[:n_columns], *([ELLIPSIS] if wide else [])]
    body = [
        [rows[i], *map(shown, values[i, :n_columns].tolist()), *([ELLIPSIS] if wide else [])]
        for i in range(n_rows)
    ]
    if long:
        body.append([f"{ELLIPSIS} {len(rows) - n_rows} more", *[ELLIPSIS] * (len(head) - 1)])
    return head, body
