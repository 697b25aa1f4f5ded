from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Shoal = Callable[..., Any]

COMMANDS = {  # what each writes, at a place that the test fills in
    "predict": ["predict", "out", "few.csv", "--out"],
    "explain": ["explain", "out", "whole.csv", "--format", "html", "--out"],
    "check": ["check", "out", "whole.csv", "--batch", "2", "--figure"],
    "export": ["export", "out", "--to"],
}
NAMES = {"predict": "p.csv", "explain": "p.html", "check": "p.svg", "export": "p.safetensors"}


@pytest.mark.parametrize("command", COMMANDS)
def test_a_file_is_replaced_only_where_that_was_asked_for(shoal: Shoal, finished: Path, command: str) -> None:
    name = NAMES[command]
    Path(name).write_text("mine")
    told = shoal(*COMMANDS[command], name).refusal
    assert f"{name} exists already; name another file, or have it replaced (--overwrite" in told
    assert Path(name).read_text() == "mine"
    Path("link").symlink_to(name)
    Path("theirs").hardlink_to(name)
    assert shoal(*COMMANDS[command], name, "--overwrite").code == 0
    assert Path(name).read_bytes() != b"mine"
    assert Path("theirs").read_text() == "mine"


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_is_written_into_a_model(shoal: Shoal, finished: Path, command: str) -> None:
    before = {path: path.read_bytes() for path in Path("out").iterdir() if path.is_file()}
    for name in (NAMES[command], "weights.safetensors", "report.html", "plan.json"):
        told = shoal(*COMMANDS[command], f"out/{name}", "--overwrite").refusal
        assert "lies in the folder of the model" in told or "has the extension" in told
    assert before == {path: path.read_bytes() for path in Path("out").iterdir() if path.is_file()}


@pytest.mark.parametrize("command", ["predict", "explain", "check"])
def test_the_table_that_is_read_is_not_written(shoal: Shoal, finished: Path, command: str) -> None:
    table = COMMANDS[command][2]
    before = Path(table).read_bytes()
    Path("link.csv").symlink_to(table)
    Path("also.csv").hardlink_to(table)
    for name in (table, f"{Path.cwd()}/out/../{table}", "link.csv", "also.csv"):
        told = shoal(*COMMANDS[command], name, "--overwrite").refusal
        assert f"is the same file as {table}, which is read" in told
    assert Path(table).read_bytes() == before
    assert Path("link.csv").is_symlink()


def test_the_table_that_was_fitted_is_not_written(
    shoal: Shoal, iris: tuple[str, ...], finished: Path
) -> None:
    rows = [f"{i / 10},{i % 7},{i % 5},{i % 3},{'setosa' if i < 30 else 'versicolor'}\n" for i in range(60)]
    Path("whole.csv").write_text(Path("whole.csv").read_text().splitlines()[0] + "\n" + "".join(rows))
    assert shoal("fit", "whole.csv", *iris[2:4], "--out", "again", *iris[6:]).code == 0
    before = Path("whole.csv").read_bytes()
    for command in (["explain", "again", "--format", "html", "--out"], ["check", "again", "--figure"]):
        assert "which is read" in shoal(*command, "whole.csv", "--overwrite").refusal
    assert Path("whole.csv").read_bytes() == before


@pytest.mark.parametrize("command", COMMANDS)
def test_a_place_is_looked_at_before_any_work(
    shoal: Shoal, finished: Path, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for work in ("shoal.data.tables.read_table", "shoal.export.saved.export_torch"):
        monkeypatch.setattr(work, lambda *_: pytest.fail("worked for nothing"))
    suffix = Path(NAMES[command]).suffix
    os.mkfifo(f"pipe{suffix}")
    Path(f"folder{suffix}").mkdir()
    for place, told in (
        (f"nowhere/p{suffix}", "No such file or directory"),
        (f"few.csv/p{suffix}", "Not a directory"),
        (f"folder{suffix}", "Is a directory"),
        (f"pipe{suffix}", "is a device or a pipe, and no file"),
    ):
        assert told in shoal(*COMMANDS[command], place, "--overwrite").refusal


def test_a_report_of_somebody_else_is_left(shoal: Shoal, finished: Path) -> None:
    assert shoal("report", "out").code == 0
    Path("out/report.html").write_text("mine")
    assert "report.html exists already" in shoal("report", "out").refusal
    assert Path("out/report.html").read_text() == "mine"
    assert shoal("report", "out", "--overwrite").code == 0


def test_a_lecture_of_somebody_else_is_left(shoal: Shoal) -> None:
    Path("notes").mkdir()
    for name in ("numpy-demo.html", "numpy-demo.svg"):
        Path("notes", name).write_text("mine")
        assert f"{name} exists already" in shoal("lecture", "numpy-demo", "--out", "notes").refusal
        assert [path.read_text() for path in Path("notes").iterdir()] == ["mine"]
        Path("notes", name).unlink()


def test_a_fit_leaves_what_is_somebody_elses(shoal: Shoal, iris: tuple[str, ...], finished: Path) -> None:
    Path("out").rename("model")
    Path("out").mkdir()
    Path("out/.notes.tmp").write_text("mine")
    for options in ([], ["--overwrite"], ["--resume"]):
        assert "out holds other files; give a new or empty folder" in shoal(*iris, *options).refusal
    assert [path.name for path in Path("out").iterdir()] == [".notes.tmp"]
    Path("out/.notes.tmp").unlink()
    Path("out").rmdir()
    Path("model").rename("out")
    Path("out/notes").write_text("mine")
    assert "out holds notes, which no job wrote" in shoal(*iris, "--overwrite").refusal
    assert Path("out/notes").read_text() == "mine"
    Path("out/notes").unlink()
    assert shoal(*iris, "--overwrite").code == 0
