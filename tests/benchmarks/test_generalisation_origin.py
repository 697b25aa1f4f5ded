"""A stored result says what code made it: old figures are run anew, and stand in no table as new ones."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.generalisation import origin, runs
from benchmarks.generalisation.__main__ import main
from benchmarks.generalisation.origin import code_of, is_of_now, origin_of
from benchmarks.generalisation.runs import Ledger, complete
from benchmarks.generalisation.table import document
from tests.benchmarks.ledgers import ledger, row

HERE = {"commit": "1234567", "machine": "this one", "threads": 2, "version": "shoal 9"}


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Commands that would have run contestants, which all talk, and find an RMSE of 1."""
    commands: list[list[str]] = []

    def run(command: list[str], **_: Any) -> Any:
        commands.append(command)
        said = '[Warning] no further splits\n{"rmse": 1.0, "fit_s": 1.0, "cpu_s": 2.0}\n'
        return SimpleNamespace(returncode=0, stdout=said, stderr="")

    monkeypatch.setattr(runs, "subprocess", SimpleNamespace(run=run))
    return commands


def test_our_runs_are_of_now_while_the_code_is_the_same_and_peers_while_they_are_kept() -> None:
    assert is_of_now("shoal", origin_of("shoal"))
    assert not is_of_now("shoal", {"version": "shoal 0.1.0"})
    assert not is_of_now("shoal", {"code": "another"})
    assert is_of_now("linear", origin_of("linear"))
    assert is_of_now("linear", {"version": "scikit-learn 1.9"})
    assert origin_of("shoal")["machine"].endswith("of its cores")


def test_the_digest_is_of_what_python_is_told_and_of_native_code(tmp_path: Path) -> None:
    sources = tmp_path / "src" / "shoal"
    (sources / "lab").mkdir(parents=True)
    (tmp_path / "native").mkdir()
    module, kernel = sources / "fit.py", tmp_path / "native" / "kernel.cpp"

    def digest(python: str, native: str = "int x;", shown: str = "y = 1") -> str:
        module.write_text(python)
        kernel.write_text(native)
        (sources / "lab" / "page.py").write_text(shown)
        return str(origin._digest.__wrapped__(tmp_path))

    first = digest('"""Of a fit."""\ndef f():\n    """One."""\n    return 1  # why\n')
    assert digest("def f():\n    return 1\n", shown="y = 2") == first
    assert digest("def f():\n    return 2\n") != first
    assert digest("def f():\n    return 1\n", native="int z;") != first


def test_runs_of_other_code_are_run_anew_unless_they_are_to_be_kept(
    asked: list[list[str]], tmp_path: Path
) -> None:
    old = row("uci/yacht", 0, 5.0)
    found = Ledger.of("shoal", tmp_path)
    found.add(old)
    found.add({**row("uci/yacht", 1, 5.0), **HERE, "code": code_of("shoal")})
    wanted = [("uci/yacht", 0), ("uci/yacht", 1)]
    complete(found, wanted, None, sys.executable, lambda _: None, keep=True)
    assert not asked
    complete(found, wanted, None, sys.executable, lambda _: None)
    assert [command[-2:] for command in asked] == [["uci/yacht", "0"]]
    assert found.runs["uci/yacht", 0]["rmse"] == 1.0
    assert is_of_now("shoal", found.runs["uci/yacht", 0])
    peer = Ledger.of("linear", tmp_path)
    peer.add(row("uci/yacht", 0, 5.0, name="linear"))
    complete(peer, wanted[:1], None, sys.executable, lambda _: None)
    assert len(asked) == 1


def test_two_who_write_one_ledger_lose_nothing_of_each_other(tmp_path: Path) -> None:
    first, second = Ledger.of("shoal", tmp_path), Ledger.of("shoal", tmp_path)
    first.add(row("uci/yacht", 0, 1.0))
    second.add(row("uci/yacht", 1, 2.0))
    assert sorted(Ledger.of("shoal", tmp_path).runs) == [("uci/yacht", 0), ("uci/yacht", 1)]


@pytest.mark.parametrize("keep", [False, True])
def test_the_command_shows_old_figures_as_old_ones_and_only_when_asked(
    asked: list[list[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: bool
) -> None:
    Ledger.of("shoal", tmp_path).add({**row("uci/boston", 0, 5.0), "commit": "b910191"})
    command = ["generalisation", "uci/yacht", "--splits", "1", "--results", str(tmp_path)]
    monkeypatch.setattr(sys, "argv", [*command, "--keep"] if keep else command)
    main()
    page = (tmp_path / "table.md").read_text()
    assert [each[-2:] for each in asked] == [["uci/yacht", "0"]]
    assert "| uci/yacht | choose | 1 | 1 |" in page
    assert ("| uci/boston | choose | 1 | 5 |" in page) == keep
    assert ("| shoal | 1 | – | b910191, other code than now | – | – |" in page) == keep


def test_the_table_says_where_rows_are_from() -> None:
    now = {**HERE, "code": code_of("shoal")}
    ours = ledger("shoal", [{**row("uci/yacht", split, 1.0), **now} for split in range(3)])
    other = {**row("uci/yacht", 0, 2.0, name="linear"), "version": "scikit-learn 2", "commit": "7654321"}
    page = document({"shoal": ours, "linear": ledger("linear", [other])}, "Errors")
    assert "| shoal | 3 | shoal 9 | 1234567 | 2 | this one |" in page
    assert "| linear | 1 | scikit-learn 2 | – | – | – |" in page


def test_the_commit_has_a_plus_where_the_code_was_changed_since(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for command in (
        ["git", "init", "-q"],
        ["git", "config", "user.email", "a@b.c"],
        ["git", "config", "user.name", "a"],
    ):
        subprocess.run(command, cwd=tmp_path, check=True)
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "a.py").write_text("a = 1\n")
    subprocess.run(["git", "add", "."], cwd=tmp_path, check=True)
    subprocess.run(["git", "commit", "-qm", "a"], cwd=tmp_path, check=True)
    monkeypatch.setattr(origin, "ROOT", tmp_path)
    plain = origin.commit.__wrapped__()
    assert len(plain) >= 7
    (tmp_path / "results.json").write_text("[]")
    assert origin.commit.__wrapped__() == plain
    (tmp_path / "src" / "a.py").write_text("a = 2\n")
    assert origin.commit.__wrapped__() == plain + "+"
