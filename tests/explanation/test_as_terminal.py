"""Pages on lines of text."""

from __future__ import annotations

import numpy as np

from shoal.explanation.as_terminal import WIDTH, plain, words
from shoal.explanation.blocks import Formula, Heading, Matrix, Paragraph, Table, cell, line
from shoal.formulas.nodes import A, Y, Z


def test_a_sentence_is_one_line_whatever_is_in_it() -> None:
    assert words(line("where {z} is {name}", z=Z, name="a\nb\x1b[31m")) == words(("where z is a\nb\x1b[31m",))
    assert "\n" not in words(("a\nb\x1b[31m",))
    assert "\x1b" not in words(("a\nb\x1b[31m",))


def test_markup_of_the_terminal_is_shown_as_text() -> None:
    assert "[bold]x[/bold]" in plain([Paragraph(cell("[bold]x[/bold]"))])


def test_each_block_has_its_form() -> None:
    page = plain(
        [
            Heading(1, cell("Title")),
            Heading(3, cell("Part")),
            Formula(A - Y, boxed=True),
            Table((cell("name"), cell("is")), ((cell("z"), cell("1")),)),
            Matrix(cell("W"), np.array([[-0.5]]), ["unit"], ["in"]),
        ]
    ).splitlines()
    assert "Title" in page
    assert "## Part" in page
    assert "│ a − y │" in page
    assert any(row.split() == ["unit", "−0.5"] for row in page)
    assert max(map(len, page)) <= WIDTH
