"""Values as notebooks show them: a title, facts and a small table, in the notebook's own ink.

No colour says anything, and none is chosen but a grey for lines that light and dark pages both show. Whatever
text comes with data is escaped.
"""

from __future__ import annotations

import html
from collections.abc import Sequence

from shoal.printable import printable

ROWS = 12
"""Of a table, before it is cut: a notebook shows values in passing."""
_BOX = "color: inherit; background: transparent"
_TABLE = f"{_BOX}; border-collapse: collapse; margin: 0.4em 0"
_LINE = "1px solid rgba(128, 128, 128, 0.5)"
_CELL = f"{_BOX}; border-bottom: {_LINE}; padding: 0.15em 0.7em"


def fragment(
    title: str,
    facts: Sequence[tuple[str, str]] = (),
    table: Sequence[Sequence[str]] = (),
    marked: int | None = None,
) -> str:
    """Return a fragment of HTML: a ``title``, ``facts`` by name, and a ``table`` whose first row is its head.

    The row ``marked``, from 0 below the head, is in bold, and a table too long is cut, which is said.

    >>> "<b>A &lt; B</b>" in fragment("A < B")
    True
    """
    parts = [f"<div><b>{_text(title)}</b></div>"]
    if facts:
        parts.append(_table([[name, value] for name, value in facts], headed=False))
    if table:
        parts.append(_table(table[: ROWS + 1], headed=True, marked=marked))
        if len(table) > ROWS + 1:
            parts.append(f"<div>… and {len(table) - ROWS - 1:,} more</div>")
    return f'<div style="{_BOX}">{"".join(parts)}</div>'


def progress_bar(text: str, done: int, total: int) -> str:
    """Return a bar that is filled as far as ``done`` of ``total``, beside what it says.

    >>> progress_bar("2 of 3", 2, 3).partition("<progress ")[2]
    'value="2" max="3"></progress> 2 of 3</div>'
    """
    bar = f'<progress value="{done}" max="{max(total, 1)}"></progress>'
    return f'<div style="{_BOX}">{bar} {_text(text)}</div>'


def _table(rows: Sequence[Sequence[str]], headed: bool, marked: int | None = None) -> str:
    written = []
    for number, row in enumerate(rows):
        head = headed and number == 0
        bold = headed and marked is not None and number == marked + 1
        cells = "".join(_cell(text, head or (not headed and k == 0), bold) for k, text in enumerate(row))
        written.append(f"<tr>{cells}</tr>")
    return f'<table style="{_TABLE}">{"".join(written)}</table>'


def _cell(text: str, head: bool, bold: bool) -> str:
    tag, words = "th" if head else "td", _text(text)
    return f'<{tag} style="{_CELL}; text-align: left">{f"<b>{words}</b>" if bold else words}</{tag}>'


def _text(text: str) -> str:
    return html.escape(printable(text))
