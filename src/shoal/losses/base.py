"""What a loss is: of one sample, a function of the network's last pre-activations z, with its output delta.

A loss owns its link, the function from z to the prediction ŷ, so that loss and delta are computed from z
without the logarithm of a rounded ŷ. Shapes: ``z (P, K, N)``, targets ``y (K, N)`` shared by all members or
``(P, K, N)``; the loss of a sample is ``(P, N)``, its delta ``∂loss/∂z`` and the prediction ``(P, K, N)``.
Results have the dtype of z. ``r = z − y`` in formulas.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from shoal.errors import DataError
from shoal.formulas.links import IDENTITY, Link
from shoal.formulas.nodes import A, Expression, Y, call
from shoal.registry import Named
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

    def curvature(self, n_outputs: int) -> float | None:
        """Return the c of a loss ½ c Σ_k (z_k − y_k)² of so many outputs, None for one of another form."""
        return None

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
        return np.array(rows.T, dtype=np.float64, order="C")  # what is returned may be changed


def difference(a: Array, y: Array) -> Array:
    """Return ``a − y`` in the dtype of a, whatever that of y."""
    return np.subtract(a, y, dtype=a.dtype, order="C")


def sum_outputs(terms: Array) -> Array:
    """Return the sum over the K outputs of terms (P, K, N) as (P, N)."""
    total: Array = terms.sum(axis=-2)
    return total
