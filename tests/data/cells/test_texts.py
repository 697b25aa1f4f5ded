"""What a column of texts is said to look like."""

from __future__ import annotations

import polars as pl
import pytest

from shoal.data.cells.texts import free_text_note, mixture_note, unread_note
from shoal.data.columns import describe_column


def test_sentences_are_told_by_their_words_with_or_without_spaces() -> None:
    assert free_text_note(pl.Series(["one two three four five", "a b c d e"])) == (
        "free text, 5 words on average: text of shoal fit, and TextClassifier, predict from such a column"
    )
    assert free_text_note(pl.Series(["one two three four", "a b c d e"])) == ""
    assert free_text_note(pl.Series(["今日は天気がいいですね"])).startswith("free text")
    assert free_text_note(pl.Series([], dtype=pl.String)) == ""


@pytest.mark.parametrize(
    ("texts", "note"),
    [
        (["€4", "$3.50"], "amounts in several currencies, as '€4'; write the numbers alone"),
        (["12,50-", "7-"], "numbers in a writing that is not read, as '12,50-'; write them as -1234.5"),
        (["<0.5", "< 2"], "numbers in a writing that is not read, as '<0.5'; write them as -1234.5"),
        (["0x1F", "0xa"], "numbers in a writing that is not read, as '0x1F'; write them as -1234.5"),
        (
            ["1.5x10^3", "2·10-4"],
            "numbers in a writing that is not read, as '1.5x10^3'; write them as -1234.5",
        ),
        (["09:30", "21:05:10", "9:30 pm"], "times of the day, as '09:30'; write them as hours, such as 13.5"),
        (["(1,200)", "(300)"], "numbers in a writing that is not read, as '(1,200)'; write them as -1234.5"),
        (["1_000", "2_500"], "numbers in a writing that is not read, as '1_000'; write them as -1234.5"),
        (["'5", '="7"'], 'numbers in a writing that is not read, as "\'5"; write them as -1234.5'),
        (["1.5D+03", "2D-1"], "numbers in a writing that is not read, as '1.5D+03'; write them as -1234.5"),
        (["١٤", "３"], "numbers in a writing that is not read, as '١٤'; write them as -1234.5"),
        (["$1.5K", "$2M"], "amounts in a writing that is not read, as '$1.5K'; write the numbers alone"),
        (["Rs. 5", "Rs 7"], "amounts in a writing that is not read, as 'Rs. 5'; write the numbers alone"),
        (["PT1H5M", "P1D"], "times of the day, as 'PT1H5M'; write them as hours, such as 13.5"),
        (["5 kg", "7 kg"], "numbers with a unit behind, as '5 kg'; write the numbers alone"),
        (["5 kg", "much"], ""),
        (["red", "blue"], ""),
        (["Item 42", "Room 12"], ""),
        (["1", "2"], ""),
    ],
)
def test_values_in_a_writing_that_is_not_read(texts: list[str], note: str) -> None:
    assert unread_note(pl.Series(texts)) == note


@pytest.mark.parametrize(
    "text",
    [
        *("Thu Apr 12 00:00:00 2012", "Thu Apr 12 00:00:00 +0000 2012", "12/Apr/2012:00:00:00 +0000"),
        *("12APR2012:12:30:00", "20120412T000000", "2012. 04. 12.", "2012年4月12日", "2012–04–12"),
        *("2012‑04‑12", "1. Mai 2012", "2012-04-12 12:00 EST", "Jan-03-98", "Jan 03 98"),
        "03.01.",
    ],
)
def test_a_date_in_another_writing_is_no_identifier(text: str) -> None:
    told = f"dates in a writing that is not read, as '{text}'; write them as 1999-12-31"
    assert unread_note(pl.Series([text] * 3)) == told
    assert unread_note(pl.Series(["2012-04-12", "2012-04-13", text])) == told


@pytest.mark.parametrize("text", ["1990 Q1", "Q4/1990", "1990-W07", "1990M01", "1990-031", "Jan-90"])
def test_a_part_of_a_year_is_no_identifier(text: str) -> None:
    assert unread_note(pl.Series([text] * 3)) == (
        f"dates in a writing that is not read, as '{text}'; write the first day of each, as 1999-12-31"
    )


def test_most_of_a_mixture_says_what_the_others_are_not() -> None:
    assert mixture_note(pl.Series(["1", "2", "many"])) == (
        "'many' and others are no numbers; correct them or leave them empty"
    )
    assert mixture_note(pl.Series(["2024-01-01", "2024-01-02", "soon"])).startswith(
        "'soon' and others are no dates"
    )
    assert mixture_note(pl.Series(["1", "many"])) == ""
    assert mixture_note(pl.Series(["1", "2"])) == ""


def test_many_levels_that_are_measured_are_told() -> None:
    for level, note in (
        ("{}.5 kg", "numbers with a unit behind, as '"),
        ("10:{}", "times of the day, as '"),
        ("Jan-{}", "dates in a writing that is not read, as 'Jan-"),
        ("$1.{}K", "amounts in a writing that is not read, as '$"),
        ("1.{}.2", ""),
        ("10.0.{}.2", ""),
        ("Line {}", ""),
        ("{}th", ""),
    ):
        for levels, told in ((30, note), (20, "")):
            column = describe_column(pl.Series("x", [level.format(10 + k % levels) for k in range(90)]))
            assert column.kind == "categorical"
            assert column.note.startswith(told), column
            assert bool(column.note) == bool(told)
