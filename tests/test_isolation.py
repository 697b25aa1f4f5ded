"""What makes a test depend on the machine, or on the tests before it, is found in its source.

Clocks judge how busy a machine is. A generator that tests share gives each what those before it left. What
a module fits as it is imported is fitted by every worker, whichever tests it runs.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

TESTS = Path(__file__).parent
CLOCKS = {"monotonic", "perf_counter", "process_time", "thread_time", "time"}
GENERATORS = {"default_rng", "Random", "RandomState"}
TRAINERS = {"fit", "fit_data", "train"}


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


def early_trainings(tree: ast.Module) -> Iterator[int]:
    """Yield the lines that train while tests are collected, which a fixture does when a test asks for it."""
    inside = {
        part
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef | ast.Lambda)
        for statement in (function.body if isinstance(function.body, list) else [function.body])
        for part in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and called(node) in TRAINERS and node not in inside:
            yield node.lineno


def called(call: ast.Call) -> str:
    return getattr(call.func, "attr", getattr(call.func, "id", ""))


def is_assigned(node: ast.AST) -> bool:
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)


def test_a_test_gives_the_same_on_any_machine_and_in_any_order() -> None:
    found = {}
    for path in [*TESTS.rglob("test_*.py"), *TESTS.rglob("conftest.py")]:
        tree = ast.parse(path.read_text())
        found[path.relative_to(TESTS).as_posix()] = [
            *clocks(tree), *shared_generators(tree), *early_trainings(tree)
        ]  # fmt: skip
    assert {path: lines for path, lines in found.items() if lines} == {}


def test_what_is_looked_for_is_found() -> None:
    bad = """
rng = np.random.default_rng(0)
X = rng.normal(size=3)
MODEL = Forecaster(6).fit(X)
def test_a():
    assert rng.normal() > X
def test_b():
    began = time.monotonic()
    process.communicate(timeout=30)
    rng = np.random.default_rng(1)
    train(network, rng.normal())
"""
    assert sorted(clocks(ast.parse(bad))) == [8, 9]
    assert [*shared_generators(ast.parse(bad))] == [6]
    assert [*early_trainings(ast.parse(bad))] == [4]
