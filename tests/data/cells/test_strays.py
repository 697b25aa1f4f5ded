"""Strange texts among numbers: how few they must be, and that the numbers must be more than codes."""

from __future__ import annotations

import polars as pl

from shoal.data.cells.strays import stray_note, stray_tokens, without


def read(texts: list[str]) -> tuple[pl.Series, pl.Series]:
    given = pl.Series(texts)
    return given, given.cast(pl.Float64, strict=False)


def numbers(count: int) -> list[str]:
    return [str(i) for i in range(count)]


def test_one_in_twenty_is_few_and_more_are_not() -> None:
    assert stray_tokens(*read([*numbers(19), "late"])) == ("late",)
    assert stray_tokens(*read([*numbers(18), "late"])) is None
    assert stray_tokens(*read(numbers(3))) == ()


def test_five_different_texts_are_few_in_order_and_six_are_not() -> None:
    assert stray_tokens(*read([*numbers(200), *"edcba", "a"])) == ("a", "b", "c", "d", "e")
    assert stray_tokens(*read([*numbers(200), *"fedcba"])) is None


def test_among_ten_codes_a_text_is_one_more_and_among_eleven_numbers_a_stray() -> None:
    assert stray_tokens(*read([*numbers(10) * 5, "x"])) is None
    assert stray_tokens(*read([*numbers(11) * 5, "x"])) == ("x",)


def test_they_are_taken_out_and_told() -> None:
    assert without(pl.Series(["1", "late", "2"]), ("late",)).to_list() == ["1", "2"]
    assert stray_note(("late", "x")) == "read as missing: 'late', 'x'"
    assert stray_note(()) == ""
