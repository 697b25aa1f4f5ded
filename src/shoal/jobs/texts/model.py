"""A model of texts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from shoal.jobs.model import Model
from shoal.jobs.texts.features import KIND, TextFeatures
from shoal.shapes import Array

VIEWS = "views"
"""Where the arrays of views are in a saved model."""


@dataclass(frozen=True)
class TextModel(Model):
    """A model of the texts of a table's column, each of which has one class, or one number."""

    kind: ClassVar[str] = KIND
    preprocessor: TextFeatures  # type: ignore[assignment]

    def kept(self) -> tuple[dict[str, Any], dict[str, Array]]:
        return {}, {f"{VIEWS}.{name}": array for name, array in self.preprocessor.arrays().items()}

    def predict_texts(self, texts: Sequence[str], n_jobs: int | None = None) -> Array:
        """Return class probabilities (N, K), or scaled values (N,)."""
        return self.predict_features(self.preprocessor.transform(texts, n_jobs=n_jobs))

    def predict(self, texts: Sequence[str], interval: float | None = None) -> dict[str, Array]:
        """Return the columns of predictions for texts: the target, and for classes every probability.

        ``interval=0.9`` adds the ends of intervals that hold nine of ten values, to numbers.
        """
        return self.labelled(self.predict_texts(texts), interval)
