"""A job that takes a second, and commands in processes of their own."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

TINY = ("--hidden", "1,2", "--starts", "2", "--l2", "1", "--epochs", "3", "--jobs", "1", "--pieces", "0")


@pytest.fixture(scope="session")
def iris() -> tuple[str, ...]:
    """Give the arguments of a small ``shoal fit`` into the folder ``out``."""
    return ("fit", "builtin:iris", "--target", "species", "--out", "out", *TINY)


@pytest.fixture(scope="session")
def fitted(
    main_here: Callable[..., int], iris: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """A finished job in ``out``, and a table for it with the target and without; to be copied."""
    folder = tmp_path_factory.mktemp("fitted")
    with pytest.MonkeyPatch.context() as patched:
        patched.chdir(folder)
        assert main_here(*iris) == 0
    header = "sepal length (cm),sepal width (cm),petal length (cm),petal width (cm)"
    (folder / "few.csv").write_text(f"{header}\n5.1,3.5,1.4,0.2\n")
    rows = [f"5.1,3.5,1.4,0.2,{kind}" for kind in ("setosa", "versicolor")]
    (folder / "whole.csv").write_text("\n".join([f"{header},species", *rows, ""]))
    return folder


@pytest.fixture
def finished(fitted: Path, shoal: Callable[..., Any]) -> Path:
    """A copy of ``fitted``, the folder that commands run in."""
    shutil.copytree(fitted, Path.cwd(), dirs_exist_ok=True)
    return Path.cwd()


@pytest.fixture(scope="session")
def python() -> Callable[..., subprocess.CompletedProcess[bytes]]:
    """Run Python with these arguments in a process of its own."""

    def run(folder: Path, *arguments: str, **settings: Any) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [sys.executable, *arguments], cwd=folder, capture_output=True, check=False, **settings
        )

    return run
