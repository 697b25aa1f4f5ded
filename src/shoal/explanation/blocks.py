"""A page before it has a format: headings, sentences with formulas in them, tables and matrices."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from string import Formatter
from typing import TypeAlias

from shoal.formulas.nodes import Expression
from shoal.shapes import Array

Inline: TypeAlias = str | Expression
Line: TypeAlias = tuple[Inline, ...]


@dataclass(frozen=True)
class Heading:
    """A title; level 1 is the page's own."""

    level: int
    line: Line


@dataclass(frozen=True)
class Paragraph:
    """Sentences, with formulas in them."""

    line: Line


@dataclass(frozen=True)
class Formula:
    """A formula on a line of its own; ``boxed`` as the lecture boxes its results."""

    tree: Expression
    boxed: bool = False


@dataclass(frozen=True)
class Table:
    """Rows of cells under a head."""

    head: tuple[Line, ...]
    rows: tuple[tuple[Line, ...], ...]


@dataclass(frozen=True)
class Matrix:
    """Numbers with the names of their rows and columns, under a caption."""

    caption: Line
    values: Array
    rows: Sequence[str]
    columns: Sequence[str]


Block: TypeAlias = Heading | Paragraph | Formula | Table | Matrix


def line(sentence: str, **values: Inline) -> Line:
    """Return a sentence with the values at the places that name them.

    >>> from shoal.formulas.nodes import Z
    >>> line("where {z} is {what}", z=Z, what="{large}") == ("where ", Z, " is ", "{large}")
    True
    """
    parts: list[Inline] = []
    for words, name, _, _ in Formatter().parse(sentence):
        parts += [words] if words else []
        parts += [values[name]] if name else []
    return tuple(parts)


def cell(value: Inline) -> Line:
    """Return a formula or a text as it is."""
    return (value,)
