"""How the house stands, in numbers: ``python tools/house.py``.

Counts the places that a training option touches, the modules at the top level, import circles (those for
types alone included), and the longest signatures. Options that are named are shown place by place.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from shoal.training.recipe import Recipe

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "shoal"
OF_OTHERS = ("cli", "estimators")
"""Whose signatures are those of a command line, and of scikit-learn."""
SHOWN = 5


@functools.cache
def modules() -> dict[str, ast.Module]:
    """Return every module of the package by its name, parsed."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
        found[".".join(parts).removesuffix(".__init__")] = ast.parse(path.read_text("utf-8"))
    return found


def imports(trees: dict[str, ast.Module]) -> dict[str, set[str]]:
    """Return whom each module imports, anywhere in it, and for types alone too."""
    graph: dict[str, set[str]] = {name: set() for name in trees}
    for name, tree in trees.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("shoal"):
                wholes = [f"{node.module}.{alias.name}" for alias in node.names]
                graph[name] |= {whole if whole in trees else node.module for whole in wholes}
            elif isinstance(node, ast.Import):
                graph[name] |= {alias.name for alias in node.names if alias.name in trees}
        graph[name] -= {name, PACKAGE.name}  # the front door is for users
    return graph


def circles(graph: dict[str, set[str]]) -> list[set[str]]:
    """Return the strongly connected components of several modules."""

    def reached(start: str, arrows: dict[str, set[str]]) -> set[str]:
        seen, left = {start}, [start]
        while left:
            new = arrows.get(left.pop(), set()) - seen
            seen |= new
            left += new
        return seen

    backwards: dict[str, set[str]] = {}
    for name, targets in graph.items():
        for target in targets:
            backwards.setdefault(target, set()).add(name)
    found: list[set[str]] = []
    for name in graph:
        if not any(name in circle for circle in found):
            circle = reached(name, graph) & reached(name, backwards)
            if len(circle) > 1:
                found.append(circle)
    return found


def signatures(trees: dict[str, ast.Module]) -> Iterator[tuple[int, str]]:
    """Yield the parameters of every function, self left out, but those of the command line and estimators."""
    for name, tree in trees.items():
        if name.split(".")[1:2] and name.split(".")[1] in OF_OTHERS:
            continue
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                names = [a.arg for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)]
                yield len(names) - (names[:1] in (["self"], ["cls"])), f"{name}.{node.name}"


def places(option: str) -> list[str]:
    """Return where an option is spelled in code: file and line, docstrings and comments left out.

    Left out are estimators, whose parameters are scikit-learn's, and what uses what there is: the lecture's
    studies, the laboratory, mixtures and forecasts.
    """
    found = []
    for path in sorted((*PACKAGE.rglob("*.py"), *(ROOT / "native").rglob("*.[ch]pp"))):
        where = path.relative_to(ROOT)
        if {"estimators", "lecture", "lab", "mixtures", "forecasting"} & set(where.parts):
            continue
        text = path.read_text("utf-8")
        lines = _spelled(text).get(option, set()) if path.suffix == ".py" else _cpp_lines(text, option)
        found += [f"{where}:{line}" for line in sorted(lines)]
    return found


@functools.cache
def _spelled(text: str) -> dict[str, set[int]]:
    """Return the lines of every name and text that a module of Python spells in code."""
    lines: dict[str, set[int]] = {}
    for node in ast.walk(ast.parse(text)):
        spelled = [getattr(node, name, None) for name in ("id", "attr", "arg")]
        if isinstance(node, ast.Constant):
            spelled.append(node.value)
        for name in spelled:
            if isinstance(name, str):
                lines.setdefault(name, set()).add(node.lineno)  # type: ignore[attr-defined]
    return lines


def _cpp_lines(text: str, option: str) -> set[int]:
    code = (line.partition("//")[0] for line in text.splitlines())
    return {number for number, line in enumerate(code, 1) if re.search(rf"\b{option}\b", line)}


def main() -> None:
    trees = modules()
    print("training option: places, files")
    for option in (field.name for field in dataclasses.fields(Recipe)):
        where = places(option)
        print(f"  {option:16} {len(where):3} {len({place.partition(':')[0] for place in where}):3}")
        if option in sys.argv[1:]:
            print("\n".join(f"    {place}" for place in where))
    top = [path.stem for path in PACKAGE.glob("*.py") if not path.stem.startswith("__")]
    print(f"modules at the top level: {len(top)}, packages: {sum(map(Path.is_dir, PACKAGE.iterdir()))}")
    found = circles(imports(trees))
    print(f"import circles, types included: {len(found)}")
    for circle in found:
        print(f"  {len(circle)} modules: {', '.join(sorted(circle))}")
    print("longest signatures")
    for count, name in sorted(signatures(trees), reverse=True)[:SHOWN]:
        print(f"  {count:3} {name}")


if __name__ == "__main__":
    main()
