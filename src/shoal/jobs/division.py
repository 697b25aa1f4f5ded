"""Which rows train, which are to choose by, and which are for one test at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from shoal.errors import DataError
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing import SMALL_TABLE
from shoal.selection.splits import holdout
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


def divide(
    n: int,
    request: FitRequest,
    labels: npt.NDArray[Any] | None,
    own_test: bool,
    own_validation: bool,
    by_folds: bool | None = None,
) -> Division:
    """Divide n rows as asked, ``by_folds`` or not where nothing is (None: if they are few).

    Class ``labels`` (n,) keep their shares. Nothing is set aside for what has rows of its own. Raises
    ``DataError`` for too few rows.
    """
    rest, test, none = np.arange(n), np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp)
    if not own_test:
        rest, test = holdout(n, request.test_share, request.seed, labels, index=_TEST_SPLIT)
    if own_validation:
        return Division(rest, none, test, None, None)
    if len(rest) < 2:
        raise DataError(
            f"the table leaves {len(rest)} row to train on and choose by beside the test rows; add rows, or "
            f"choose by the rows of another table with {setting('valid')}"
        )
    folds, share = request.folds, request.validation_share
    if folds is None and share is None:
        by_folds = len(rest) < SMALL_TABLE if by_folds is None else by_folds
        folds, share = (min(DEFAULT_FOLDS, len(rest)), None) if by_folds else (None, DEFAULT_SHARE)
    if share is None:
        if folds is not None and folds > len(rest):
            raise DataError(
                f"{setting('folds', folds)} asks for more folds than the {len(rest)} rows that are not for "
                f"testing; ask for {len(rest)} or fewer"
            )
        return Division(rest, none, test, folds, None)
    rest_labels = None if labels is None else labels[rest]
    train, held = holdout(len(rest), share, request.seed, rest_labels, index=_VALIDATION_SPLIT)
    return Division(rest[train], rest[held], test, None, share)
