"""A view of texts that needs no network: a linear layer over weights of runs of words and characters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix, hstack

from shoal.mixtures.sparse_linear import ChosenLinear, SparseLinear
from shoal.mixtures.views import Fitted, Schooling, View, at_temperature, temperature_of
from shoal.shapes import Array, BoolArray
from shoal.texts.tf_idf import MOST_TERMS, TfIdf
from shoal.texts.tokens import CHARACTERS, WORDS

RUNS = ((WORDS, 2), (CHARACTERS, 5))
"""What is counted, and how long its runs are at most."""
NUMBERS = 2**25
"""Of a layer at most, all classes together."""


@dataclass(frozen=True)
class LinearText(View[Sequence[str]]):
    """``SparseLinear`` over the ``TfIdf`` of some units, side by side, each as ``runs`` says.

    Source: Joachims 1998, "Text categorization with support vector machines"; Wang & Manning 2012,
    "Baselines and bigrams".
    """

    runs: tuple[tuple[str, int], ...] = RUNS

    @property
    def words(self) -> str:
        return f"linear over {' and '.join(f'1–{longest} {unit}' for unit, longest in self.runs)}"

    def fit(self, schooling: Schooling[Sequence[str]]) -> FittedLinearText:
        targets = schooling.targets
        most = min(MOST_TERMS, max(NUMBERS // (targets.outputs * len(self.runs)), 1))
        parts = tuple(TfIdf.fit(schooling.series, unit, longest, most) for unit, longest in self.runs)
        chosen = ChosenLinear.fit(_weights(parts, schooling.series), targets, schooling.folds)
        temperature = temperature_of(chosen.held_out, targets)
        return FittedLinearText(
            parts, chosen.layer, temperature, at_temperature(chosen.held_out, temperature)
        )


@dataclass(frozen=True, eq=False)
class FittedLinearText(Fitted[Sequence[str]]):
    """The terms that are known, and the layer over their weights."""

    parts: tuple[TfIdf, ...]
    layer: SparseLinear
    temperature: float
    held_out: Array

    def known(self, texts: Sequence[str]) -> BoolArray:
        """Return whether there is a term in each text (N,) that training has, besides the ends of words."""
        written = np.array([bool(term.strip()) for part in self.parts for term in part.terms])
        return np.asarray(_weights(self.parts, texts) @ written > 0)

    def predict(self, series: Sequence[str], n_jobs: int | None = None) -> Array:
        return at_temperature(self.layer.predict(_weights(self.parts, series)), self.temperature)


def _weights(parts: Sequence[TfIdf], texts: Sequence[str]) -> csr_matrix:
    """Return the weights (N, F) of texts, part beside part."""
    return csr_matrix(hstack([part.transform(texts) for part in parts], format="csr"))
