from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("optuna", reason="needs the extra optuna")

from benchmarks import search
from benchmarks.search import Compared, Found, divided, document, loaded, loss_of, record

COMPARED = Compared(
    "phoneme", 5404, 60.0, Found(600, 60.0, 0.3, 0.31), Found(20, 40.0, 0.4, 0.41), "2026-01-01", "abc"
)


def test_the_ratio_is_of_networks_in_the_same_time() -> None:
    assert COMPARED.ratio == 20
    assert "**20×**" in document([COMPARED])
    assert "10×, missed" in document([replace(COMPARED, ours=Found(300, 60.0, 0.3, 0.31))])


def test_a_table_searched_again_replaces_its_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(search, "FOLDER", tmp_path)
    for one in (COMPARED, replace(COMPARED, table="other"), replace(COMPARED, seconds=5.0)):
        record(one)
    page = (tmp_path / "search.md").read_text()
    assert (page.count("| phoneme |"), page.count("| other |")) == (1, 1)


def test_what_was_written_is_read_again() -> None:
    import dataclasses

    entry: dict[str, Any] = dataclasses.asdict(COMPARED)
    assert loaded(entry) == COMPARED


def test_both_are_judged_by_the_same_loss() -> None:
    assert loss_of(True, np.array([0, 1]), np.array([0.5, 0.5])) == pytest.approx(np.log(2))
    assert loss_of(False, np.array([0.0, 2.0]), np.array([0.0, 0.0])) == 1.0


@pytest.mark.parametrize("classes", [True, False])
def test_both_search_until_the_time_is_up(classes: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("EPOCHS", 2), ("RUNG", 1), ("DRAWS", 8), ("HIDDEN", ("2",)), ("BATCH", 8)):
        monkeypatch.setattr(search, name, value)
    x = np.linspace(-1, 1, 60)
    y = (x > 0).astype(int) if classes else x**2
    split = divided(x[:, None], y)
    assert [len(part[0]) for part in (split.train, split.validation, split.test)] == [36, 12, 12]
    assert split.classes == classes
    for run in (search.populations, search.one_by_one):
        found = run(split, 1e-9)
        assert found.networks == (8 if run is search.populations else 1)
        assert np.isfinite([found.validation_loss, found.test_loss]).all()
