"""A view of texts that needs no network: a linear layer over weights of runs of words and characters."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
from scipy.sparse import csr_matrix, hstack

from shoal.errors import ShoalWarning
from shoal.mixtures.closed_form import BUFFERS
from shoal.mixtures.linear_effort import Effort
from shoal.mixtures.sample_space import MOST_SAMPLES, SampleSpace
from shoal.mixtures.sparse_linear import ChosenLinear, SparseLinear, judging
from shoal.mixtures.views import Fitted, Kept, Schooling, View, at_temperature, held_temperature
from shoal.shapes import Array, BoolArray
from shoal.texts.tf_idf import MOST_TERMS, TfIdf
from shoal.texts.tokens import CHARACTERS, WORDS

RUNS = ((WORDS, 2), (CHARACTERS, 5))
"""What is counted, and how long its runs are at most."""
NUMBERS = 2**25
"""Of a layer at most, all classes together."""
LEAST_TERMS, FEWER = 100, 0.8
"""Terms that are worth a layer, and of so many the next that are tried."""
LAYERS = 33
"""Times a layer that L-BFGS takes."""


@dataclass(frozen=True)
class LinearText(View[Sequence[str]]):
    """``SparseLinear`` over the ``TfIdf`` of some units, side by side, each as ``runs`` says.

    Source: Joachims 1998, "Text categorization with support vector machines"; Wang & Manning 2012,
    "Baselines and bigrams".
    """

    runs: tuple[tuple[str, int], ...] = RUNS
    operations: float = math.inf
    """What choosing the layer may take; what is given up for it is told in a warning."""
    terms: int | None = None
    """Of each unit at most, the commonest; None for as many as ``NUMBERS`` has room for."""

    @property
    def words(self) -> str:
        return f"linear over {' and '.join(f'1–{longest} {unit}' for unit, longest in self.runs)}"

    def bytes(self, schooling: Schooling[Sequence[str]]) -> int:
        found = sum(longest for _, longest in self.runs) * sum(map(len, schooling.series))
        F = self._most(schooling) * len(self.runs)
        few = len(schooling.series) <= min(MOST_SAMPLES, F)
        return max(_bytes(schooling, F, found, inside) for inside in {False, few})

    def within(self, memory: float, schooling: Schooling[Sequence[str]]) -> LinearText | None:
        """Return the view with as many terms as so many bytes have room for; None where there is none.

        The texts are counted where more terms than they may have would be too many.
        """
        if self.bytes(schooling) <= memory:
            return self
        parts = self._counted(schooling)
        X, known = _weights(parts, schooling.series), [len(part.terms) for part in parts]
        inside = SampleSpace.pays(X, schooling.targets.outputs)
        if _bytes(schooling, X.shape[1], X.nnz, inside) <= memory:
            return self
        most = max(known)
        while (most := int(FEWER * most)) >= LEAST_TERMS:
            F = sum(min(count, most) for count in known)
            ways = {False, inside and X.shape[0] <= F}
            if max(_bytes(schooling, F, X.nnz, way) for way in ways) <= memory:
                return replace(self, terms=most)
        return None

    def _most(self, schooling: Schooling[Sequence[str]]) -> int:
        most = min(MOST_TERMS, max(NUMBERS // (schooling.targets.outputs * len(self.runs)), 1))
        return most if self.terms is None else min(self.terms, most)

    def _counted(self, schooling: Schooling[Sequence[str]]) -> tuple[TfIdf, ...]:
        most = self._most(schooling)
        return tuple(TfIdf.fit(schooling.series, unit, longest, most) for unit, longest in self.runs)

    def fit(self, schooling: Schooling[Sequence[str]]) -> FittedLinearText:
        targets = schooling.targets
        parts = self._counted(schooling)
        X = _weights(parts, schooling.series)
        chosen = ChosenLinear.fit(X, targets, schooling.folds, self._effort(X, schooling))
        temperature = held_temperature(chosen.held_out, schooling)
        return FittedLinearText(
            parts, chosen.layer, temperature, at_temperature(chosen.held_out, temperature)
        )

    def _effort(self, X: csr_matrix, schooling: Schooling[Sequence[str]]) -> Effort:
        if self.operations == math.inf:
            return Effort()
        folds, N = schooling.folds, X.shape[0]
        gradients = self.operations / max(SampleSpace.cost(X, schooling.targets.outputs), 1.0)
        effort = Effort.of(gradients, len(folds), judging(folds, N))
        if effort.reduced is not None:
            warnings.warn(
                f"the linear view of texts {effort.reduced}, for the {self.operations:.2g} operations that "
                "it may take; give more for a better one",
                ShoalWarning,
                stacklevel=3,
            )
        return effort


@dataclass(frozen=True, eq=False)
class FittedLinearText(Fitted[Sequence[str]]):
    """The terms that are known, and the layer over their weights."""

    kind: ClassVar[str] = "linear_text"
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

    def kept(self) -> Kept:
        """Return all that predicting takes; the layer in single precision, for it is large."""
        config = {
            "terms": [part.to_config() for part in self.parts],
            "classes": self.layer.classes,
            "temperature": self.temperature,
        }
        return config, {"W": self.layer.W.astype(np.float32), "b": self.layer.b.astype(np.float32)}

    @classmethod
    def of(cls, config: Mapping[str, Any], arrays: Mapping[str, Array]) -> Self:
        """Return the view that ``kept`` described; raise ``ValueError`` or the like for what is none."""
        parts = tuple(TfIdf.from_config(part) for part in config["terms"])
        W, b = (arrays[name].astype(np.float64) for name in ("W", "b"))
        terms = sum(len(part.terms) for part in parts)
        if b.ndim != 1 or W.shape != (terms, len(b)) or type(config["classes"]) is not bool:
            raise ValueError("its linear layer is none")
        if not (np.isfinite(W).all() and np.isfinite(b).all()):
            raise ValueError("its linear layer is not finite")
        layer = SparseLinear(W, b, config["classes"])
        return cls(parts, layer, config["temperature"], np.zeros((0, len(b))))


def _bytes(schooling: Schooling[Sequence[str]], F: int, found: int, inside: bool) -> int:
    """Return about the most bytes that a layer over F terms takes, ``found`` so many times in the texts.

    A weight is a number and a place, of all texts and of those of a fold, and once more as columns. L-BFGS
    keeps twenty of its steps and gradients; each fold has its layer, and the one before. ``inside`` the space
    of the samples, layers are of no more directions than there are samples.
    """
    N, K = len(schooling.series), schooling.targets.outputs
    layers = (LAYERS + 2 * len(schooling.folds)) * 8 * K
    return BUFFERS + 60 * found + (SampleSpace.bytes(N) + layers * N + 16 * F * K if inside else layers * F)


def _weights(parts: Sequence[TfIdf], texts: Sequence[str]) -> csr_matrix:
    """Return the weights (N, F) of texts, part beside part."""
    return csr_matrix(hstack([part.transform(texts) for part in parts], format="csr"))
