"""What a study's networks say of rows that they were not trained on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shoal.selection.study import CapacityStudy
from shoal.shapes import Array, IntArray


@dataclass(frozen=True)
class Held:
    """Predictions (M, K) for the development rows ``rows`` (M,), by networks that were not trained on them.

    Of two classes they are both probabilities. Where the model was trained ``again`` on all rows, they are
    not the model's own. ``seed`` is what some of them are drawn by.
    """

    predictions: Array
    rows: IntArray
    again: bool
    seed: int
    folds: IntArray | None = None
    """Which fold each row was held out by, where each member of the model was trained on every fold."""
    stopped: bool = False
    """Whether these rows chose the epoch of each network, by early stopping."""

    @classmethod
    def of(cls, study: CapacityStudy) -> Held:
        """Return what a study's choice says of the rows held out."""
        again = study.folds is not None and study.choice.rule != "ensemble"
        parts = [held for _, held in study.splits]
        by_folds = len(parts) > 1 and not again
        folds = np.repeat(np.arange(len(parts)), [len(part) for part in parts]) if by_folds else None
        stopped = study.recipe.patience is not None
        return cls(study.held, np.concatenate(parts), again, study.recipe.seed, folds, stopped)
