"""An explanation as one HTML file: formulas in MathML, nothing fetched, nothing that runs.

Every string is escaped, whatever a table calls its columns.
"""

from __future__ import annotations

import html as _html
from collections.abc import Iterable, Sequence
from importlib import resources

from shoal.explanation.blocks import Block, Formula, Heading, Line, Matrix, Paragraph, Table
from shoal.explanation.numerals import grid
from shoal.formulas.mathml import mathml
from shoal.formulas.nodes import Expression
from shoal.printable import printable

POLICY = "default-src 'none'; style-src 'unsafe-inline'"
"""What a browser may do with the page: show it."""


def html(blocks: Sequence[Block]) -> str:
    """Return the page as HTML."""
    style = resources.files("shoal.explanation").joinpath("style.css").read_text(encoding="utf-8")
    body = "\n".join(_written(block, number) for number, block in enumerate(blocks))
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f"<title>The chain rule of a network</title>\n<style>\n{style}</style>\n</head>\n"
        f"<body>\n{_contents(blocks)}<main>\n{body}\n</main>\n</body>\n</html>\n"
    )


def escaped(text: str) -> str:
    """Return text that a page shows as it is."""
    return _html.escape(printable(text))


def _inline(parts: Line) -> str:
    return "".join(
        f"<math>{mathml(part)}</math>" if isinstance(part, Expression) else escaped(part) for part in parts
    )


def _contents(blocks: Sequence[Block]) -> str:
    entries = [
        f'<li><a href="#part-{number}">{_inline(block.line)}</a></li>'
        for number, block in enumerate(blocks)
        if isinstance(block, Heading) and block.level == 2
    ]
    listed = "".join(entries)
    return f'<nav aria-label="Contents"><ul>{listed}</ul></nav>\n'


def _written(block: Block, number: int) -> str:
    match block:
        case Heading():
            level = block.level
            return f'<h{level} id="part-{number}">{_inline(block.line)}</h{level}>'
        case Paragraph():
            return f"<p>{_inline(block.line)}</p>"
        case Formula():
            kind = "formula boxed" if block.boxed else "formula"
            return f'<div class="{kind}" tabindex="0"><math display="block">{mathml(block.tree)}</math></div>'
        case Table():
            head, rows = map(_inline, block.head), [map(_inline, row) for row in block.rows]
            return f'<div class="scroll" tabindex="0"><table>{_head(head)}{_body(rows)}</table></div>'
        case Matrix():
            names, cells = grid(block.values, block.rows, block.columns)
            caption = f"<caption>{_inline(block.caption)}</caption>"
            inner = f"{caption}{_head(map(escaped, names))}{_body([map(escaped, row) for row in cells])}"
            return f'<div class="scroll" tabindex="0"><table class="matrix">{inner}</table></div>'


def _head(cells: Iterable[str]) -> str:
    titles = "".join(f'<th scope="col">{cell}</th>' for cell in cells)
    return f"<thead><tr>{titles}</tr></thead>"


def _body(rows: Iterable[Iterable[str]]) -> str:
    written = []
    for first, *others in rows:
        rest = "".join(f"<td>{cell}</td>" for cell in others)
        written.append(f'<tr><th scope="row">{first}</th>{rest}</tr>')
    return "<tbody>" + "".join(written) + "</tbody>"
