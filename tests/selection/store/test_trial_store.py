from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import safetensors.numpy

from shoal.errors import ConfigurationError, ModelFolderError, OutputError, ShoalWarning
from shoal.selection.cohorts.cohort import CohortResult
from shoal.selection.store.records import read_engine
from shoal.selection.store.trial_store import MemoryStore, TrialStore

Build = Callable[[int], CohortResult]
SETTINGS = {"seed": 0, "solver": {"name": "scg"}, "learning_rate": None, "data": "abc"}
ENGINE = "native (x86-64-v3)"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "study"


@pytest.fixture
def kept(folder: Path, cohort_result: Build) -> Iterator[Path]:
    """A folder in which cohorts 0 and 3 are done."""
    store = TrialStore(folder)
    store.begin(SETTINGS, False, ENGINE)
    for index in (3, 0):
        store.save(cohort_result(index))
    store.close()
    return folder


def reopened(
    folder: Path, settings: dict[str, object] = SETTINGS, resume: bool = True, engine: str = ENGINE
) -> list[int]:
    store = TrialStore(folder)
    try:
        return list(store.begin(settings, resume, engine))
    finally:
        store.close()


def assert_same(a: CohortResult, b: CohortResult) -> None:
    assert a.index == b.index
    assert a.trials.to_dict() == b.trials.to_dict()
    assert a.theta.dtype == b.theta.dtype
    np.testing.assert_array_equal(a.theta, b.theta)


def test_cohorts_come_back_bit_for_bit(kept: Path, cohort_result: Build) -> None:
    store = TrialStore(kept)
    done = store.begin(SETTINGS, True, ENGINE)
    assert list(done) == [0, 3]
    for index in done:
        assert_same(store.load(index), cohort_result(index))
        assert done[index].to_dict() == cohort_result(index).trials.to_dict()
    store.close()


def test_another_engine_goes_on_with_a_study_and_says_that_the_bits_differ(kept: Path) -> None:
    assert reopened(kept) == [0, 3]
    with pytest.warns(ShoalWarning, match=r"begun on the engine native \(x86-64-v3\) and goes on with ref"):
        assert reopened(kept, engine="reference (NumPy)") == [0, 3]
    assert reopened(kept, engine="reference (NumPy)") == [0, 3]
    store = TrialStore(kept)
    assert store.engines() == [ENGINE, "reference (NumPy)"]
    store.close()


@pytest.mark.parametrize("in_memory", [False, True])
def test_a_cohort_says_which_engine_trained_it(folder: Path, cohort_result: Build, in_memory: bool) -> None:
    with closing(MemoryStore() if in_memory else TrialStore(folder)) as store:
        store.begin(SETTINGS, resume=False, engine="native (a)")
        for index, label in enumerate(("native (a)", "native (b)", "native (b)", "")):
            store.save(replace(cohort_result(index), engine=label))
        assert [store.load(index).engine for index in range(4)] == [
            "native (a)",
            "native (b)",
            "native (b)",
            "",
        ]
        assert store.engines() == ["native (a)", "native (b)"]


def test_a_cohort_of_an_older_version_says_nothing_of_its_engine() -> None:
    content = safetensors.numpy.save({"theta": np.ones((1, 2))})
    assert read_engine(content) == ""


def test_a_study_that_has_trained_nothing_forgets_its_engine(folder: Path) -> None:
    assert reopened(folder, engine="reference (NumPy)") == []
    assert reopened(folder) == []
    store = TrialStore(folder)
    assert store.engines() == [ENGINE]
    store.close()


def test_memory_keeps_cohorts_too_but_cannot_be_resumed(cohort_result: Build) -> None:
    store = MemoryStore()
    assert store.begin(SETTINGS, False, ENGINE) == {}
    store.save(cohort_result(2))
    assert_same(store.load(2), cohort_result(2))
    with pytest.raises(ConfigurationError, match="needs a store"):
        MemoryStore().begin(SETTINGS, True, ENGINE)


def test_networks_are_not_overwritten_without_resume(kept: Path) -> None:
    with pytest.raises(OutputError, match="already holds 2 cohorts of a study; resume it"):
        reopened(kept, resume=False)
    assert reopened(kept) == [0, 3]


def test_resuming_where_nothing_is_done_begins(folder: Path) -> None:
    assert reopened(folder) == []
    assert reopened(folder, {"seed": 9}, resume=False) == []


def test_other_settings_are_refused_and_named(kept: Path) -> None:
    other = {"seed": 1, "solver": {"name": "adam"}, "learning_rate": 0.1, "epochs": 5, "data": "abc"}
    with pytest.raises(ConfigurationError) as caught:
        reopened(kept, other)
    message = str(caught.value)
    assert "seed was 0, now 1" in message
    assert 'solver was {"name": "scg"}, now {"name": "adam"}' in message
    assert "learning_rate was null, now 0.1" in message
    assert "epochs was null, now 5" in message
    assert "data" not in message
    assert "\n" not in message


@pytest.mark.parametrize("harm", ["altered", "truncated", "missing"])
def test_a_cohort_whose_file_is_damaged_does_not_count_as_done(
    kept: Path, cohort_result: Build, harm: str
) -> None:
    file = kept / "cohorts" / "000003.safetensors"
    content = bytearray(file.read_bytes())
    if harm == "altered":
        content[-1] ^= 1
        file.write_bytes(content)
    elif harm == "truncated":
        file.write_bytes(content[:-5])
    else:
        file.unlink()

    store = TrialStore(kept)
    with pytest.warns(ShoalWarning, match="1 of 2 cohorts .* missing or altered; their networks are trained"):
        assert list(store.begin(SETTINGS, True, ENGINE)) == [0]
    store.save(cohort_result(3))
    assert_same(store.load(3), cohort_result(3))
    store.close()
    assert reopened(kept) == [0, 3]


def test_loading_a_file_damaged_after_the_start_is_an_error(kept: Path) -> None:
    store = TrialStore(kept)
    store.begin(SETTINGS, True, ENGINE)
    (kept / "cohorts" / "000000.safetensors").write_bytes(b"nonsense")
    with pytest.raises(ModelFolderError, match=r"cohort 0 of .* is missing or altered"):
        store.load(0)
    store.close()


def test_a_file_without_committed_rows_does_not_count(kept: Path, cohort_result: Build) -> None:
    """What a kill between the two steps of a save leaves behind."""
    (kept / "cohorts" / "000001.safetensors").write_bytes(b"whole, but its rows were never committed")
    (kept / "cohorts" / "000002.writing").write_bytes(b"torn")
    store = TrialStore(kept)
    assert list(store.begin(SETTINGS, True, ENGINE)) == [0, 3]
    store.save(cohort_result(1))
    store.save(cohort_result(2))
    assert_same(store.load(1), cohort_result(1))
    store.close()
    assert reopened(kept) == [0, 1, 2, 3]


def test_a_folder_serves_one_study_at_a_time(folder: Path) -> None:
    store = TrialStore(folder)
    with pytest.raises(OutputError, match="is in use by another study"):
        TrialStore(folder)
    code = f"from shoal.selection.store.trial_store import TrialStore; TrialStore({str(folder)!r})"
    other = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert "OutputError" in other.stderr
    assert "is in use by another study" in other.stderr
    store.close()
    TrialStore(folder).close()


def test_a_kill_lets_the_folder_go(folder: Path) -> None:
    code = f"""
        import os, signal
        from shoal.selection.store.trial_store import TrialStore
        store = TrialStore({str(folder)!r})
        os.kill(os.getpid(), signal.SIGKILL)
    """
    killed = subprocess.run([sys.executable, "-c", textwrap.dedent(code)], check=False)
    assert killed.returncode == -signal.SIGKILL
    TrialStore(folder).close()


def test_a_folder_below_a_file_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="Not a directory"):
        TrialStore(tmp_path / "file" / "study")


def test_a_place_where_no_file_can_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "study.lock").mkdir()  # refuses like a read-only folder, for every user
    with pytest.raises(OutputError, match="cannot be written to: unable to open database file"):
        TrialStore(tmp_path)


def test_a_database_that_is_none_is_damaged(kept: Path) -> None:
    (kept / "trials.sqlite").write_bytes(b"this is no database" * 100)
    with pytest.raises(ModelFolderError, match="is damaged"):
        TrialStore(kept)
    (kept / "trials.sqlite").unlink()
    TrialStore(kept).close()  # the failed attempt has let the lock go


def test_a_newer_format_is_refused(kept: Path) -> None:
    with sqlite3.connect(kept / "trials.sqlite") as database:
        database.execute("UPDATE study SET format = 99")
    database.close()
    with pytest.raises(ModelFolderError, match=r"format 99.*install a newer shoal"):
        reopened(kept)


@pytest.mark.parametrize("limited", ["weights", "rows"])
def test_a_full_disk_loses_nothing_that_was_there(folder: Path, limited: str) -> None:
    """A limit on the size of files stands in for the disk: writing beyond it fails with an OSError."""
    code = f"""
        import resource, sys, signal
        import numpy as np
        from shoal.errors import OutputError
        from shoal.selection.cohorts.cohort import CohortResult
        from shoal.selection.store.trial_store import TrialStore
        from shoal.selection.trials import COLUMNS, Trials

        row = {{name: kind() for name, kind in COLUMNS.items()}}
        def result(index, n_rows, n_parameters):
            return CohortResult(index, Trials.from_rows([row] * n_rows), np.ones((1, n_parameters)))

        store = TrialStore({str(folder)!r})
        store.begin({{}}, False, "native (x86-64-v3)")
        store.save(result(0, 1, 10))
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (60_000, 60_000))
        try:
            store.save(result(1, *{(1, 10_000) if limited == "weights" else (10_000, 1)}))
        except OutputError as error:
            print(error)
        store.save(result(2, 1, 10))
    """
    run = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ,
    )
    assert run.stdout.count("\n") == 1
    assert ("with room" if limited == "weights" else "free space") in run.stdout
    assert reopened(folder, {}) == [0, 2]
    files = {file.name for file in (folder / "cohorts").iterdir()} - {"000001.safetensors"}
    assert files == {"000000.safetensors", "000002.safetensors"}
    assert limited == "rows" or not (folder / "cohorts" / "000001.safetensors").exists()
