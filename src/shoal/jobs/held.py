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

    @classmethod
    def of(cls, study: CapacityStudy) -> Held:
        """Return what a study's choice says of the rows held out."""
        again = study.folds is not None and study.choice.rule != "ensemble"
        return cls(study.held, np.concatenate([held for _, held in study.splits]), again, study.recipe.seed)
