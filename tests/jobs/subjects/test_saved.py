"""Where the data come from that a saved network is explained by."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from shoal.errors import DataError, ModelFolderError, ShoalWarning
from shoal.jobs.job import FinishedJob
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


def test_rows_that_no_network_learnt_from_are_passed_over(
    fit: Callable[..., FinishedJob], mixed: Any, write_csv: Any, tmp_path: Path
) -> None:
    columns = mixed(60)
    columns["target"][:5] = ["", "lonely", "no", "", "yes"]
    job = fit(write_csv(tmp_path / "table.csv", columns), "target", tmp_path / "out", rare="drop")
    with pytest.warns(
        ShoalWarning, match="^3 rows from 1 on are passed over, for want of a value of the tar"
    ):
        subject = saved_subject(job.folder, None, row=1, batch=3, member=1)
    assert subject.sample_name == "row 3"
    codes = [int(label == "yes") for label in (columns["target"][k] for k in (2, 4, 5))]
    assert subject.y.tolist() == codes
    signal = job.model.preprocessor.feature_names.index("signal")
    expected = job.model.preprocessor.transform({k: [v[i] for i in (2, 4, 5)] for k, v in columns.items()})
    assert subject.X[:, signal].tolist() == expected[:, signal].tolist()
    assert saved_subject(job.folder, None, row=5, batch=3, member=1).sample_name == "row 5"


def test_where_no_target_is_known_the_first_is_told(
    fitted: FinishedJob, mixed: Any, write_csv: Any, tmp_path: Path
) -> None:
    write_csv(tmp_path / "other.csv", mixed(9) | {"target": ["maybe"] * 9})
    with pytest.raises(DataError, match="is 'maybe' in data row 1, expected one of the classes fitted: 'no'"):
        saved_subject(fitted.folder, str(tmp_path / "other.csv"), row=1, batch=3, member=1)


@pytest.mark.parametrize("kind", ["text", "images"])
def test_so_are_texts_and_images(
    fit: Callable[..., FinishedJob], write_csv: Any, tmp_path: Path, kind: str
) -> None:
    rng = np.random.default_rng(0)
    labels = ["lonely", *(["a", "b"] * 20)]
    if kind == "text":
        words = [f"{label} word {k % 7}" for k, label in enumerate(labels)]
        table = write_csv(tmp_path / "table.csv", {"said": words, "target": labels})
        settings: dict[str, Any] = {"text": "said"}
    else:
        table = tmp_path / "images.npz"
        np.savez(table, X=rng.integers(0, 255, (41, 8, 8), dtype=np.uint8), y=np.array(labels))
        settings = {}
    job = fit(table, "target" if settings else None, tmp_path / "out", rare="drop", epochs=1, **settings)
    with pytest.warns(ShoalWarning, match=rf"^1 {kind.removesuffix('s')} from 1 on is passed over"):
        subject = saved_subject(job.folder, None, row=1, batch=2, member=1)
    assert subject.sample_name == f"{kind.removesuffix('s')} 2"
    assert subject.y.tolist() == [0, 1]
