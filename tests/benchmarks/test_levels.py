"""Instruction sets side by side: each has a process of its own that is asked for it."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from benchmarks import levels
from benchmarks.task import Task
from benchmarks.workload import Workload
from shoal.engines.compiled.module import SETS
from tests.benchmarks.test_commits import Stub, needs_posix, workload


@needs_posix
@pytest.mark.skipif(not SETS, reason="this installation has no compiled engine")
@pytest.mark.parametrize("task", [(None, 1)], indirect=True)
def test_the_lowest_set_is_timed(task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(levels, "SETS", SETS[-1:])
    [row] = levels.compare(workload(task), tmp_path, rounds=2)
    assert re.fullmatch(r"\| T \| shoal:train \| [0-9.e+-]+ \| – \|", row), row


@pytest.mark.parametrize("task", [(None, 1)], indirect=True)
def test_ratios_are_those_of_rounds(task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # the first turn of each does not count
    times = {"wide": [9.0, 1.0, 2.0, 4.0], "narrow": [9.0, 2.0, 3.0, 16.0], "plain": [9.0, 3.0, 6.0, 12.0]}

    @contextlib.contextmanager
    def contestant(form: str, cores: int, path: Path, environment: Mapping[str, str]) -> Iterator[Stub]:
        assert (form, cores) == ("benchmarks.peers.shoal:train", 1)
        yield Stub([], times[environment["SHOAL_INSTRUCTION_SET"]])

    monkeypatch.setattr(levels, "Contestant", contestant)
    monkeypatch.setattr(levels, "SETS", tuple(times))
    [row] = levels.compare(workload(task), tmp_path, rounds=3)
    assert row == "| T | shoal:train | 2000 | 3000 | 6000 | 2.00, 3.00 |"


def test_there_is_a_column_for_each_set(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[Any] = []

    def compare(workload: Workload, folder: Path, rounds: int) -> Iterator[str]:
        asked.append((workload.name, rounds))
        yield "row"

    monkeypatch.setattr(levels, "compare", compare)
    monkeypatch.setattr(levels, "SETS", ("wide", "narrow"))
    monkeypatch.setattr("sys.argv", ["levels", "B2"])
    levels.main()
    machine, _, header, line, row = capsys.readouterr().out.splitlines()
    assert "instruction set" in machine
    assert header == "| workload | form | wide, ms | narrow, ms | the others ÷ wide |"
    assert line == "|---|---|--:|--:|---|"
    assert row == "row"
    assert asked == [("B2", levels.ROUNDS)]
