"""From predictions of some rows to how good they are: over all of them, and row by row."""

from __future__ import annotations

from dataclasses import dataclass

from shoal.calibration.decision import LIKELIEST, Decision
from shoal.jobs.judging.metrics import RowLosses, class_losses, class_metrics, number_losses, number_metrics
from shoal.jobs.prepared import Prepared, Subset
from shoal.shapes import Array


@dataclass(frozen=True)
class Judge:
    """What some rows of a job are, and by what ``decision`` probabilities become classes."""

    prepared: Prepared
    rows: Subset
    decision: Decision = LIKELIEST

    def scores(self, predictions: Array) -> dict[str, float | None]:
        """Return the metrics of predictions, in the units of the target; None is what no row tells."""
        if self.prepared.n_classes:
            return class_metrics(predictions, self.rows.y, self.rows.weights, self.decision)
        return number_metrics(*self._numbers(predictions), self.rows.weights)

    def losses(self, predictions: Array) -> RowLosses:
        """Return what each row loses by predictions, in the units of the target."""
        if self.prepared.n_classes:
            return class_losses(predictions, self.rows.y, self.decision, self.rows.weights)
        return number_losses(*self._numbers(predictions))

    def _numbers(self, predictions: Array) -> tuple[Array, Array, str, float]:
        """Return what was predicted and what is, and the loss that they are judged by with its scale."""
        target = self.prepared.target
        return (
            target.decode_values(predictions),
            target.decode_values(self.rows.y),
            self.prepared.loss[0],
            target.sd,
        )
