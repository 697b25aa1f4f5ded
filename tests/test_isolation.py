"""What makes a test depend on the machine, or on the tests before it, is found in its source.

Clocks judge how busy a machine is. A generator that tests share gives each what those before it left.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent
CLOCKS = {"monotonic", "perf_counter", "process_time", "thread_time", "time"}
GENERATORS = {"default_rng", "Random", "RandomState"}


def clocks(tree: ast.Module) -> Iterator[int]:
    """Yield the lines that look at a clock, or wait for a number of seconds that somebody made up."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            module = node.func.value
            if isinstance(module, ast.Name) and module.id == "time" and node.func.attr in CLOCKS:
                yield node.lineno
        if isinstance(node, ast.keyword) and node.arg == "timeout" and isinstance(node.value, ast.Constant):
            yield node.value.lineno


def shared_generators(tree: ast.Module) -> Iterator[int]:
    """Yield the lines within functions that draw from a generator of the whole module."""
    shared = {
        target.id
        for node in tree.body
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Call)
        for target in node.targets
        if isinstance(target, ast.Name) and called(node.value) in GENERATORS
    }
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef | ast.Lambda):
            own = {name.id for name in ast.walk(function) if is_assigned(name)}
            for name in ast.walk(function):
                if isinstance(name, ast.Name) and name.id in shared - own:
                    yield name.lineno


def called(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def is_assigned(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def test_a_test_gives_the_same_on_any_machine_and_in_any_order() -> None:
    found = {}
    for path in [*TESTS.rglob("test_*.py"), *TESTS.rglob("conftest.py")]:
        tree = ast.parse(path.read_text())
        found[path.relative_to(TESTS).as_posix()] = [*clocks(tree), *shared_generators(tree)]
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_what_is_looked_for_is_found() -> None:
    bad = """
rng = np.random.default_rng(0)
X = rng.normal(size=3)
def test_a():
    assert rng.normal() > X
def test_b():
    began = time.monotonic()
    process.communicate(timeout=30)
    rng = np.random.default_rng(1)
    return rng.normal()
"""
    assert sorted(clocks(ast.parse(bad))) == [7, 8]
    assert [*shared_generators(ast.parse(bad))] == [5]
