"""The samples of a study as arrays, the loss that suits their targets, and which rows train and judge."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
import numpy.typing as npt

from shoal.errors import ConfigurationError, DataError
from shoal.losses import LOSSES, Loss
from shoal.registry import resolve
from shoal.selection.candidates.architectures import loss_of
from shoal.selection.samples.attributes import Attributes, checked_weights
from shoal.sequences import Rows, Sequences, joined, width
from shoal.shapes import finite_rows, in_dtype

if TYPE_CHECKING:
    from shoal.shapes import Array, IntArray

Split = tuple["IntArray", "IntArray"]
Validation: TypeAlias = (
    tuple[npt.ArrayLike, npt.ArrayLike] | tuple[npt.ArrayLike, npt.ArrayLike, npt.ArrayLike]
)
"""Samples that validate: (X, y), or (X, y, sample weights)."""
VALIDATION_SPLIT = 1
"""The ``index`` of the validation share among the splits of a seed; 0 is left for a test share."""


@dataclass(frozen=True)
class StudySamples:
    """All samples of a study: ``X`` (N, n) or sequences, ``y`` (N,) or (N, K), and pairs (train, held).

    Validation samples that the user brings follow the training samples. ``weights`` (N,) are what samples
    count for, None where all count alike.
    """

    X: Rows
    y: Array
    loss: Loss
    n_outputs: int
    splits: list[Split]
    weights: Array | None = None

    @property
    def of_many_classes(self) -> bool:
        """Whether every target is the number of one of several classes, each of which has an output."""
        return self.y.ndim == 1 and self.loss.name == "cross_entropy"

    def fingerprint(self) -> dict[str, Any]:
        """Return checksums by which a resumed study knows its data again."""
        return {
            "X (sha256)": _sha256(*((X.X, X.lengths) if isinstance(X := self.X, Sequences) else (X,))),
            "y (sha256)": _sha256(self.y),
            **({} if self.weights is None else {"weights (sha256)": _sha256(self.weights)}),
            "rows to train and validate on (sha256)": _sha256(
                *(rows for split in self.splits for rows in split)
            ),
        }


def gather(
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    validation: Validation | None,
    *,
    loss: str | Loss | None,
    folds: int | None,
    validation_share: float,
    seed: int,
    dtype: str,
    attributes: Attributes | None = None,
) -> StudySamples:
    """Return the samples, divided by ``validation``, or ``folds``, or else by ``validation_share``.

    ``attributes`` are those of X: what they are divided by, and what they weigh.

    Raises ``DataError`` for arrays that do not fit together or a loss, ``ConfigurationError`` for both
    folds and validation, or for a loss that must be stated.
    """
    rows, targets = _checked(X, y, "")
    n, attributes = len(rows), attributes or Attributes()
    weights = _all_weights(attributes.weights, n, validation)
    if validation is not None:
        if folds is not None:
            raise ConfigurationError("give either validation=(X, y) or folds, not both")
        if attributes.fold is not None:
            raise ConfigurationError("got fold as well as validation=(X, y); leave one of them out")
        if len(validation) not in (2, 3):
            raise ConfigurationError("validation must be a pair of arrays (X, y), or (X, y, sample weights)")
        held_rows, held_targets = _checked(*validation[:2], "validation ", width(rows))
        if held_targets.ndim != targets.ndim:
            raise DataError(
                f"y has {targets.ndim} dimensions, validation y {held_targets.ndim}; give both alike"
            )
        rows, targets = joined([rows, held_rows]), np.concatenate([targets, held_targets])
    chosen = infer_loss(targets) if loss is None else resolve("loss", loss, LOSSES)
    n_outputs = _count_outputs(targets, chosen)
    # says now, not in the middle of a study, what does not fit the loss: of numbers each by itself
    chosen.encode(np.unique(targets) if targets.ndim == 1 else targets, n_outputs)
    labels = class_labels(targets, chosen)
    if validation is not None:
        splits = [(np.arange(n), np.arange(n, len(rows)))]
    elif folds is not None:
        splits = attributes.divider(n, labels).folds(folds, seed)
    else:
        divider = attributes.divider(n, labels)
        splits = [divider.holdout(validation_share, seed, index=VALIDATION_SPLIT)]
    if validation is None:
        attributes.require_classes(splits, labels)
    for split in splits:
        _require_weight(weights, split)
    return StudySamples(_in_dtype(rows, dtype), targets, chosen, n_outputs, splits, weights)


def _in_dtype(rows: Rows, dtype: str) -> Rows:
    """Return rows in the precision of the study; nobody looks at their numbers again."""
    if not isinstance(rows, Sequences):
        return in_dtype(rows, dtype, "X")
    return rows.with_values(in_dtype(rows.X, dtype, "X"))


def _all_weights(weights: Array | None, n: int, validation: Validation | None) -> Array | None:
    """Return the weights of n samples and of those that validate, 1 where only the others have any."""
    if validation is None:
        return weights
    own = validation[2] if len(validation) == 3 else None
    if weights is None and own is None:
        return None
    m = len(validation[1])  # type: ignore[arg-type]
    judging = np.ones(m) if own is None else checked_weights(own, m, "validation sample_weight")
    return np.concatenate([np.ones(n) if weights is None else weights, judging])


def _require_weight(weights: Array | None, split: Split) -> None:
    """Raise ``DataError`` for a part whose samples all count for nothing."""
    if weights is not None and not all(weights[rows].any() for rows in split):
        raise DataError(
            "sample_weight is 0 for all samples that train, or that validate, in one of the parts; leave "
            "samples without weight out"
        )


def infer_loss(y: Array) -> Loss:
    """Return the loss that the targets suggest.

    Floats: squared error. Whole numbers or booleans (N,) that are exactly the labels 0 … C−1: log loss for
    two of them, cross-entropy for more. Whole numbers of any other kind could be counts or amounts as well.

    Raises ``ConfigurationError`` for those, ``DataError`` for a single label.

    >>> infer_loss(np.array([0.5, 1.5])).name, infer_loss(np.array([2, 0, 1, 1])).name
    ('squared_error', 'cross_entropy')
    """
    if np.issubdtype(y.dtype, np.floating):
        return LOSSES["squared_error"]()
    labels = np.unique(y)
    if y.ndim != 1 or not np.array_equal(labels, np.arange(len(labels))):
        raise ConfigurationError(
            "y holds whole numbers that are not the labels 0 … C-1 of classes; say what they are with "
            "loss='cross_entropy', 'squared_error' or 'poisson'"
        )
    if len(labels) == 1:
        raise DataError("y holds one class only; at least two are needed to tell apart")
    return LOSSES[loss_of(len(labels))[0]]()


def _checked(
    X: npt.ArrayLike, y: npt.ArrayLike, which: str, n_inputs: int | None = None
) -> tuple[Rows, Array]:
    if isinstance(X, Sequences):
        rows: Rows = X
        finite_rows(X.X, f"{which}X", n_inputs, X.shape[1:])
    else:
        rows = finite_rows(X, f"{which}X", n_inputs)
    finite_rows(y, f"{which}y")
    targets = np.asarray(y)
    if targets.ndim == 2 and targets.shape[1] == 1:
        targets = targets[:, 0]
    if len(targets) != len(rows):
        raise DataError(
            f"{which}X has {len(rows)} rows and {which}y has {len(targets)}; give one target for each row"
        )
    whole = np.issubdtype(targets.dtype, np.integer) or targets.dtype == np.bool_
    return rows, targets.astype(np.int64 if whole else np.float64)


def _count_outputs(y: Array, loss: Loss) -> int:
    if y.ndim == 2:
        return int(y.shape[1])
    return max(int(y.max()) + 1, 2) if loss.name == "cross_entropy" else 1


def class_labels(y: Array, loss: Loss) -> IntArray | None:
    """Return labels by which to stratify a split, where the targets are classes."""
    return y.astype(np.intp) if y.ndim == 1 and loss.name in ("cross_entropy", "log_loss") else None


def _sha256(*arrays: Array) -> str:
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str} {array.shape}".encode())
        digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
