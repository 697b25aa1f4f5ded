"""The table of targets: who competes, who is missing, and what is said of a row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from benchmarks import targets
from benchmarks.costs import Cost
from benchmarks.measure import Measurement
from benchmarks.targets import (
    ON_SEVERAL,
    ROWS,
    Row,
    division,
    line_of_cost,
    line_of_gain,
    main,
    restricted,
    stand_ins,
    told,
)
from benchmarks.task import Task
from benchmarks.workload import Workload, entries
from benchmarks.workloads import WORKLOADS

ROW = Row("T", 3, ("jax", "torch"))
WORKLOAD = Workload("T", "a test", "small", lambda: None, (), (), per=10)  # type: ignore[arg-type, return-value]


def measurement(peer: str, seconds: float = 1.0, error: str | None = None) -> Measurement:
    return Measurement(peer, "loop", 1, 1, 1, [seconds], error=error)


@contextmanager
def seconds() -> Iterator[Callable[[], float]]:
    taken = iter([99.0, 2.0, 1.0, 4.0])  # the first does not count
    yield lambda: next(taken)


def test_the_best_peer_of_those_that_it_is_held_to_decides() -> None:
    found = [measurement("jax", 0.7), measurement("shoal", 0.2), measurement("torch", 0.65)]
    assert told(ROW, WORKLOAD, found, []) == (
        "| T | a test | 20 ms shoal (loop) | 65 ms torch (loop) | 3.25× | ≥ 3× jax and torch | reached |"
    )
    found[2] = measurement("torch", 0.59)
    assert told(ROW, WORKLOAD, found, []).endswith(
        "| 59 ms torch (loop) | 2.95× | ≥ 3× jax and torch | missed |"
    )


def test_who_is_missing_or_wrong_is_named_and_nothing_is_judged_by_a_stand_in() -> None:
    found = [measurement("shoal"), measurement("sklearn", 9.0)]
    line = told(ROW, WORKLOAD, found, ["jax", "torch"])
    assert "| 900 ms scikit-learn (loop) | 9× | ≥ 3× jax and torch |" in line
    assert line.endswith("| jax is not installed; torch is not installed |")
    wrong = told(ROW, WORKLOAD, [measurement("shoal"), measurement("jax", error="disagrees by 0.3")], [])
    assert wrong.endswith("|  |  | ≥ 3× jax and torch | jax: disagrees by 0.3 |")
    ours = told(ROW, WORKLOAD, [measurement("shoal", error="has ended"), measurement("jax")], [])
    assert ours.startswith("| T | a test | shoal (loop) | 100 ms jax (loop) |  |")
    assert ours.endswith("| shoal: has ended |")


def test_those_that_are_installed_compete_in_forms_that_compile_in_seconds() -> None:
    assert division(["jax", "torch"], lambda peer: peer == "torch") == (["torch"], ["jax"])
    assert targets.is_here("sklearn")
    assert not targets.is_here("no_such_library")
    whole = Workload(
        **vars(WORKLOAD) | {"entries": entries(shoal="train", torch="loop loop_compiled", sklearn="loop")}
    )
    assert [entry.form for entry in restricted(whole, "shoal", ["torch"]).entries] == ["train", "loop"]
    assert stand_ins(whole) == ["sklearn"]
    assert stand_ins(WORKLOAD) == []


@pytest.mark.parametrize("row", [*ROWS, *(row for row in ON_SEVERAL if row.peers)], ids=lambda row: row.name)
def test_every_row_has_who_is_to_compete(row: Row) -> None:
    there = {entry.peer for entry in WORKLOADS[row.name].entries}
    assert row.ours in there
    assert there & set(row.peers)


def test_what_has_no_peer_is_held_to_a_limit() -> None:
    line = line_of_cost(Cost("c", "a cost", 2.0, seconds), 3)
    assert line == "| c | a cost | 2 s |  |  | ≤ 2 s | reached |"
    assert line_of_cost(Cost("c", "a cost", 1.9, seconds), 3).endswith("| ≤ 1.9 s | missed |")


def test_a_cost_without_its_file_is_not_measured() -> None:
    cost = Cost("c", "a cost", 2.0, seconds, "no/such.file")
    assert line_of_cost(cost, 3).endswith(
        "| ≤ 2 s | no/such.file is not in the folder that SHOAL_DATA names |"
    )


def test_iterations_that_a_solver_needs_are_told() -> None:
    found = [measurement("jax", 0.7), measurement("shoal", 0.2)]
    found[1].epochs, found[1].loss = 23, 0.02512
    assert "| 20 ms shoal (loop, 23 iterations to a mean J of 0.0251) |" in told(ROW, WORKLOAD, found, [])


@pytest.mark.parametrize("task", [(None, 1)], indirect=True)
@pytest.mark.parametrize(("one", "reached"), [((3.0, 2.0, 8.0), "reached"), ((1.9, 1.0, 3.9), "missed")])
def test_what_shoal_gains_on_two_cores_is_told_pair_by_pair(
    one: tuple[float, ...], reached: str, monkeypatch: pytest.MonkeyPatch, task: Task
) -> None:
    times = {2: iter([9.0, 2.0, 1.0, 4.0]), 1: iter([9.0, *one])}  # the first of each does not count

    class Stub:
        def __init__(self, name: str, cores: int, path: object) -> None:
            assert name == "benchmarks.peers.shoal:train"
            self.cores = cores

        def __enter__(self) -> Stub:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def turn(self, epochs: int, processor: bool) -> float:
            assert not processor
            return next(times[self.cores])

    small = Workload("T", "a test", "small", lambda: task, entries(shoal="train"), ())
    monkeypatch.setattr(targets, "Contestant", Stub)
    monkeypatch.setitem(targets.WORKLOADS, "T", small)
    line = line_of_gain(Row("T", 1, ()), 3, 2)
    gain = sorted(a / b for a, b in zip(one, (2.0, 1.0, 4.0), strict=True))[1]
    told = f"2 s shoal (2 cores) | {sorted(one)[1]:.3g} s shoal (1 core) | {gain:.3g}×"
    assert line == f"| T | a test | {told} | > 1× itself on one core | {reached} |"


def test_of_several_cores_there_are_other_rows_by_the_clock(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[Any] = []

    def measure(workload: Workload, *how: Any, **more: Any) -> list[Measurement]:
        asked.append((workload.name, how[1:], more))
        return [measurement("shoal"), measurement("jax", 4.1)]

    monkeypatch.setattr(targets, "measure", measure)
    monkeypatch.setattr(targets, "is_here", lambda peer: True)
    monkeypatch.setattr(targets, "line_of_gain", lambda row, *how: f"{row.name} {how}")
    monkeypatch.setattr("sys.argv", ["targets", "--cores", "2", "--rounds", "3"])
    main()
    table = capsys.readouterr().out.splitlines()[4:]
    assert table[0].endswith("| ≥ 4× jax and torch | reached |")
    assert table[2] == "B6 (3, 2)"
    assert asked == [(name, (3, [2]), {"processor": False}) for name in ("B1", "B8")]
    monkeypatch.setattr("sys.argv", ["targets", "B4", "--cores", "2"])
    with pytest.raises(SystemExit):
        main()


def test_the_table_is_printed_row_by_row(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[Any] = []

    def measure(workload: Workload, *how: Any, **more: Any) -> list[Measurement]:
        asked.append(([entry.peer for entry in workload.entries], how[1:], more))
        return [measurement("estimators"), measurement("sklearn")]

    monkeypatch.setattr(targets, "measure", measure)
    monkeypatch.setattr(targets, "is_here", lambda peer: False)
    monkeypatch.setattr(targets, "COSTS", (Cost("c", "a cost", 2.0, seconds),))
    monkeypatch.setattr("sys.argv", ["targets", "P2", "c", "--rounds", "3"])
    main()
    machine, _, *table = capsys.readouterr().out.splitlines()
    assert "instruction set" in machine
    assert len(table) == 4
    assert table[2].endswith("| ≥ 0.5× ONNX Runtime | ONNX Runtime is not installed |")
    assert table[3].startswith("| c | a cost | 2 s |")
    assert asked == [(["estimators", "sklearn"], (3, [1]), {"processor": True})]
    monkeypatch.setattr("sys.argv", ["targets", "B0"])
    with pytest.raises(SystemExit):
        main()
