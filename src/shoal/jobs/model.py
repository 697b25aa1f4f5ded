"""A trained model: preprocessing, networks and target together."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from shoal.activations import exponent_limit
from shoal.calibration.conformal import Conformal
from shoal.calibration.decision import LIKELIEST, Decision
from shoal.calibration.temperature import cooled
from shoal.data.features.preprocessing import TablePreprocessor
from shoal.data.frames import as_frame
from shoal.data.targets.losses import POISSON
from shoal.data.targets.task import TargetEncoder
from shoal.engines.evaluation import predictions_of, some_at_a_time
from shoal.errors import ConfigurationError, DataError, ShoalWarning
from shoal.networks.backprop import CHUNK
from shoal.populations.population import Population
from shoal.sequences import Rows
from shoal.shapes import Array

if TYPE_CHECKING:
    from shoal.data.images.preprocessing import ImagePreprocessor
    from shoal.data.sequences.reading import SequenceReading
    from shoal.plots.series import MixtureShown

TOGETHER, MOST_ROWS = 2**22, 2**16
"""Features of a table's rows that are made ready together, and rows: they are cut where engines cut them."""
TOLD_BY_PREDICTIONS = 2
"""Numbers of a prediction that tell how large an error to expect: itself and its square."""
LARGEST_Z = exponent_limit(np.dtype(np.float32))
"""Of a rate e^z, which is to be a number whatever it is multiplied by."""


@dataclass(frozen=True)
class Model:
    """Predicts a target: the mean of the predictions of its networks, mostly of a single one.

    ``errors`` are those of a regression on rows held out, for intervals; ``temperature`` is that of the
    probabilities of classes, also found on rows held out: see ``shoal.calibration``; ``decision`` says which
    class they are called.
    """

    kind: ClassVar[str]
    """The name of the kind of data that it is a model of, in ``shoal.jobs.kinds``."""
    rows_tell: ClassVar[bool] = False
    """Whether samples are rows of features that tell how large an error to expect."""
    preprocessor: TablePreprocessor | ImagePreprocessor | SequenceReading
    target: TargetEncoder
    population: Population
    errors: Conformal | None = None
    temperature: float = 1.0
    decision: Decision = LIKELIEST

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

    def labelled(
        self, scores: Array, interval: float | None = None, X: Rows | None = None
    ) -> dict[str, Array]:
        """Return the columns of predictions: the target, and for classes every probability.

        ``interval=0.9`` adds the ends of intervals that hold nine of ten values, to numbers; X are the
        prepared samples.
        """
        name = self.target.name
        if interval is not None:
            ends = zip(("lower", "upper"), self.interval(scores, interval, X), strict=True)
            return self.labelled(scores) | {
                f"{name} {end}": self.target.decode_values(values) for end, values in ends
            }
        if self.target.task == "regression":
            return {name: self.target.decode_values(scores)}
        probabilities = {f"P({name}={label})": scores[:, k] for k, label in enumerate(self.target.labels)}
        return {name: self.target.decode_values(self.decision.classes(scores)), **probabilities}

    def described(self, values: Array, X: Rows | None) -> Array:
        """Return what tells how large an error to expect (N, n): predictions, and what a row is like."""
        told = np.stack([values, np.square(values)], axis=1)
        return np.hstack([told, np.asarray(X)]) if self.rows_tell and X is not None else told

    def interval(self, values: Array, coverage: float, X: Rows | None = None) -> tuple[Array, Array]:
        """Return the ends (N,) of intervals around predictions for X, scaled: see ``Conformal.interval``.

        Counts and rates are at least 0, and so are the ends of their intervals.

        Raises ``ConfigurationError`` for classes, and a model that was saved without its errors.
        """
        if self.errors is None:
            remedy = "their probabilities say it" if self.target.labels else "fit again"
            what = "classes have" if self.target.labels else "this model was saved with"
            raise ConfigurationError(f"{what} no intervals; {remedy}")
        lower, upper = self.errors.interval(values, coverage, self.described(values, X))
        return (np.maximum(lower, 0.0) if self.target.loss == POISSON else lower), upper


@dataclass(frozen=True)
class TableModel(Model):
    """A model of a table."""

    kind: ClassVar[str] = "table"
    rows_tell: ClassVar[bool] = True
    preprocessor: TablePreprocessor

    @property
    def rows_together(self) -> int:
        """How many rows are made ready together: so many predictions are the same bits whatever follows."""
        several = min(TOGETHER // len(self.preprocessor.feature_names), MOST_ROWS)
        return max(several // CHUNK, 1) * CHUNK

    def predict(
        self, frame: Any, ignore_extra: bool = False, interval: float | None = None
    ) -> dict[str, Array]:
        """Return the columns of predictions for a table: the target, and for classes every probability.

        ``interval=0.9`` adds the ends of intervals that hold nine of ten values, to numbers.

        Raises ``DataError`` if the table lacks a column, or has one that the model does not know.
        """
        table = as_frame(frame)
        for note in self.preprocessor.strange_levels(table):
            warnings.warn(note, ShoalWarning, stacklevel=2)
        return self.predict_part(table, ignore_extra, interval)

    def predict_part(
        self, frame: Any, ignore_extra: bool = False, interval: float | None = None
    ) -> dict[str, Array]:
        """Return the same of a part of a table, which tells nothing of all of it."""
        table, prepare = as_frame(frame), self.preprocessor.transform
        several = self.rows_together
        blocks = []
        for first in range(0, table.height, several):
            try:
                X = prepare(table.slice(first, several), ignore_extra=ignore_extra)
            except DataError:
                prepare(table, ignore_extra=ignore_extra)  # which counts rows from the first of all
                raise
            blocks.append(self.labelled(self.predict_features(X), interval, X))
        return {name: np.concatenate([block[name] for block in blocks]) for name in blocks[0]}
