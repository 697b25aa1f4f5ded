"""One job in the place of another, killed at every step: nothing is lost until the new one is whole."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from shoal.errors import CapacityError, ConfigurationError, DataError, OutputError
from shoal.jobs import place
from shoal.jobs.place import occupied, require_free, taken_back
from shoal.jobs.plan import read_plan
from shoal.jobs.replacing import is_aside, published
from shoal.jobs.request import FitRequest
from shoal.jobs.saved.layout import RESULTS, TRIED
from shoal.jobs.sizing.study import Sizing, StudySize

OLD, NEW = FitRequest("table.csv", "y"), FitRequest("table.csv", "y", seed=1)
SIZING = Sizing(StudySize(((1,),), 1, (0.0,), 6), 12.5, ("Sized so.",))
COHORT = "study/cohorts/000000.safetensors"
KEPT = f"{TRIED}/{'0' * 32}-1.safetensors"


class KilledError(BaseException):
    """Stands for a kill: nothing in shoal catches it."""


def work(folder: Path, request: FitRequest, name: str, overwrite: bool) -> None:
    """Do what a job does in its folder; what comes of it holds its ``name``."""
    require_free(folder, request, resume=False, overwrite=overwrite)
    with occupied(folder):
        place.begin(folder, request, SIZING, overwrite)
        with taken_back(folder, begun=False):
            for path in (folder / COHORT, folder / KEPT):
                path.parent.mkdir(parents=True)
                path.write_text(name)
        publish(folder, name)


def publish(folder: Path, name: str) -> None:
    with published(folder) as new:
        for result in RESULTS:
            if result != "tested.csv" or name == "old":  # which is of one kind of jobs alone
                (new / result).write_text(name)
    place.end(folder)


def results(folder: Path) -> set[str]:
    return {(folder / name).read_text() for name in RESULTS if (folder / name).exists()}


@pytest.fixture
def earlier(tmp_path: Path) -> Path:
    work(tmp_path / "earlier", OLD, "old", overwrite=False)
    return tmp_path / "earlier"


@pytest.fixture
def killed_at(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int], list[str]]]:
    """Have this process be dead for the files from some step on; the list returned fills with the steps."""
    with monkeypatch.context() as patch:
        counted: list[str] = []
        last = [0]

        def dying(name: str, do: Callable[..., Any]) -> Callable[..., Any]:
            def step(self: Path, *given: Any, **how: Any) -> Any:
                counted.append(f"{name} {self.name}")
                if len(counted) >= last[0] > 0:
                    raise KilledError
                return do(self, *given, **how)

            return step

        for name in ("rename", "replace", "unlink", "mkdir", "rmdir"):
            patch.setattr(Path, name, dying(name, getattr(Path, name)))

        def from_now_on(step: int) -> list[str]:
            counted.clear()
            last[0] = step
            return counted

        yield from_now_on


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_job_takes_the_place_of_another_and_leaves_nothing_of_it(earlier: Path) -> None:
    assert names(earlier) == {*RESULTS, "plan.json", "study"}
    work(earlier, NEW, "new", overwrite=True)
    assert names(earlier) == {*RESULTS, "plan.json", "study"} - {"tested.csv"}
    assert (results(earlier), (earlier / COHORT).read_text()) == ({"new"}, "new")
    assert read_plan(earlier, NEW) == SIZING


def test_a_kill_at_any_step_is_mended_by_the_next_command(
    earlier: Path, tmp_path: Path, killed_at: Callable[[int], list[str]]
) -> None:
    counted = killed_at(0)
    shutil.copytree(earlier, tmp_path / "whole")
    counted.clear()
    work(tmp_path / "whole", NEW, "new", overwrite=True)
    steps = len(counted)
    assert steps > 20
    for step in range(1, steps + 1):
        killed_at(0)
        folder = tmp_path / f"killed at {step}"
        shutil.copytree(earlier, folder)
        killed_at(step)
        with pytest.raises(KilledError):
            work(folder, NEW, "new", overwrite=True)
        killed_at(0)
        found = results(folder)
        whole = (folder / "model.json").exists()
        assert found in ({"old"}, {"new"}) or not whole
        assert require_free(folder, OLD, resume=True, overwrite=False) is True
        study = folder / COHORT
        if not (folder / ".shoal-earlier").exists() and found == {"old"} and study.read_text() == "old":
            assert read_plan(folder, OLD) == SIZING  # as it was
        else:
            assert read_plan(folder, NEW) == SIZING
            assert not study.exists() or study.read_text() == "new"
            aside = folder / ".shoal-earlier" / COHORT
            assert not aside.exists() or (aside.read_text() == "old" and found == {"old"} and whole)
        again = tmp_path / f"again {step}"
        shutil.copytree(folder, again)
        publish(folder, "resumed")  # which does not know what was there
        assert results(folder) == {"resumed"}
        work(again, NEW, "again", overwrite=True)
        assert names(again) == names(tmp_path / "whole")
        assert (results(again), (again / COHORT).read_text()) == ({"again"}, "again")


@pytest.mark.parametrize("error", [DataError, OutputError, KeyboardInterrupt])
def test_what_has_learnt_nothing_gives_the_place_back(earlier: Path, error: type[BaseException]) -> None:
    before = {path: path.read_bytes() for path in earlier.rglob("*") if path.is_file()}
    with occupied(earlier):
        place.begin(earlier, NEW, SIZING, overwrite=True)
        assert results(earlier) == {"old"}
        (earlier / "study" / "cohorts").mkdir(parents=True)
        with pytest.raises(error), taken_back(earlier, begun=False):
            raise error("refused")
    assert {path: path.read_bytes() for path in earlier.rglob("*") if path.is_file()} == before


def test_putting_back_is_mended_after_a_kill_at_any_step(
    earlier: Path, tmp_path: Path, killed_at: Callable[[int], list[str]]
) -> None:
    before = {path.relative_to(earlier): path.read_bytes() for path in earlier.rglob("*") if path.is_file()}
    step = 0
    while True:
        killed_at(0)
        step += 1
        folder = tmp_path / f"killed at {step}"
        shutil.copytree(earlier, folder)
        with occupied(folder):
            place.begin(folder, NEW, SIZING, overwrite=True)
        killed_at(step)
        with contextlib.suppress(DataError, KilledError), taken_back(folder, begun=False):
            raise DataError("refused")
        done = len(killed_at(0)) < step
        require_free(folder, OLD, resume=True, overwrite=False)
        if is_aside(folder):  # as if it had not been refused
            with pytest.raises(DataError), taken_back(folder, begun=False):
                raise DataError("refused")
        files = [path for path in folder.rglob("*") if path.is_file()]
        assert {path.relative_to(folder): path.read_bytes() for path in files} == before
        if step > 10 and done:
            break


def test_a_job_that_learnt_waits_beside_the_earlier_model(earlier: Path) -> None:
    def begun(request: FitRequest) -> None:
        place.begin(earlier, request, SIZING, overwrite=True)
        (earlier / COHORT).parent.mkdir(parents=True)
        (earlier / COHORT).write_text("new")

    for request in (dataclasses.replace(NEW, seed=7), NEW):  # the second takes the place of the first
        with occupied(earlier):
            begun(request)
            with pytest.raises(CapacityError), taken_back(earlier, begun=False):
                raise CapacityError("not now")
        assert results(earlier) == {"old"}
        assert (earlier / ".shoal-earlier" / COHORT).read_text() == "old"
    with pytest.raises(OutputError, match="holds an unfinished study; go on with it with --resume"):
        require_free(earlier, NEW, resume=False, overwrite=False)
    assert require_free(earlier, NEW, resume=True, overwrite=False) is True
    publish(earlier, "new")
    assert results(earlier) == {"new"}
    assert ".shoal-earlier" not in names(earlier)


@pytest.mark.parametrize("error", [DataError, ConfigurationError])
@pytest.mark.parametrize("begun", [False, True])
def test_a_job_that_learnt_and_is_refused_for_good_gives_the_place_back(
    earlier: Path, error: type[Exception], begun: bool
) -> None:
    before = {path: path.read_bytes() for path in earlier.rglob("*") if path.is_file()}
    with occupied(earlier):
        place.begin(earlier, NEW, SIZING, overwrite=True)
        (earlier / COHORT).parent.mkdir(parents=True)
        (earlier / COHORT).write_text("new")
        with pytest.raises(error), taken_back(earlier, begun):
            raise error("refused")
    after = {path: path.read_bytes() for path in earlier.rglob("*") if path.is_file()}
    assert (after == before) is not begun


def test_a_file_that_could_not_be_read_for_now_is_no_refusal_for_good(earlier: Path) -> None:
    def read() -> None:
        try:
            raise OSError(5, "Input/output error")
        except OSError:
            raise DataError("table.csv cannot be read") from None

    with occupied(earlier):
        place.begin(earlier, NEW, SIZING, overwrite=True)
        (earlier / COHORT).parent.mkdir(parents=True)
        (earlier / COHORT).write_text("new")
        with pytest.raises(DataError), taken_back(earlier, begun=False):
            read()
    assert require_free(earlier, NEW, resume=True, overwrite=False) is True


def test_a_whole_model_is_never_taken_back(earlier: Path) -> None:
    (earlier / COHORT).unlink()
    before = {path: path.read_bytes() for path in earlier.rglob("*") if path.is_file()}
    with occupied(earlier), pytest.raises(DataError), taken_back(earlier, begun=False):
        raise DataError("refused")
    assert {path: path.read_bytes() for path in earlier.rglob("*") if path.is_file()} == before


def test_a_full_disk_at_the_end_leaves_the_earlier_model(earlier: Path) -> None:
    def fill(new: Path) -> None:
        (new / "weights.safetensors").write_text("new")
        raise OSError(28, "No space left on device")

    with pytest.raises(OutputError, match="No space left on device"), published(earlier) as folder:
        fill(folder)
    assert results(earlier) == {"old"}
    assert ".shoal-new" not in names(earlier)


def test_what_cannot_be_replaced_is_told_before_anything_is(earlier: Path) -> None:
    (earlier / "report.html").unlink()
    (earlier / "report.html").mkdir()
    with pytest.raises(OutputError, match=r"report\.html cannot be written"), published(earlier) as new:
        (new / "weights.safetensors").write_text("new")
    assert (earlier / "weights.safetensors").read_text() == "old"


def test_what_no_job_wrote_stays_where_things_are_set_aside(earlier: Path) -> None:
    place.begin(earlier, NEW, SIZING, overwrite=True)
    (earlier / ".shoal-earlier" / "study" / "notes.txt").write_text("mine")
    publish(earlier, "new")
    assert (earlier / ".shoal-gone" / "study" / "notes.txt").read_text() == "mine"
    with pytest.raises(OutputError, match=r"holds .*notes\.txt, which no job wrote; move it away"):
        require_free(earlier, NEW, resume=False, overwrite=True)


def test_one_job_at_a_time_is_at_work_in_a_folder(earlier: Path) -> None:
    with occupied(earlier):
        for resume, overwrite in ((True, False), (False, True)):
            with pytest.raises(OutputError, match="is in use by another study; wait for it to end"):
                require_free(earlier, OLD, resume, overwrite)
        with pytest.raises(OutputError, match="is in use by another study"), occupied(earlier):
            pass
    assert ".shoal-lock" not in names(earlier)
    assert require_free(earlier, OLD, resume=True, overwrite=False) is True


@pytest.mark.parametrize("anew", [False, True])
def test_a_lock_that_was_removed_while_it_was_asked_for_keeps_nobody_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, anew: bool
) -> None:
    connect, asked = sqlite3.connect, list[Path]()

    def connected(path: Path, **how: Any) -> sqlite3.Connection:
        asked.append(path)
        made = connect(path, **how)
        if len(asked) == 1:  # its holder ends here, and another one begins
            path.unlink()
            if anew:
                path.touch()
        return made

    monkeypatch.setattr("shoal.selection.store.locking.sqlite3.connect", connected)
    with occupied(tmp_path):
        assert len(asked) == 2
        with pytest.raises(OutputError, match="is in use by another study"), occupied(tmp_path):
            pass
    assert not names(tmp_path)


def test_what_is_in_the_way_of_what_comes_back_is_told(earlier: Path) -> None:
    (earlier / "study").rename(earlier / "moved")
    (earlier / ".shoal-earlier").mkdir()
    (earlier / "moved").rename(earlier / ".shoal-earlier" / "study")  # and killed then
    (earlier / "study").mkdir()
    (earlier / "study" / "notes.txt").write_text("mine")
    with pytest.raises(OutputError, match=r"study is in the place of what is to come back .*; move it away"):
        require_free(earlier, OLD, resume=True, overwrite=False)
    (earlier / "study" / "notes.txt").unlink()
    assert require_free(earlier, OLD, resume=True, overwrite=False) is True
    assert (earlier / COHORT).read_text() == "old"


def test_a_lock_that_a_kill_left_is_nobodys(tmp_path: Path) -> None:
    (tmp_path / ".shoal-lock").touch()
    assert require_free(tmp_path, OLD, resume=False, overwrite=False) is False
    assert not names(tmp_path)
