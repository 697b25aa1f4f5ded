from __future__ import annotations

import warnings
from typing import Any

import pytest

from shoal.data.frames import as_frame, as_series
from shoal.data.targets.labels import classes_of
from shoal.data.targets.rare import RareClasses, counted, name_beside, rare_of
from shoal.data.targets.task import TargetEncoder
from shoal.errors import DataError, ShoalWarning


def settled(target: list[Any], how: str | None, least: int = 2) -> RareClasses:
    return RareClasses.settle(as_series(target, "y"), how, least)


def applied(rare: RareClasses, target: list[Any]) -> list[Any]:
    return rare.apply(as_series(target, "y")).to_list()


TARGET = ["a", "a", "b", "c", "b", "d"]


def test_rare_classes_are_merged_into_one_of_another_name() -> None:
    said = r"fewer than 2 rows are merged into the class 'other' of 2 rows: 'c' 1, 'd' 1$"
    with pytest.warns(ShoalWarning, match=said):
        rare = settled(TARGET, "merge")
    assert applied(rare, TARGET) == ["a", "a", "b", "other", "b", "other"]
    assert applied(rare, ["d", "a", "new"]) == ["other", "a", "new"]
    with pytest.warns(ShoalWarning, match="'other 2'"):
        taken = settled([*TARGET, "Other", "e"], "merge")
    assert applied(taken, ["Other", "e", "a"]) == ["other 2", "other 2", "a"]


def test_rows_of_rare_classes_are_dropped() -> None:
    with pytest.warns(ShoalWarning, match=r"are left out, 2 of 6 rows: 'c' 1, 'd' 1$"):
        rare = settled(TARGET, "drop")
    assert applied(rare, TARGET) == ["a", "a", "b", None, "b", None]
    frame = rare.of_frame(as_frame({"y": TARGET, "x": range(6)}), "y")
    assert frame.to_dict(as_series=False) == {"y": ["a", "a", "b", "b"], "x": [0, 1, 2, 4]}


def test_texts_stay_texts_when_what_made_them_so_is_dropped() -> None:
    target = ["3.1", "3.10", "3.1", "3.10", "dev"]
    with pytest.warns(ShoalWarning, match="'dev' 1"):
        rare = settled(target, "drop")
    kept = rare.apply(as_series(target)).drop_nulls()
    assert classes_of(kept).labels == ("3.1", "3.10")


def test_numbers_are_the_same_class_in_other_tables() -> None:
    with pytest.warns(ShoalWarning, match="'7' 1, '9' 1"):
        rare = settled([1, 1, 2, 2, 7, 9], "merge")
    for target in ([2, 7, 1], ["2.0", "7", "1"], [2.0, 7.0, 1.0]):
        assert applied(rare, target) == ["2", "other", "1"]


@pytest.mark.parametrize("how", [None, "merge", "drop"])
def test_nothing_becomes_of_classes_that_are_not_rare(how: str | None) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert applied(settled([1, 1, 2, 2], how), [1, 2, 3]) == [1, 2, 3]
        assert applied(settled(["a", "b"], how, least=1), ["a", "c"]) == ["a", "c"]
        assert settled(TARGET, None).labels == ()


def test_rare_classes_that_are_too_few_together_cannot_be_merged(refuses: Any) -> None:
    with refuses(DataError, "have 1 row together ('c' 1)", "rare='drop'"):
        settled(["a", "a", "b", "b", "c"], "merge")


def test_where_all_classes_are_rare_dropping_them_leaves_nothing(refuses: Any) -> None:
    with refuses(DataError, "all classes of the target 'y' have fewer than 2 rows ('a' 1, 'b' 1)", "no row"):
        RareClasses.settle(as_series(["a", "b"], "y"), "drop", 2)


def test_all_rare_classes_are_told_but_not_at_any_length() -> None:
    rare = rare_of(classes_of(as_series([*map(str, range(30)), "a", "a"])), 2)
    assert len(rare) == 30
    assert counted(rare).startswith("'0' 1, '1' 1, '2' 1")
    assert counted(rare).endswith("'19' 1 and 10 more")


def test_a_name_is_taken_in_any_case() -> None:
    assert name_beside(["OTHER", "Other 2", "a"]) == "other 3"


SENTENCES = [f"the wine number {row} was rather good" for row in range(30)]
NAMES = [f"SK-{row}" for row in range(30)]


@pytest.mark.parametrize("how", ["merge", "drop"])
@pytest.mark.parametrize(
    ("target", "fragments"),
    [
        (SENTENCES, ["free text, 7 words", "30 different in 30 rows", "text='y' predicts from it"]),
        (NAMES, ["hardly ever occur twice", "'SK-0'", "drop='y' leaves it out"]),
    ],
)
def test_texts_are_no_rare_classes(target: list[Any], fragments: list[str], how: str, refuses: Any) -> None:
    with refuses(DataError, "another column as the target", *fragments):
        settled(target, how)
    with refuses(DataError, "another column as the target", *fragments):
        TargetEncoder.fit(as_series(target, "y"), "classification")


def test_rare_classes_beside_common_ones_and_numbers_are_no_texts(refuses: Any) -> None:
    with pytest.warns(ShoalWarning, match="merged into the class 'other' of 30 rows"):
        settled([*NAMES, *["a"] * 10], "merge")
    for target in (list(range(30)), NAMES[:19], [*NAMES, *["a"] * 10]):
        with refuses(DataError, "rare='merge'"):
            TargetEncoder.fit(as_series(target, "y"), "classification")
