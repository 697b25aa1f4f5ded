from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shoal.errors import OutputError
from shoal.lecture.report import Report, markdown
from shoal.lecture.runner import run_study
from shoal.lecture.study import Study


@pytest.fixture(scope="module")
def report(small: Callable[[str], Study[Any]]) -> Report:
    return run_study(small("starts"))


def test_the_files_of_a_study(report: Report, tmp_path: Path) -> None:
    report.write(tmp_path)
    written = {path.name for path in tmp_path.iterdir()}
    assert written == {
        "starts.svg", "starts.png", "starts.csv", "starts-wins.csv", "starts-races.csv", "starts.md",
    }  # fmt: skip
    assert (tmp_path / "starts.png").read_bytes().startswith(b"\x89PNG")
    assert len((tmp_path / "starts.csv").read_text().splitlines()) == 1 + 15
    root = ET.fromstring((tmp_path / "starts.svg").read_text())  # noqa: S314 - our own
    assert "background: #fff" in root.get("style", "")


def test_the_words_as_markdown(report: Report) -> None:
    first, *_, table = markdown(report).strip().split("\n\n")
    assert first == report.paragraphs[0]
    header, rule, *rows = table.splitlines()
    assert header.startswith("| M | races won |")
    assert rule == "| --- | --- | --- | --- |"
    assert [row.split(" | ")[0] for row in rows] == ["| 1", "| 2", "| 4"]


def test_a_place_that_cannot_be_written_to(report: Report, tmp_path: Path) -> None:
    with pytest.raises(OutputError, match="cannot be written"):
        report.write(tmp_path / "missing")
