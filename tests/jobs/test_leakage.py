"""Rows of a table divided by group or by time, as `shoal fit` is asked, and parts that others bring along."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.errors import ConfigurationError, DataError
from shoal.jobs.kinds import prepare
from shoal.jobs.leakage import _is_one_table
from shoal.jobs.prepared import Prepared
from shoal.jobs.request import FitRequest

Write = Callable[..., Path]
N = 60


def table(**columns: list[Any]) -> dict[str, list[Any]]:
    """Rows numbered by a feature that changes from row to row."""
    rng = np.random.default_rng(3)
    return {
        "x": rng.normal(size=N).round(4).tolist(),
        "target": np.where(np.arange(N) % 2, "yes", "no").tolist(),
        **columns,
    }


@pytest.fixture
def ready(write_csv: Write, tmp_path: Path) -> Callable[..., Prepared]:
    def build(given: dict[str, list[Any]], /, **settings: Any) -> Prepared:
        return prepare(FitRequest(str(write_csv(tmp_path / "table.csv", given)), "target", **settings))

    return build


GROUPS: dict[str, list[Any]] = {
    "texts": [f"P{row % 9}" for row in range(N)],
    "numbers": [row % 9 for row in range(N)],
    "fractions": [row % 9 + 0.5 for row in range(N)],
    "dates": [f"2020-01-0{row % 9 + 1}" for row in range(N)],
    "rows": list(range(N)),
}


@pytest.mark.parametrize("kind", GROUPS)
def test_no_two_parts_share_a_group(ready: Callable[..., Prepared], kind: str) -> None:
    groups = GROUPS[kind]
    prepared = ready(table(patient=groups), group="patient", validation_share=0.3)
    parts = [prepared.train, prepared.validation, prepared.test]
    found = [set(part.attributes.groups.tolist()) for part in parts]  # type: ignore[union-attr]
    assert sum(map(len, found)) == len(set.union(*found)) == len(set(groups))
    assert sum(map(len, parts)) == N  # type: ignore[arg-type]
    assert [column.name for column in prepared.columns] == ["x"]
    assert any(f"{len(set(groups))} groups of 'patient'" in told for told in prepared.warnings)


@pytest.mark.parametrize(
    "when",
    [
        [f"2020-{row % 12 + 1:02}-{row // 12 + 1:02}" for row in range(N)],
        [(7 * row) % N for row in range(N)],
        [((7 * row) % N) // 5 for row in range(N)],
    ],
)
def test_what_is_later_is_not_trained_on(ready: Callable[..., Prepared], when: list[Any]) -> None:
    prepared = ready(table(day=when), time_order="day", validation_share=0.25)
    train, held, test = (
        part.attributes.times  # type: ignore[union-attr]
        for part in (prepared.train, prepared.validation, prepared.test)
    )
    assert train is not None
    assert held is not None
    assert test is not None
    assert train.max() < held.min()
    assert held.max() < test.min()
    assert [column.name for column in prepared.columns] == ["x"]


REFUSED: dict[str, tuple[dict[str, list[Any]], dict[str, Any], type[Exception], str]] = {
    "missing group": (
        {"g": ["a", "", *"bc" * 29]},
        {"group": "g"},
        DataError,
        "'g' .* is missing in 1 of 60",
    ),
    "one group": ({"g": ["a"] * N}, {"group": "g"}, DataError, "60 rows of 1 group cannot be divided in two"),
    "few groups": (
        {"g": [f"g{row % 4}" for row in range(N)]},
        {"group": "g", "folds": 4},
        DataError,
        "of 3 groups cannot be divided into 4 folds",
    ),
    "one time": ({"t": [5] * N}, {"time_order": "t"}, DataError, "60 rows of 1 different time cannot be"),
    "no time": ({"t": ["soon"] * N}, {"time_order": "t"}, DataError, "'soon' in data row 1"),
    "missing time": ({"t": ["", *range(59)]}, {"time_order": "t"}, DataError, "'t' .* is missing in 1 of 60"),
    "negative": ({"w": [-1, *range(59)]}, {"weight": "w"}, DataError, "'w' .* is -1 in data row 1"),
    "all zero": ({"w": [0] * N}, {"weight": "w"}, DataError, "'w' .* is 0 in all 60 rows"),
    "no weight": ({"w": ["", *range(59)]}, {"weight": "w"}, DataError, "'w' .* is missing in 1 of 60"),
    "text": ({"w": ["heavy", *range(59)]}, {"weight": "w"}, DataError, "'heavy' in data row 1"),
    "not there": ({"w": [1] * N}, {"weight": "v"}, DataError, "no column 'v', which --weight names"),
    "target": ({}, {"group": "target"}, ConfigurationError, "--group names 'target', the target"),
    "both": (
        {"g": list(range(N))},
        {"group": "g", "time_order": "g"},
        ConfigurationError,
        "--group g and --time-order g were given",
    ),
    "two uses": ({"g": [1] * N}, {"group": "g", "weight": "g"}, ConfigurationError, "--weight names 'g'"),
    "a feature": (
        {"g": list(range(N))},
        {"group": "g", "columns": ("g", "x")},
        ConfigurationError,
        "--columns names 'g', and --group makes it no feature",
    ),
    "no feature": ({}, {"group": "x"}, ConfigurationError, "--group leaves no column to predict"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_cannot_be_is_refused_in_a_sentence(ready: Callable[..., Prepared], case: str) -> None:
    columns, settings, error, told = REFUSED[case]
    with pytest.raises(error, match=told):
        ready(table(**columns), **settings)


def test_a_class_that_only_the_future_has_is_told(ready: Callable[..., Prepared]) -> None:
    columns = table(t=list(range(N)))
    columns["target"] = ["yes", "no"] * 26 + ["new"] * 8
    prepared = ready(columns, time_order="t")
    assert any("no row to train on is 'new'" in told for told in prepared.warnings)
    columns["target"] = ["yes"] * 50 + ["no"] * 10
    with pytest.raises(DataError, match="all 48 rows to train on are 'yes', once they are divided by 't'"):
        ready(columns, time_order="t")


def test_folds_that_know_one_class_alone_are_refused(ready: Callable[..., Prepared]) -> None:
    """The earlier half of the 48 rows trains for the first of five folds, 29 rows for the second."""
    columns = table(t=list(range(N)))
    columns["target"] = ["no"] * 29 + ["yes", "no"] * 15 + ["no"]
    told = "in 2 of 5 folds all rows to train on are of one class, once they are divided by 't'"
    with pytest.raises(DataError, match=told):
        ready(columns, time_order="t")
    assert ready(columns, time_order="t", validation_share=0.2).folds is None
    columns["target"] = ["no"] * 23 + ["yes", "no"] * 18 + ["no"]
    assert ready(columns, time_order="t").folds == 5


@pytest.mark.parametrize("seed", range(3))
def test_a_class_of_one_group_is_told_to_be_unknown_to_its_fold(
    ready: Callable[..., Prepared], seed: int
) -> None:
    columns = table(g=[row % 10 for row in range(N)])
    columns["target"] = ["new" if row % 10 == 3 else name for row, name in enumerate(columns["target"])]
    (said,) = [told for told in ready(columns, group="g", seed=seed).warnings if "cannot know" in told]
    assert said == (
        "in 1 of 5 folds no row to train on is 'new', while rows held out are, by 'g': networks of these "
        "folds cannot know them"
    )
    columns["target"] = table()["target"]
    assert not any("cannot know" in told for told in ready(columns, group="g", seed=seed).warnings)


def test_rows_brought_along_share_no_group_and_are_later(
    ready: Callable[..., Prepared], write_csv: Write, tmp_path: Path
) -> None:
    columns = table(g=[row % 9 for row in range(N)], t=list(range(N)))
    some = {name: values[:8] for name, values in columns.items()}

    def other(file: str = "other.csv", **changed: list[Any]) -> str:
        kept = {name: values for name, values in {**some, **changed}.items() if values}
        return str(write_csv(tmp_path / file, kept))

    with pytest.raises(
        DataError, match=r"other\.csv: it shares 8 groups of 'g' with the table, the first of them '0'"
    ):
        ready(columns, group="g", test=other())
    assert len(ready(columns, group="g", test=other(g=list(range(20, 28)))).test) == 8
    with pytest.raises(
        DataError, match=r"other\.csv: 8 rows of it are not later than all of the table, by 't'"
    ):
        ready(columns, time_order="t", test=other())
    later, last = (other(f"{first}.csv", t=list(range(first, first + 8))) for first in (60, 68))
    assert len(ready(columns, time_order="t", valid=later, test=last).validation or []) == 8
    with pytest.raises(ConfigurationError, match="would be earlier than what is chosen by; give --test"):
        ready(columns, time_order="t", valid=later)
    for asked in ({"group": "g"}, {"time_order": "t"}, {"weight": "g"}):
        (name,) = asked.values()
        prepared = ready(columns, **asked, test=other(**{name: []}))
        assert any(f"has no column '{name}'" in told for told in prepared.warnings)
        assert len(prepared.test) == 8


def test_rows_to_test_on_are_apart_from_those_to_choose_by(
    ready: Callable[..., Prepared], write_csv: Write, tmp_path: Path
) -> None:
    columns = table(g=[row % 9 for row in range(N)], t=list(range(N)))

    def other(name: str, first: int) -> str:
        few = {name: values[:8] for name, values in columns.items()}
        new = list(range(first, first + 8))
        return str(write_csv(tmp_path / name, {**few, "g": new, "t": new}))

    valid, near, far = other("valid.csv", 60), other("near.csv", 67), other("far.csv", 68)
    with pytest.raises(
        DataError, match=r"near\.csv: it shares 1 group of 'g' with --valid .*valid.csv, .* '67'"
    ):
        ready(columns, group="g", valid=valid, test=near)
    with pytest.raises(
        DataError, match=r"near\.csv: 1 row of it is not later than all of --valid .*valid.csv"
    ):
        ready(columns, time_order="t", valid=valid, test=near)
    for asked in ({"group": "g"}, {"time_order": "t"}):
        assert len(ready(columns, **asked, valid=valid, test=far).test) == 8


@pytest.mark.parametrize("dates_in", ["the table", "the test"])
def test_numbers_are_neither_before_nor_after_dates(
    ready: Callable[..., Prepared], write_csv: Write, tmp_path: Path, dates_in: str
) -> None:
    dates = [f"2020-{row // 28 + 1:02}-{row % 28 + 1:02}" for row in range(N)]
    numbers, turned = [10**18 + row for row in range(N)], dates_in == "the test"
    mine, theirs = (list(range(N)), dates) if turned else (dates, numbers)
    given = table(t=theirs)
    test = str(write_csv(tmp_path / "other.csv", {name: values[:8] for name, values in given.items()}))
    told = "has dates where the table has numbers" if turned else "has numbers where the table has dates"
    with pytest.raises(DataError, match=f"'t' {told}"):
        ready(table(t=mine), time_order="t", test=test)


def test_a_table_brought_along_that_is_the_one_or_the_other_is_told(
    write_csv: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    write_csv(Path("table.csv"), table())
    write_csv(Path("other.csv"), table())
    Path("link.csv").symlink_to("table.csv")

    def told(**settings: Any) -> list[str]:
        prepared = prepare(FitRequest("table.csv", "target", **settings))
        return [warning for warning in prepared.warnings if "would" in warning]

    assert told(valid="other.csv", test=None) == []
    itself = "is the table itself, so that its rows are trained on: what they tell is not what new rows would"
    assert told(test="link.csv") == [f"--test link.csv {itself}"]
    assert told(valid=str(tmp_path / "table.csv")) == [f"--valid {tmp_path / 'table.csv'} {itself}"]
    (both,) = told(valid="other.csv", test="./other.csv")
    assert both.startswith("--test ./other.csv is --valid, too, so that its rows were chosen by: ")


def test_sheets_and_tables_of_one_file_are_several(tmp_path: Path) -> None:
    for one, other, same in (
        ("b.xlsx#A", "b.xlsx#B", False),
        ("duckdb:t.db?table=a", "duckdb:t.db?table=b", False),
        ("duckdb:t.db?table=a", "duckdb:t.db?table=a", True),
        ("builtin:iris", "builtin:iris", True),
        ("nowhere.csv", "elsewhere.csv", False),
    ):
        assert _is_one_table(one, other) is same
