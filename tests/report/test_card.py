"""The card says in short what the report says, as plain Markdown, whatever the data are called."""

from __future__ import annotations

import copy
import html
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from markdown_it import MarkdownIt

from shoal.errors import ModelFolderError, OutputError
from shoal.report import terms
from shoal.report.card import card, write_card
from shoal.report.html import render, write_report

Builder = Callable[..., dict[str, Any]]
HOSTILE = "<script>x</script> | [a](javascript:b) `c` *d* # $e$ \udcff\n- f"
PAGE = MarkdownIt("commonmark", {"html": True}).enable("table")


def headings(text: str) -> list[str]:
    return re.findall(r"^## (.*)$", text, re.MULTILINE)


def plain(text: str) -> str:
    """Return what a reader sees, without tags."""
    return html.unescape(re.sub(r"<[^>]+>", "", PAGE.render(text)))


@pytest.mark.parametrize("options", [{}, {"task": "regression"}, {"folds": 5}, {"diverged": 7}])
def test_it_says_what_the_report_says(sample: Builder, options: dict[str, Any]) -> None:
    evidence = sample(**options)
    text = card(evidence)
    assert headings(text) == ["Model", "Data", "Choice", "Test", "Limits", "Again"]
    seen, page = " ".join(plain(text).split()), render(evidence)
    for model in evidence["test"]["models"]:
        score = evidence["test"]["score_name"]
        told = terms.metric(score, model["metrics"][score])
        assert told in seen
        assert told in page
    assert evidence["choice"]["sentence"] in seen
    assert f"seed {evidence['asked']['seed']}" in seen
    assert evidence["versions"]["shoal"] in seen
    assert ("diverged and could not be chosen" in seen) is (evidence["diverged"]["count"] > 0)


def test_without_a_test_that_is_a_limit(sample: Builder) -> None:
    evidence = sample()
    evidence["test"] = None
    text = card(evidence)
    assert "Test" not in headings(text)
    assert "how well it does on new data is not known" in plain(text)


def test_rare_classes_are_named(sample: Builder) -> None:
    evidence = sample()
    evidence["data"]["target"]["classes"][1]["count"] = 3
    label = evidence["data"]["target"]["classes"][1]["label"]
    assert f"fewer than 10 rows in all: {label}." in plain(card(evidence))
    assert "fewer than 10" not in plain(card(sample()))


def test_names_mark_up_nothing(sample: Builder) -> None:
    usual, evidence = card(sample()), sample()
    named = copy.deepcopy(evidence)
    named["asked"]["target"] = named["data"]["target"]["name"] = named["asked"]["table"] = HOSTILE
    named["data"]["columns"][0]["name"] = named["data"]["target"]["classes"][0]["label"] = HOSTILE
    named["data"]["warnings"] = [HOSTILE]
    named["title"] = named["choice"]["sentence"] = HOSTILE
    text = card(named)
    shown = PAGE.render(text)
    assert "<script" not in shown
    assert "<a " not in shown
    assert headings(text) == headings(usual)
    assert len(re.findall(r"^\|", text, re.MULTILINE)) == len(re.findall(r"^\|", usual, re.MULTILINE))
    text.encode()  # no half of a surrogate pair is left


def test_a_command_ends_where_it_ends(sample: Builder) -> None:
    evidence = sample()
    evidence["asked"]["again"] = "shoal fit '```\n# x'"
    shown = PAGE.render(card(evidence))
    assert "<code>shoal fit '``` # x'\n</code>" in shown


def test_a_card_replaces_a_card_and_nothing_else(sample: Builder, tmp_path: Path) -> None:
    path = tmp_path / "model.md"
    for _ in range(2):
        write_card(sample(), path)
    assert path.read_text() == card(sample())
    path.write_text("mine")
    with pytest.raises(OutputError, match="exists already"):
        write_card(sample(), path)
    assert path.read_text() == "mine"
    write_card(sample(), path, overwrite=True)
    assert path.read_text() == card(sample())


def test_what_is_no_evidence_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError):
        write_card({"format": 1}, tmp_path / "model.md")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with names")
@pytest.mark.parametrize("write", [write_card, write_report])
def test_a_pipe_is_refused_and_not_waited_for(
    sample: Callable[..., Any], write: Callable[..., None], tmp_path: Path
) -> None:
    path = tmp_path / "page"
    os.mkfifo(path)
    with pytest.raises(OutputError, match="is a device or a pipe"):
        write(sample(), path)
