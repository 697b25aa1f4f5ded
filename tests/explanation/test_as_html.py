"""A page that shows names as they are, fetches nothing and runs nothing."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import numpy as np

from shoal.explanation.as_html import POLICY, html
from shoal.explanation.blocks import Formula, Heading, Matrix, Paragraph, Table, cell, line
from shoal.formulas.nodes import A, Y

HOSTILE = '<script>alert("1")</script>&amp;'
PAGE = [
    Heading(1, line("Title")),
    Heading(2, cell(HOSTILE)),
    Paragraph(line("{name}", name=HOSTILE)),
    Formula(A - Y, boxed=True),
    Table((cell("x"),), ((cell(HOSTILE),),)),
    Matrix(cell(HOSTILE), np.ones((1, 1)), [HOSTILE], [HOSTILE]),
]


def test_names_stand_there_as_text_wherever_they_come() -> None:
    page = html(PAGE)
    assert "<script" not in page
    root = ET.fromstring(page.partition("<body>")[2].partition("</body>")[0].join(("<body>", "</body>")))  # noqa: S314 - our own
    texts = [
        "".join(node.itertext()) for node in root.iter() if node.tag in ("a", "h2", "p", "caption", "th")
    ]
    assert texts.count(HOSTILE) == 7  # contents, heading, paragraph, a cell, caption, row and column


def test_contents_lead_to_headings_of_the_second_level() -> None:
    page = html([*PAGE, Heading(2, line("Last")), Heading(3, line("Deeper"))])
    assert '<a href="#part-1">' in page
    assert '<a href="#part-6">Last</a>' in page
    assert '<h2 id="part-6">Last</h2>' in page
    assert "#part-0" not in page
    assert "#part-7" not in page


def test_a_boxed_formula_is_a_formula() -> None:
    page = html(PAGE)
    assert page.count('class="formula boxed"') == 1
    assert html([Formula(A)]).count('class="formula"') == 1
    assert POLICY in page
