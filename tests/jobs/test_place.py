from __future__ import annotations

import dataclasses
import errno
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, NoReturn

import pytest

from shoal.errors import ConfigurationError, ModelFolderError, OutputError
from shoal.jobs.fit import Outcome
from shoal.jobs.place import begin, read_plan, require_free
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing import AskedSize, Sizing, StudySize
from shoal.selection.store import TrialStore

Fit = Callable[..., Outcome]
REQUEST = FitRequest(
    "table.csv", "y", size=AskedSize(hidden=((1,), (4, 4)), l2=(0.0, 0.5)), folds=3, choose="one-se"
)
SIZING = Sizing(StudySize(((1,), (4, 4)), 7, (0.0, 0.5), 60), 12.5, ("Sized so.",))


@pytest.fixture
def begun(tmp_path: Path) -> Path:
    folder = tmp_path / "deep" / "out"
    begin(folder, REQUEST, SIZING)
    return folder


def refuse(code: int) -> Callable[..., NoReturn]:
    def raising(*_: object, **__: object) -> NoReturn:
        raise OSError(code, os.strerror(code))

    return raising


def test_a_new_place_is_free_and_is_not_made_by_asking(tmp_path: Path) -> None:
    assert require_free(tmp_path / "a" / "b", resume=False, overwrite=False) is False
    assert require_free(tmp_path / "a" / "b", resume=True, overwrite=False) is False
    assert not (tmp_path / "a").exists()
    assert require_free(tmp_path, resume=False, overwrite=False) is False


def test_the_plan_comes_back(begun: Path) -> None:
    assert read_plan(begun, REQUEST) == SIZING
    assert require_free(begun, resume=True, overwrite=False) is True
    assert require_free(begun, resume=False, overwrite=True) is False


def test_what_may_differ_and_what_may_not(begun: Path) -> None:
    assert read_plan(begun, dataclasses.replace(REQUEST, table="moved/table.csv", jobs=7)) == SIZING
    other = dataclasses.replace(
        REQUEST, size=AskedSize(hidden=((1,), (8,)), starts=3), solver="sgd", learning_rate=0.5
    )
    with pytest.raises(ConfigurationError) as refused:
        read_plan(begun, other)
    differences = str(refused.value).split("but ")[1].split("; repeat")[0].split("; ")
    assert sorted(differences) == [
        "--hidden was 1,4x4, now 1,8",
        "--l2 was 0,0.5, now left out",
        "--learning-rate was left out, now 0.5",
        "--solver was left out, now sgd",
        "--starts was left out, now 3",
    ]


@pytest.mark.parametrize(
    "content", [b"", b"{", b"[]", b"7", b'{"request": {}, "sizing": {}}', b'{"request": 3}', b"\xff"]
)
def test_a_damaged_plan_is_said_to_be(begun: Path, content: bytes) -> None:
    (begun / "plan.json").write_bytes(content)
    with pytest.raises(ModelFolderError, match=r"plan\.json was damaged .* --overwrite"):
        read_plan(begun, REQUEST)


def occupied(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")


def is_a_file(folder: Path) -> None:
    folder.rmdir()
    folder.write_text("mine")


def under_a_file(folder: Path) -> None:
    folder.rmdir()
    folder.parent.rmdir()
    folder.parent.write_text("mine")


def unfinished(folder: Path) -> None:
    begin(folder, REQUEST, SIZING)


def finished(folder: Path) -> None:
    begin(folder, REQUEST, SIZING)
    (folder / "model.json").write_text("{}")


@pytest.mark.parametrize(
    ("make", "told"),
    [
        (occupied, r"holds other files; give a new or empty folder"),
        (is_a_file, r"out is a file; --out needs a folder"),
        (under_a_file, r"deep is a file, so .*out cannot be made in it"),
        (unfinished, r"holds an unfinished study; .* --resume, begin anew with --overwrite"),
        (finished, r"already holds a model; begin anew with --overwrite"),
    ],
)
def test_a_place_that_is_taken(tmp_path: Path, make: Callable[[Path], None], told: str) -> None:
    folder = tmp_path / "deep" / "out"
    folder.mkdir(parents=True)
    make(folder)
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(OutputError, match=told):
        require_free(folder, resume=False, overwrite=False)
    assert sorted(tmp_path.rglob("*")) == before


def test_a_folder_of_others_is_not_even_overwritten(tmp_path: Path) -> None:
    occupied(tmp_path)
    for resume, overwrite in ((True, False), (False, True)):
        with pytest.raises(OutputError, match="holds other files"):
            require_free(tmp_path, resume, overwrite)


def test_one_cannot_resume_and_overwrite(begun: Path) -> None:
    with pytest.raises(ConfigurationError, match="--resume and --overwrite were given"):
        require_free(begun, resume=True, overwrite=True)


@pytest.mark.parametrize(("resume", "overwrite"), [(False, False), (True, False), (False, True)])
def test_a_study_at_work_is_left_alone(begun: Path, resume: bool, overwrite: bool) -> None:
    store = TrialStore(begun / "study")
    with pytest.raises(OutputError, match="is in use by another study"):
        require_free(begun, resume, overwrite)
    store.close()
    assert require_free(begun, resume=True, overwrite=False) is True


def test_who_begins_second_does_not_clear_the_place_of_who_began_first(begun: Path) -> None:
    with pytest.raises(OutputError, match="holds an unfinished study"):
        begin(begun, REQUEST, SIZING)
    store = TrialStore(begun / "study")
    with pytest.raises(OutputError, match="is in use by another study"):
        begin(begun, REQUEST, SIZING, overwrite=True)
    assert (begun / "study" / "trials.sqlite").exists()
    store.close()


def test_nor_does_a_job_that_was_sizing_meanwhile(
    fit: Fit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def size_slowly(*_: object) -> Sizing:
        begin(tmp_path / "out", REQUEST, SIZING)
        return SIZING

    monkeypatch.setattr("shoal.jobs.fit.size_study", size_slowly)
    with pytest.raises(OutputError, match="holds an unfinished study"):
        fit("builtin:iris", "species", tmp_path / "out")
    assert read_plan(tmp_path / "out", REQUEST) == SIZING


def test_overwriting_clears_what_is_ours_and_a_killed_write(begun: Path) -> None:
    TrialStore(begun / "study").close()
    for name in ("model.json", "weights.safetensors", "preprocessing.json", "evidence.json", "report.html"):
        (begun / name).write_text("old")
    (begun / ".model.json.123.tmp").write_text("torn")
    (begun / "notes.txt").write_text("mine")
    begin(begun, dataclasses.replace(REQUEST, seed=9), SIZING, overwrite=True)
    assert sorted(path.name for path in begun.iterdir()) == ["notes.txt", "plan.json"]
    assert json.loads((begun / "plan.json").read_text())["request"]["seed"] == 9


def test_a_kill_while_overwriting_leaves_a_folder_that_is_known(
    begun: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (begun / "model.json").write_text("old")
    with monkeypatch.context() as patched:
        patched.setattr("shoal.jobs.place.write_atomically", refuse(errno.EINTR))
        with pytest.raises(OutputError):
            begin(begun, REQUEST, SIZING, overwrite=True)
    assert require_free(begun, resume=True, overwrite=False) is True
    assert read_plan(begun, REQUEST) == SIZING


def test_a_read_only_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shoal.jobs.place.os.access", lambda path, mode: False)
    with pytest.raises(OutputError, match=f"{tmp_path} is read-only; give another --out"):
        require_free(tmp_path / "out", resume=False, overwrite=False)


@pytest.mark.parametrize(
    ("code", "told"), [(errno.EROFS, "Read-only file system"), (errno.ENAMETOOLONG, "File name too long")]
)
def test_a_place_that_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, told: str
) -> None:
    monkeypatch.setattr(Path, "mkdir", refuse(code))
    with pytest.raises(OutputError, match=f"cannot be written .{told}.; give another --out"):
        begin(tmp_path / "out", REQUEST, SIZING)


def test_a_full_disk_leaves_no_new_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shoal.files.os.fsync", refuse(errno.ENOSPC))
    with pytest.raises(OutputError, match="No space left on device"):
        begin(tmp_path / "out", REQUEST, SIZING)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        ({"seed": 1}, "--seed was 0, now 1"),
        ({"epochs": 4}, "--epochs was 3, now 4"),
        ({"choose": "best"}, "--choose was one-se, now best"),
    ],
)
def test_a_job_is_resumed_with_the_same_settings(
    fit: Fit, tmp_path: Path, without_report: None, settings: dict[str, Any], told: str
) -> None:
    fit("builtin:iris", "species", tmp_path / "out", resume=True)  # on a new folder it just begins
    before = {path: path.read_bytes() for path in (tmp_path / "out").iterdir() if path.is_file()}
    with pytest.raises(ConfigurationError, match=told):
        fit("builtin:iris", "species", tmp_path / "out", resume=True, **settings)
    assert before == {path: path.read_bytes() for path in (tmp_path / "out").iterdir() if path.is_file()}
    replaced = fit("builtin:iris", "species", tmp_path / "out", overwrite=True, **settings)
    assert replaced.evidence["asked"] | settings == replaced.evidence["asked"]


def test_a_job_is_not_resumed_on_other_data(
    fit: Fit,
    mixed: Callable[..., Any],
    write_csv: Callable[..., Path],
    tmp_path: Path,
    without_report: None,
) -> None:
    table = write_csv(tmp_path / "table.csv", mixed(60))
    fit(table, "target", tmp_path / "out")
    moved = shutil.move(table, tmp_path / "moved.csv")
    fit(moved, "target", tmp_path / "out", resume=True)
    write_csv(moved, mixed(60, seed=1))
    with pytest.raises(ConfigurationError, match="holds a study with other settings"):
        fit(moved, "target", tmp_path / "out", resume=True)
