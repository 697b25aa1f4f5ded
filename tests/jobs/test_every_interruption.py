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
from shoal.jobs.job import FinishedJob
from shoal.selection.trials import COLUMNS
from tests.waiting import written

Fit = Callable[..., FinishedJob]

SIZE = ["--hidden", "1,2,3,4", "--starts", "2", "--l2", "0,1", "--epochs", "50", "--patience", "50",
        "--choose", "one-se"]  # fmt: skip
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


# The command, but that it waits for a line of its standard input before it keeps a cohort: however busy the
# machine is, the study does not end before the test has interrupted it.
PACED = """
import sys
from shoal.cli import main
from shoal.selection.store.trial_store import TrialStore

def paced(self, result, save=TrialStore.save):
    sys.stdin.readline()
    save(self, result)
    print("kept", flush=True)

if __name__ == "__main__":
    TrialStore.save = paced
    main()
"""


def start(table: Path, folder: Path, *options: str) -> subprocess.Popen[str]:
    script = folder.with_name("paced.py")
    script.write_text(PACED)
    arguments = ["fit", str(table), "--target", "target", "--folds", "4", "--out", str(folder), *SIZE]
    return subprocess.Popen(
        [sys.executable, str(script), *arguments, *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def keep_cohorts(process: subprocess.Popen[str], number: int) -> None:
    """Let the job keep so many cohorts, and begin to keep another."""
    assert process.stdin is not None
    assert process.stdout is not None
    for _ in range(number):
        print(file=process.stdin, flush=True)
        while (line := process.stdout.readline()) != "kept\n":
            assert line, process.communicate()
    print(file=process.stdin, flush=True)


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
        evidence["asked"]["again"],
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


@pytest.fixture(autouse=True)
def of_a_word(monkeypatch: pytest.MonkeyPatch) -> None:
    """Write reports of a word: drawing is most of the time, and a report is a function of its evidence."""

    def write(evidence: object, folder: Path, overwrite: bool) -> None:
        for name in ("report.html", "model.md"):
            (folder / name).write_text("report")

    monkeypatch.setattr("shoal.jobs.fit_study.write_pages", write)


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
    for _ in range(2):  # killed twice: once from the beginning, once while resuming
        process = start(table, folder, "--jobs", "1", "--resume")
        keep_cohorts(process, 2)
        time.sleep(rng.uniform(0, 0.01))  # within a cohort, while it is kept, or after
        process.kill()
        assert process.wait() == -signal.SIGKILL
        process.communicate()
        assert not (folder / "model.json").exists()
        now = len({row[0] for row in trials(folder)})
        assert kept + 2 <= now <= kept + 3 < COHORTS
        kept = now
    fit(table, "target", folder, resume=True, **SETTINGS)
    assert ends(folder) == undisturbed


def test_ctrl_c_ends_with_one_line_and_the_study_is_resumed(
    undisturbed: dict[str, Any], fit: Fit, table: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    process = start(table, folder, "--jobs", "1")
    while not (folder / "study" / "cohorts").exists():  # it waits there with the first, so there is no best
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = written(process)
    assert process.returncode == 130
    (line,) = err.splitlines()
    assert line.startswith("shoal: interrupted")
    assert "--resume" in line
    assert "Traceback" not in out
    assert not (folder / "model.json").exists()
    fit(table, "target", folder, resume=True, **SETTINGS)
    assert ends(folder) == undisturbed


@pytest.mark.parametrize("kept", [2, 5])
def test_ctrl_c_keeps_the_best_so_far_as_soon_as_there_is_one(
    undisturbed: dict[str, Any], fit: Fit, table: Path, tmp_path: Path, kept: int
) -> None:
    folder = tmp_path / "out"
    process = start(table, folder, "--jobs", "1")
    keep_cohorts(process, kept)  # 5: one size on all of its four folds, and a fold of the next
    process.send_signal(signal.SIGINT)
    out, err = written(process)
    assert process.returncode == 130
    assert err.splitlines() == [
        f"shoal: interrupted; {folder} holds the best so far, and the same command with --resume goes on"
    ]
    assert "Ended early, by Ctrl-C: " in out
    assert (folder / "model.json").exists()
    evidence = json.loads((folder / "evidence.json").read_text())
    assert 4 * (kept - 1) <= len(evidence["trials"]["hidden"]) <= 4 * (kept + 1)
    assert ("on more than" in evidence["choice"]["sentence"]) == (kept < 4)
    assert evidence["choice"]["hidden"] == "4"
    fit(table, "target", folder, resume=True, **SETTINGS)
    assert ends(folder) == undisturbed


def test_the_earlier_model_stays_until_a_new_one_is_whole(
    undisturbed: dict[str, Any], done: Path, fit: Fit, table: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "out"
    shutil.copytree(done, folder)
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    process = start(table, folder, "--jobs", "1", "--overwrite")
    while not (folder / ".shoal-earlier" / "plan.json").exists() or not (folder / "study").exists():
        assert process.poll() is None
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)  # it waits there with the first cohort, so nothing has learnt
    _, err = written(process)
    assert process.returncode == 130
    assert err.splitlines() == [f"shoal: interrupted; {folder} is as it was"]
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    process = start(table, folder, "--jobs", "1", "--overwrite")
    keep_cohorts(process, 2)
    process.kill()
    process.communicate()
    for name in ("model.json", "weights.safetensors", "report.html"):
        assert (folder / name).read_bytes() == before[folder / name]
    assert 2 <= len({row[0] for row in trials(folder)}) < COHORTS
    fit(table, "target", folder, resume=True, **SETTINGS)
    assert ends(folder) == undisturbed


@pytest.mark.parametrize("step", ["examine", "save_model", "write_atomically", "write_pages"])
def test_a_job_killed_after_its_study_is_resumed(
    undisturbed: dict[str, Any],
    fit: Fit,
    table: Path,
    trained: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise KilledError

    with monkeypatch.context() as patched:
        patched.setattr(f"shoal.jobs.fit_study.{step}", killed)
        with pytest.raises(KilledError):
            fit(table, "target", trained, resume=True, **SETTINGS)
    assert not (trained / "report.html").exists()
    fit(table, "target", trained, resume=True, **SETTINGS)
    assert ends(trained) == undisturbed


def killed_in_a_write(self: Path, *_: object, **__: object) -> Path:
    raise KilledError


def test_a_job_killed_while_it_writes_its_plan_has_not_begun(
    fit: Fit, table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, without_report: None
) -> None:
    folder = tmp_path / "out"
    with monkeypatch.context() as patched:
        patched.setattr(Path, "replace", killed_in_a_write)
        patched.setattr("shoal.files._discard", killed_in_a_write)  # the dead do not tidy up
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
        patched.setattr("shoal.files._discard", killed_in_a_write)  # the dead do not tidy up
        patched.setattr("shoal.jobs.replacing.clear", lambda *_: None)
        with pytest.raises(KilledError):
            fit(table, "target", trained, resume=True, **SETTINGS)
    assert len(list(trained.glob(".shoal-new/.shoal-*.tmp"))) == 1
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
