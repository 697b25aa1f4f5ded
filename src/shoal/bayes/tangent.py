"""A population as the linear models that touch it: what the Laplace approximation knows of the data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from shoal.bayes.symmetry import require_dense
from shoal.errors import CapacityError, ConfigurationError
from shoal.networks.chain import Chain
from shoal.networks.jacobians import jacobians, rows_at_a_time
from shoal.populations.population import Population
from shoal.shapes import Array
from shoal.training.problem import Samples

MOST_PARAMETERS = 5000
"""A Hessian of D parameters has D² entries and takes D³ operations to diagonalise: here 200 MB, a minute."""


@dataclass(frozen=True)
class Tangent:
    """The error of every member around its parameters θ, to second order, in the axes of its own curvature::

        E_D(θ + U d) ≈ E_D + c·d + ½ Σ_i s_i d_i²           E_D = Σ_n loss_n

    - ``error`` (P,): E_D at θ, the sum over samples, without penalty.
    - ``curvatures`` s (P, D), ascending, and ``axes`` U (P, D, D), its eigenvectors in columns.
    - ``slope`` c = Uᵀ ∂E_D/∂θ (P, D), ``place`` w = Uᵀ θ (P, D).
    - ``terms`` N·K: how many numbers there are to explain.

    The curvature is that of the linear model that touches the network at θ: the Gauss-Newton, or generalised
    outer product, form of the Hessian, Σ_n J_nᵀ Λ_n J_n with the Jacobian J = ∂z/∂θ and Λ = ∂²loss/∂z². It is
    exact for a network without a hidden layer, and never negative.

    Source: Bishop 2006, PRML, 5.4.2 (eqs. 5.84 and 5.85).
    """

    population: Population
    error: Array
    curvatures: Array
    axes: Array
    slope: Array
    place: Array
    terms: int


def tangent(population: Population, samples: Samples) -> Tangent:
    """Return the tangent models of a population on its training samples, in float64.

    A member whose numbers are not finite has a tangent of NaN.

    Raises ``ConfigurationError`` for losses other than squared_error, log_loss and cross_entropy and for
    layers other than dense ones, ``CapacityError`` for more than 5000 parameters.
    """
    network = population.network
    require_tangible(network)
    theta = population.theta.astype(np.float64)
    with np.errstate(all="ignore"):  # of members that diverged
        error, slope, hessian = _sums(population, theta, samples)
        sizes = np.stack([error, np.square(theta).sum(axis=1), slope.sum(axis=1), hessian.sum(axis=(1, 2))])
    lost = ~np.isfinite(sizes).all(axis=0)
    hessian[lost] = 0  # for eigh knows no NaN
    error[lost], slope[lost], theta[lost] = np.nan, np.nan, np.nan
    curvatures, axes = np.linalg.eigh(hessian)
    curvatures = np.maximum(curvatures, 0)
    return Tangent(
        population,
        error,
        curvatures,
        axes,
        slope=_along(axes, slope),
        place=_along(axes, theta),
        terms=len(samples.X) * network.n_outputs,
    )


def require_tangible(network: Chain) -> None:
    """Raise ``ConfigurationError`` or ``CapacityError`` where a network has no tangent: see ``tangent``."""
    if network.criterion.name not in _ROOTS:
        raise ConfigurationError(
            f"the evidence needs one of the losses {', '.join(_ROOTS)}, got {network.criterion.name}; "
            "choose by validation instead"
        )
    for layer in network.layers:
        require_dense(layer)
    if network.n_parameters > MOST_PARAMETERS:
        raise CapacityError(
            f"the Hessian of a network of {network.n_parameters} parameters is too large, the evidence is "
            f"for {MOST_PARAMETERS} at most; use smaller hidden sizes, or choose by validation"
        )


def tangent_work(network: Chain, n_samples: int) -> float:
    """Return the operations that one member's tangent on so many samples takes: 2 N K D² + 10 D³."""
    D = float(network.n_parameters)
    return 2 * n_samples * network.n_outputs * D**2 + 10 * D**3


def _sums(population: Population, theta: Array, samples: Samples) -> tuple[Array, Array, Array]:
    """Return E_D (P,), its gradient (P, D) and its curvature (P, D, D), summed over the samples."""
    network, (P, D) = population.network, theta.shape
    error, slope, hessian = np.zeros(P), np.zeros((P, D)), np.zeros((P, D, D))
    criterion, size = network.criterion, rows_at_a_time(network, P)
    for i in range(0, len(samples.X), size):
        outputs, J = jacobians(network, theta, samples.X[i : i + size].astype(np.float64))
        z, y = outputs.swapaxes(1, 2), samples.y[:, i : i + size].astype(np.float64)
        error += criterion.value(z, y).sum(axis=1)
        delta = criterion.delta(z, y).swapaxes(1, 2)
        slope += (delta.reshape(P, 1, -1) @ J.reshape(P, -1, D))[:, 0]
        roots = _ROOTS[criterion.name](criterion.predict(z).swapaxes(1, 2), J).reshape(P, -1, D)
        hessian += roots.swapaxes(1, 2) @ roots
    return error, slope, hessian


def _along(axes: Array, vectors: Array) -> Array:
    """Return vectors (P, D) in the coordinates of ``axes`` (P, D, D)."""
    along: Array = (vectors[:, None, :] @ axes)[:, 0]
    return along


def _root_of_squares(prediction: Array, J: Array) -> Array:
    return J


def _root_of_log_loss(prediction: Array, J: Array) -> Array:
    """Λ = diag(ŷ (1 − ŷ)): every output has a question of its own."""
    root: Array = np.sqrt(prediction * (1 - prediction))[..., None] * J
    return root


def _root_of_cross_entropy(prediction: Array, J: Array) -> Array:
    """Λ = diag(ŷ) − ŷ ŷᵀ is the covariance of a class drawn from ŷ, so JᵀΛJ is that of its Jacobian."""
    mean = (prediction[..., None] * J).sum(axis=2, keepdims=True)
    root: Array = np.sqrt(prediction)[..., None] * (J - mean)
    return root


_ROOTS: dict[str, Callable[[Array, Array], Array]] = {
    "squared_error": _root_of_squares,
    "log_loss": _root_of_log_loss,
    "cross_entropy": _root_of_cross_entropy,
}
"""Loss -> R (P, N, K, D) of predictions (P, N, K) and Jacobians, with RᵀR = JᵀΛJ summed over outputs."""
