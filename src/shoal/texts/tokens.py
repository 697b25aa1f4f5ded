"""What a text is cut into: words or characters, and runs of them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

WORDS, CHARACTERS = UNITS = ("words", "characters")
"""What texts may be cut into."""

# Scripts without spaces between words: every character stands for itself, and runs of them make the words.
_ALONE = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_ALONE += "\U00020000-\U0003ffff"


def normalised(text: str) -> str:
    """Return a text in Unicode's form NFKC with plain apostrophes, so that what reads the same is the same.

    >>> normalised("ﬁve o’clock") == "five o'clock"
    True
    """
    return unicodedata.normalize("NFKC", text).replace("\u2019", "'").replace("\u02bc", "'")


def words(text: str) -> list[str]:
    """Return the words of a text in small letters; numbers and signs count as words.

    Apostrophes inside a word, and points and commas inside a number, belong to it. Marks that stand above or
    below letters belong to those. Scripts without spaces between words are cut into characters.

    >>> words("Don't pay $3,500.50 — it’s «free»!")
    ["don't", 'pay', '$', '3,500.50', '—', "it's", '«', 'free', '»', '!']
    >>> words("東京 is 大きい")
    ['東', '京', 'is', '大', 'き', 'い']
    """
    plain = normalised(text).lower()
    return _pattern("" if plain.isascii() else _marks(plain)).findall(plain)


def characters(text: str) -> list[str]:
    """Return the characters of a text, blanks between its words as one, as they are written.

    >>> characters(" O'Neil  ")
    ['O', "'", 'N', 'e', 'i', 'l']
    """
    return list(" ".join(normalised(text).split()))


def tokens(text: str, unit: str) -> list[str]:
    """Return what a text is cut into by this unit, one of ``UNITS``."""
    return words(text) if unit == WORDS else characters(text)


def grams(text: str, unit: str, longest: int) -> Iterator[str]:
    """Yield the runs of 1 to ``longest`` words, or characters, of a text.

    Words are joined by blanks. Runs of characters stay inside what stands between blanks, whose ends they
    tell by one blank.

    >>> list(grams("To be", "words", 2))
    ['to', 'be', 'to be']
    >>> list(grams("be", "characters", 3))
    [' ', 'b', 'e', ' ', ' b', 'be', 'e ', ' be', 'be ']
    """
    if unit == WORDS:
        found = words(text)
        for n in range(1, longest + 1):
            yield from (" ".join(found[i : i + n]) for i in range(len(found) - n + 1))
        return
    for word in normalised(text).split():
        padded = f" {word} "
        for n in range(1, longest + 1):
            yield from (padded[i : i + n] for i in range(len(padded) - n + 1))


def _marks(text: str) -> str:
    """Return the characters of a text that are marks above or below others."""
    return "".join(sorted(each for each in set(text) if unicodedata.category(each).startswith("M")))


def _pattern(marks: str) -> re.Pattern[str]:
    """Return the pattern of words where these ``marks`` are parts of letters."""
    marked = re.escape(marks)
    letter = rf"(?:[^\W_{_ALONE}][{marked}]*)" if marks else rf"[^\W_{_ALONE}]"
    alone = rf"[{_ALONE}][{marked}]*" if marks else rf"[{_ALONE}]"
    number = r"(?<=\d)[.,](?=\d)"
    return re.compile(rf"{letter}+(?:(?:'|{number}){letter}+)*|{alone}|[^\w\s]|_")
