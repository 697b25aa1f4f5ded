"""What a study's networks say of rows that they were not trained on, and how far off that is."""

from __future__ import annotations

import numpy as np

from shoal.calibration.conformal import Conformal
from shoal.jobs.prepared import Prepared
from shoal.selection.study import CapacityStudy


def held_errors(study: CapacityStudy, prepared: Prepared) -> Conformal | None:
    """Return the errors of a regression on the rows held out, for intervals; None for classes.

    An ensemble holds the networks of every fold, so a row's error goes with those that did not see it: CV+.
    One network trained again on all rows has none of them left: the errors of its folds stand for its own, as
    in the jackknife, which has no guarantee. The choice was made by the same errors, which makes them a
    little small where many networks were compared.
    """
    if prepared.n_classes:
        return None
    splits = study.splits
    _, y = prepared.development
    rows = np.concatenate([held for _, held in splits])
    folds = np.repeat(np.arange(len(splits)), [held.size for _, held in splits])
    if study.best.size % len(splits):
        folds = np.zeros_like(folds)
    return Conformal(np.abs(y[rows] - study.held[:, 0]), folds)
