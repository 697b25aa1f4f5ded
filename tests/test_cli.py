from __future__ import annotations

import errno
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shoal.terminal import TerminalListener

Shoal = Callable[..., Any]
TINY = ["--hidden", "1,2", "--starts", "2", "--l2", "1", "--epochs", "3", "--jobs", "1"]
IRIS = ["fit", "builtin:iris", "--target", "species", "--out", "out", *TINY]


def test_the_three_commands(shoal: Shoal) -> None:
    fitted = shoal(*IRIS)
    assert (fitted.code, fitted.err) == (0, [])
    assert fitted.out[0].startswith("150 rows, 4 columns, 4 features. Classification, because")
    assert "20 networks: 2 hidden sizes × 2 starts × 1 L2 strength, 3 epochs at most." in fitted.out[2]
    assert fitted.out[-1].endswith("Model: out  Report: out/report.html")
    asked = json.loads(Path("out/evidence.json").read_text())["asked"]
    assert asked["command"] == f"shoal {' '.join(IRIS)}"
    predicted = shoal("predict", "out", "builtin:iris", "--out", "p.csv")
    assert predicted == (0, ["150 predictions: p.csv"], [])
    assert len(Path("p.csv").read_text().splitlines()) == 151
    assert shoal("report", "out").out == ["Report: out/report.html"]


def test_bare_shoal_helps(shoal: Shoal) -> None:
    ended = shoal()
    assert (ended.code, ended.err) == (0, [])
    assert ended == shoal("--help")
    assert "Usage: shoal [OPTIONS] COMMAND" in ended.out[0]
    assert {"fit", "predict", "report"} <= {line.split()[0] for line in ended.out if line.strip()}


def test_debug_shows_where_it_happened(shoal: Shoal) -> None:
    ended = shoal("fit", "no.csv", "--target", "y", "--out", "out", "--debug")
    assert ended.code == 2
    assert ended.err[0] == "Traceback (most recent call last):"
    assert ended.err[-1].startswith("shoal: no.csv does not exist")


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (ZeroDivisionError("nought\nby nought"), 1, "internal error (ZeroDivisionError: nought by nought)"),
        (MemoryError("3 TiB"), 2, "not enough memory (3 TiB); use smaller hidden sizes"),
        (PermissionError(errno.EACCES, "Permission denied", "x"), 2, "Permission denied: 'x'"),
    ],
)
def test_what_nobody_foresaw(
    shoal: Shoal, monkeypatch: pytest.MonkeyPatch, error: Exception, code: int, told: str
) -> None:
    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr("shoal.jobs.predict.load_model", broken)
    ended = shoal("predict", "out", "t.csv", "--out", "p.csv")
    assert ended.code == code
    (line,) = ended.err
    assert line.startswith("shoal: ")
    assert told in line


def test_ctrl_c_says_how_to_go_on(shoal: Shoal, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(TerminalListener, "progress", interrupted)
        ended = shoal(*IRIS)
    assert (ended.code, len(ended.err)) == (130, 1)
    assert ended.err[0].startswith("shoal: interrupted; repeat the command with --resume")
    assert shoal(*IRIS, "--resume").code == 0


def test_a_damaged_cohort_is_a_note(shoal: Shoal) -> None:
    shoal(*IRIS)
    Path("out/study/cohorts/000001.safetensors").unlink()
    ended = shoal(*IRIS, "--resume")
    assert ended.code == 0
    (line,) = ended.err
    assert line.startswith("note: 1 of ")


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("fti", "No such command 'fti'. Did you mean 'fit'?; 'shoal --help' tells what it takes"),
        ("fit", "Missing argument"),
        ("fit t.csv --out out", "Missing option '--target'; 'shoal fit --help' tells what it takes"),
        ("fit t.csv --target y", "Missing option '--out'"),
        ("predict out", "Missing argument"),
        ("--version-of-what", "No such option"),
    ],
)
def test_commands_that_cannot_be_used(shoal: Shoal, arguments: str, told: str) -> None:
    assert told in shoal(*arguments.split()).refusal


@pytest.fixture
def finished(shoal: Shoal) -> Path:
    """The folder that commands run in, with a finished job in ``out`` and a table for it."""
    assert shoal(*IRIS).code == 0
    header = "sepal length (cm),sepal width (cm),petal length (cm),petal width (cm)"
    Path("few.csv").write_text(f"{header}\n5.1,3.5,1.4,0.2\n")
    return Path.cwd()


def run(folder: Path, *arguments: str, **settings: Any) -> subprocess.CompletedProcess[bytes]:
    """Run Python with these arguments in a process of its own."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, capture_output=True, check=False, **settings
    )


def test_a_command_imports_what_it_needs_and_no_more(finished: Path) -> None:
    for arguments, absent in (
        ("--help", {"matplotlib", "sklearn", "polars", "narwhals"}),
        ("fit no.csv --target y --out new", {"matplotlib", "sklearn"}),
        ("predict out few.csv --out p.csv", {"matplotlib", "sklearn", "jinja2"}),
        ("report out", {"sklearn", "polars", "narwhals"}),
    ):
        ended = run(finished, "-X", "importtime", "-m", "shoal", *arguments.split())
        lines = ended.stderr.decode().splitlines()
        modules = {line.rpartition("|")[2].strip() for line in lines if "|" in line}
        assert ended.returncode == (2 if "no.csv" in arguments else 0), lines[-3:]
        assert {"typer", "shoal.cli"} <= modules
        assert absent & modules == set(), arguments


def test_a_terminal_that_knows_few_characters(finished: Path) -> None:
    command = ["-m", "shoal", "predict", "out", "few.csv", "--out", "λ.csv"]
    ended = run(finished, *command, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert ended.stdout == b"1 prediction: \\u03bb.csv\n"


def test_a_disk_that_fills_in_the_middle_of_a_study(shoal: Shoal) -> None:
    """The system refuses files of more than 12 kB, so the plan is written, and the trials are not."""
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (12_000, 12_000))"
    ended = run(Path.cwd(), "-c", f"{limit}; from shoal.cli import main; main()", *IRIS)
    (line,) = ended.stderr.decode().splitlines()
    assert ended.returncode == 2
    assert line.startswith("shoal: out/study cannot be written to")
    assert not Path("out/model.json").exists()
    assert shoal(*IRIS, "--resume").code == 0
