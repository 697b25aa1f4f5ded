"""Losses of classes: independent questions of yes or no, and one of several, of a sample or of each step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from shoal.activations import sigmoid, sigmoid_of_negative
from shoal.errors import ConfigurationError, DataError
from shoal.formulas.links import SIGMOID, SOFTMAX
from shoal.formulas.nodes import A, Expression, Same, Total, Y, dotted, ln, parameter
from shoal.losses.base import Loss, difference, sum_outputs
from shoal.shapes import Array, IntArray, finite_rows, whole_number


@dataclass(frozen=True)
class LogLoss(Loss):
    """Binary cross-entropy with logits: K independent yes-or-no questions, labels 0 or 1.

    ``ŷ = σ(z)``, ``loss = −Σ_k [y ln ŷ + (1 − y) ln(1 − ŷ)] = Σ_k [max(z, 0) − y z + ln(1 + e^−|z|)]`` in
    nats, ``δ = ŷ − y``; ``z (P, K, N)``, ``y (K, N)``. ``encode`` raises ``DataError`` for labels other
    than 0 and 1. Source: Bishop 2006, PRML eqs. 4.90 and 4.91; the lecture's J.

    >>> loss, z = LogLoss(), np.array([[[0.0, 1e4]]])
    >>> y = loss.encode([1, 0], n_outputs=1)
    >>> loss.value(z, y).round(4)
    array([[6.931e-01, 1.000e+04]])
    >>> loss.delta(z, y)
    array([[[-0.5,  1. ]]])
    """

    name = "log_loss"
    has_link = True
    link = SIGMOID
    formula = -(Y * ln(A) + (1 - Y) * ln(1 - A))
    derivative_formula = (1 - Y) / (1 - A) - Y / A
    delta_formulas = (dotted((A - Y) / (A * (1 - A)), A * (1 - A)), A - Y)
    cancellation = (
        "Over a common denominator the derivative of the log loss is (a − y) / (a (1 − a)), and a (1 − a) is "
        "the slope of the sigmoid: the two were made for each other, and cancel."
    )

    def value(self, z: Array, y: Array) -> Array:
        terms = -np.abs(z)
        np.exp(terms, out=terms)
        np.log1p(terms, out=terms)
        # max(z, 0) − y z first: at y = 1 the two cancel exactly instead of swamping the logarithm.
        terms += np.maximum(z, 0) - np.multiply(y, z, dtype=z.dtype)
        return sum_outputs(terms)

    def delta(self, z: Array, y: Array) -> Array:
        return difference(sigmoid(z), y)

    def predict(self, z: Array) -> Array:
        return sigmoid(z)

    def probabilities(self, z: Array) -> Array:
        if z.shape[-2] > 1:
            return sigmoid(z)
        # 1 − σ(z) = σ(−z), of which a difference would leave few digits where it is small
        negative = np.empty((*z.shape[:-2], 2, z.shape[-1]), z.dtype)
        negative[..., :1, :] = z
        np.negative(z, out=negative[..., 1:, :])
        return sigmoid_of_negative(negative)

    def encode(self, y: npt.ArrayLike, n_outputs: int) -> Array:
        encoded = super().encode(y, n_outputs)
        wrong = (encoded != 0) & (encoded != 1)
        if wrong.any():
            raise DataError(
                f"y has the label {encoded[wrong][0]:g}, log_loss takes 0 and 1 only; "
                "map the labels to 0 and 1, or use cross_entropy for more than two classes"
            )
        return encoded


@dataclass(frozen=True)
class CrossEntropy(Loss):
    """Categorical cross-entropy with logits: one of K ≥ 2 classes.

    ``ŷ_k = e^z_k / Σ_j e^z_j``, ``loss = −Σ_k y_k ln ŷ_k = Σ_k y_k (ln Σ_j e^z_j − z_k)`` in nats,
    ``δ = ŷ − y``; ``z (P, K, N)``, ``y (K, N)`` with columns that sum to 1. ``encode`` takes class numbers
    0 … K−1 (N,) or rows of probabilities (N, K), and raises ``DataError`` for anything else.
    Source: Bishop 2006, PRML eqs. 4.104, 4.108 and 4.109.

    >>> loss, z = CrossEntropy(), np.log([[[1.0, 1.0], [1.0, 3.0]]])
    >>> y = loss.encode([0, 1], n_outputs=2)
    >>> loss.value(z, y).round(4)
    array([[0.6931, 0.2877]])
    >>> loss.predict(z)[0].T
    array([[0.5 , 0.5 ],
           [0.25, 0.75]])
    """

    name = "cross_entropy"
    has_link = True
    link = SOFTMAX
    formula = -(Y * ln(A))
    derivative_formula = -(Y / A)
    delta_formulas: ClassVar[tuple[Expression, ...]] = (
        Total("k", dotted(-(Y["k"] / A["k"]), A["k"] * (Same("k", "j") - A["j"]))),
        -Y["j"] + A["j"] * Total("k", Y["k"]),
        A["j"] - Y["j"],
    )
    cancellation = (
        "Every a in a denominator meets the a of the softmax's derivative and cancels; a times the sum of "
        "all y is left of it, and that sum is 1."
    )

    def value(self, z: Array, y: Array) -> Array:
        shifted = z - z.max(axis=-2, keepdims=True)
        log_sum = np.log(np.exp(shifted).sum(axis=-2, keepdims=True))
        return sum_outputs(np.multiply(y, log_sum - shifted, dtype=z.dtype, order="C"))

    def delta(self, z: Array, y: Array) -> Array:
        return difference(self.predict(z), y)

    def predict(self, z: Array) -> Array:
        a: Array = z - z.max(axis=-2, keepdims=True)
        np.exp(a, out=a)
        a /= a.sum(axis=-2, keepdims=True)
        return a

    def encode(self, y: npt.ArrayLike, n_outputs: int) -> Array:
        if n_outputs < 2:
            raise DataError(
                f"cross_entropy needs an output for each of 2 or more classes, the network has {n_outputs}; "
                "use log_loss for one yes-or-no output"
            )
        rows = finite_rows(y, "y")
        if rows.shape[1] == 1:
            return _one_hot(rows[:, 0], n_outputs)
        return _probabilities(super().encode(rows, n_outputs))


STEPS = parameter("T", "steps")
_OF_A_STEP = CrossEntropy()


@dataclass(frozen=True)
class StepCrossEntropy(CrossEntropy):
    """Categorical cross-entropy with logits at each of T = ``steps`` steps, the mean over the valid ones.

    With T_i valid steps of sample i, and at each the columns z_t and y_t of K numbers::

        loss = 1/T_i Σ_t Σ_k y_kt (ln Σ_j e^z_jt − z_kt)        δ_kt = (ŷ_kt − y_kt) / T_i, and 0 beyond T_i

    ``z (P, K·T, N)``, ``y (K·T, N)``, with k·T + t as the place of class k at step t: what ``Flatten`` makes
    of outputs (K, T). A step without a class, of zeros in y, is none. Sums run over the steps in order, so
    that steps which are none change no bit. With the numbers of valid steps as sample weights, J is the mean
    over the steps of all samples.

    ``encode`` takes class numbers (N, T), −1 at steps that are none, or probabilities (N, K·T), and raises
    ``DataError`` for anything else; ``ConfigurationError`` for a number of steps below 1.

    Source: Graves 2012, *Supervised sequence labelling with recurrent neural networks*, 3.1 and 3.2.

    >>> loss = StepCrossEntropy(steps=2)
    >>> y = loss.encode([[0, 1], [1, -1]], n_outputs=4)
    >>> y.T.tolist()
    [[1.0, 0.0, 0.0, 1.0], [0.0, 0.0, 1.0, 0.0]]
    >>> loss.value(np.zeros((1, 4, 2)), y).round(4)
    array([[0.6931, 0.6931]])
    """

    name = "step_cross_entropy"
    formula, derivative_formula = -(Y * ln(A)) / STEPS, -(Y / A) / STEPS
    delta_formulas = tuple(delta / STEPS for delta in CrossEntropy.delta_formulas)
    cancellation = CrossEntropy.cancellation
    steps: int = 1

    def __post_init__(self) -> None:
        object.__setattr__(self, "steps", whole_number(self.steps, f"the steps of {self.name}"))

    def value(self, z: Array, y: Array) -> Array:
        z, y = self._by_step(z), self._by_step(y)
        each, there = _OF_A_STEP.value(z, y), y.sum(axis=-2)
        total, count = each[..., 0, :].copy(), there[..., 0, :].astype(z.dtype)
        for t in range(1, self.steps):
            total += each[..., t, :]
            count += there[..., t, :]
        total /= count
        return total

    def delta(self, z: Array, y: Array) -> Array:
        by_step, targets = self._by_step(z), self._by_step(y)
        there = targets.sum(axis=-2, keepdims=True, dtype=z.dtype)
        share = there / there.sum(axis=-3, keepdims=True)
        delta = _OF_A_STEP.delta(by_step, targets) * share
        return np.ascontiguousarray(delta.swapaxes(-3, -2)).reshape(z.shape)

    def predict(self, z: Array) -> Array:
        a = _OF_A_STEP.predict(self._by_step(z))
        return np.ascontiguousarray(a.swapaxes(-3, -2)).reshape(z.shape)

    def encode(self, y: npt.ArrayLike, n_outputs: int) -> Array:
        K, left = divmod(n_outputs, self.steps)
        if left or K < 2:
            raise ConfigurationError(
                f"{self.name} of {self.steps} steps needs as many outputs for each of 2 or more classes, the "
                f"network has {n_outputs}; end it with Dense(K) over the steps, and Flatten"
            )
        rows = np.asarray(y)
        if rows.ndim == 2 and rows.shape[1] == n_outputs:
            return _shares(rows.astype(np.float64), K)
        labels = self._labels(y, K)
        encoded = np.zeros((K, self.steps, len(labels)))
        sample, t = np.nonzero(labels >= 0)
        encoded[labels[sample, t], t, sample] = 1
        return encoded.reshape(n_outputs, len(labels))

    def _labels(self, y: npt.ArrayLike, K: int) -> IntArray:
        """Return class numbers (N, T), or say what is wrong with them."""
        labels = np.asarray(y)
        if labels.ndim != 2 or labels.shape[1] != self.steps or labels.dtype.kind not in "iu":
            raise DataError(
                f"y must be whole numbers (N, {self.steps}), a class for each step and −1 where there is "
                f"none, got {labels.dtype} of shape {labels.shape}"
            )
        if (labels < -1).any() or (labels >= K).any():
            wrong = labels[(labels < -1) | (labels >= K)][0]
            raise DataError(
                f"y has the label {wrong}, {self.name} of {K} classes takes the whole numbers 0 to {K - 1}, "
                "and −1 where a step is none"
            )
        empty = np.flatnonzero((labels < 0).all(axis=1))
        if len(empty):
            raise DataError(f"y has no label at any step of sample {empty[0]}; leave it out")
        return labels.astype(np.intp)

    def _by_step(self, array: Array) -> Array:
        """Return (…, K·T, N) as (…, T, K, N)."""
        *members, outputs, N = array.shape
        return array.reshape(*members, outputs // self.steps, self.steps, N).swapaxes(-3, -2)


def _one_hot(labels: Array, n_classes: int) -> Array:
    """Return class numbers (N,) as indicator columns (K, N)."""
    wrong = (labels != np.floor(labels)) | (labels < 0) | (labels >= n_classes)
    if wrong.any():
        raise DataError(
            f"y has the label {labels[wrong][0]:g}, cross_entropy with {n_classes} outputs takes the whole "
            f"numbers 0 to {n_classes - 1}; number the classes from 0, or give the network more outputs"
        )
    encoded = np.zeros((n_classes, len(labels)))
    encoded[labels.astype(np.intp), np.arange(len(labels))] = 1
    return encoded


def _probabilities(columns: Array) -> Array:
    """Return class probabilities (K, N), rescaled to sum to 1 to the last bits."""
    totals = columns.sum(axis=0)
    wrong = (columns < 0).any(axis=0) | (np.abs(totals - 1) > 1e-4)
    if wrong.any():
        i = int(np.flatnonzero(wrong)[0])
        raise DataError(
            f"y has the row {columns[:, i].tolist()} at {i}, cross_entropy takes rows of probabilities that "
            "are not negative and sum to 1; divide each row by its sum, or give class numbers"
        )
    columns /= totals
    return columns


def _shares(rows: Array, K: int) -> Array:
    """Return probabilities (N, K·T) of each step's classes, all 0 where a step is none, as (K·T, N)."""
    there = rows.reshape(len(rows), K, -1).sum(axis=1)
    if (rows < 0).any() or not (np.isclose(there, 1, atol=1e-4) | (there == 0)).all():
        raise DataError(
            f"y has rows of {rows.shape[1]} numbers that are no probabilities of {K} classes at every step; "
            "give class numbers (N, T), −1 where a step is none"
        )
    if not there.any(axis=1).all():
        raise DataError(f"y has no label at any step of sample {np.argmin(there.any(axis=1))}; leave it out")
    return np.ascontiguousarray(rows.T)
