from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Shoal = Callable[..., Any]
Python = Callable[..., Any]


def test_debug_shows_where_it_happened(shoal: Shoal) -> None:
    ended = shoal("fit", "no.csv", "--target", "y", "--out", "out", "--debug")
    assert ended.code == 2
    assert ended.err[0] == "Traceback (most recent call last):"
    assert ended.err[-1].startswith("shoal: no.csv does not exist")


@pytest.mark.parametrize(
    ("error", "code", "told"),
    [
        (ZeroDivisionError("nought\nby nought"), 1, "internal error (ZeroDivisionError: nought by nought)"),
        (type("PanicException", (BaseException,), {})("x"), 1, "internal error (PanicException: x)"),
        (MemoryError("3 TiB"), 2, "not enough memory (3 TiB); use smaller hidden sizes"),
        (PermissionError(errno.EACCES, "Permission denied", "x"), 2, "Permission denied: 'x'"),
    ],
)
def test_what_nobody_foresaw(
    shoal: Shoal, monkeypatch: pytest.MonkeyPatch, error: BaseException, code: int, told: str
) -> None:
    def broken(*_: object) -> None:
        raise error

    monkeypatch.setattr("shoal.jobs.predict.load_model", broken)
    ended = shoal("predict", "out", "t.csv", "--out", "p.csv")
    assert ended.code == code
    (line,) = ended.err
    assert line.startswith("shoal: ")
    assert told in line


def test_a_terminal_that_knows_few_characters(finished: Path, python: Python) -> None:
    command = ["-m", "shoal", "predict", "out", "few.csv", "--out", "λ.csv"]
    ended = python(finished, *command, env={**os.environ, "PYTHONIOENCODING": "ascii"})
    assert (ended.returncode, ended.stderr) == (0, b"")
    assert ended.stdout == b"1 prediction: \\u03bb.csv\n"
