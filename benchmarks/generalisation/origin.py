"""Where a result comes from: the code that made it, by commit and by a digest of it, and the machine."""

from __future__ import annotations

import ast
import hashlib
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.generalisation.scores import cores
from benchmarks.machine import machine

ROOT = Path(__file__).parents[2]
ABOVE = frozenset({"cli", "explanation", "export", "lab", "lecture", "plots", "report", "serve", "watching"})
"""Packages of shoal that show what was found, and have no part in finding it."""
NATIVE = frozenset({".cpp", ".hpp", ".txt"})


def origin_of(name: str) -> dict[str, Any]:
    """Return what is kept beside the scores of a contestant that runs here and now."""
    return {"commit": commit(), "code": code_of(name), "machine": machine_in_words()}


def is_of_now(name: str, run: Mapping[str, Any]) -> bool:
    """Whether a run is what the contestant gives with the code that there is now.

    A peer is another's package, whose version stands beside its scores: it is of now while it is kept.
    """
    return bool(run.get("code", "") == code_of(name))


def code_of(name: str) -> str:
    """Return a digest of the code that decides what a contestant predicts; empty for a peer."""
    return _digest(ROOT) if name == "shoal" else ""


@cache
def _digest(root: Path) -> str:
    """Return the digest of shoal's code under ``root``, of Python without comments and docstrings."""
    digest = hashlib.sha256()
    sources = root / "src" / "shoal"
    for path in sorted(sources.rglob("*.py")):
        if path.relative_to(sources).parts[0] not in ABOVE:
            digest.update(f"{path.relative_to(root)}\n{_said(path)}\n".encode())
    for path in sorted((root / "native").rglob("*")):
        if path.suffix in NATIVE:
            digest.update(f"{path.relative_to(root)}\n".encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _said(path: Path) -> str:
    """Return what a Python file says to Python."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            node.body = [each for each in body if not _is_a_text(each)]  # type: ignore[attr-defined]
    return ast.dump(tree)


def _is_a_text(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


@cache
def commit() -> str:
    """Return the commit that runs here, with a plus where its code was changed since."""
    head = _git("rev-parse", "--short", "HEAD")
    return head + ("+" if _git("status", "--porcelain", "src", "native") else "")


def _git(*words: str) -> str:
    done = subprocess.run(["git", *words], cwd=ROOT, capture_output=True, text=True, check=False)
    return done.stdout.strip()


@cache
def machine_in_words() -> str:
    """Return the processor, and how many of its cores are there to run on."""
    return f"{machine()['processor']}, {cores()} of its cores"
