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

from shoal.errors import ConfigurationError, DataError, ModelFolderError, OutputError
from shoal.jobs import place
from shoal.jobs.job import FinishedJob
from shoal.jobs.place import require_free, taken_back
from shoal.jobs.plan import read_plan
from shoal.jobs.replacing import published
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing.study import AskedSize, Sizing, StudySize
from shoal.selection.store.trial_store import TrialStore

Fit = Callable[..., FinishedJob]
REQUEST = FitRequest(
    "table.csv", "y", size=AskedSize(hidden=((1,), (4, 4)), l2=(0.0, 0.5)), folds=3, choose="one-se"
)
TORN = ".shoal-0123456789abcdef.tmp"
SIZING = Sizing(StudySize(((1,), (4, 4)), 7, (0.0, 0.5), 60), 12.5, ("Sized so.",))


def begin(folder: Path, request: FitRequest, sizing: Sizing, overwrite: bool = False) -> bool:
    """Begin as a job does; return whether the folder is new."""
    with place.occupied(folder) as new:
        place.begin(folder, request, sizing, overwrite)
    return new


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
    assert require_free(tmp_path / "a" / "b", REQUEST, resume=False, overwrite=False) is False
    assert require_free(tmp_path / "a" / "b", REQUEST, resume=True, overwrite=False) is False
    assert not (tmp_path / "a").exists()
    assert require_free(tmp_path, REQUEST, resume=False, overwrite=False) is False


@pytest.mark.parametrize("name", ["nowhere.db?table=x", "nowhere.db", "nowhere/*.parquet"])
def test_a_table_that_is_not_there_is_no_fault_of_the_place(tmp_path: Path, name: str) -> None:
    request = dataclasses.replace(REQUEST, table=f"duckdb:{tmp_path}/{name}")
    with pytest.raises(DataError, match=r"does not exist|matches no file"):
        require_free(tmp_path / "out", request, resume=False, overwrite=False)


def test_a_place_is_begun(begun: Path) -> None:
    assert require_free(begun, REQUEST, resume=True, overwrite=False) is True
    assert require_free(begun, REQUEST, resume=False, overwrite=True) is False


def occupied(folder: Path) -> None:
    (folder / "notes.txt").write_text("mine")


def half_a_write_of_others(folder: Path) -> None:
    (folder / ".notes.tmp").write_text("mine")


def with_a_plan_of_others(folder: Path) -> None:
    (folder / "plan.json").write_text('{"trip": "to the sea"}')


def a_link_to_nowhere(folder: Path) -> None:
    folder.rmdir()
    folder.symlink_to(folder.parent / "nowhere")


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
        (half_a_write_of_others, r"holds other files; give a new or empty folder"),
        (with_a_plan_of_others, r"holds other files; give a new or empty folder"),
        (a_link_to_nowhere, r"out is a link that leads nowhere"),
        (is_a_file, r"out is a file; give a folder"),
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
        require_free(folder, REQUEST, resume=False, overwrite=False)
    assert sorted(tmp_path.rglob("*")) == before


@pytest.mark.parametrize(("make", "told"), [(os.mkfifo, "it is a pipe, which"), (os.mkdir, "Is a directory")])
def test_a_plan_that_is_no_file_is_told_by_its_name(
    begun: Path, make: Callable[[Path], None], told: str
) -> None:
    (begun / "plan.json").unlink()
    make(begun / "plan.json")
    for overwrite in (True, False):
        with pytest.raises(OutputError, match=rf"plan\.json cannot be read \({told}.*give another folder"):
            require_free(begun, REQUEST, resume=not overwrite, overwrite=overwrite)


def test_a_folder_of_others_is_not_even_overwritten(tmp_path: Path) -> None:
    occupied(tmp_path)
    for resume, overwrite in ((True, False), (False, True)):
        with pytest.raises(OutputError, match="holds other files"):
            require_free(tmp_path, REQUEST, resume, overwrite)


def note(folder: Path) -> Path:
    (folder / "notes.txt").write_text("mine")
    return folder / "notes.txt"


def note_in_the_study(folder: Path) -> Path:
    (folder / "study" / "cohorts" / "notes.txt").write_text("mine")
    return folder / "study" / "cohorts" / "notes.txt"


def half_a_note(folder: Path) -> Path:
    (folder / ".notes.tmp").write_text("mine")
    return folder / ".notes.tmp"


def study_elsewhere(folder: Path) -> Path:
    elsewhere = folder.parent / "elsewhere"
    (folder / "study").rename(elsewhere)
    (folder / "study").symlink_to(elsewhere)
    return elsewhere / "trials.sqlite"


def folder_for_a_model(folder: Path) -> Path:
    (folder / "model.json").mkdir()
    (folder / "model.json" / "a").write_text("mine")
    return folder / "model.json" / "a"


@pytest.mark.parametrize("add", [note, note_in_the_study, half_a_note, study_elsewhere, folder_for_a_model])
def test_what_no_job_wrote_is_never_removed(begun: Path, add: Callable[[Path], Path]) -> None:
    TrialStore(begun / "study").close()
    theirs = add(begun)
    before = theirs.read_bytes()
    for overwrite in (False, True):
        with pytest.raises(OutputError, match=r"holds .*, which no job wrote; move it away"):
            begin(begun, REQUEST, SIZING, overwrite=overwrite)
    assert theirs.read_bytes() == before
    assert require_free(begun, REQUEST, resume=True, overwrite=False) is True  # which removes nothing


def test_a_link_is_removed_and_not_what_it_leads_to(begun: Path) -> None:
    theirs = begun.parent / "theirs.csv"
    theirs.write_text("mine")
    (begun / "model.json").symlink_to(theirs)
    (begun / "weights.safetensors").hardlink_to(theirs)
    begin(begun, REQUEST, SIZING, overwrite=True)
    with published(begun) as new:
        (new / "weights.safetensors").write_text("ours")
    assert sorted(path.name for path in begun.iterdir()) == ["plan.json", "weights.safetensors"]
    assert theirs.read_text() == "mine"


def test_a_damaged_study_can_be_begun_anew(begun: Path) -> None:
    TrialStore(begun / "study").close()
    (begun / "study" / "trials.sqlite").write_bytes(b"no database" * 100)
    with pytest.raises(ModelFolderError, match="is damaged"):
        require_free(begun, REQUEST, resume=True, overwrite=False)
    begin(begun, REQUEST, SIZING, overwrite=True)
    assert not (begun / "study").exists()


@pytest.mark.parametrize(("name", "part"), [("table", "t.csv"), ("valid", "deep/v.csv"), ("test", "t.ods")])
def test_a_job_does_not_write_where_it_reads(tmp_path: Path, name: str, part: str) -> None:
    source = tmp_path / "out" / part
    source.parent.mkdir(parents=True)
    source.write_text("x")
    (tmp_path / "link").symlink_to(source)
    for path in (source, tmp_path / "link"):
        sheet = "#Sheet 2" if path.suffix == ".ods" else ""
        request = dataclasses.replace(REQUEST, folds=None, **{name: f"{path}{sheet}"})
        with pytest.raises(OutputError, match=f"holds {path}.*, which is read"):
            require_free(tmp_path / "out", request, resume=False, overwrite=True)


def test_nor_among_the_images_that_it_reads(tmp_path: Path) -> None:
    (tmp_path / "pets" / "cat").mkdir(parents=True)
    request = dataclasses.replace(REQUEST, table=str(tmp_path / "pets"))
    for out in (tmp_path / "pets" / "model", tmp_path / "pets"):
        with pytest.raises(OutputError, match="which is read; give another folder"):
            require_free(out, request, resume=False, overwrite=False)
    assert require_free(tmp_path / "model", request, resume=False, overwrite=False) is False


def test_neither_the_root_nor_a_home_is_a_place_for_a_job(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    for folder in (tmp_path, Path("/")):
        with pytest.raises(OutputError, match="is the root or your home"):
            require_free(folder, REQUEST, resume=False, overwrite=True)
    monkeypatch.chdir(tmp_path / "..")
    with pytest.raises(OutputError, match="holds other files"):
        require_free(Path(), REQUEST, resume=False, overwrite=True)


def test_one_cannot_resume_and_overwrite(begun: Path) -> None:
    with pytest.raises(ConfigurationError, match="--resume and --overwrite were given"):
        require_free(begun, REQUEST, resume=True, overwrite=True)


@pytest.mark.parametrize(("resume", "overwrite"), [(False, False), (True, False), (False, True)])
def test_a_study_at_work_is_left_alone(begun: Path, resume: bool, overwrite: bool) -> None:
    store = TrialStore(begun / "study")
    with pytest.raises(OutputError, match="is in use by another study"):
        require_free(begun, REQUEST, resume, overwrite)
    store.close()
    assert require_free(begun, REQUEST, resume=True, overwrite=False) is True


def test_who_begins_second_does_not_clear_the_place_of_who_began_first(begun: Path) -> None:
    with pytest.raises(OutputError, match="holds an unfinished study"):
        begin(begun, REQUEST, SIZING)
    store = TrialStore(begun / "study")
    with pytest.raises(OutputError, match="is in use by another study"):
        begin(begun, REQUEST, SIZING, overwrite=True)
    with pytest.raises(DataError), taken_back(begun, False):  # whose study was resumed meanwhile
        raise DataError("refused")
    assert (begun / "plan.json").exists()
    assert (begun / "study" / "trials.sqlite").exists()
    store.close()


def test_nor_does_a_job_that_was_sizing_meanwhile(
    fit: Fit, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def size_slowly(*_: object) -> Sizing:
        begin(tmp_path / "out", REQUEST, SIZING)
        return SIZING

    monkeypatch.setattr("shoal.jobs.fit_study.size_study", size_slowly)
    with pytest.raises(OutputError, match="holds an unfinished study"):
        fit("builtin:iris", "species", tmp_path / "out")
    assert read_plan(tmp_path / "out", REQUEST) == SIZING


def test_overwriting_clears_a_killed_write(begun: Path) -> None:
    TrialStore(begun / "study").close()
    (begun / "rows").write_text("old")
    (begun / TORN).write_text("torn")
    begin(begun, dataclasses.replace(REQUEST, seed=9), SIZING, overwrite=True)
    assert sorted(path.name for path in begun.iterdir()) == [".shoal-earlier", "plan.json"]
    assert json.loads((begun / "plan.json").read_text())["request"]["seed"] == 9


def test_a_kill_while_overwriting_leaves_a_folder_that_is_known(
    begun: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (begun / "model.json").write_text("old")
    with monkeypatch.context() as patched:
        patched.setattr("shoal.jobs.place.write_atomically", refuse(errno.EINTR))
        with pytest.raises(OutputError):
            begin(begun, REQUEST, SIZING, overwrite=True)
    assert require_free(begun, REQUEST, resume=True, overwrite=False) is True
    assert read_plan(begun, REQUEST) == SIZING


def test_a_read_only_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shoal.jobs.place.os.access", lambda path, mode: False)
    with pytest.raises(OutputError, match=f"{tmp_path} is read-only; give another folder"):
        require_free(tmp_path / "out", REQUEST, resume=False, overwrite=False)


@pytest.mark.parametrize(
    ("code", "told"), [(errno.EROFS, "Read-only file system"), (errno.ENAMETOOLONG, "File name too long")]
)
def test_a_place_that_cannot_be_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int, told: str
) -> None:
    monkeypatch.setattr(Path, "mkdir", refuse(code))
    with pytest.raises(OutputError, match=f"cannot be written .{told}.; give another folder"):
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


@pytest.mark.parametrize("new", [True, False])
def test_what_is_refused_before_anything_has_learnt_is_taken_back(tmp_path: Path, new: bool) -> None:
    folder = tmp_path / "out"
    if not new:
        folder.mkdir()
    assert begin(folder, REQUEST, SIZING) is new
    TrialStore(folder / "study").close()
    with pytest.raises(DataError), place.occupied(folder), taken_back(folder, False):
        raise DataError("refused")
    assert not list(folder.iterdir())


@pytest.mark.parametrize(
    ("resumed", "error", "learnt"),
    [
        (True, DataError, ""),
        (False, OutputError, ""),
        (False, KeyboardInterrupt, ""),
        (False, DataError, f"tried/{'0' * 32}-1.safetensors"),
        (False, DataError, "study/cohorts/0.safetensors"),
    ],
)
def test_what_may_be_resumed_is_not_taken_back(
    begun: Path, resumed: bool, error: type[BaseException], learnt: str
) -> None:
    if learnt:
        (begun / learnt).parent.mkdir(parents=True)
        (begun / learnt).touch()
    with pytest.raises(error), taken_back(begun, resumed):
        raise error
    assert (begun / "plan.json").exists()
    assert not learnt or (begun / learnt).exists()
