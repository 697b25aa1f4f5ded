"""Blocks of Python on a page, as programs: run from top to bottom, or looked at where they need a server.

A block whose first line is ``# needs a …`` (a cluster, a server) is not run: its names are looked up, and the
arguments that it gives are held to what takes them. One that imports a package that is not installed is left
out, and who runs the page is told of which.
"""

from __future__ import annotations

import ast
import importlib.util
import inspect
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

BLOCK = re.compile(r"^```(python|console)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
NEEDS = re.compile(r"# needs an? (cluster|server)\b")


@dataclass(frozen=True)
class Block:
    """A block of a page: its kind, its text, and the number of its first line."""

    page: Path
    kind: str
    text: str
    line: int

    @property
    def needs(self) -> str:
        """What it says that it needs and no test has; nothing as a rule."""
        found = NEEDS.match(self.text)
        return found[1] if found else ""

    @property
    def missing(self) -> list[str]:
        """The modules that it imports and that are not installed."""
        return sorted(name for name in _imported(ast.parse(self.text)) if not _is_there(name))

    def run(self, names: dict[str, Any]) -> None:
        """Run it in a namespace; what it raises is told by the line of the page."""
        code = compile("\n" * (self.line - 1) + self.text, self.page, "exec")
        exec(code, names)  # noqa: S102 - our own page

    def look_up(self, names: dict[str, Any]) -> None:
        """Raise unless its imports are there, and what it calls by name takes what it gives."""
        tree = ast.parse(self.text)
        imports = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
        exec(compile(ast.Module(imports, []), self.page, "exec"), names)  # noqa: S102
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in names:
                given = {keyword.arg: None for keyword in node.keywords if keyword.arg}
                inspect.signature(names[node.func.id]).bind_partial(*(None for _ in node.args), **given)
            if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Call):
                made = node.value.func
                if isinstance(made, ast.Name) and inspect.isclass(names.get(made.id)):
                    assert hasattr(names[made.id], node.attr), f"{made.id}.{node.attr}"


def blocks_of(page: Path) -> Iterator[Block]:
    """Yield the blocks of a page that are programs or commands, from top to bottom."""
    text = page.read_text(encoding="utf-8")
    for found in BLOCK.finditer(text):
        yield Block(page, found[1], found[2], text.count("\n", 0, found.start(2)) + 1)


def run_python(block: Block, names: dict[str, Any]) -> list[str]:
    """Run a block, or look it up where it says so; return what it imports that is not installed."""
    missing = block.missing
    if block.needs:
        block.look_up(names)
    elif not missing:
        block.run(names)
    return [] if block.needs else missing


def _imported(tree: ast.Module) -> set[str]:
    names = set[str]()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
    return names


def _is_there(name: str) -> bool:
    try:
        return importlib.util.find_spec(name) is not None
    except ModuleNotFoundError:  # of a package that is not there, or has no such part
        return False
