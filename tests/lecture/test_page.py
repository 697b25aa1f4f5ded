from __future__ import annotations

import html.parser
import re
from collections.abc import Callable
from typing import Any

import pytest

from shoal.lecture.page import render
from shoal.lecture.report import Report
from shoal.lecture.runner import run_study
from shoal.lecture.study import Study


@pytest.fixture(scope="module")
def reports(small: Callable[[str], Study[Any]]) -> list[Report]:
    return [run_study(small(name)) for name in ("numpy-demo", "starts")]


class Outline(html.parser.HTMLParser):
    """The ids and headings of a page, and whether every element is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.open: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.ids += [value for name, value in attrs if name == "id" and value]
        if tag not in {"meta", "link", "br"}:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def outline(page: str) -> Outline:
    parser = Outline()
    parser.feed(page)
    assert parser.open == []
    return parser


def test_a_page_holds_every_study_in_order(reports: list[Report]) -> None:
    page = render(reports)
    ids = outline(page).ids
    assert ids.index("numpy-demo") < ids.index("starts")
    assert len(ids) == len(set(ids))
    assert page.count("<h2>") == 2
    assert 'data-name="live-starts"' in page
    assert "the sigmoid" in page.lower()  # from the program
    for report in reports:
        assert all(f'<a href="{file}">' in page for file in report.files())


def test_a_page_of_one_study_has_no_contents(reports: list[Report]) -> None:
    page = render(reports[:1])
    outline(page)
    assert "<nav" not in page
    assert "<title>The lecture&#39;s network in a hundred lines of NumPy" in page


def test_a_page_is_complete_without_a_network(reports: list[Report]) -> None:
    page = render(reports)
    assert not re.search(r"(src=|@import|url\((?!#)|href=\"(?:https?:)?//)", page)
    assert "–nan" not in page
