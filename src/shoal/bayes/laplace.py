"""Laplace's approximation of the posterior, and the evidence for a model: MacKay's framework."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt

from shoal.bayes.symmetry import log_symmetries, unit_places, units_at_work
from shoal.bayes.tangent import Tangent, tangent
from shoal.networks.jacobians import jacobians, rows_at_a_time
from shoal.populations.population import Population
from shoal.shapes import Array, IntArray, per_member
from shoal.training.problem import Samples

LEAST, MOST = 1e-10, 1e10
"""The range of α and β: weights that the data do not need at all would send α to infinity."""
MOST_UPDATES, SETTLED = 200, 1e-6
"""Re-estimation of α and β ends when they change by less than this share, or after so many updates."""


@dataclass(frozen=True)
class Laplace:
    """Every member with the Gaussian that stands for its posterior, p(w | D) ≈ N(w | m, A⁻¹)::

        p(t | x, w) = N(t | z(x, w), β⁻¹)  for squared_error;  β = 1 for log_loss and cross_entropy
        p(w)        = N(w | 0, α⁻¹ I)      over all D parameters
        A = β H + α I                      H: the Gauss-Newton Hessian of E_D = Σ_n loss_n at θ
        m = θ − A⁻¹ (β ∇E_D + α θ)

    The posterior mean m is one Newton step from θ. At the bottom of β E_D + α E_W, with E_W = ½ Σ w², the
    step is zero; but J leaves the biases alone and the prior does not, and training may have stopped short.
    With it the Gaussian is the exact posterior of the linear model that touches the network at θ, from
    whichever θ: for a network without a hidden layer all below is exact (Bishop 3.5).

    **λ = α/β.** For squared_error  m·J = E_D + l2/2 Σ W²  is  (β E_D + α E_W) / β,  so ``l2 = α/β``: with the
    1/m of J in both terms none is left between them. For the other losses ``l2 = α``.

    ``alpha`` and ``beta`` are (P,). Sources: MacKay 1992, "A practical Bayesian framework for backpropagation
    networks"; Bishop 2006, PRML, 5.7; the tangent model: Antorán et al. 2022, "Adapting the linearised
    Laplace model evidence for modern deep learning".
    """

    tangent: Tangent
    alpha: Array
    beta: Array

    @property
    def precisions(self) -> Array:
        """The eigenvalues of A (P, D)."""
        return self.beta[:, None] * self.tangent.curvatures + self.alpha[:, None]

    @property
    def _step(self) -> Array:
        """m − θ (P, D), along the axes."""
        t = self.tangent
        gradient = self.beta[:, None] * t.slope + self.alpha[:, None] * t.place
        step: Array = -gradient / self.precisions
        return step

    @property
    def mean(self) -> Array:
        """The posterior mean m (P, D)."""
        along = self.tangent.place + self._step
        mean: Array = (self.tangent.axes @ along[:, :, None])[:, :, 0]
        return mean

    @property
    def gamma(self) -> Array:
        """γ = Σ_i λ_i / (λ_i + α), how many parameters the data determine (P,); λ_i: eigenvalues of β H."""
        gamma: Array = (1 - self.alpha[:, None] / self.precisions).sum(axis=1)
        return gamma

    @property
    def weight_error(self) -> Array:
        """E_W = ½ Σ m² (P,)."""
        half: Array = np.square(self.tangent.place + self._step).sum(axis=1) / 2
        return half

    @property
    def data_error(self) -> Array:
        """E_D at m (P,), by the tangent model."""
        t, step = self.tangent, self._step
        error: Array = t.error + (t.slope * step).sum(axis=1) + (t.curvatures * step**2).sum(axis=1) / 2
        return error

    @cached_property
    def units(self) -> IntArray:
        """How many units of each hidden layer are at work (P, L): see ``units_at_work``."""
        places, axes = unit_places(self.tangent.population.network), self.tangent.axes
        counts = np.zeros((len(axes), len(places)), dtype=np.intp)
        for p, mean in enumerate(self.mean):
            if np.isfinite(mean).all():
                covariance = axes[p] / self.precisions[p] @ axes[p].T
                counts[p] = [units_at_work(mean, covariance, own) for own in places]
        return counts

    @property
    def log_symmetries(self) -> Array:
        """The logarithm of how many equal modes the posterior has (P,): M! 2^M, of the M units at work."""
        return log_symmetries(self.tangent.population.network, self.units)

    @property
    def log_evidence(self) -> Array:
        """ln p(D | α, β, M) of every member (P,), over all modes that are the same network::

            −β E_D − α E_W − ½ ln |A| + D/2 ln α  [+ N K/2 ln β/2π]  + ln (number of modes)

        the bracket for squared_error, E_D and E_W at m. Less ``log_symmetries`` it is the evidence of one
        mode. Source: Bishop 2006, PRML, eq. 5.175 and the paragraph after it; 5.183 for classes.
        """
        D = self.tangent.place.shape[1]
        fit = -self.beta * self.data_error - self.alpha * self.weight_error
        room = D / 2 * np.log(self.alpha) - np.log(self.precisions).sum(axis=1) / 2
        noise = self.tangent.terms / 2 * np.log(self.beta / (2 * math.pi)) if self.has_noise else 0.0
        evidence: Array = fit + room + noise + self.log_symmetries
        return evidence

    @property
    def has_noise(self) -> bool:
        """Whether targets are numbers with noise of precision β."""
        return self.tangent.population.network.criterion.name == "squared_error"

    @property
    def l2(self) -> Array:
        """The strength of the L2 penalty that this α and β stand for, α/β (P,)."""
        strength: Array = self.alpha / self.beta
        return strength

    def output_variance(self, X: npt.ArrayLike) -> Array:
        """Return jᵀ A⁻¹ j (P, N, K), how uncertain each output z is for rows ``X`` (N, n); j = ∂z/∂θ.

        Source: Bishop 2006, PRML, eqs. 5.173 (its second part) and 5.187.
        """
        population, t = self.tangent.population, self.tangent
        rows = population.network.rows(X, "X").astype(np.float64)
        theta, parts = population.theta.astype(np.float64), []
        size = rows_at_a_time(population.network, population.size)
        for i in range(0, len(rows), size):
            _, J = jacobians(population.network, theta, rows[i : i + size])
            along = J.reshape(len(theta), -1, theta.shape[1]) @ t.axes
            variance = (np.square(along) / self.precisions[:, None, :]).sum(axis=2)
            parts.append(variance.reshape(J.shape[:3]))
        return np.concatenate(parts, axis=1)

    def predictive_variance(self, X: npt.ArrayLike) -> Array:
        """Return σ²(x) = 1/β + jᵀ A⁻¹ j (P, N, K), of a target of ``squared_error``.

        Source: Bishop 2006, PRML, eq. 5.173.
        """
        return 1 / self.beta[:, None, None] + self.output_variance(X)

    def reestimated(self) -> Laplace:
        """Return the same tangent models under the α and β that their evidence prefers.

        Repeats, with γ, E_W and E_D under the α and β before::

            α ← γ / (2 E_W)         β ← (N K − γ) / (2 E_D)        (β stays 1 for classes)

        until neither changes; of a member without a hidden layer that is the most likely pair. Source:
        MacKay 1992; Bishop 2006, PRML, eqs. 5.178 and 5.180, 3.92 and 3.95.
        """
        now = self
        for _ in range(MOST_UPDATES):
            gamma = now.gamma
            alpha = _bounded(gamma, 2 * now.weight_error)
            beta = _bounded(self.tangent.terms - gamma, 2 * now.data_error) if self.has_noise else now.beta
            moved = np.maximum(np.abs(np.log(alpha / now.alpha)), np.abs(np.log(beta / now.beta)))
            # Who has settled stays, so that a member ends where it would alone.
            settled = moved < SETTLED
            now = Laplace(
                self.tangent, np.where(settled, now.alpha, alpha), np.where(settled, now.beta, beta)
            )
            if (settled | np.isnan(moved)).all():
                break
        return now


def laplace(
    population: Population,
    X: npt.ArrayLike,
    y: npt.ArrayLike,
    l2: npt.ArrayLike = 1.0,
    beta: npt.ArrayLike | None = None,
) -> Laplace:
    """Return Laplace's approximation of trained networks on the samples that they were trained on.

    ``X`` (N, n), ``y`` (N,) or (N, K); α = β·``l2``, and ``beta=None`` is 1 for classes and for numbers the
    inverse mean square of the residuals, N K / (2 E_D).

    Raises ``DataError`` for arrays that do not fit, and what ``tangent`` raises.

    >>> from shoal.layers import Dense
    >>> from shoal.populations.network import Network
    >>> from shoal.populations.trainer import train
    >>> X = np.linspace(-1, 1, 40)
    >>> y = 2 * X + 0.2 * np.random.default_rng(0).normal(size=40)
    >>> line = train(Network(1, [Dense(1)]), X, y, solver="scg").population
    >>> found = laplace(line, X, y).reestimated()
    >>> found.gamma.round(), (found.beta ** -0.5).round(1)  # slope and intercept; the noise
    (array([2.]), array([0.2]))
    """
    network = population.network
    samples = Samples.of(network, X, y, dtype=np.dtype(np.float64))
    touching = tangent(population, samples)
    strength = per_member(l2, "l2", population.size, np.float64)
    if network.criterion.name != "squared_error":
        precision = np.ones(population.size)
    elif beta is None:
        precision = _bounded(np.full(population.size, float(touching.terms)), 2 * touching.error)
    else:
        precision = per_member(beta, "beta", population.size, np.float64)
    return Laplace(touching, np.clip(precision * strength, LEAST, MOST), precision)


def _bounded(numerator: Array, denominator: Array) -> Array:
    """Return a precision within its range, also where nothing is left to divide by."""
    floor = np.maximum(denominator, np.finfo(np.float64).tiny)
    with np.errstate(over="ignore"):
        precision: Array = np.clip(numerator / floor, LEAST, MOST)
    return precision
