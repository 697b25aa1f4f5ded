"""Texts as sparse numbers: how often each run of words or characters occurs, common ones for less."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import numpy as np
from scipy.sparse import csr_matrix

from shoal.shapes import Array, IntArray
from shoal.texts.tokens import UNITS, grams

MOST_TERMS = 2**18
LEAST_TEXTS = 2
"""That a term must occur in: one that occurs in one text alone says nothing of others."""
LONGEST = 16
"""Words or characters of a term at most."""


@dataclass(frozen=True, eq=False)
class TfIdf:
    """The weight of each term in a text, that of term t with count c in a text::

        x_t = (1 + ln c) · (1 + ln((1 + N)/(1 + N_t)))          x / ‖x‖ is what a text becomes

    ``terms`` (F,) are runs of up to ``longest`` words or characters, and ``counts`` (F,) = N_t of the N
    ``texts`` trained on have them. A text without a known term is all 0.

    Source: Salton & Buckley 1988, "Term-weighting approaches in automatic text retrieval".

    >>> counted = TfIdf.fit(["to be", "not to be", "not I"], "words", 1)
    >>> counted.terms, counted.transform(["be or not be"]).toarray().round(2)
    (('be', 'not', 'to'), array([[0.86, 0.51, 0.  ]]))
    """

    unit: str
    longest: int
    texts: int
    terms: tuple[str, ...]
    counts: IntArray

    @classmethod
    def fit(cls, texts: Sequence[str], unit: str, longest: int, most: int = MOST_TERMS) -> Self:
        """Learn the terms of ``texts``, those trained on: the ``most`` common ones, sorted."""
        found: Counter[str] = Counter()
        for text in texts:
            found.update(set(grams(text, unit, longest)))
        kept = sorted((-count, term) for term, count in found.items() if count >= LEAST_TEXTS)[:most]
        known = sorted((term, -count) for count, term in kept)
        counts = np.array([count for _, count in known], dtype=np.intp)
        return cls(unit, longest, len(texts), tuple(term for term, _ in known), counts)

    @cached_property
    def _places(self) -> dict[str, int]:
        return {term: place for place, term in enumerate(self.terms)}

    @cached_property
    def _rarity(self) -> Array:
        rarity: Array = 1 + np.log((1 + self.texts) / (1 + self.counts))
        return rarity

    def transform(self, texts: Iterable[str]) -> csr_matrix:
        """Return the weights (N, F) of texts, one not depending on the others."""
        values, columns, ends = [], [], [0]
        for text in texts:
            counted = Counter(
                place
                for term in grams(text, self.unit, self.longest)
                if (place := self._places.get(term)) is not None
            )
            own = sorted(counted)
            row = (1 + np.log([counted[place] for place in own])) * self._rarity[own] if own else np.zeros(0)
            values.append(row / np.sqrt(np.square(row).sum()) if own else row)
            columns += own
            ends.append(len(columns))
        data = np.concatenate(values) if values else np.zeros(0)
        return csr_matrix((data, columns, ends), shape=(len(ends) - 1, len(self.terms)))

    def to_config(self) -> dict[str, Any]:
        """Return everything as plain JSON."""
        return {
            "unit": self.unit,
            "longest": self.longest,
            "texts": self.texts,
            "terms": list(self.terms),
            "counts": self.counts.tolist(),
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Return what ``to_config`` described; ``ValueError`` if it was altered."""
        counts = np.array(config["counts"], dtype=np.intp)
        restored = cls(config["unit"], config["longest"], config["texts"], tuple(config["terms"]), counts)
        sound = (
            restored.to_config() == config
            and restored.unit in UNITS
            and type(restored.longest) is int
            and 1 <= restored.longest <= LONGEST
            and type(restored.texts) is int
            and all(isinstance(term, str) for term in restored.terms)
            and len(set(restored.terms)) == len(restored.terms) == len(counts)
            and bool(((counts >= 1) & (counts <= restored.texts)).all())
        )
        if not sound:
            raise ValueError("the terms are none")
        return restored
