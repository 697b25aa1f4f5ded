"""The page as it is committed is what its sources build, and passes its own tests."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
WEB, BUILT = ROOT / "web", ROOT / "src" / "shoal" / "lab" / "static"

needs_node = pytest.mark.skipif(
    shutil.which("node") is None or not (WEB / "node_modules").is_dir(),
    reason="needs Node.js, and npm ci in web/",
)


def run(*command: str) -> None:
    done = subprocess.run(command, cwd=WEB, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


@needs_node
def test_a_build_gives_the_committed_bytes(tmp_path: Path) -> None:
    build = ("node_modules/.bin/vite", "build", "--logLevel", "error", "--outDir", str(tmp_path))
    run(*build, "--emptyOutDir")
    run(*build, "--mode", "widget")
    built = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    assert built.keys() == {path.name for path in BUILT.iterdir()}
    for name, content in built.items():
        assert content == (BUILT / name).read_bytes(), f"{name} is not what web/ builds: make web"


@needs_node
def test_its_types_and_its_tests_hold() -> None:
    run("npm", "run", "--silent", "check")
    run("npm", "test", "--silent")


@pytest.mark.parametrize("name", ["lab.js", "widget.js"])
def test_what_is_loaded_is_small(name: str) -> None:
    import gzip

    assert len(gzip.compress((BUILT / name).read_bytes(), 9)) < 60_000
