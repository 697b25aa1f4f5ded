from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks import grids
from benchmarks.grids import Searched, document, record


def searched(**changes: Any) -> Searched:
    values: dict[str, Any] = {
        "table": "phoneme",
        "rows": 5404,
        "epochs": 200,
        "seconds": [4.0, 9.0, 3.0],
        "score": 0.85,
        "peer_seconds": 240.0,
        "peer_score": 0.84,
        "cores": 4,
        "date": "2026-01-01",
        "commit": "abc",
    }
    return Searched(**values | changes)


def test_the_ratio_is_that_of_the_median() -> None:
    assert searched().ratio == 60
    assert "**60×**" in document([searched()])
    assert "24×, missed" in document([searched(peer_seconds=96.0)])


def test_a_table_searched_again_replaces_its_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grids, "FOLDER", tmp_path)
    for one in (searched(), searched(table="california_housing"), searched(score=0.9)):
        record(one)
    page = (tmp_path / "grids.md").read_text()
    assert page.count("| phoneme |") == 1
    assert page.count("| california_housing |") == 1
    assert "0.9000" in page
    assert "0.8500 | 0.8400" in page
