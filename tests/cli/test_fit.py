from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from shoal.terminal import TerminalListener

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
