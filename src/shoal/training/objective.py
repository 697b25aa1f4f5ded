"""The objective of every member on one batch, as solvers and gradient checks call it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from shoal.networks.backprop import data_loss
from shoal.networks.chain import Chain
from shoal.penalties import PENALTIES
from shoal.randomness import Noise
from shoal.shapes import Array, IntArray
from shoal.solvers.base import Objective


class BatchObjective:
    """J and ∂J/∂θ on one batch B of the training set, for any of the Q members it was made for::

        J_q = Σ_{i∈B} s_qi · loss_i / Σ_{i∈B} s_qi  +  Σ_penalties penalty(W_q, λ_q, m_q)

    - ``x`` (1, n, B) or (Q, n, B), ``y`` (K, B) or (Q, K, B), ``s`` (1, B) or (Q, B), and where sequences
      have unequal lengths, ``lengths`` (1, B) or (Q, B).
    - ``strengths``: λ (Q,) of each of ``PENALTIES`` by its name, 0 for one that is left out; others of a
      member's strengths may stand beside them.
    - ``m`` (Q,) is the weight of the whole training set, so the penalty is the same in every batch.
    - ``noise`` gives dropout the same masks at every call.
    - Running statistics have the gradient 0; ``observed`` (Q, D) is by how much the last call would change
      them, empty where there are none.
    """

    def __init__(
        self,
        network: Chain,
        x: Array,
        y: Array,
        s: Array,
        *,
        strengths: Mapping[str, Array],
        m: Array,
        noise: Noise,
        lengths: IntArray | None = None,
    ) -> None:
        total = s.sum(axis=-1, keepdims=True)
        self.share = np.divide(s, total, out=np.zeros_like(s), where=total > 0)
        self.network, self.x, self.y, self.noise = network, x, y, noise
        self.lengths = lengths
        self.penalties = [
            (penalty(), strengths[name])
            for name, penalty in PENALTIES.items()
            if name in strengths and strengths[name].any()
        ]
        self.m = m
        self.penalty = np.zeros(len(m))  # its part of J at the last evaluation
        self.observed = np.zeros((len(m), 0))  # by how much statistics (Q, D) change by it, 0 elsewhere

    def __call__(self, theta: Array, members: IntArray | None = None) -> tuple[Array, Array]:
        """Return J (Q,) and ∂J/∂θ (Q, D) at ``theta`` (Q, D), whose rows belong to ``members``."""
        pick = slice(None) if members is None else members
        x, y, share = (_rows(a, n, pick) for a, n in ((self.x, 3), (self.y, 3), (self.share, 2)))
        lengths = None if self.lengths is None else _rows(self.lengths, 2, pick)
        noise = Noise(self.noise.keys[pick], self.noise.step)
        J, gradient = data_loss(self.network, theta, x, y, share, noise, lengths)
        self._set_apart(gradient)
        self.penalty = np.zeros(len(J), J.dtype)
        for penalty, strengths in self.penalties:
            # Only where it applies: 0 · ∞ is NaN, and would end a member whose weights are merely large.
            rows = np.flatnonzero(strengths[pick])
            W = np.where(self.network.weight_mask, theta[rows], 0)
            strength, m = strengths[pick][rows], self.m[pick][rows]
            value = penalty.value(W, strength, m)
            J[rows] += value
            self.penalty[rows] += value
            gradient[rows] += penalty.gradient(W, strength, m)
        return J, gradient

    def curvature(self, theta: Array, members: IntArray | None = None) -> Array:
        """Return the Gauss-Newton Hessian of J at ``theta`` (Q, D), (Q, D, D), of a full batch::

        c Σ_i s_i J_iᵀ J_i / Σ_i s_i  +  ∂²penalties/∂W²          J_i = ∂z_i/∂θ, of losses ½ c Σ_k r²
        """
        from shoal.networks.jacobians import gauss_newton  # which most solvers do without

        pick = slice(None) if members is None else members
        share = _rows(self.share, 2, pick)
        lengths = None if self.lengths is None else self.lengths[0]
        hessian = gauss_newton(self.network, theta, self.x[0].T, share * self._scale, lengths)
        diagonal = np.einsum("pdd->pd", hessian)  # a view
        for penalty, strengths in self.penalties:
            rows = np.flatnonzero(strengths[pick])
            weights = self.network.weight_mask
            W = np.where(weights, theta[rows], 0)
            diagonal[rows] += weights * penalty.curvature(W, strengths[pick][rows], self.m[pick][rows])
        return hessian

    @property
    def noise_scale(self) -> Array:
        """By how much J is to be multiplied to be ½ Σ_i s_i r_i² (P,), where there are no penalties."""
        scale: Array = self.m / self._scale
        return scale

    @property
    def n_numbers(self) -> Array:
        """How many numbers there are to explain (P,): outputs times samples, each as often as it weighs."""
        return self.m * self.network.n_outputs

    @property
    def _scale(self) -> float:
        scale = self.network.criterion.curvature(self.network.n_outputs)
        assert scale is not None, "recipes refuse other losses"
        return scale

    def _set_apart(self, gradient: Array) -> None:
        """Move the changes of statistics, on which J does not depend, from ``gradient`` to ``observed``."""
        statistics = self.network.statistic_mask
        if statistics.any():
            self.observed = np.where(statistics, gradient, 0)
            gradient[:, statistics] = 0


@dataclass(frozen=True)
class Clipped:
    """An objective as solvers see it whose gradients g have a norm of at most ``bound``, direction kept::

        g ← g · min(1, bound/‖g‖)

    Source: Pascanu, Mikolov & Bengio 2013, "On the difficulty of training recurrent neural networks",
    algorithm 1.
    """

    objective: Objective
    bound: float

    def __call__(self, theta: Array, members: IntArray | None = None) -> tuple[Array, Array]:
        """Return J (Q,), and ∂J/∂θ (Q, D) clipped."""
        J, gradient = self.objective(theta, members)
        return J, clipped(gradient, self.bound)


def clipped(gradient: Array, bound: float) -> Array:
    """Return the members' gradients g (Q, D), scaled to ``bound`` where their norm exceeds it.

    The norm is that of g divided by its largest entry, whose squares cannot overflow.

    >>> clipped(np.array([[3.0, 4.0], [0.3, 0.4]]), 1.0)
    array([[0.6, 0.8],
           [0.3, 0.4]])
    """
    largest = np.maximum(np.abs(gradient).max(axis=-1, keepdims=True), np.finfo(gradient.dtype).tiny)
    norm = np.sqrt(np.square(gradient / largest).sum(axis=-1, keepdims=True))
    scale: Array = np.minimum(1, bound / largest / np.maximum(norm, 1))
    return gradient * scale


def _rows(array: Array, ndim: int, pick: slice | IntArray) -> Array:
    """Return the members' rows of an array, or all of one that is shared (no leading axis, or one of 1)."""
    shared = array.ndim < ndim or len(array) == 1
    return array if shared else array[pick]
