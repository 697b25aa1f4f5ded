from __future__ import annotations

import warnings
from typing import Any

import pytest

from shoal.data.chosen import ChosenColumns, columns_in, require_one_target
from shoal.errors import ConfigurationError, DataError, ShoalWarning
from shoal.words import as_option, spoken

KNOWN = ["age", "city", "rent, cold", "kind", "y"]


def settle(known: list[str] = KNOWN, **asked: Any) -> ChosenColumns:
    asked = {"drop": None, "columns": None, "categorical": None, **asked}
    with warnings.catch_warnings(), spoken(as_option):
        warnings.simplefilter("ignore", ShoalWarning)
        return ChosenColumns.settle(known, "y", **asked)


def test_nothing_asked_changes_nothing() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert ChosenColumns.settle(KNOWN, "y", None, None, None) == ChosenColumns((), ())


def test_columns_are_left_out_in_the_order_of_the_table_and_told() -> None:
    with pytest.warns(ShoalWarning, match="^2 of 4 columns are left out, as asked: 'age', 'kind'$"):
        chosen = ChosenColumns.settle(KNOWN, "y", ["kind,age", "age"], None, ["city"])
    assert chosen == ChosenColumns(("age", "kind"), ("city",))


def test_only_some_leaves_all_others_out_but_the_target() -> None:
    assert settle(columns=["kind", "age"]).dropped == ("city", "rent, cold")
    assert settle(columns=["kind,age"], drop=["city"], categorical=["kind"]) == ChosenColumns(
        ("city", "rent, cold"), ("kind",)
    )


@pytest.mark.parametrize(
    ("texts", "known", "columns"),
    [
        (["rent, cold"], KNOWN, ("rent, cold",)),
        (["age,rent, cold,kind"], KNOWN, ("age", "rent, cold", "kind")),
        ([" age , city "], KNOWN, ("age", "city")),
        (["a,b"], ["a", "b", "a,b"], ("a,b",)),  # a column's own name is that column
        (["a", "b"], ["a", "b", "a,b"], ("a", "b")),
        (["a,b,c"], ["a,b", "c"], ("a,b", "c")),
        (["a,b,c"], ["a", "b,c"], ("a", "b,c")),
        ([" x"], ["x", " x"], (" x",)),
        ([""], ["", "x"], ("",)),
        ([",".join(f"c{k}" for k in range(3000))], [f"c{k}" for k in range(3000)], None),
    ],
)
def test_commas_separate_names_or_are_in_them(
    texts: list[str], known: list[str], columns: tuple[str, ...] | None
) -> None:
    assert columns_in(texts, known, "drop") == (tuple(known) if columns is None else columns)


@pytest.mark.parametrize(
    ("asked", "error", "told"),
    [
        ({"drop": ["aeg"]}, DataError, "no column 'aeg', which --drop names; did you mean 'age'?"),
        ({"drop": ["age,CITI"]}, DataError, "no column 'CITI', which --drop names; did you mean 'city'?"),
        ({"columns": ["age,,city"]}, DataError, "no column '', which --columns names; its columns: 'age', "),
        ({"categorical": ["kinds"]}, DataError, "no column 'kinds', which --categorical names; did you mean"),
        ({"drop": ["age,y"]}, ConfigurationError, "--drop names 'y', the target, which is predicted"),
        ({"columns": ["age,y"]}, ConfigurationError, "--columns names 'y', the target, which is predicted"),
        ({"categorical": ["y"]}, ConfigurationError, "leave it out, and ask for a classification to predict"),
        (
            {"drop": ["age"], "columns": ["age,city"]},
            ConfigurationError,
            "--drop leaves 'age' out, and --columns asks for it; name it once",
        ),
        (
            {"drop": ["age"], "categorical": ["age"]},
            ConfigurationError,
            "--drop leaves 'age' out, and --categorical asks for it; name it once",
        ),
        (
            {"columns": ["age"], "categorical": ["city"]},
            ConfigurationError,
            "--categorical names 'city', which --columns leaves out; name it in both",
        ),
        (
            {"drop": ["age,city,kind", "rent, cold"]},
            ConfigurationError,
            "--drop leaves no column to predict 'y' from; keep one at least",
        ),
    ],
)
def test_what_cannot_be_done_is_told(asked: dict[str, Any], error: type[Exception], told: str) -> None:
    with pytest.raises(error) as refused:
        settle(**asked)
    assert told in str(refused.value)
    assert "\n" not in str(refused.value)


def test_a_text_that_can_be_read_in_two_ways_is_refused() -> None:
    with pytest.raises(ConfigurationError, match="'a,b,c' can be read in 2 ways, since names"):
        settle(["a", "b,c", "a,b", "c", "x", "y"], drop=["a,b,c"])


def test_several_targets_are_refused_and_a_name_with_commas_is_one() -> None:
    with pytest.raises(ConfigurationError, match=r"names 'age', 'city', and a model predicts one .* drop$"):
        require_one_target("age,city", KNOWN)
    for target in ("rent, cold", "age", "age,unknown", ","):
        require_one_target(target, KNOWN)
