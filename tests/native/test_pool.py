"""The pool by itself: a call ends with all that was asked for, and no two threads touch one number."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

HERE = Path(__file__).parent
NATIVE = HERE.parents[1] / "native"

COMPILER = os.environ.get("CXX", "c++")
WITHOUT_PRELOADED = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}


def build(to: Path, *arguments: str | Path) -> Path:
    flags = ["-std=c++17", "-O1", "-g", "-pthread", "-I", NATIVE]
    subprocess.run(
        [COMPILER, *flags, *arguments, "-o", to], check=True, capture_output=True, env=WITHOUT_PRELOADED
    )
    return to


def run(program: Path) -> tuple[int, str]:
    done = subprocess.run([program], capture_output=True, text=True, env=WITHOUT_PRELOADED)
    return done.returncode, done.stderr


def sanitizer(folder: Path) -> list[str]:
    """Return what has the compiler look for races, if it has that and programs run with it here."""
    (folder / "nothing.cpp").write_text("int main() {}")
    watch = ["-fsanitize=thread"]
    try:
        ran = run(build(folder / "nothing", folder / "nothing.cpp", *watch))
    except subprocess.CalledProcessError:
        return []
    return watch if ran == (0, "") else []


@pytest.mark.skipif(shutil.which(COMPILER) is None, reason="there is no C++ compiler")
def test_calls_end_without_races_and_all_helpers_come(tmp_path: Path) -> None:
    program = build(tmp_path / "pool", HERE / "pool.cpp", NATIVE / "pool.cpp", *sanitizer(tmp_path))
    assert run(program) == (0, "")
