"""The shape of the code itself: small files, short functions, and tests that stand where the code stands."""

from __future__ import annotations

import ast
import tomllib
from pathlib import Path

import pytest

import shoal

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "shoal"
MODULES = sorted(PACKAGE.rglob("*.py"))
SOURCES = [*MODULES, *sorted((ROOT / "native").rglob("*.?pp")), *sorted((ROOT / "tests").rglob("*.py"))]
# Tests of the project rather than of one module; tests/contract runs over the registries.
OF_THE_PROJECT = {"test_build.py", "test_layout.py"}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def lines_of_code(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines from the first of the signature to the last, less those of the docstring."""
    last = function.end_lineno or function.lineno
    first = function.body[0]
    has_docstring = ast.get_docstring(function, clean=False) is not None
    docstring = (first.end_lineno or first.lineno) - first.lineno + 1 if has_docstring else 0
    return last - function.lineno + 1 - docstring


@pytest.mark.parametrize("path", SOURCES, ids=relative)
def test_a_file_is_about_one_thing(path: Path) -> None:
    assert len(path.read_text().splitlines()) < 400


@pytest.mark.parametrize("path", MODULES, ids=relative)
def test_a_function_fits_on_a_screen(path: Path) -> None:
    functions = [
        node
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert {f.name: lines_of_code(f) for f in functions if lines_of_code(f) >= 50} == {}


@pytest.mark.parametrize("path", sorted((ROOT / "tests").rglob("test_*.py")), ids=relative)
def test_a_test_stands_where_its_module_stands(path: Path) -> None:
    inside = path.relative_to(ROOT / "tests")
    module = PACKAGE / inside.parent / inside.name.removeprefix("test_")
    assert (
        inside.parts[0] in {"contract", *OF_THE_PROJECT} or module.exists() or module.with_suffix("").is_dir()
    )


def test_the_public_names_are_what_the_package_imports_and_its_version() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    imported = {
        alias.asname or alias.name
        for node in tree.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }
    assert set(shoal.__all__) == (imported - {"annotations"}) | {"__version__"}


@pytest.mark.parametrize("name", [name for name in shoal.__all__ if name != "__version__"])
def test_a_public_name_is_documented(name: str) -> None:
    documentation = getattr(shoal, name).__doc__ or ""
    assert documentation
    assert not documentation.startswith(f"{name}(")  # what a dataclass writes when nobody else did


def test_the_version_is_the_same_in_the_package_and_in_its_metadata() -> None:
    metadata = tomllib.loads((ROOT / "pyproject.toml").read_text())
    assert metadata["project"]["version"] == shoal.__version__
