"""Where the data come from that a saved network is explained by."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from shoal.errors import ModelFolderError
from shoal.jobs.kinds import KINDS
from shoal.jobs.subjects import saved as module
from shoal.jobs.subjects.saved import saved_subject, table_of


def planned(monkeypatch: pytest.MonkeyPatch, table: object) -> None:
    """Let every folder have a plan with this table."""
    monkeypatch.setattr("shoal.jobs.plan.load_plan", lambda folder: {"request": {"table": table}})


def test_the_table_that_is_named_is_taken_and_no_plan_looked_at(tmp_path: Path) -> None:
    assert table_of(tmp_path / "nowhere", "other.csv") == "other.csv"


def test_else_it_is_the_one_that_the_model_was_fitted_to(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    planned(monkeypatch, "houses.csv")
    assert table_of(tmp_path, None) == "houses.csv"


def test_a_folder_without_a_plan_asks_for_a_table(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match="does not say which table it was fitted to; name one") as told:
        table_of(tmp_path, None)
    assert str(told.value).startswith(str(tmp_path))
    assert told.value.__suppress_context__


def test_a_kind_is_asked_for_its_subject(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    model = SimpleNamespace(kind="of a test")
    asked: list[tuple[Any, ...]] = []
    kind = SimpleNamespace(subject=lambda *what: asked.append(what) or "its subject")
    planned(monkeypatch, "houses.csv")
    monkeypatch.setattr(module, "load_model", lambda folder: model)
    monkeypatch.setitem(KINDS, model.kind, kind)  # type: ignore[arg-type]
    found: Any = saved_subject(tmp_path, None, row=3, batch=8, member=2)
    assert found == "its subject"
    assert asked == [(model, "houses.csv", 3, 8, 2)]
