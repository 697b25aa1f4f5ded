from __future__ import annotations

import re
import sys
from collections.abc import Callable
from typing import Any

import pytest

from shoal.errors import MissingDependencyError
from shoal.report.html import render
from shoal.report.templates import source, template

Builder = Callable[..., dict[str, Any]]


def page(text: str, monkeypatch: pytest.MonkeyPatch, **values: object) -> str:
    monkeypatch.setattr("shoal.report.templates.source", lambda package, name: text)
    return template("any", "page", "a page", twice=lambda value: 2 * value).render(values)


def test_what_is_put_in_is_escaped_and_can_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    found = page("<b>{{ name }}</b>{{ n | twice }}", monkeypatch, name="<i>&\x1b", n=4)
    assert found.startswith("<b>&lt;i&gt;&amp;")
    assert found.endswith("</b>8")
    assert "\x1b" not in found
    page("{{ name }}", monkeypatch, name="\ud800").encode()


def test_what_is_left_open_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Exception, match="'nobody' is undefined"):
        page("{{ nobody }}", monkeypatch)


def test_the_templates_of_a_package_are_found() -> None:
    assert "{" in source("shoal.report", "style.css")


def test_without_jinja2_it_is_said_what_cannot_be_written(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingDependencyError, match=r"to write a page; .*pip install 'shoal\[report\]'"):
        template("shoal.report", "style.css", "a page")


def test_an_option_within_a_sentence_is_kept_whole(sample: Builder) -> None:
    evidence = sample(sizes={"4": 3}, l2=(0.5,))
    evidence["data"] |= {"warnings": ["'<day>' is left out; --categorical keeps it"]}
    html = render(evidence)
    assert '&#39;&lt;day&gt;&#39; is left out; <span class="option">--categorical</span> keeps it' in html
    rules = re.findall(r"([^{}]+)\{ ([^{}]*) \}", source("shoal.report", "style.css"))
    assert any(".option" in of and "inline-block" in rule for of, rule in rules)


def test_only_what_has_shadows_at_its_edges_scrolls() -> None:
    sheet = re.sub(r"/\*.*?\*/", "", source("shoal.report", "style.css"), flags=re.DOTALL)
    scrolling = {
        of.strip()
        for of, rule in re.findall(r"([^{}]+)\{([^{}]*)\}", sheet)
        if re.search(r"overflow-[xy]: auto", rule)
    }
    assert scrolling == {".scroll", ".tall"}


def test_texts_are_counted_as_texts(sample: Builder) -> None:
    evidence = sample()
    evidence["data"] |= {"noun": "text", "columns": []}
    html = render(evidence)
    assert "0 columns" not in html
    assert not re.search(r"<p>[\d,]+ rows;", html)
