from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shoal.cli.signals import WATCH
from shoal.cli.terminal import TerminalListener
from shoal.clusters.entry import ENTRY
from tests.clusters.crews import ADDRESS, PaperCrew, here

Shoal = Callable[..., Any]
Iris = tuple[str, ...]
Python = Callable[..., Any]


def test_ctrl_c_says_how_to_go_on(shoal: Shoal, iris: Iris, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(TerminalListener, "progress", interrupted)
        ended = shoal(*iris)
    assert (ended.code, len(ended.err)) == (130, 1)
    assert ended.err[0].startswith("shoal: interrupted; repeat the command with --resume")
    assert shoal(*iris, "--resume").code == 0


AS_IT_WAS = "out is as it was"
GO_ON = "repeat the command with --resume, in the place of --overwrite, to go on from the last network kept"
KEPT = "out holds the best so far, and the same command with --resume, in the place of --overwrite, goes on"


@pytest.mark.parametrize(
    ("where", "after", "told"),
    [
        ("shoal.cli.terminal.TerminalListener.progress", 0, AS_IT_WAS),
        ("shoal.cli.terminal.TerminalListener.progress", 1, KEPT),
        ("shoal.jobs.fit_study.write_pages", 0, GO_ON),
        ("shoal.jobs.replacing._move", 0, GO_ON),  # when of the earlier job there is but the model
    ],
)
def test_ctrl_c_says_whether_there_is_still_what_was_to_be_replaced(
    shoal: Shoal,
    iris: Iris,
    finished: Path,
    monkeypatch: pytest.MonkeyPatch,
    where: str,
    after: int,
    told: str,
) -> None:
    calls: list[object] = []

    def interrupted(*given: object, **_: object) -> None:
        calls.append(given)
        if len(calls) > after:
            WATCH.received.append(signal.SIGINT)
            raise KeyboardInterrupt

    again = (*iris, "--seed", "1", "--folds", "4")
    before = {path: path.read_bytes() for path in Path("out").rglob("*") if path.is_file()}
    with monkeypatch.context() as patched:
        patched.setattr(where, interrupted)
        ended = shoal(*again, "--overwrite")
    assert (ended.code, ended.err[-1]) == (130, f"shoal: interrupted; {told}")
    now = {path: path.read_bytes() for path in Path("out").rglob("*") if path.is_file()}
    assert (now == before) == (told == AS_IT_WAS)
    assert told == AS_IT_WAS or shoal(*again, "--resume").code == 0
    assert not list(Path("out").glob(".shoal-*"))


def test_a_job_that_workers_elsewhere_have_begun_goes_on_here(
    shoal: Shoal, iris: Iris, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the same bits; what would make the model again asks for no workers."""
    monkeypatch.setattr("shoal.clusters.dask.connected", here)
    assert shoal(*iris).code == 0
    weights = Path("out/weights.safetensors").read_bytes()
    ended = shoal(*iris, "--on", ADDRESS, "--overwrite")
    assert ended.code == 0
    assert any("on 2 cores" in line for line in ended.out)
    assert "--on" not in Path("out/command.txt").read_text()
    assert Path("out/weights.safetensors").read_bytes() == weights
    Path("out/study/cohorts/000001.safetensors").unlink()
    assert shoal(*iris, "--resume").code == 0
    assert Path("out/weights.safetensors").read_bytes() == weights


@pytest.mark.parametrize(
    ("on", "told"),
    [
        ("dask", "--on must be the address of a Dask scheduler (tcp://scheduler:8786), of a Ray cluster"),
        (ADDRESS, "1 of 2 workers of the cluster cannot take part: b has no shoal"),
    ],
)
def test_workers_that_cannot_help_are_told_before_anything_is_read(
    shoal: Shoal, monkeypatch: pytest.MonkeyPatch, on: str, told: str
) -> None:
    monkeypatch.setattr("shoal.clusters.dask.connected", here)
    answers = {"a": ENTRY, "b": ModuleNotFoundError("No module named 'shoal'", name="shoal")}
    monkeypatch.setattr(PaperCrew, "ask", lambda self, name, seconds: answers)
    ended = shoal("fit", "there/is/no/such.csv", "--target", "y", "--out", "out", "--on", on)
    assert (ended.code, len(ended.err)) == (2, 1)
    assert told in ended.err[0]
    assert not Path("out").exists()


def test_a_damaged_cohort_is_a_note(shoal: Shoal, iris: Iris) -> None:
    shoal(*iris)
    Path("out/study/cohorts/000001.safetensors").unlink()
    ended = shoal(*iris, "--resume")
    assert ended.code == 0
    (line,) = ended.err
    assert line.startswith("note: 1 of ")


def test_a_disk_that_fills_in_the_middle_of_a_study(shoal: Shoal, iris: Iris, python: Python) -> None:
    """The system refuses files of more than 12 kB, so the plan is written, and the trials are not."""
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, 12_000))"
    ended = python(Path.cwd(), "-c", f"{limit}; from shoal.cli import main; main()", *iris)
    (line,) = ended.stderr.decode().splitlines()
    assert ended.returncode == 2
    assert line.startswith("shoal: out/study cannot be written to")
    assert not Path("out/model.json").exists()
    assert shoal(*iris, "--resume").code == 0


SOME = "sepal length (cm),sepal width (cm)"


def test_columns_left_out_are_not_asked_for_again(shoal: Shoal, iris: Iris) -> None:
    told = shoal(*iris, "--drop", SOME, "--drop", "petal width (cm)").out
    assert told[0].startswith("note: 3 of 4 columns are left out, as asked: 'sepal length (cm)', ")
    Path("few.csv").write_text("petal length (cm)\n1.4\n")
    assert shoal("predict", "out", "few.csv", "--out", "p.csv").code == 0
    assert shoal("predict", "out", "builtin:iris", "--out", "q.csv").code == 0
    assert Path("q.csv").read_text().splitlines()[1] == Path("p.csv").read_text().splitlines()[1]
    assert shoal(*iris, "--drop", SOME, "--drop", "petal width (cm)", "--resume").code == 0
    assert "--drop was sepal length (cm),sepal width (cm),petal width (cm), now left out" in (
        shoal(*iris, "--resume").refusal
    )


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (
            ("--drop", "petal wdth (cm)"),
            "no column 'petal wdth (cm)', which --drop names; did you mean",
        ),
        (("--drop", "species"), "--drop names 'species', the target"),
        (("--columns", "species"), "--columns names 'species', the target"),
        (
            ("--drop", SOME, "--columns", SOME),
            "--drop leaves 'sepal length (cm)', 'sepal width (cm)' out",
        ),
        (
            ("--target", "petal width (cm)"),
            "--target names 'species', 'petal width (cm)', and a model",
        ),
    ],
)
def test_columns_that_cannot_be_chosen(shoal: Shoal, iris: Iris, options: tuple[str, str], told: str) -> None:
    assert told in shoal(*iris, *options).refusal
    assert not Path("out").exists()
