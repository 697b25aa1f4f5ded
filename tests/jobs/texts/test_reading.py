from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from shoal.data.roles import Roles
from shoal.data.targets.rare import RareClasses
from shoal.errors import DataError, ShoalWarning
from shoal.jobs.texts.reading import TextRows, read_texts


@pytest.fixture
def table(tmp_path: Path) -> str:
    path = tmp_path / "t.csv"
    path.write_text("words,number,label\ngood day,1,a\n,2.5,b\nbad,3,\n")
    return str(path)


def test_a_column_may_say_whose_each_text_is(tmp_path: Path) -> None:
    path = tmp_path / "g.csv"
    path.write_text("words,who,label\ngood,P,a\nbad,Q,\nfine,7,b\n")
    with pytest.warns(ShoalWarning, match="1 of 3 rows"):
        rows = read_texts(str(path), "words", "label", Roles(group="who", weight="none"))
    assert rows.others == ()
    assert rows.metadata is not None
    assert rows.metadata.to_dict(as_series=False) == {"who": ["P", "7"]}
    one = rows.rows([1]).metadata
    assert one is not None
    assert one["who"].to_list() == ["7"]
    assert read_texts(str(path), "words", "who").metadata is None


def test_what_is_missing_is_an_empty_text_and_without_a_target_a_row_is_left_out(table: str) -> None:
    with pytest.warns(ShoalWarning, match="1 of 3 rows have no value of the target 'label'"):
        rows = read_texts(table, "words", "label")
    assert rows.texts == ("good day", "")
    assert rows.targets is not None
    assert rows.targets.to_list() == ["a", "b"]
    assert rows.others == ("number",)
    alone = read_texts(table, "words")
    assert (len(alone), alone.targets, alone.others) == (3, None, ("number", "label"))


def test_numbers_are_texts_too(table: str) -> None:
    assert read_texts(table, "number").texts[1] == "2.5"


def test_a_column_that_is_not_there_is_told_with_the_nearest(table: str) -> None:
    with pytest.raises(DataError, match=r"has no column of texts 'word'; .*words"):
        read_texts(table, "word")


def test_rows_stand_in_the_order_asked_for() -> None:
    rows = TextRows(("x", "y", "z"), pl.Series([1, 2, 3])).rows([2, 0])
    assert rows.texts == ("z", "x")
    assert rows.targets is not None
    assert rows.targets.to_list() == [3, 1]


def test_without_rare_classes_nothing_changes() -> None:
    rows = TextRows(("x",), pl.Series(["a"]))
    assert rows.without_rare(RareClasses()) is rows
