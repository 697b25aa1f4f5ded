"""A job that was stopped, at whatever moment and however rudely, ends as one that was left in peace."""

from __future__ import annotations

import json
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.errors import ShoalWarning
from shoal.jobs.fit import Outcome
from shoal.selection.trials import COLUMNS

Fit = Callable[..., Outcome]

SIZE = ["--hidden", "1,2,3,4", "--starts", "2", "--l2", "0,1", "--epochs", "50", "--patience", "50"]
SETTINGS: dict[str, Any] = {
    "hidden": ((1,), (2,), (3,), (4,)),
    "starts": 2,
    "l2": (0.0, 1.0),
    "epochs": 50,
    "patience": 50,
    "folds": 4,
}
COHORTS = 16


class KilledError(BaseException):
    """Stands for a kill within this process: nothing in shoal catches it."""


def start(table: Path, folder: Path, *options: str) -> subprocess.Popen[str]:
    arguments = ["fit", str(table), "--target", "target", "--folds", "4", "--out", str(folder), *SIZE]
    return subprocess.Popen(
        [sys.executable, "-m", "shoal", *arguments, *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def wait_for_cohorts(process: subprocess.Popen[str], folder: Path, number: int) -> None:
    """Wait until so many cohorts are kept; fail if the job ends before."""
    deadline = time.monotonic() + 60
    while len(list((folder / "study" / "cohorts").glob("*.safetensors"))) < number:
        assert process.poll() is None, process.communicate()
        assert time.monotonic() < deadline
        time.sleep(0.005)


def trials(folder: Path) -> list[tuple[Any, ...]]:
    """Every network of the study as its store has it, but for the seconds that it took."""
    names = ", ".join(f'"{name}"' for name in COLUMNS if name != "seconds")
    database = sqlite3.connect(folder / "study" / "trials.sqlite")
    rows = database.execute(f"SELECT cohort, member, {names} FROM trials ORDER BY cohort, member")  # noqa: S608
    result = rows.fetchall()
    database.close()
    return result


def ends(folder: Path) -> dict[str, Any]:
    """All that a job leaves behind, but for what time it took and how it was called."""
    evidence = json.loads((folder / "evidence.json").read_text())
    del (
        evidence["created"],
        evidence["seconds"],
        evidence["asked"]["estimate_seconds"],
        evidence["asked"]["command"],
    )
    weights = sorted((folder / "study" / "cohorts").iterdir())
    names = ["model.json", "weights.safetensors", "preprocessing.json"]
    return {
        "evidence": evidence,
        "trials": trials(folder),
        "cohorts": {path.name: path.read_bytes() for path in weights},
        "files": {name: (folder / name).read_bytes() for name in names},
        "names": sorted(path.name for path in folder.iterdir()),
    }


@pytest.fixture(scope="module")
def table(
    mixed: Callable[..., Any], write_csv: Callable[..., Path], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    return write_csv(tmp_path_factory.mktemp("table") / "table.csv", mixed(120))


@pytest.fixture(scope="module")
def done(fit: Fit, table: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("done") / "out"
    fit(table, "target", folder, **SETTINGS)
    return folder


@pytest.fixture(scope="module")
def undisturbed(done: Path) -> dict[str, Any]:
    return ends(done)


@pytest.fixture
def trained(done: Path, tmp_path: Path) -> Path:
    """A folder in which the study has ended, and nothing has come of it yet."""
    folder = tmp_path / "out"
    folder.mkdir()
    shutil.copy(done / "plan.json", folder)
    shutil.copytree(done / "study", folder / "study")
    return folder


def test_a_killed_study_is_resumed(
    undisturbed: dict[str, Any], fit: Fit, table: Path, tmp_path: Path
) -> None:
    folder, rng = tmp_path / "out", np.random.default_rng()
    kept = 0
    for least in (2, 4):  # killed twice: once from the beginning, once while resuming
        process = start(table, folder, "--jobs", "1", "--resume")
        wait_for_cohorts(process, folder, least)
        time.sleep(rng.uniform(0, 0.01))  # within a cohort or between two
        process.kill()
        assert process.wait() == -signal.SIGKILL
        process.communicate()
        assert not (folder / "model.json").exists()
        now = len({row[0] for row in trials(folder)})
        assert kept < now < COHORTS
        kept = now
    fit(table, "target", folder, resume=True, **SETTINGS)
    assert ends(folder) == undisturbed


def test_ctrl_c_ends_with_one_line_and_the_study_is_resumed(
    undisturbed: dict[str, Any], fit: Fit, table: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    process = start(table, folder, "--jobs", "2")
    wait_for_cohorts(process, folder, 2)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    (line,) = err.splitlines()
    assert line.startswith("shoal: interrupted")
    assert "--resume" in line
    assert "Traceback" not in out
    assert 1 <= len({row[0] for row in trials(folder)}) < COHORTS  # the last one may have no rows yet
    fit(table, "target", folder, resume=True, **SETTINGS)
    assert ends(folder) == undisturbed


@pytest.mark.parametrize("step", ["examine", "save_model", "write_atomically", "write_report"])
def test_a_job_killed_after_its_study_is_resumed(
    undisturbed: dict[str, Any],
    fit: Fit,
    table: Path,
    trained: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    def killed(*_: object) -> None:
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(f"shoal.jobs.fit.{step}", killed)
        with pytest.raises(KilledError):
            fit(table, "target", trained, resume=True, **SETTINGS)
    assert not (trained / "report.html").exists()
    fit(table, "target", trained, resume=True, **SETTINGS)
    assert ends(trained) == undisturbed


def killed_in_a_write(self: Path, target: Path) -> Path:
    raise KilledError


def test_a_job_killed_while_it_writes_its_plan_has_not_begun(
    fit: Fit, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without_report: None
) -> None:
    folder = tmp_path / "out"
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", killed_in_a_write)
        with pytest.raises(KilledError):
            fit(table, "target", folder)
    assert [path.suffix for path in folder.iterdir()] == [".tmp"]
    fit(table, "target", folder)
    assert ".tmp" not in {path.suffix for path in folder.iterdir()}


def test_a_job_killed_while_it_writes_its_model_is_resumed(
    undisturbed: dict[str, Any], fit: Fit, table: Path, trained: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", killed_in_a_write)
        with pytest.raises(KilledError):
            fit(table, "target", trained, resume=True, **SETTINGS)
    (torn,) = trained.glob(".*.tmp")
    torn.rename(trained / ".weights.safetensors.1.tmp")  # as from a process of another number
    fit(table, "target", trained, resume=True, **SETTINGS)
    assert ends(trained) == undisturbed


def test_a_cohort_that_was_damaged_is_trained_again(
    undisturbed: dict[str, Any], fit: Fit, table: Path, trained: Path
) -> None:
    cohort = trained / "study" / "cohorts" / "000003.safetensors"
    cohort.write_bytes(cohort.read_bytes()[:-4] + b"\0\0\0\0")
    with pytest.warns(ShoalWarning, match="trained again"):
        fit(table, "target", trained, resume=True, **SETTINGS)
    assert ends(trained) == undisturbed
