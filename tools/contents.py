"""What a built distribution must hold, and must not: ``python -m tools.contents dist/*``.

Reads wheels and source archives with the standard library alone, so that a release looks at what it is about
to publish without installing anything.
"""

from __future__ import annotations

import sys
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

IN_EVERY_WHEEL = (
    "shoal/__init__.py",
    "shoal/py.typed",
    "shoal/_native.pyi",
    "shoal/lab/static/index.html",
    "shoal/lab/static/lab.js",
)
IN_THE_SOURCES = (
    "pyproject.toml",
    "CMakeLists.txt",
    "LICENSE",
    "README.md",
    "CHANGELOG.md",
    "SECURITY.md",
    "Makefile",
    "native/module.cpp",
    "src/shoal/__init__.py",
    "src/shoal/lab/static/index.html",
    "tests/conftest.py",
    "web/package-lock.json",
)
NEVER = frozenset({"node_modules", "__pycache__", ".venv", ".mypy_cache", ".git", ".ci"})
"""Folders that no distribution has."""


def names(path: Path) -> list[str]:
    """Return the files of a wheel, or of a source archive without the folder that all of them are in."""
    if path.suffix == ".whl":
        return [name for name in zipfile.ZipFile(path).namelist() if not name.endswith("/")]
    with tarfile.open(path) as archive:
        return [member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()]


def faults(path: Path) -> list[str]:
    """Return a line for everything that is missing or should not be there."""
    held = names(path)
    wheel = path.suffix == ".whl"
    found = [
        f"{name} is missing" for name in (IN_EVERY_WHEEL if wheel else IN_THE_SOURCES) if name not in held
    ]
    found += [f"{name} should not be there" for name in held if set(PurePosixPath(name).parts) & set(NEVER)]
    if wheel:
        found += _of_a_wheel(path, held)
    return found


def _of_a_wheel(path: Path, held: list[str]) -> list[str]:
    """Return the faults that only wheels can have."""
    rooms = sorted({PurePosixPath(name).parts[0] for name in held} - {"shoal"})
    found = [f"{room} is no part of the package" for room in rooms if not room.endswith(".dist-info")]
    if not any(name.endswith(".dist-info/licenses/LICENSE") for name in held):
        found.append("the licence is missing")
    pure = path.name.endswith("-none-any.whl")
    compiled = any(PurePosixPath(name).match("shoal/_native.*.so") for name in held)
    if pure and compiled:
        found.append("a compiled module in a pure wheel")
    elif not pure and not compiled:
        found.append("the compiled module is missing")
    return found


def main(arguments: list[str]) -> int:
    """Look at each distribution; return 1 where one has a fault."""
    worst = 0
    for path in map(Path, arguments):
        lines = faults(path)
        print(
            f"{path.name}: {len(names(path))} files, {path.stat().st_size / 1e6:.1f} MB", *lines, sep="\n  "
        )
        worst |= bool(lines)
    return worst


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
