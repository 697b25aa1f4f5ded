"""Texts as whole numbers in a row: one for each word or character."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np

from shoal.sequences import Sequences
from shoal.texts.tokens import UNITS, tokens

UNKNOWN = 0
"""The code of whatever is not known."""
MOST_TOKENS, MOST_STEPS = 10_000, 1000
LEAST_COUNT = 2
"""Of a token in training, below which it is unknown: so there is something to learn the unknown by."""
COMMON, ROOM = 0.95, 2
"""Texts are cut at ``ROOM`` times the length that this share of those trained on does not exceed."""


@dataclass(frozen=True)
class Vocabulary:
    """The ``tokens`` whose codes are 1, 2, …, the commonest first; 0 is the code of all others.

    Only the first ``steps`` tokens of a text are read. A text without any reads as one unknown token.

    >>> vocabulary = Vocabulary.fit(["to be or not to be"] * 2, "words")
    >>> vocabulary.encode(["To do, or not?", ""]).X[:, 0].tolist()
    [[2.0, 0.0, 0.0, 4.0, 3.0, 0.0], [0.0, 0.0, 0.0, 0.0, 0.0, 0.0]]
    """

    unit: str
    tokens: tuple[str, ...]
    steps: int

    @classmethod
    def fit(cls, texts: Sequence[str], unit: str, most: int = MOST_TOKENS) -> Self:
        """Learn the ``most`` common tokens of ``texts``, those trained on, and how far texts are read.

        That is twice the length that 95 of 100 of them do not exceed, ``MOST_STEPS`` at most.
        """
        cut = [tokens(text, unit) for text in texts]
        counts = Counter(token for text in cut for token in text)
        known = sorted((-count, token) for token, count in counts.items() if count >= LEAST_COUNT)
        lengths = np.array([len(text) for text in cut] or [1])
        room = ROOM * int(np.quantile(lengths, COMMON, method="inverted_cdf"))
        steps = max(min(room, int(lengths.max()), MOST_STEPS), 1)
        return cls(unit, tuple(token for _, token in known[:most]), steps)

    @property
    def size(self) -> int:
        """The number of codes, with that of the unknown."""
        return len(self.tokens) + 1

    @cached_property
    def _codes(self) -> dict[str, int]:
        return {token: code for code, token in enumerate(self.tokens, start=1)}

    def codes(self, text: str) -> list[int]:
        """Return the codes of a text's tokens, as far as it is read."""
        known = self._codes
        return [known.get(token, UNKNOWN) for token in tokens(text, self.unit)[: self.steps]]

    def encode(self, texts: Iterable[str]) -> Sequences:
        """Return texts as sequences (N, 1, T) of codes, T being the steps of the longest as read."""
        found = [self.codes(text) or [UNKNOWN] for text in texts]
        lengths = [len(codes) for codes in found]
        X = np.zeros((len(found), 1, max(lengths, default=1)), dtype=np.float32)
        for row, codes in zip(X, found, strict=True):
            row[0, : len(codes)] = codes
        return Sequences(X, lengths)

    def to_config(self) -> dict[str, Any]:
        """Return everything as plain JSON."""
        return {"unit": self.unit, "tokens": list(self.tokens), "steps": self.steps}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Return the vocabulary that ``to_config`` described; ``ValueError`` if it was altered."""
        restored = cls(config["unit"], tuple(config["tokens"]), config["steps"])
        sound = (
            restored.to_config() == config
            and restored.unit in UNITS
            and all(isinstance(token, str) for token in restored.tokens)
            and len(set(restored.tokens)) == len(restored.tokens)
            and type(restored.steps) is int
            and 1 <= restored.steps <= MOST_STEPS
        )
        if not sound:
            raise ValueError("the vocabulary is none")
        return restored
