"""A study that has ended, read without writing anything beside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from shoal.errors import ModelFolderError, OutputError
from shoal.selection.cohorts.cohort import CohortResult
from shoal.selection.store.read_only import ReadOnlyStore
from shoal.selection.store.trial_store import TrialStore

Build = Callable[[int], CohortResult]


@pytest.fixture
def kept(tmp_path: Path, cohort_result: Build) -> Path:
    """A folder with cohorts 2 and 0, of which 2 has the earlier starts."""
    store = TrialStore(tmp_path)
    store.begin({"seed": 0}, False, "native")
    for index, starts in (2, 0), (0, 2):
        store.save(replace(cohort_result(index), trials=cohort_result(starts).trials))
    store.close()
    return tmp_path


def test_networks_stand_in_the_order_of_their_starts(kept: Path, cohort_result: Build) -> None:
    study = ReadOnlyStore(kept)
    assert study.trials["start"].tolist() == [0, 1, 4, 5]
    for row, (index, member) in enumerate([(2, 0), (2, 1), (0, 0), (0, 1)]):
        result, place = study.network(row)
        assert (result.index, place) == (index, member)
        np.testing.assert_array_equal(result.theta, cohort_result(index).theta)


def test_nothing_is_written_beside_it(kept: Path) -> None:
    def files() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in kept.rglob("*") if path.is_file()}

    before = files()
    ReadOnlyStore(kept).network(3)
    assert files() == before


def test_one_that_is_being_written_is_not_opened(kept: Path) -> None:
    store = TrialStore(kept)
    try:
        with pytest.raises(OutputError, match="is being written by another process; open it when that has"):
            ReadOnlyStore(kept)
    finally:
        store.close()


def test_weights_that_were_altered_are_missed_when_they_are_asked_for(kept: Path) -> None:
    study = ReadOnlyStore(kept)
    (kept / "cohorts" / "000002.safetensors").write_bytes(b"others")
    assert study.network(2)[0].index == 0
    with pytest.raises(
        ModelFolderError, match=r"cohort 2 of .* is missing or altered; fit again, or restore"
    ):
        study.network(0)


def test_a_folder_without_networks_holds_no_study(tmp_path: Path, kept: Path) -> None:
    with pytest.raises(ModelFolderError, match=r"holds no trials: it has no trials\.sqlite; fit again"):
        ReadOnlyStore(tmp_path / "cohorts")
    with closing(sqlite3.connect(kept / "trials.sqlite")) as database, database:
        database.execute("DELETE FROM trials")
        database.execute("DELETE FROM cohorts")
    with pytest.raises(ModelFolderError, match="holds a study without a network; fit again"):
        ReadOnlyStore(kept)
