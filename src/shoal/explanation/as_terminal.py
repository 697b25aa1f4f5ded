"""An explanation in a terminal: headings, tables and boxed formulas on lines of text."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence

from rich.box import ROUNDED, SIMPLE_HEAD
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table as RichTable
from rich.text import Text as RichText

from shoal.explanation.blocks import Block, Formula, Heading, Line, Matrix, Paragraph, Table
from shoal.explanation.numerals import grid
from shoal.formulas.text import text
from shoal.printable import on_one_line

WIDTH = 110


def renderable(blocks: Sequence[Block]) -> Group:
    """Return the page for rich to print."""
    return Group(*(part for block in blocks for part in _rendered(block)))


def plain(blocks: Sequence[Block]) -> str:
    """Return the page as plain text, without colours."""
    file = io.StringIO()
    console = Console(file=file, width=WIDTH, color_system=None, legacy_windows=False)
    console.print(renderable(blocks))
    return "\n".join(line.rstrip() for line in file.getvalue().splitlines())


def words(parts: Line) -> str:
    """Return a sentence as plain text on one line."""
    return on_one_line("".join(part if isinstance(part, str) else text(part) for part in parts))


def _rendered(block: Block) -> Iterator[RenderableType]:
    match block:
        case Heading():
            style = "bold" if block.level > 1 else "bold reverse"
            mark = "" if block.level == 1 else "#" * (block.level - 1) + " "
            yield RichText(f"\n{mark}{words(block.line)}\n", style)
        case Paragraph():
            yield RichText(words(block.line) + "\n")
        case Formula():
            tree = RichText(text(block.tree), "bold" if block.boxed else "")
            yield Panel.fit(tree, box=ROUNDED) if block.boxed else Padding(tree, (0, 0, 1, 2))
        case Table():
            head, rows = [words(cell) for cell in block.head], [[words(c) for c in row] for row in block.rows]
            yield _table(head, rows, "left")
        case Matrix():
            yield RichText(words(block.caption), "italic")
            yield _table(*grid(block.values, block.rows, block.columns), "right")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], justify: str) -> RichTable:
    table = RichTable(box=SIMPLE_HEAD, pad_edge=False)
    for i, title in enumerate(head):
        title = on_one_line(title)
        table.add_column(RichText(title), justify="left" if not i or justify == "left" else "right")
    for row in rows:
        table.add_row(*(RichText(on_one_line(cell)) for cell in row))
    return table
