"""Words as whole numbers in a row, one that is rare or new as the number of its ending."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

from shoal.texts.vocabulary import LEAST_COUNT, MOST_TOKENS, UNKNOWN

LONGEST_ENDING = 3
DIGITS = "0"
"""What stands for every digit, so that numbers are few words."""
_MARK = "…"


@dataclass(frozen=True)
class Spellings:
    """The ``words`` whose codes are 1, 2, …, endings such as "…ing" among them; 0 is the code of all others.

    A word that training holds once only, and one that it does not hold, has the code of its longest known
    ending, of three letters at most: what it does in a sentence often stands there.

    Source: Brants 2000, "TnT, a statistical part-of-speech tagger", 2.3, for words by their endings.

    >>> spellings = Spellings.fit([["we", "were", "walking"], ["we", "were", "talking"], ["flying"]])
    >>> spellings.words
    ('we', 'were', '…g', '…ing', '…ng')
    >>> spellings.codes(["we", "sing", "Zoë"])
    [1, 4, 0]
    """

    words: tuple[str, ...]

    @classmethod
    def fit(cls, sentences: Iterable[Sequence[str]], most: int = MOST_TOKENS) -> Spellings:
        """Learn the ``most`` common words of sentences, and the endings of those that are rare."""
        counts = Counter(_plain(word) for sentence in sentences for word in sentence)
        common = [word for word, count in counts.items() if count >= LEAST_COUNT]
        endings = Counter(end for word, n in counts.items() if n < LEAST_COUNT for end in _endings(word))
        known = sorted((-counts[word], word) for word in common)
        ends = sorted((-count, end) for end, count in endings.items() if count >= LEAST_COUNT)
        return cls(tuple(word for _, word in (known[:most] + ends[:most])))

    @property
    def size(self) -> int:
        """The number of codes, with that of the unknown."""
        return len(self.words) + 1

    @cached_property
    def _codes(self) -> dict[str, int]:
        return {word: code for code, word in enumerate(self.words, start=1)}

    def codes(self, sentence: Iterable[str]) -> list[int]:
        """Return the codes of a sentence's words."""
        return [self._code(_plain(word)) for word in sentence]

    def _code(self, word: str) -> int:
        known = self._codes
        if word in known:
            return known[word]
        return next((known[end] for end in _endings(word) if end in known), UNKNOWN)


def _plain(word: str) -> str:
    return "".join(DIGITS if letter.isdigit() else letter for letter in word.lower())


def _endings(word: str) -> list[str]:
    """Return the endings of a word, the longest first."""
    return [_MARK + word[-length:] for length in range(min(LONGEST_ENDING, len(word)), 0, -1)]
