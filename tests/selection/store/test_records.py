from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from shoal.errors import ModelFolderError, OutputError, ShoalWarning
from shoal.selection.cohorts.cohort import CohortResult
from shoal.selection.store import records
from shoal.selection.store.trial_store import TrialStore
from shoal.selection.study import CapacityStudy

Build = Callable[[int], CohortResult]
ENGINE = "native (x86-64-v3)"


@pytest.fixture
def folder(tmp_path: Path, cohort_result: Build) -> Path:
    """A store with the cohorts 0 and 1."""
    store = TrialStore(tmp_path)
    store.begin({"seed": 0}, False, ENGINE)
    for index in (0, 1):
        store.save(cohort_result(index))
    store.close()
    return tmp_path


def change(folder: Path, statement: str) -> None:
    with closing(sqlite3.connect(folder / "trials.sqlite", isolation_level=None)) as database:
        database.execute(statement)


def resumed(folder: Path) -> list[int]:
    store = TrialStore(folder)
    with closing(store):
        return sorted(store.begin({"seed": 0}, True, ENGINE))


@pytest.mark.parametrize(
    ("statement", "told"),
    [
        ("ALTER TABLE trials RENAME TO trial", "it has other tables than a study"),
        ("DROP TABLE study", "it has networks without a study"),
        ("CREATE TABLE more (a)", "it has other tables than a study"),
        ("CREATE TRIGGER t AFTER DELETE ON trials BEGIN DELETE FROM study; END", "it has other tables"),
        ("CREATE VIEW more AS SELECT * FROM trials", "it has other tables than a study"),
        ("ALTER TABLE trials DROP COLUMN epochs", "its table trials has other columns"),
        ("ALTER TABLE cohorts RENAME COLUMN sha256 TO md5", "its table cohorts has other columns"),
        ("DELETE FROM study", "it has networks without a study"),
        ("INSERT INTO study SELECT * FROM study", "study is 2, expected one study"),
        ("UPDATE study SET format = 'one'", 'study.format is "one", expected an integer'),
        ("UPDATE study SET format = 0", "study.format is 0, expected 1"),
        ("UPDATE study SET settings = '{'", "it is not valid JSON"),
        ("UPDATE study SET settings = '[1]'", "study.settings is [1], expected an object"),
        ("UPDATE study SET settings = '{\"seed\": NaN}'", "NaN is not a JSON number"),
        ("UPDATE study SET settings = CAST(x'ff' AS TEXT)", "Could not decode to UTF-8"),
        ("UPDATE engines SET label = x'ff'", "engines.label[0] is"),
    ],
)
def test_another_database_is_said_to_be_damaged(folder: Path, statement: str, told: str) -> None:
    change(folder, statement)
    with pytest.raises(ModelFolderError) as refused:
        resumed(folder)
    assert str(refused.value).startswith(f"{folder / 'trials.sqlite'} is damaged (")
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("table", ["trials", "cohorts"])
def test_a_table_that_is_missing_is_made_again(folder: Path, table: str) -> None:
    change(folder, f"DROP TABLE {table}")
    if table == "trials":
        with pytest.warns(ShoalWarning, match="2 of 2 cohorts .* trained again"):
            assert resumed(folder) == []
    assert resumed(folder) == []


def test_tables_are_made_all_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(records.TABLES, "zero", {})  # which SQLite refuses to make
    with pytest.raises(ModelFolderError, match="is damaged"):
        TrialStore(tmp_path)
    with closing(sqlite3.connect(tmp_path / "trials.sqlite")) as database:
        assert database.execute("SELECT name FROM sqlite_master").fetchall() == []


def torn(content: bytes) -> bytes:
    return content[:4096] + b"\x0d\xff" * 2048 + content[8192:]


@pytest.mark.parametrize("harm", [torn, lambda content: content[:5000], lambda content: content[:100]])
def test_torn_pages_are_met_before_anything_is_read(folder: Path, harm: Callable[[bytes], bytes]) -> None:
    path = folder / "trials.sqlite"
    path.write_bytes(harm(path.read_bytes()))
    with pytest.raises(ModelFolderError, match=r"trials\.sqlite is damaged \(.+\); remove the folder"):
        resumed(folder)


def test_a_schema_that_is_no_text_is_damage_though_its_error_is_none_either(folder: Path) -> None:
    path = folder / "trials.sqlite"
    path.write_bytes(path.read_bytes().replace(b"CREATE TABLE engines", b"CREATE TABL\xff engines"))
    with pytest.raises(ModelFolderError, match=r"trials\.sqlite is damaged \(.+\); remove the folder"):
        resumed(folder)


def test_a_lock_that_is_none_is_named(folder: Path) -> None:
    (folder / "study.lock").write_bytes(b"no database" * 100)
    with pytest.raises(
        ModelFolderError, match=r"study\.lock is no lock \(file is not a database\); remove it"
    ):
        resumed(folder)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
@pytest.mark.parametrize("name", ["trials.sqlite", "study.lock", "cohorts/000001.safetensors"])
def test_a_pipe_in_the_place_of_a_file_is_refused_and_not_waited_for(folder: Path, name: str) -> None:
    (folder / name).unlink()
    os.mkfifo(folder / name)
    with pytest.raises((OutputError, ModelFolderError)) as refused:
        resumed(folder)
    assert str(folder) in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with names")
@pytest.mark.parametrize(
    ("make", "why"), [("mkfifo", "it is a pipe, which may never end"), ("mkdir", "Is a")]
)
def test_a_file_of_a_cohort_that_is_no_file_is_named(folder: Path, make: str, why: str) -> None:
    path = folder / "cohorts/000001.safetensors"
    path.unlink()
    getattr(os, make)(path)
    with pytest.raises(ModelFolderError) as refused:
        resumed(folder)
    assert str(refused.value).startswith(f"{path} cannot be read ({why}")


def test_leftovers_of_another_journal_change_nothing(folder: Path) -> None:
    for name in ("trials.sqlite-journal", "trials.sqlite-wal", "trials.sqlite-shm"):
        (folder / name).write_bytes(b"left over" * 50)
    assert resumed(folder) == [0, 1]


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM trials WHERE cohort = 1 AND member = 0",
        "DELETE FROM trials WHERE cohort = 1",
        "UPDATE trials SET member = member + 10 WHERE cohort = 1",
        "UPDATE trials SET epochs = 'many' WHERE cohort = 1",
        "UPDATE trials SET epochs = NULL WHERE cohort = 1",
        "UPDATE trials SET epochs = -1 WHERE cohort = 1",
        "UPDATE trials SET epochs = 9e18 WHERE cohort = 1",
        "UPDATE trials SET best_epoch = epochs + 1 WHERE cohort = 1",
        "UPDATE trials SET diverged = 7 WHERE cohort = 1",
        "UPDATE trials SET train_loss = 'low', diverged = 0 WHERE cohort = 1",
        "UPDATE trials SET train_loss = NULL, diverged = 0 WHERE cohort = 1",
        "UPDATE trials SET hidden = x'ff' WHERE cohort = 1",
        "UPDATE cohorts SET file = '../../passwd' WHERE cohort = 1",
        "UPDATE cohorts SET file = '000000.safetensors' WHERE cohort = 1",
        "UPDATE cohorts SET sha256 = x'00' WHERE cohort = 1",
        "UPDATE cohorts SET cohort = -1 WHERE cohort = 1",
    ],
)
def test_a_cohort_whose_rows_are_damaged_does_not_count(
    folder: Path, cohort_result: Build, statement: str
) -> None:
    change(folder, statement)
    store = TrialStore(folder)
    with closing(store):
        with pytest.warns(ShoalWarning, match="1 of 2 cohorts .* missing or altered; .* trained again"):
            assert list(store.begin({"seed": 0}, True, ENGINE)) == [0]
        with pytest.raises(ModelFolderError, match="is missing or altered"):
            store.load(1)
        store.save(cohort_result(1))
        assert store.load(1).trials.to_dict() == cohort_result(1).trials.to_dict()
    assert resumed(folder) == [0, 1]


def theta_of(path: Path) -> Any:
    return safetensors.numpy.load(path.read_bytes())["theta"]


def replace(path: Path, content: bytes) -> None:
    """Put other weights in the place of a cohort's, with a checksum that is right."""
    path.write_bytes(content)
    sha256 = hashlib.sha256(content).hexdigest()
    change(path.parents[1], f"UPDATE cohorts SET sha256 = '{sha256}' WHERE file = '{path.name}'")  # noqa: S608


@pytest.mark.parametrize(
    "harm",
    [
        lambda theta: {},
        lambda theta: {"theta": theta[:-1]},
        lambda theta: {"theta": theta[0]},
        lambda theta: {"theta": theta.astype(np.int32)},
        lambda theta: {"theta": theta.astype(np.float16)},
        lambda theta: {"theta": theta, "losses": np.zeros((2, len(theta) + 1, 3))},
        lambda theta: {"theta": theta, "losses": np.zeros(3)},
        lambda theta: None,
    ],
)
def test_weights_with_a_checksum_that_is_right_are_still_looked_at(
    folder: Path, harm: Callable[[Any], dict[str, Any] | None]
) -> None:
    path = folder / "cohorts" / "000001.safetensors"
    tensors = harm(theta_of(path))
    replace(path, b"\xff" * 20 if tensors is None else safetensors.numpy.save(tensors))
    with pytest.warns(ShoalWarning, match="1 of 2 cohorts"):
        assert resumed(folder) == [0]


X = np.linspace(-1, 1, 24).reshape(12, 2)


def study(folder: Path) -> CapacityStudy:
    """Return a study that takes a moment, of two sizes on two folds."""
    return CapacityStudy(
        hidden=[1, 2], starts=2, l2=[0.1], folds=2, epochs=2, n_jobs=1, loss="squared_error", store=folder,
        choose="one-se",
    )  # fmt: skip


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE trials SET candidate = 99 WHERE cohort = 1",
        "UPDATE trials SET start = 1 - start WHERE cohort = 1",
        "UPDATE trials SET fold = 7 WHERE cohort = 1",
        "UPDATE trials SET l2 = 0.2 WHERE cohort = 1",
        "UPDATE trials SET hidden = '99' WHERE cohort = 1",
        "UPDATE trials SET parameters = 99 WHERE cohort = 1",
        "UPDATE trials SET validation_loss = NULL WHERE cohort = 1",
        "UPDATE trials SET validation_loss = 9e999 WHERE cohort = 1",
    ],
)
def test_a_cohort_of_other_networks_is_trained_again(tmp_path: Path, statement: str) -> None:
    first = study(tmp_path).fit(X, X.sum(axis=1))
    change(tmp_path, statement)
    with pytest.warns(ShoalWarning, match="1 of 4 cohorts that were kept are of other networks"):
        again = study(tmp_path).fit(X, X.sum(axis=1), resume=True)
    np.testing.assert_array_equal(again.best.theta, first.best.theta)
    before, after = (each.table.to_dict() | {"seconds": None} for each in (first, again))
    assert after == before


def test_weights_of_other_networks_are_refused(tmp_path: Path) -> None:
    study(tmp_path).fit(X, X.sum(axis=1))
    for path in (tmp_path / "cohorts").iterdir():
        replace(path, safetensors.numpy.save({"theta": np.ascontiguousarray(theta_of(path)[:, :-1])}))
    with pytest.raises(ModelFolderError, match="was kept with weights of other networks"):
        study(tmp_path).fit(X, X.sum(axis=1), resume=True)
