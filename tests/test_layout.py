"""The shape of the code itself: small files, short functions, and tests that stand where the code stands."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import shoal
from shoal import layers

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "src" / "shoal"
MODULES = sorted([*PACKAGE.rglob("*.py"), *(ROOT / "benchmarks").rglob("*.py")])
SOURCES = [*MODULES, *sorted((ROOT / "native").rglob("*.?pp")), *sorted((ROOT / "tests").rglob("*.py"))]
# Tests of the project rather than of one module; those in tests/contract run over the registries.
OF_THE_PROJECT = {
    "benchmarks",
    "contract",
    "fuzz",
    "native",
    "test_build.py",
    "test_cold_start.py",
    "test_isolation.py",
    "test_layout.py",
    "test_workflows.py",
    "tools",
}


def relative(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def lines_of_body(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Count the lines below the signature and the docstring."""
    statements = function.body[ast.get_docstring(function) is not None :]
    return (statements[-1].end_lineno or 0) - statements[0].lineno + 1 if statements else 0


def has_a_module(test: Path) -> bool:
    inside = test.relative_to(ROOT / "tests")
    module = PACKAGE / inside.parent / inside.name.removeprefix("test_")
    of_a_family = inside.name.startswith("test_every_") and module.parent.is_dir()
    return of_a_family or module.exists() or module.with_suffix("").is_dir()


def test_a_file_is_about_one_thing() -> None:
    lines = {relative(path): len(path.read_text().splitlines()) for path in SOURCES}
    assert {path: count for path, count in lines.items() if count >= 400} == {}


def test_a_function_fits_on_a_screen() -> None:
    long = [
        f"{relative(path)}:{node.lineno} {node.name}"
        for path in MODULES
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and lines_of_body(node) >= 50
    ]
    assert long == []


def test_a_test_stands_where_its_module_stands() -> None:
    tests = (ROOT / "tests").rglob("test_*.py")
    of_modules = [path for path in tests if path.relative_to(ROOT / "tests").parts[0] not in OF_THE_PROJECT]
    assert [relative(path) for path in of_modules if not has_a_module(path)] == []


def imports_for_types(package: str) -> dict[str, str]:
    """Return the module that each name comes from, as a package imports them for whoever reads types."""
    path = PACKAGE / package / "__init__.py"
    return {
        alias.name: node.module
        for test in ast.walk(ast.parse(path.read_text()))
        if isinstance(test, ast.If)
        for node in test.body
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def test_the_public_names_are_what_the_package_imports() -> None:
    imports = imports_for_types("")
    assert sorted(shoal.__all__) == sorted([*imports, "__version__"])
    assert imports == shoal._HOMES
    assert set(shoal.__all__) <= set(dir(shoal))


def test_the_layers_are_what_their_package_imports() -> None:
    imports = imports_for_types("layers")
    assert sorted(layers.__all__) == sorted([*imports, "LAYERS"])
    assert imports == layers.LAYERS.homes | {"Layer": "shoal.layers.base"}
    assert set(layers.__all__) <= set(dir(layers))


@pytest.mark.parametrize("name", [name for name in shoal.__all__ if name != "__version__"])
def test_a_public_name_is_no_module(name: str) -> None:
    # `shoal.name` would be the one or the other, depending on what was imported before
    assert not (PACKAGE / name).exists()
    assert not (PACKAGE / f"{name}.py").exists()


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'shoal' has no attribute 'trian'"):
        shoal.trian  # noqa: B018


@pytest.mark.parametrize("name", [name for name in shoal.__all__ if name != "__version__"])
def test_a_public_name_is_documented(name: str) -> None:
    documentation = getattr(shoal, name).__doc__ or ""
    assert documentation
    assert not documentation.startswith(f"{name}(")  # what a dataclass writes when nobody else did
