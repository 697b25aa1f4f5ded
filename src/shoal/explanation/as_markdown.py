"""An explanation as Markdown: formulas in LaTeX between dollar signs, numbers in tables."""

from __future__ import annotations

import re
from collections.abc import Sequence

from shoal.explanation.blocks import Block, Formula, Heading, Line, Matrix, Paragraph, Table
from shoal.explanation.numerals import grid
from shoal.formulas.latex import latex
from shoal.formulas.nodes import Expression
from shoal.printable import in_markdown


def markdown(blocks: Sequence[Block]) -> str:
    """Return the page as Markdown."""
    return "\n\n".join(_written(block) for block in blocks) + "\n"


def escaped(text: str) -> str:
    """Return text that Markdown shows as it is, on one line.

    >>> escaped("hours_worked | <b>")
    'hours\\\\_worked \\\\| \\\\<b\\\\>'
    """
    return escaped_part(" ".join(text.split()))


def _inline(parts: Line) -> str:
    return "".join(escaped_part(part) for part in parts)


def escaped_part(part: str | Expression) -> str:
    """Return one part of a sentence, the spaces at its ends kept."""
    if isinstance(part, Expression):
        return f"${latex(part)}$"
    return in_markdown(re.sub(r"\s+", " ", part))


def _written(block: Block) -> str:
    match block:
        case Heading():
            return f"{'#' * block.level} {_inline(block.line)}"
        case Paragraph():
            return _inline(block.line)
        case Formula():
            tree = rf"\boxed{{{latex(block.tree)}}}" if block.boxed else latex(block.tree)
            return f"$$\n{tree}\n$$"
        case Table():
            return _table([_inline(c) for c in block.head], [[_inline(c) for c in row] for row in block.rows])
        case Matrix():
            head, rows = grid(block.values, block.rows, block.columns)
            body = [[escaped(cell) for cell in row] for row in rows]
            numbers = _table([escaped(cell) for cell in head], body, right=True)
            return f"{_inline(block.caption)}\n\n{numbers}"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], right: bool = False) -> str:
    rule = ["---", *["--:" if right else "---"] * (len(head) - 1)]
    return "\n".join(f"| {' | '.join(row)} |" for row in (head, rule, *rows))
