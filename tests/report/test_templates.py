from __future__ import annotations

import sys

import pytest

from shoal.errors import MissingDependencyError
from shoal.report.templates import source, template


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
