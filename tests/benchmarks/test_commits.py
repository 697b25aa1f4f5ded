"""Two checkouts side by side: real processes on a small task, and what is said of them."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks import commits
from benchmarks.task import Task
from benchmarks.workload import Workload, entries

needs_posix = pytest.mark.skipif(os.name != "posix", reason="contestants are stopped by signals of POSIX")


def checkout(folder: Path) -> Path:
    """Return a folder whose ``.venv`` is the one in which this test runs."""
    python = folder / ".venv/bin/python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    return folder


def workload(task: Task) -> Workload:
    return Workload("T", "a test", "small", lambda: task, entries(shoal="train", numpy="loop"), ())


@needs_posix
@pytest.mark.parametrize("task", [(None, 1)], indirect=True)
def test_one_commit_beside_itself_comes_to_the_same_bits(task: Task, tmp_path: Path) -> None:
    roots = checkout(tmp_path / "before"), checkout(tmp_path / "after")
    [row] = commits.compare(workload(task), roots, tmp_path, rounds=3, cores=1)
    number = r"[0-9.e+-]+"
    cells = rf"\| T \| shoal:train \| {number} \| {number} \| {number} \({number} to {number}\) \| same \|"
    assert re.fullmatch(cells, row), row


class Stub:
    """A contestant that takes given times, one a turn after the run that does not count."""

    def __init__(self, results: list[np.ndarray], seconds: list[float]) -> None:
        self.results, self.seconds = results, iter(seconds)

    def run(self, epochs: int) -> float:
        return 99.0

    def turn(self, epochs: int) -> float:
        return next(self.seconds)

    def ask(self, do: str, path: str) -> None:
        assert do == "save"
        np.savez(path, *self.results)


@pytest.mark.parametrize("task", [(None, 1)], indirect=True)
def test_the_ratio_is_that_of_pairs(task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bits = [np.array([1.0, np.nan])]
    before = Stub(bits, [1.0, 2.0, 4.0])
    after = Stub([np.array([1.0, 2.0])], [0.5, 2.0, 6.0])
    stubs = {Path("before"): before, Path("after"): after}

    @contextlib.contextmanager
    def contestant(form: str, cores: int, path: Path, root: Path) -> Iterator[Stub]:
        assert (form, cores) == ("benchmarks.peers.shoal:train", 2)
        yield stubs[root]

    monkeypatch.setattr(commits, "Contestant", contestant)
    [row] = commits.compare(workload(task), (Path("before"), Path("after")), tmp_path, 3, 2)
    assert row == "| T | shoal:train | 2000 | 2000 | 1.000 (0.750 to 1.250) | others |"
    assert commits._same_bits([before, before], tmp_path)  # type: ignore[list-item]


def test_rows_asked_for_are_printed_under_a_header(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[Any] = []

    def compare(workload: Workload, roots: Any, folder: Path, rounds: int, cores: int) -> Iterator[str]:
        asked.append((workload.name, roots, rounds, cores))
        yield f"| {workload.name} |"

    monkeypatch.setattr(commits, "compare", compare)
    monkeypatch.setattr("sys.argv", ["commits", "/one", "/other", "B2", "B6", "--rounds", "4"])
    commits.main()
    header, line, *rows = capsys.readouterr().out.splitlines()
    assert header.count("|") == line.count("|") == 7
    assert rows == ["| B2 |", "| B6 |"]
    assert asked == [(name, (Path("/one"), Path("/other")), 4, 1) for name in ("B2", "B6")]
