from __future__ import annotations

import errno
import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO, cast

import pytest

from shoal.cli.streams import BestEffort

Iris = tuple[str, ...]
EXPLAIN = ("explain", "--layers", "2,1")
CHECK = ("check", "--layers", "3,2,1")
WHOLE = {
    "command.txt",
    "evidence.json",
    "model.json",
    "model.md",
    "plan.json",
    "preprocessing.json",
    "report.html",
    "study",
}


@pytest.fixture
def ended(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run a command with its streams led somewhere by the shell, as in ``>/dev/full``."""

    def run(arguments: tuple[str, ...], streams: str, **environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["sh", "-c", f'"$0" -m shoal "$@" {streams}', sys.executable, *arguments],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=False,
            env={**os.environ, **environment},
        )

    return run


@pytest.mark.parametrize(
    ("streams", "told"),
    [
        (
            ">/dev/full",
            "note: the standard output cannot be written (No space left on device); the files are whole",
        ),
        (">&-", "note: the standard output cannot be written (Bad file descriptor); the files are whole"),
        (">&- 2>&- <&-", ""),
        ("| head -n 1 >/dev/null", ""),
    ],
)
def test_a_fit_is_kept_whatever_becomes_of_its_output(
    ended: Callable[..., Any], iris: Iris, tmp_path: Path, streams: str, told: str
) -> None:
    process = ended(iris, streams)
    assert process.returncode == 0
    assert process.stderr.splitlines() == [told] * bool(told)
    assert {path.name for path in (tmp_path / "out").iterdir()} >= WHOLE


@pytest.mark.parametrize("arguments", [EXPLAIN, ("--version",), ("check", "--layers", "2,1"), ("lecture",)])
def test_output_that_was_asked_for_and_is_lost_is_an_error(
    ended: Callable[..., Any], arguments: tuple[str, ...]
) -> None:
    process = ended(arguments, ">/dev/full")
    assert process.returncode == 2
    (line,) = process.stderr.splitlines()
    assert line.startswith("shoal: the standard output cannot be written (No space left on device); lead it")


def test_a_reader_that_has_seen_enough_is_no_error(ended: Callable[..., Any]) -> None:
    process = ended(EXPLAIN, "2>errors | head -n 3; cat errors >&2")
    assert process.stderr == ""
    assert len(process.stdout.splitlines()) == 3


def test_an_error_that_cannot_be_told_has_its_exit_code(ended: Callable[..., Any]) -> None:
    for streams in ("2>/dev/full", "2>&-"):
        assert ended(("predict", "nowhere", "t.csv", "--out", "p.csv"), streams).returncode == 2


@pytest.fixture(scope="module")
def usual(tmp_path_factory: pytest.TempPathFactory) -> str:
    """What a check prints where nothing is said of the terminal."""
    command = [sys.executable, "-m", "shoal", *CHECK]
    folder = tmp_path_factory.mktemp("usual")
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize(
    "environment",
    [
        {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"},
        {"PYTHONIOENCODING": "ascii"},
        {"TERM": "dumb", "COLUMNS": "20"},
        {"NO_COLOR": "1", "COLUMNS": "1"},
    ],
)
def test_poor_terminals_show_every_number(
    ended: Callable[..., Any], usual: str, environment: dict[str, str]
) -> None:
    poor = ended(CHECK, "", **environment)
    assert (poor.returncode, poor.stderr) == (0, "")
    numbers = [word for word in usual.split() if word[0].isdigit()]
    assert len(numbers) >= 8
    assert [word for word in poor.stdout.split() if word[0].isdigit()] == numbers
    assert "\x1b" not in poor.stdout


class Failing(io.StringIO):
    """Fails at the first write, and counts what is tried after it."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error, self.writes = error, 0

    def write(self, text: str) -> int:
        self.writes += 1
        raise self.error


@pytest.mark.parametrize(
    ("error", "lost"),
    [
        (BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE)), ""),
        (OSError(errno.EIO, os.strerror(errno.EIO)), "Input/output error"),
        (ValueError("I/O operation on closed file"), "I/O operation on closed file"),
        (OSError(), "OSError"),
    ],
)
def test_what_cannot_be_written_is_dropped_and_why_is_kept(error: Exception, lost: str) -> None:
    failing = Failing(error)
    stream = BestEffort(cast("TextIO", failing))
    assert [stream.write("ab"), stream.write("c")] == [2, 1]
    stream.flush()
    assert (failing.writes, stream.lost) == (1, lost)
    assert stream.getvalue() == ""  # all else is the stream's own
