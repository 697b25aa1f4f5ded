"""What the comparison on real tables comes to: means by set, log losses, costs, and where we are behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from benchmarks.generalisation.compare import behind, relative
from benchmarks.generalisation.runs import recorded
from benchmarks.generalisation.summary import costs, errors, worse
from tests.benchmarks.ledgers import ledger, row


def test_the_best_of_the_others_is_another_one_on_every_set() -> None:
    ours = ledger("shoal", [row("uci/yacht", 0, 1.0), row("uci/concrete", 0, 3.0)])
    one = ledger("linear", [row("uci/yacht", 0, 2.0), row("uci/concrete", 0, 2.0)])
    two = ledger("realmlp_td", [row("uci/yacht", 0, 4.0), row("uci/concrete", 0, 6.0)])
    lines = errors({"shoal": ours, "linear": one, "realmlp_td": two}, ["uci/yacht", "uci/concrete"])
    assert lines[-1] == "| the best of them, set by set | – | 0.500 | 1.500 | 0.866 | – | – | – | – |"


def test_log_losses_and_the_processor_s_seconds_are_compared_where_both_tell_them() -> None:
    def run(table: str, loss: float, seconds: float, machine: str) -> dict[str, object]:
        return {**row(table, 0, 0.1), "log_loss": loss, "cpu_s": seconds, "machine": machine}

    ours = ledger("shoal", [run("tables/pima", 0.2, 3.0, "a"), run("tables/magic", 0.3, 4.0, "a")])
    same = ledger("linear", [run("tables/pima", 0.4, 6.0, "a"), run("tables/magic", 0.2, 2.0, "a")])
    far = ledger("realmlp_td", [run("tables/pima", 0.1, 30.0, "b"), row("tables/magic", 0, 0.1)])
    lines = costs({"shoal": ours, "linear": same, "realmlp_td": far}, ["tables/pima", "tables/magic"])
    assert "| linear | 0.500 | 1.500 | 0.866 | 0.875 | 1.000 |" in lines
    assert "| realmlp_td | 2.000 | – | 2.000 | 0.100 * | 0.100 * |" in lines
    assert "| the best of them, set by set | 2.000 | 1.500 | 1.732 | – | – |" in lines
    assert lines[-1].startswith("\\* of runs on different machines")


@pytest.mark.parametrize(
    ("ours", "theirs", "factor", "sure"),
    [
        ([1.2, 1.2], [1.0, 1.1], 1.0, True),
        ([1.2, 1.2], [1.0, 1.1], 1.2, False),
        ([1.3, 0.9], [1.0, 1.0], 1.0, False),
        ([1.2], [1.0], 1.0, False),
        ([0.8, 0.8], [1.0, 1.1], 1.0, False),
    ],
)
def test_we_are_behind_where_paired_splits_say_so_beyond_a_standard_error(
    ours: list[float], theirs: list[float], factor: float, sure: bool
) -> None:
    first, second = (
        ledger("shoal", [row("uci/yacht", split, score) for split, score in enumerate(scores)])
        for scores in (ours, theirs)
    )
    assert (behind(first, second, "uci/yacht", factor) is not None) == sure


def test_sets_where_we_are_behind_are_told_with_by_how_much() -> None:
    ours = ledger("shoal", [row("uci/yacht", 0, 2.0), row("uci/yacht", 1, 2.0), row("uci/boston", 0, 9.0)])
    mlp = ledger("sklearn_mlp_default", [row("uci/yacht", 0, 1.0), row("uci/yacht", 1, 1.4)])
    rival = ledger("realmlp_td", [*mlp.runs.values(), row("uci/boston", 0, 1.0)])
    ledgers = {"shoal": ours, "sklearn_mlp_default": mlp, "realmlp_td": rival}
    lines = worse(ledgers, ["uci/yacht", "uci/boston"])
    assert lines == [
        "Above 1.05 × realmlp_td beyond one standard error: uci/yacht (1.667; by 0.74 ± 0.21, 2 splits), "
        "of 1 sets with two shared splits or more.",
        "",
        "Worse than sklearn_mlp_default beyond one standard error: uci/yacht (1.667; by 0.8 ± 0.2, 2 splits)"
        ", of 1 sets with two shared splits or more.",
    ]
    assert "beyond one standard error: none, of 1 sets" in worse(ledgers | {"shoal": mlp}, ["uci/yacht"])[0]


def test_no_error_at_all_counts_half_a_row_on_both_sides(data: Path) -> None:
    perfect, other = ledger("a", [row("tables/pima", 0, 0.0)]), ledger("b", [row("tables/pima", 0, 0.25)])
    assert relative(perfect, other, "tables/pima") == pytest.approx((0.5 / 12) / (0.25 + 0.5 / 12))


def test_seconds_of_one_thread_are_the_processor_s(tmp_path: Path) -> None:
    path = tmp_path / "peers.json"
    path.write_text(json.dumps([row("uci/yacht", 0, 1.0, 7.0, name="forest")]))
    run = ("uci/yacht", 0)
    assert recorded(path, threads=1)["forest"].runs[run]["cpu_s"] == 7.0
    assert "cpu_s" not in recorded(path, threads=4)["forest"].runs[run]
    assert "cpu_s" not in recorded(path)["forest"].runs[run]
    assert recorded(path)["forest"].runs[run]["machine"] == "told by peers.json"
