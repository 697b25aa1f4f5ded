"""Tutorials are programs: their blocks run from top to bottom, in an empty folder."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TUTORIALS = sorted((Path(__file__).parents[2] / "docs" / "tutorials").glob("*.md"))
BLOCK = re.compile(r"^```(python|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@pytest.mark.parametrize("path", TUTORIALS, ids=lambda path: path.stem)
def test_a_tutorial_runs(path: Path, shoal: Callable[..., Any]) -> None:
    text = path.read_text(encoding="utf-8")
    names: dict[str, Any] = {"__name__": path.stem}
    blocks = list(BLOCK.finditer(text))
    assert blocks
    for block in blocks:
        kind, content = block.groups()
        if kind == "console":
            for line in content.splitlines():
                prompt, *command = shlex.split(line)
                assert (prompt, command.pop(0)) == ("$", "shoal")
                assert shoal(*command).code == 0
        else:
            lines_before = text.count("\n", 0, block.start(2))
            exec(compile("\n" * lines_before + content, path, "exec"), names)  # noqa: S102


def test_there_are_tutorials() -> None:
    assert TUTORIALS
