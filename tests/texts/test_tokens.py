from __future__ import annotations

import unicodedata

import pytest

from shoal.texts.tokens import characters, grams, tokens, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", []),
        (" \n\t ", []),
        ("What's the ABC-murders' price?", ["what's", "the", "abc", "-", "murders", "'", "price", "?"]),
        ("It is 3.5, or 1,000.", ["it", "is", "3.5", ",", "or", "1,000", "."]),
        ("snake_case x2", ["snake", "_", "case", "x2"]),
        ("\U0001f600\U0001f600", ["\U0001f600", "\U0001f600"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("Ça va, garçon", ["ça", "va", ",", "garçon"]),
        ("私はA4を", ["私", "は", "a4", "を"]),
        ("ที่นี่", ["ที่", "นี่"]),
    ],
)
def test_texts_of_any_script_are_cut_into_words(text: str, found: list[str]) -> None:
    assert words(text) == found


@pytest.mark.parametrize("cut", [words, characters])
def test_what_reads_the_same_is_the_same(cut: object) -> None:
    assert callable(cut)
    for form in ("NFC", "NFD", "NFKC", "NFKD"):
        assert cut(unicodedata.normalize(form, "Åsa d’été ﬁn")) == cut("Åsa d'été fin")


def test_a_word_is_the_same_whatever_marks_others_have() -> None:
    assert words("naïve a^b ] \\ e\u0323\u0301") == [*words("naïve a^b ] \\"), *words("e\u0323\u0301")]


def test_characters_keep_their_case_and_blanks_are_one() -> None:
    assert characters("  Van \t der\nMeer ") == list("Van der Meer")
    assert tokens("Ab", "characters") == ["A", "b"]
    assert tokens("Ab", "words") == ["ab"]


def test_runs_of_characters_stay_inside_words() -> None:
    found = list(grams("ab c", "characters", 2))
    assert found == [" ", "a", "b", " ", " a", "ab", "b ", " ", "c", " ", " c", "c "]


def test_runs_are_no_longer_than_the_text() -> None:
    assert list(grams("one two", "words", 3)) == ["one", "two", "one two"]
    assert list(grams("", "words", 2)) == list(grams("", "characters", 2)) == []
