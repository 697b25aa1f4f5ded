"""A view that looks at nothing: the share of each class, or the mean of numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Self

import numpy as np

from shoal.mixtures.views import Fitted, Kept, Samples, Schooling, View
from shoal.shapes import Array

LEAST = 1e-9
"""Of the weights that are left, what is as good as none."""


@dataclass(frozen=True)
class ConstantView(View[Samples]):
    """The mean of numbers, or of N labels the shares by the rule of succession, (n_k + 1) / (N + K).

    A sample left out is predicted by the others, of a group by other groups, and ahead in time by what was
    before. Samples count for their weights.

    Source: Laplace 1814; Jaynes 2003, "Probability theory", 6.9.
    """

    @property
    def words(self) -> str:
        return "a constant"

    def fit(self, schooling: Schooling[Samples]) -> FittedConstant[Samples]:
        targets = schooling.targets
        values = (targets.signs() + 1) / 2 if targets.n_classes else targets.signs()
        N, K = values.shape
        more, rows = (1.0, K) if targets.n_classes else (0.0, 0)
        s = targets.counted
        sums, counts = values * s[:, None], float(s.sum())
        total, without = sums.sum(axis=0) + more, np.full_like(values, np.nan)
        for train, held in schooling.later or ():
            without[held] = (sums[train].sum(axis=0) + more) / (s[train].sum() + rows)
        for held in () if schooling.ahead else schooling.together or np.arange(N)[:, None]:
            rest = counts - float(s[held].sum()) + rows
            without[held] = (total - sums[held].sum(axis=0)) / (rest if rest > LEAST else 1)
        return FittedConstant(total / (counts + rows), without)


@dataclass(frozen=True, eq=False)
class FittedConstant(Fitted[Samples]):
    """What is predicted for every sample, ``values`` (K,)."""

    kind: ClassVar[str] = "constant"
    values: Array
    held_out: Array

    def predict(self, series: Samples, n_jobs: int | None = None) -> Array:
        return np.tile(self.values, (len(series), 1))

    def kept(self) -> Kept:
        return {}, {"values": self.values}

    @classmethod
    def of(cls, config: Mapping[str, Any], arrays: Mapping[str, Array]) -> Self:
        """Return the view that ``kept`` described; raise ``ValueError`` or the like for what is none."""
        values = arrays["values"]
        if values.ndim != 1 or not np.isfinite(values).all():
            raise ValueError("its constant is none")
        return cls(values, np.zeros((0, len(values))))
