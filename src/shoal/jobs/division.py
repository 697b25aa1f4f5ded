"""Which rows train, which are to choose by, and which are for one test at the end."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from shoal.errors import DataError
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing.study import SMALL_TABLE
from shoal.selection.samples.dividers import Divider
from shoal.selection.samples.study_samples import Split
from shoal.shapes import IntArray
from shoal.words import setting

DEFAULT_FOLDS, DEFAULT_SHARE = 5, 0.2
_TEST_SPLIT, _VALIDATION_SPLIT = 0, 1


@dataclass(frozen=True)
class Division:
    """Row numbers by their use; ``held`` is empty with folds, and where other rows are to choose by."""

    train: IntArray
    held: IntArray
    test: IntArray
    folds: int | None
    validation_share: float | None
    splits: tuple[Split, ...] = ()
    """Of ``train``, what each of the folds is trained on and holds out."""


def divide(
    divider: Divider,
    request: FitRequest,
    own_test: bool,
    own_validation: bool,
    by_folds: bool | None = None,
) -> Division:
    """Divide rows as asked, ``by_folds`` or not where nothing is (None: if they are few).

    Nothing is set aside for what has rows of its own. Raises ``DataError`` for too few rows.
    """
    n = len(divider)
    rest, test, none = np.arange(n), np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
    if not own_test:
        rest, test = divider.holdout(request.test_share, request.seed, index=_TEST_SPLIT)
    if own_validation:
        return Division(rest, none, test, None, None)
    if len(rest) < 2:
        raise DataError(
            f"the table leaves {len(rest)} row to train on and choose by beside the test rows; add rows, or "
            f"choose by the rows of another table with {setting('valid')}"
        )
    developing = divider.take(rest)
    folds, share = request.folds, request.validation_share
    if folds is None and share is None:
        by_folds = len(rest) < SMALL_TABLE if by_folds is None else by_folds
        few = max(min(DEFAULT_FOLDS, developing.most_folds), 2)
        folds, share = (few, None) if by_folds else (None, DEFAULT_SHARE)
    if share is None:
        if folds is not None and folds > len(rest):
            raise DataError(
                f"{setting('folds', folds)} asks for more folds than the {len(rest)} rows that are not for "
                f"testing; ask for {len(rest)} or fewer"
            )
        # says now, not in the middle of a job, what cannot be divided
        splits = () if folds is None else tuple(developing.folds(folds, request.seed))
        return Division(rest, none, test, folds, None, splits)
    train, held = developing.holdout(share, request.seed, index=_VALIDATION_SPLIT)
    return Division(rest[train], rest[held], test, None, share)
