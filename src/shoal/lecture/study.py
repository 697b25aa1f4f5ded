"""What a study of the lecture is: something that computes, says what it found, and draws it."""

from __future__ import annotations

import csv
import io
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

import numpy as np

from shoal.plots.text import number
from shoal.registry import Named

if TYPE_CHECKING:
    from matplotlib.figure import Figure

R = TypeVar("R")


@dataclass(frozen=True)
class Table:
    """Columns of equal length: a CSV file, and part of the page where there is a ``caption``.

    >>> print(Table({"M": [1, 3], "error": [0.25, 0.125]}).csv(), end="")
    M,error
    1,0.25
    3,0.125
    """

    columns: Mapping[str, Sequence[Any] | np.ndarray[Any, Any]]
    caption: str = ""

    def rows(self) -> list[tuple[Any, ...]]:
        """Return the rows, as plain Python values."""
        return list(zip(*(np.asarray(column).tolist() for column in self.columns.values()), strict=True))

    def csv(self) -> str:
        """Return the table with a header; floats with ten significant digits, the same on every run."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(self.columns)
        writer.writerows([f"{v:.10g}" if isinstance(v, float) else v for v in row] for row in self.rows())
        return text.getvalue()

    def cells(self) -> list[list[str]]:
        """Return the rows as a reader sees them."""
        return [[v if isinstance(v, str) else number(v, 3) for v in row] for row in self.rows()]


def paragraphs(text: str) -> list[str]:
    """Return the paragraphs of a text, each on one line.

    >>> paragraphs('''
    ...     One
    ...     paragraph.
    ...
    ...     Another.
    ... ''')
    ['One paragraph.', 'Another.']
    """
    return [" ".join(part.split()) for part in text.strip().split("\n\n")]


class Study(Named, ABC, Generic[R]):
    """A computed thing of the slides: a frozen dataclass whose fields are its settings, ``seed`` among them.

    ``compute`` trains with the production engine and returns what was found; the rest shows it.
    The same settings give the same results.
    """

    title: ClassVar[str]
    """The claim or the question, as a heading."""
    slides: ClassVar[str]
    """The slides that it belongs to, by their titles."""
    seed: int
    size: ClassVar[tuple[float, float]]
    """Width and height of the figure in SVG units."""

    @abstractmethod
    def compute(self) -> R:
        """Return what was found."""

    @abstractmethod
    def words(self, found: R) -> str:
        """Return the explanation, with the numbers found; blank lines between paragraphs."""

    @abstractmethod
    def tables(self, found: R) -> dict[str, Table]:
        """Return the data: the main table is called ""."""

    @abstractmethod
    def draw(self, figure: Figure, found: R) -> None:
        """Draw what was found on an empty figure."""

    def interactive(self, found: R) -> str | None:
        """Return HTML for a page to show instead of the figure, where there is more to it than a picture."""
        return None

    def listing(self) -> str | None:
        """Return the Python program that the study is about, where it is about one."""
        return None
