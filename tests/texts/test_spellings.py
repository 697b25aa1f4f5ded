from __future__ import annotations

from shoal.texts.spellings import Spellings


def test_common_words_come_first_and_rare_ones_are_endings() -> None:
    spellings = Spellings.fit([["the", "the", "the", "a", "a", "walking", "talking", "odd"]])
    assert spellings.words == ("the", "a", "…g", "…ing", "…ng")
    assert spellings.size == 6
    assert spellings.codes(["The", "singing", "hag", "odd", "xyz"]) == [1, 4, 3, 0, 0]


def test_digits_are_one_digit() -> None:
    spellings = Spellings.fit([["1999", "2001", "7"]])
    assert spellings.codes(["1234", "5"]) == [1, 0]


def test_the_most_common_are_kept() -> None:
    sentence = [word for count, word in enumerate(["rare", "some", "many"], start=2) for _ in range(count)]
    assert Spellings.fit([sentence], most=2).words == ("many", "some")


def test_a_short_word_has_no_longer_ending_than_itself() -> None:
    spellings = Spellings.fit([["x"], ["ax"], ["bax"]])
    assert spellings.words == ("…x", "…ax")
    assert spellings.codes(["x", "ix", "zax", "bax"]) == [1, 1, 2, 2]
