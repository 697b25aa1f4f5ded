"""Losses of one sample as functions of the network's last pre-activations z, with their output deltas.

A loss owns its link, the function from z to the prediction ŷ, so that loss and delta are computed from z
without the logarithm of a rounded ŷ. Shapes: ``z (P, K, N)``, targets ``y (K, N)`` shared by all members or
``(P, K, N)``; the loss of a sample is ``(P, N)``, its delta ``∂loss/∂z`` and the prediction ``(P, K, N)``.
Results have the dtype of z. ``r = z − y`` below.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from shoal.activations import exponent_limit, sigmoid
from shoal.errors import ConfigurationError, DataError
from shoal.formulas.links import EXPONENTIAL, IDENTITY, SIGMOID, SOFTMAX, Link
from shoal.formulas.nodes import A, Cases, Expression, Same, Symbol, Total, Y, call, dotted, ln, parameter
from shoal.registry import Named, family
from shoal.shapes import Array, finite_rows


class Loss(Named, ABC):
    """A per-sample loss; the default link is the identity and the default targets are real numbers."""

    has_link: ClassVar[bool] = False
    """Whether the prediction is something else than z itself."""

    link: ClassVar[Link] = IDENTITY
    """The function from z to the prediction a, as formulas."""

    formula: ClassVar[Expression] = call("ℓ", A, Y)
    """What each of the K outputs adds to the loss of a sample, in the letters a (the prediction) and y."""

    derivative_formula: ClassVar[Expression] = call("ℓ′", A, Y)
    """``∂loss/∂a`` of one output."""

    delta_formulas: ClassVar[tuple[Expression, ...]] = ()
    """How ``∂loss/∂a · ∂a/∂z`` becomes δ, step by step: all of them equal, the last one the shortest."""

    cancellation: ClassVar[str] = ""
    """Why it does, in a sentence; nothing where the link is the identity."""

    @abstractmethod
    def value(self, z: Array, y: Array) -> Array:
        """Return the loss of every sample (P, N)."""

    @abstractmethod
    def delta(self, z: Array, y: Array) -> Array:
        """Return ``δ = ∂loss/∂z`` (P, K, N)."""

    def predict(self, z: Array) -> Array:
        """Return the prediction ŷ (P, K, N); z itself where the loss has no link."""
        return z

    def probabilities(self, z: Array) -> Array:
        """Return the probabilities (P, C, N) of C classes: ``predict``, but two from one yes-or-no output."""
        return self.predict(z)

    def encode(self, y: npt.ArrayLike, n_outputs: int) -> Array:
        """Return the user's targets, (N,) or (N, K), as a float64 array (K, N).

        Raises ``DataError`` for values that this loss cannot take and for other than K columns.
        """
        rows = finite_rows(y, "y")
        needed = (len(rows), n_outputs)
        if rows.shape != needed:
            raise DataError(
                f"y has shape {np.shape(y)}, the network's {n_outputs} outputs need {needed}; "
                "give one target column for each output"
            )
        return np.ascontiguousarray(rows.T, dtype=np.float64)


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
        return _sum_outputs(terms)

    def delta(self, z: Array, y: Array) -> Array:
        return _difference(sigmoid(z), y)

    def predict(self, z: Array) -> Array:
        return sigmoid(z)

    def probabilities(self, z: Array) -> Array:
        # 1 − σ(z) = σ(−z), of which a difference would leave few digits where it is small
        return sigmoid(np.concatenate([-z, z], axis=-2) if z.shape[-2] == 1 else z)

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
    delta_formulas = (
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
        return _sum_outputs(np.multiply(y, log_sum - shifted, dtype=z.dtype, order="C"))

    def delta(self, z: Array, y: Array) -> Array:
        return _difference(self.predict(z), y)

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


@dataclass(frozen=True)
class SquaredError(Loss):
    """Half the squared distance to the target, the negative log-likelihood of unit Gaussian noise.

    ``loss = ½ Σ_k r²``, ``δ = r``; ``z (P, K, N)``, ``y (K, N)``; unit: the target's, squared.
    Source: Bishop 2006, PRML eq. 5.11; the lecture's regression.

    >>> SquaredError().value(np.array([[[3.0], [1.0]]]), np.array([[1.0], [0.0]]))
    array([[2.5]])
    """

    name = "squared_error"
    formula, derivative_formula, delta_formulas = (A - Y) ** 2 / 2, A - Y, (A - Y,)

    def value(self, z: Array, y: Array) -> Array:
        return 0.5 * _sum_outputs(np.square(_difference(z, y)))

    def delta(self, z: Array, y: Array) -> Array:
        return _difference(z, y)


@dataclass(frozen=True)
class MeanSquaredError(Loss):
    """The squared error averaged over the outputs, without the half.

    ``loss = (1/K) Σ_k r²``, ``δ = (2/K) r``; ``z (P, K, N)``, ``y (K, N)``; unit: the target's, squared.
    Source: Hastie, Tibshirani & Friedman 2009, ESL eq. 11.9, divided by K.

    >>> MeanSquaredError().value(np.array([[[3.0], [1.0]]]), np.array([[1.0], [0.0]]))
    array([[2.5]])
    """

    name = "mean_squared_error"
    formula, derivative_formula = (A - Y) ** 2 / Symbol("K"), 2 * (A - Y) / Symbol("K")
    delta_formulas = (derivative_formula,)

    def value(self, z: Array, y: Array) -> Array:
        loss = _sum_outputs(np.square(_difference(z, y)))
        loss /= z.shape[-2]
        return loss

    def delta(self, z: Array, y: Array) -> Array:
        r = _difference(z, y)
        r *= 2 / z.shape[-2]
        return r


@dataclass(frozen=True)
class AbsoluteError(Loss):
    """The absolute error, least for the median of the target.

    ``loss = Σ_k |r|``, ``δ = sign r`` (0 at r = 0); ``z (P, K, N)``, ``y (K, N)``; unit: the target's.
    Source: Koenker & Bassett 1978, "Regression quantiles", with θ = ½, twice.

    >>> AbsoluteError().delta(np.array([[[3.0, 1.0]]]), np.array([[1.0, 1.5]]))
    array([[[ 1., -1.]]])
    """

    name = "absolute_error"
    formula, derivative_formula = call("abs", A - Y), call("sign", A - Y)
    delta_formulas = (derivative_formula,)

    def value(self, z: Array, y: Array) -> Array:
        return _sum_outputs(np.abs(_difference(z, y)))

    def delta(self, z: Array, y: Array) -> Array:
        return np.sign(_difference(z, y))


@dataclass(frozen=True)
class Huber(Loss):
    """Squared near the target and absolute beyond ``threshold``, so that outliers pull with bounded force.

    ``loss = Σ_k c (|r| − ½ c)`` with ``c = min(|r|, t)``: ``½ r²`` up to the threshold t, ``t (|r| − ½ t)``
    beyond; ``δ = r`` clipped to [−t, t]; ``z (P, K, N)``, ``y (K, N)``; ``threshold`` in the target's unit.
    Raises ``ConfigurationError`` unless ``threshold`` is finite and positive.
    Source: Huber 1964, "Robust estimation of a location parameter", where t is k.

    >>> Huber(threshold=1.0).value(np.array([[[0.5, 3.0]]]), np.zeros((1, 2)))
    array([[0.125, 2.5  ]])
    """

    threshold: float = 1.0

    name = "huber"
    formula = Cases(
        parameter("t", "threshold") * (call("abs", A - Y) - parameter("t", "threshold") / 2),
        call("abs", A - Y),
        parameter("t", "threshold"),
        (A - Y) ** 2 / 2,
    )
    derivative_formula = call(
        "max", -parameter("t", "threshold"), call("min", A - Y, parameter("t", "threshold"))
    )
    delta_formulas = (derivative_formula,)

    def __post_init__(self) -> None:
        if not 0 < self.threshold < math.inf:
            raise ConfigurationError(
                f"huber got threshold={self.threshold!r}, expected a finite number > 0; try the default 1.0"
            )

    def value(self, z: Array, y: Array) -> Array:
        distance = np.abs(_difference(z, y))
        clipped = np.minimum(distance, self.threshold)
        return _sum_outputs(clipped * (distance - 0.5 * clipped))

    def delta(self, z: Array, y: Array) -> Array:
        r = _difference(z, y)
        return np.clip(r, -self.threshold, self.threshold, out=r)


@dataclass(frozen=True)
class Poisson(Loss):
    """The negative log-likelihood of counts with a log link, without the constant ln y!.

    ``ŷ = e^z``, ``loss = Σ_k (e^z − y z)`` in nats, ``δ = ŷ − y``; ``z (P, K, N)``, ``y (K, N)``. Where e^z
    would overflow it stays at its largest value. ``encode`` raises ``DataError`` for negative targets.
    Source: McCullagh & Nelder 1989, sec. 6.2.

    >>> Poisson().delta(np.array([[[0.0, np.log(4.0)]]]), np.array([[3.0, 4.0]])).round(4)
    array([[[-2.,  0.]]])
    """

    name = "poisson"
    has_link = True
    link = EXPONENTIAL
    formula, derivative_formula = A - Y * ln(A), 1 - Y / A
    delta_formulas = (dotted(1 - Y / A, A), A - Y)
    cancellation = (
        "The slope of the exponential is a itself: it multiplies the 1, and cancels the denominator of y / a."
    )

    def value(self, z: Array, y: Array) -> Array:
        return _sum_outputs(_difference(self.predict(z), np.multiply(y, z, dtype=z.dtype)))

    def delta(self, z: Array, y: Array) -> Array:
        return _difference(self.predict(z), y)

    def predict(self, z: Array) -> Array:
        a = np.minimum(z, exponent_limit(z.dtype))
        return np.exp(a, out=a)

    def encode(self, y: npt.ArrayLike, n_outputs: int) -> Array:
        encoded = super().encode(y, n_outputs)
        if (encoded < 0).any():
            raise DataError(
                f"y has the value {encoded[encoded < 0][0]:g}, poisson takes counts ≥ 0; "
                "use squared_error for targets that may be negative"
            )
        return encoded


def _difference(a: Array, y: Array) -> Array:
    """Return ``a − y`` in the dtype of a, whatever that of y."""
    return np.subtract(a, y, dtype=a.dtype, order="C")


def _sum_outputs(terms: Array) -> Array:
    """Return the sum over the K outputs of terms (P, K, N) as (P, N)."""
    total: Array = terms.sum(axis=-2)
    return total


LOSSES: dict[str, type[Loss]] = family(
    LogLoss, CrossEntropy, SquaredError, MeanSquaredError, AbsoluteError, Huber, Poisson
)
