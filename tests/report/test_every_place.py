"""The file that a report is written to: whole or not at all, and never somebody else's."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shoal.errors import OutputError
from shoal.report.html import write_report


@pytest.fixture
def evidence(sample: Callable[..., dict[str, Any]]) -> dict[str, Any]:
    """Evidence of which nothing is drawn, for nobody looks at the page."""
    evidence = sample(sizes={"0": 3}, l2=(0.5,), starts=1, diverged=0)
    del evidence["test"]["reliability"]
    return evidence | {"curves": None, "importances": []}


def test_a_report_replaces_the_one_before_it(evidence: dict[str, Any], tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    write_report(evidence, path)
    path.write_text(path.read_text(encoding="utf-8") + "old", encoding="utf-8")
    write_report(evidence, path)
    assert not path.read_text(encoding="utf-8").endswith("old")
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.html"]


def test_a_page_of_somebody_else_is_replaced_only_where_that_was_asked_for(
    evidence: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "report.html"
    path.write_text("<!DOCTYPE html>mine", encoding="utf-8")
    with pytest.raises(OutputError, match=r"report\.html exists already; .*overwrite=True"):
        write_report(evidence, path)
    assert path.read_text(encoding="utf-8") == "<!DOCTYPE html>mine"
    write_report(evidence, path, overwrite=True)
    assert "shoal report" in path.read_text(encoding="utf-8")


def test_a_full_disk_leaves_the_old_report_whole(
    evidence: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "report.html"
    path.write_text("old", encoding="utf-8")

    def full(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "replace", full)
    with pytest.raises(OutputError, match="No space left on device"):
        write_report(evidence, path, overwrite=True)
    assert path.read_text(encoding="utf-8") == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["report.html"]


@pytest.mark.parametrize("place", ["absent/report.html", "file/report.html", "folder"])
def test_a_place_that_cannot_be_written(evidence: dict[str, Any], tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    (tmp_path / "folder").mkdir()
    with pytest.raises(OutputError, match=r"cannot be written .*; name a place in a") as caught:
        write_report(evidence, tmp_path / place)
    assert "\n" not in str(caught.value)
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["file", "folder"]
