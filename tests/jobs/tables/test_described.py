from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shoal.errors import ConfigurationError, ShoalWarning
from shoal.jobs.request import FitRequest
from shoal.jobs.tables.described import Described, method_of, rule_of


@pytest.fixture
def table(tmp_path: Path) -> str:
    path = tmp_path / "t.csv"
    rows = [f"{n},{n % 7 + 0.5},x,{'ab'[n % 2]}" for n in range(12)]
    path.write_text("\n".join(["row,size,same,kind", *rows, ""]))
    return str(path)


def asked(table: str, **settings: Any) -> FitRequest:
    return FitRequest(table, **({"target": "kind"} | settings))


def test_rows_without_a_target_are_left_out(table: str) -> None:
    with Path(table).open("a") as more:
        more.write("12,1.5,x,\n")
    with pytest.warns(ShoalWarning, match="1 of 13 rows have no value of the target"):
        assert len(Described.read(asked(table)).frame) == 12


def test_columns_that_are_not_used_are_let_go_of(table: str) -> None:
    with pytest.warns(ShoalWarning, match="1 of 3 columns are left out"):
        described = Described.read(asked(table, drop=("row",)))
    assert described.names == ["row", "size", "same", "kind"]
    assert described.frame.columns == ["size", "kind"]
    assert [(column.name, column.used) for column in described.columns] == [("size", True), ("same", False)]
    assert (described.task.task, described.target_kind) == ("classification", "categorical")


def test_a_test_at_the_end_needs_two_rows_of_each_class_unless_it_is_brought_along(table: str) -> None:
    assert Described.read(asked(table)).least == 2
    assert Described.read(asked(table, test=table)).least == 1


def test_a_table_without_a_target_tells_its_columns(table: str) -> None:
    with pytest.raises(ConfigurationError, match=r"needs --target, .* Its columns: 'row', 'size'"):
        Described.read(asked(table, target=None))


def test_rare_is_for_classes(table: str) -> None:
    with pytest.raises(ConfigurationError, match="--rare is for classes, and this is a regression"):
        Described.read(asked(table, target="size", rare="drop"))


def test_networks_are_made_by_the_rule_and_what_the_columns_hold(table: str) -> None:
    assert rule_of(asked(table)) == "ensemble"
    assert rule_of(asked(table, choose="best")) == "best"
    assert rule_of(asked(table, score="evidence")) == "evidence"
    columns = Described.read(asked(table)).columns
    assert method_of(asked(table), "classification", columns).pieces > 0
    assert method_of(asked(table, choose="best"), "classification", columns).pieces == 0
