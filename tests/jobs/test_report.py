from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shoal.errors import ModelFolderError
from shoal.jobs.job import FinishedJob
from shoal.jobs.report import rebuild_report

pytestmark = pytest.mark.usefixtures("with_figures")


def test_a_report_made_anew_is_the_same_to_the_byte(fitted: FinishedJob, tmp_path: Path) -> None:
    shutil.copy(fitted.folder / "evidence.json", tmp_path)
    assert rebuild_report(tmp_path) == tmp_path / "report.html"
    for name in ("report.html", "model.md"):
        assert (tmp_path / name).read_bytes() == (fitted.folder / name).read_bytes()


def test_so_is_that_of_a_regression(
    fit: Callable[..., FinishedJob],
    mixed: Callable[..., Any],
    write_csv: Callable[..., Path],
    tmp_path: Path,
) -> None:
    outcome = fit(write_csv(tmp_path / "t.csv", mixed(50, task="regression")), "target", tmp_path / "out")
    before = outcome.report.read_bytes()
    outcome.report.unlink()
    rebuild_report(outcome.folder)
    assert outcome.report.read_bytes() == before


def test_a_folder_without_evidence(tmp_path: Path) -> None:
    with pytest.raises(
        ModelFolderError, match=r"evidence\.json does not exist; name a folder that shoal fit"
    ):
        rebuild_report(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:500],
        lambda text: "[]",
        lambda text: json.dumps({**json.loads(text), "format": 99}),
        lambda text: json.dumps({**json.loads(text), "trials": {}}),
    ],
)
def test_spoilt_evidence_leaves_the_old_report(
    fitted: FinishedJob, tmp_path: Path, spoil: Callable[[str], str]
) -> None:
    (tmp_path / "evidence.json").write_text(spoil((fitted.folder / "evidence.json").read_text()))
    (tmp_path / "report.html").write_text("old")
    with pytest.raises(ModelFolderError):
        rebuild_report(tmp_path)
    assert (tmp_path / "report.html").read_text() == "old"
