"""Tutorials are programs: their blocks run from top to bottom, in an empty folder."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.snippets import blocks_of, run_python

TUTORIALS = sorted((Path(__file__).parents[2] / "docs" / "tutorials").glob("*.md"))


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_runs(path: Path, shoal: Callable[..., Any]) -> None:
    names: dict[str, Any] = {"__name__": path.stem}
    blocks = list(blocks_of(path))
    assert blocks
    for block in blocks:
        if block.kind == "console":
            for line in block.text.splitlines():
                prompt, *command = shlex.split(line)
                assert (prompt, command.pop(0)) == ("$", "shoal")
                assert shoal(*command).code == 0
        else:
            assert run_python(block, names) == [], "tutorials need nothing that tests do not"


def test_there_are_tutorials() -> None:
    assert TUTORIALS
