from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shoal.errors import OutputError
from shoal.lecture.report import Report
from shoal.lecture.runner import run_lecture
from shoal.lecture.study import Study


def test_a_lecture_leaves_files_and_a_page(small: Callable[[str], Study[Any]], tmp_path: Path) -> None:
    told: list[Report] = []
    page = run_lecture([small("numpy-demo")], tmp_path / "new" / "folder", "all.html", told.append)
    assert page == tmp_path / "new" / "folder" / "all.html"
    assert [report.study.name for report in told] == ["numpy-demo"]
    assert told[0].seconds > 0
    assert {path.name for path in page.parent.iterdir()} == {"all.html", *told[0].files()}


def test_a_folder_that_cannot_be_made(small: Callable[[str], Study[Any]], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match=r"file cannot be made \(File exists\)"):
        run_lecture([small("numpy-demo")], tmp_path / "file", "all.html", print)
