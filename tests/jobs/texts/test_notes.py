from __future__ import annotations

import warnings
from types import SimpleNamespace
from typing import Any, cast

from shoal.jobs.texts.notes import tell_of
from shoal.jobs.texts.reading import TextRows

BLIND = cast("Any", SimpleNamespace(views=(), unit="words"))


def said(train: TextRows, test: TextRows, validation: TextRows | None = None) -> list[str]:
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        tell_of(BLIND, "review", train, validation, test)
    return [str(one.message) for one in told]


def test_there_is_nothing_to_say_of_texts_of_their_own() -> None:
    assert said(TextRows(("a b", "c"), None), TextRows(("d",), None)) == []


def test_columns_that_are_not_looked_at_and_empty_texts_are_told() -> None:
    first, second = said(TextRows(("a", " "), None, others=("age",)), TextRows(("", "b"), None))
    assert first == "beside 'review' no column is looked at: not 'age'"
    assert second == "2 of 4 texts in 'review' are empty"


def test_twins_of_rows_to_train_on_or_to_choose_by_are_told_but_empty_ones_are_none() -> None:
    parts = TextRows(("same", ""), None), TextRows(("same", "", "held", "own"), None)
    *_, last = said(*parts, validation=TextRows(("held",), None))
    assert last.startswith("2 of 4 test texts, such as 'same', are among those to train on or choose by")
