"""A trained model: preprocessing, networks and target together."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from shoal.activations import exponent_limit
from shoal.calibration.conformal import Conformal
from shoal.calibration.temperature import cooled
from shoal.data.images.image_set import ImageSet
from shoal.data.images.preprocessing import KIND, ImagePreprocessor
from shoal.data.losses import POISSON
from shoal.data.preprocessing import TablePreprocessor
from shoal.data.sequences.reading import KIND as SEQUENCES
from shoal.data.sequences.reading import SequenceReading
from shoal.data.sequences.series_set import SeriesSet
from shoal.data.task import TargetEncoder
from shoal.engines.evaluation import predictions_of, some_at_a_time
from shoal.errors import ConfigurationError
from shoal.mixtures.any_length import of_any_length
from shoal.populations.population import Population
from shoal.sequences import Rows, Sequences
from shoal.shapes import Array

if TYPE_CHECKING:
    from shoal.mixtures.mixture import Mixture  # predictions of others wait for nothing of it
    from shoal.plots.series import MixtureShown, ViewShown

MIXTURE = "mixture"
"""What a saved mixture is called."""
LARGEST_Z = exponent_limit(np.dtype(np.float32))
"""Of a rate e^z, which is to be a number whatever it is multiplied by."""


@dataclass(frozen=True)
class Model:
    """Predicts a target: the mean of the predictions of its networks, mostly of a single one.

    ``errors`` are those of a regression on rows held out, for intervals; ``temperature`` is that of the
    probabilities of classes, also found on rows held out: see ``shoal.calibration``.
    """

    kind: ClassVar[str]
    """The name of the kind of data that it is a model of, in ``shoal.jobs.kinds``."""
    preprocessor: TablePreprocessor | ImagePreprocessor | SequenceReading
    target: TargetEncoder
    population: Population
    errors: Conformal | None = None
    temperature: float = 1.0

    def predict_features(self, X: Rows) -> Array:
        """Return class probabilities (N, K), or scaled values (N,), for prepared samples X."""
        many = self.population.size * self.population.network.n_outputs
        means = [self._mean_of_networks(X[part]) for part in some_at_a_time(len(X), many)]
        return self.of_mean(np.concatenate(means))

    def _mean_of_networks(self, X: Rows) -> Array:
        """Return what the networks say of prepared samples X in the mean: (N, K)."""
        outputs = self.population.outputs(X).swapaxes(1, 2)
        with np.errstate(invalid="ignore"):  # predictions_of says it in words
            members = self.of_networks(outputs)
        mean: Array = predictions_of(members).mean(axis=0).T
        return mean

    def kept(self) -> tuple[dict[str, Any], dict[str, Array]]:
        """Return what a saved model has besides networks and target: plain JSON, and arrays by name."""
        return {}, {}

    @property
    def shown(self) -> MixtureShown | None:
        """What a report says of the model besides its networks."""
        return None

    def of_networks(self, z: Array) -> Array:
        """Return what each network of outputs z (P, K, N) says: probabilities or values, in double."""
        criterion = self.population.network.criterion
        # double before the link: what is nearly impossible is a small number in it, and no 0
        z = z.astype(np.float64)
        if self.target.task == "regression":
            return criterion.predict(np.minimum(z, LARGEST_Z) if criterion.has_link else z)
        return criterion.probabilities(z)

    def of_mean(self, mean: Array) -> Array:
        """Return what the mean (N, K) over the networks says: see ``predict_features``."""
        if self.target.task == "regression":
            return mean[:, 0]
        return cooled(mean, self.temperature)

    def labelled(self, scores: Array, interval: float | None = None) -> dict[str, Array]:
        """Return the columns of predictions: the target, and for classes every probability.

        ``interval=0.9`` adds the ends of intervals that hold nine of ten values, to numbers.
        """
        name = self.target.name
        if interval is not None:
            ends = zip(("lower", "upper"), self.interval(scores, interval), strict=True)
            return self.labelled(scores) | {
                f"{name} {end}": self.target.decode_values(values) for end, values in ends
            }
        if self.target.task == "regression":
            return {name: self.target.decode_values(scores)}
        probabilities = {f"P({name}={label})": scores[:, k] for k, label in enumerate(self.target.labels)}
        return {name: self.target.decode_values(scores.argmax(axis=1)), **probabilities}

    def interval(self, values: Array, coverage: float) -> tuple[Array, Array]:
        """Return the ends (N,) of intervals around predictions, scaled: see ``Conformal.interval``.

        Counts and rates are at least 0, and so are the ends of their intervals.

        Raises ``ConfigurationError`` for classes, and a model that was saved without its errors.
        """
        if self.errors is None:
            remedy = "their probabilities say it" if self.target.labels else "fit again"
            what = "classes have" if self.target.labels else "this model was saved with"
            raise ConfigurationError(f"{what} no intervals; {remedy}")
        lower, upper = self.errors.interval(values, coverage)
        return (np.maximum(lower, 0.0) if self.target.loss == POISSON else lower), upper


@dataclass(frozen=True)
class TableModel(Model):
    """A model of a table."""

    kind: ClassVar[str] = "table"
    preprocessor: TablePreprocessor

    def predict(
        self, frame: Any, ignore_extra: bool = False, interval: float | None = None
    ) -> dict[str, Array]:
        """Return the columns of predictions for a table: the target, and for classes every probability.

        ``interval=0.9`` adds the ends of intervals that hold nine of ten values, to numbers.

        Raises ``DataError`` if the table lacks a column, or has one that the model does not know.
        """
        X = self.preprocessor.transform(frame, ignore_extra=ignore_extra)
        return self.labelled(self.predict_features(X), interval)


@dataclass(frozen=True)
class ImageModel(Model):
    """A model of images; its target is their class."""

    kind: ClassVar[str] = KIND
    preprocessor: ImagePreprocessor

    def predict(self, images: ImageSet) -> dict[str, Array]:
        """Return the columns of predictions for images: their names, the target, and every probability."""
        X = self.preprocessor.transform(images.pixels)
        return {"image": np.array(images.names), **self.labelled(self.predict_features(X))}


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
