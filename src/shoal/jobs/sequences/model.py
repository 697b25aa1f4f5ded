"""A model of sequences."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from shoal.data.sequences.reading import KIND as SEQUENCES
from shoal.data.sequences.reading import SequenceReading
from shoal.data.sequences.series_set import SeriesSet
from shoal.jobs.model import Model
from shoal.mixtures.any_length import of_any_length
from shoal.sequences import Rows, Sequences
from shoal.shapes import Array

if TYPE_CHECKING:
    from shoal.mixtures.mixture import Mixture  # predictions of others wait for nothing of it
    from shoal.plots.series import MixtureShown, ViewShown

MIXTURE = "mixture"
"""What a saved mixture is called."""


@dataclass(frozen=True)
class SequenceModel(Model):
    """A model of sequences, each of which has one class, or one number.

    With a ``mixture`` it is that which predicts, and ``population`` are the networks of the study, which may
    be a view of it or not; else the networks predict.
    """

    kind: ClassVar[str] = SEQUENCES
    preprocessor: SequenceReading
    mixture: Mixture[Sequences] | None = None

    def predict_features(self, X: Rows) -> Array:
        assert isinstance(X, Sequences)
        if self.mixture is not None:
            return self.of_mean(_mixed(self.mixture, X))
        networks = of_any_length(self.population, X)
        return dataclasses.replace(self, population=networks)._predict_alone(X)

    def kept(self) -> tuple[dict[str, Any], dict[str, Array]]:
        if self.mixture is None:
            return {}, {}
        from shoal.mixtures.storing import kept

        config, arrays = kept(self.mixture)
        return {MIXTURE: config}, {f"{MIXTURE}.{name}": array for name, array in arrays.items()}

    @property
    def shown(self) -> MixtureShown | None:
        if self.mixture is None:
            return None
        views: list[ViewShown] = [
            {"view": share.words, "loss": share.loss, "weight": share.weight} for share in self.mixture.shares
        ]
        return {"sentence": self.mixture.sentence, "views": views}

    def _predict_alone(self, X: Sequences) -> Array:
        """Return what the networks predict for sequences of as many steps as they are set to."""
        return super().predict_features(X)

    def predict(self, series: SeriesSet, interval: float | None = None) -> dict[str, Array]:
        """Return the columns of predictions for series: their names, the target, and every probability.

        ``interval=0.9`` adds the ends of intervals that hold nine of ten values, to numbers.
        """
        scores = self.predict_features(self.preprocessor.transform(series.series))
        names = {self.preprocessor.origin.identifier: np.array(series.names)}
        return names | self.labelled(scores, interval)


@lru_cache(maxsize=1)
def _mixed(mixture: Mixture[Sequences], X: Sequences) -> Array:
    """Return what a mixture says of sequences; of the same once more, as a report asks, at once."""
    mean = mixture.mixed(X)
    mean.flags.writeable = False
    return mean
