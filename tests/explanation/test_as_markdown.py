"""Markdown that shows what it was given, whatever data call their columns."""

from __future__ import annotations

import numpy as np
import pytest

from shoal.explanation.as_markdown import escaped, markdown
from shoal.explanation.blocks import Formula, Heading, Matrix, Paragraph, Table, cell, line
from shoal.formulas.nodes import A, Y, Z


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a*b_c", r"a\*b\_c"),
        ("http://x", r"http\://x"),
        ("at 12:30", "at 12:30"),
        ("www.x.org", r"www\.x.org"),
        ("$5 & #1", r"\$5 \& \#1"),
        ("two\nlines", "two lines"),
        ("\u202eabc", "\ufffdabc"),
    ],
)
def test_marks_are_shown_and_do_nothing(text: str, written: str) -> None:
    assert escaped(text) == written


def test_each_block_has_its_form() -> None:
    page = [
        Heading(2, line("On {z}", z=Z)),
        Paragraph(line("It is {name}.", name="a|b")),
        Formula(A - Y, boxed=True),
        Table((cell("x"), cell(A)), ((cell("1|2"), cell("3")),)),
        Matrix(cell("W"), np.array([[0.5]]), ["unit_1"], ["in"]),
    ]
    assert markdown(page).split("\n\n") == [
        "## On $z$",
        r"It is a\|b.",
        "$$\n\\boxed{a - y}\n$$",
        "| x | $a$ |\n| --- | --- |\n| 1\\|2 | 3 |",
        "W",
        "|  | in |\n| --- | --: |\n| unit\\_1 | 0.5 |\n",
    ]
