"""Bayesian regularisation: Levenberg-Marquardt under a penalty whose strength the evidence re-estimates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from shoal.solvers import definite
from shoal.solvers.base import Solver, State, Step, as_column, curved, dot, largest, require_positive
from shoal.solvers.damping import HELD, descend, largest_curvature
from shoal.solvers.full_batch import Point

if TYPE_CHECKING:
    from shoal.shapes import Array, BoolArray, IntArray
    from shoal.solvers.base import CurvedObjective, Objective

LEAST, MOST = 1e-10, 1e10
"""The range of α and β: weights that the data do not need at all would send α to infinity."""


@dataclass(frozen=True)
class BayesianRegularization(Solver):
    """Minimise β E_D + α E_W by damped Gauss-Newton steps, and re-estimate α and β before each of them.

    With E_D = ½ Σ_i s_i |r_i|² over n numbers to explain (outputs times weights of samples),
    E_W = ½ |theta|² over all D parameters, biases too, and H the Gauss-Newton Hessian of E_D::

        γ = D − α tr (β H + α I)⁻¹          α ← γ / (2 E_W)          β ← (n − γ) / (2 E_D)

    then a step as that of ``levenberg_marquardt`` on ``J + λ |theta|² / (2m)`` with λ = α/β, J the loss over
    the data. That sum is what the history holds, under the λ of its epoch, and ``History.told`` the γ, α and
    β beside it: γ is how many of the parameters the data determine, the *effective number of parameters*. It
    hardly grows with a network that is larger than the data need, which is why one may be taken too large.
    Before the first step there is no γ yet: λ begins at ``initial_l2``.

    The strength of the penalty is found, so none is given; and of networks of classes, whose errors are no
    sums of squares, ``CapacityStudy(choose="evidence")`` finds it.

    Source: MacKay, *Bayesian interpolation*, Neural Computation 4 (1992) 415-447; Foresee & Hagan,
    *Gauss-Newton approximation to Bayesian learning*, ICNN 1997, 1930-1935, which MATLAB's trainbr follows.

    Raises ``ConfigurationError`` unless ``initial_damping`` and ``initial_l2`` are positive.

    >>> from shoal.layers import Dense
    >>> from shoal.populations.network import Network
    >>> from shoal.populations.trainer import train
    >>> x = np.linspace(-1, 1, 21)
    >>> t = np.sin(np.pi * x) + 0.1 * np.random.default_rng(0).normal(size=21)
    >>> network = Network(1, [Dense(20, "tanh"), Dense(1)])
    >>> history = train(network, x, t, solver="bayesian_regularization", epochs=100).history
    >>> gamma = history.told["gamma"][0, history.epochs[0] - 1]
    >>> network.n_parameters, bool(4 < gamma < 8)
    (61, True)
    """

    name: ClassVar[str] = "bayesian_regularization"
    full_batch: ClassVar[bool] = True
    takes_learning_rate: ClassVar[bool] = False
    learning_rate: ClassVar[float] = 1.0
    squares: ClassVar[bool] = True
    dense: ClassVar[bool] = True
    estimates_l2: ClassVar[bool] = True
    tells: ClassVar[tuple[str, ...]] = ("gamma", "alpha", "beta")

    initial_damping: float = 1e-3
    initial_l2: float = 0.01

    def __post_init__(self) -> None:
        require_positive(self, "initial_damping", "initial_l2")

    def start(self, theta: Array) -> State:
        size = len(theta)
        return {"damping": np.zeros(size), **{name: np.full(size, np.nan) for name in self.tells}}

    def step(self, theta: Array, objective: Objective, state: State, rate: Array) -> Step:
        function, size = curved(self, objective), len(theta)
        proposed, converged = theta.copy(), np.zeros(size, dtype=np.bool_)
        J, gradient_size = (np.empty(size, theta.dtype) for _ in range(2))
        at_once = max(1, HELD // theta.shape[1] ** 2)
        for first in range(0, size, at_once):
            rows = np.arange(first, min(first + at_once, size))
            here = Point.at(theta[rows], function, rows)
            hessian = function.curvature(here.theta, rows)
            self._estimate(here, hessian, rows, function, state)
            penalised = _Penalised(function, _strengths(function, state))
            now = penalised.of(here, rows)
            J[rows], gradient_size[rows] = now.J, largest(now.gradient)
            _diagonal(hessian)[...] += as_column(penalised.strengths[rows], theta)
            sound = now.finite() & np.isfinite(hessian).all(axis=(1, 2))
            members = rows[sound]
            if members.size:
                start = Point(now.theta[sound], now.J[sound], now.gradient[sound])
                there, found = self._descend(start, hessian[sound], members, penalised, state)
                proposed[members], converged[members] = there.theta, ~found
        return Step(J, proposed, converged, gradient_size)

    def _estimate(
        self, here: Point, hessian: Array, rows: IntArray, function: CurvedObjective, state: State
    ) -> None:
        """Re-estimate α, β and γ of the members ``rows`` (Q,) where they are; at first, begin them."""
        known = function.noise_scale, function.n_numbers
        scale, n = (numbers[rows].astype(np.float64) for numbers in known)
        data = here.J.astype(np.float64) * scale
        weights = 0.5 * dot(here.theta, here.theta).astype(np.float64)
        alpha, beta = state["alpha"][rows], state["beta"][rows]
        A = hessian.astype(np.float64) * (beta * scale)[:, None, None]
        _diagonal(A)[...] += alpha[:, None]
        gamma = A.shape[1] - alpha * definite.trace_of_inverse(A)
        begun = np.isfinite(gamma)
        first = _bounded(n, 2 * data)
        state["gamma"][rows] = gamma
        state["beta"][rows] = np.where(begun, _bounded(n - gamma, 2 * data), first)
        state["alpha"][rows] = np.where(begun, _bounded(gamma, 2 * weights), self.initial_l2 * first)

    def _descend(
        self, here: Point, hessian: Array, members: IntArray, penalised: _Penalised, state: State
    ) -> tuple[Point, BoolArray]:
        damping = state["damping"][members]
        begun = np.where(damping > 0, damping, self.initial_damping * largest_curvature(hessian))
        there, state["damping"][members], found = descend(here, hessian, begun, members, penalised)
        return there, found


@dataclass(frozen=True)
class _Penalised:
    """J plus ½ ``strengths`` (P,) times |theta|², with the gradient of both."""

    objective: Objective
    strengths: Array

    def __call__(self, theta: Array, members: IntArray | None = None) -> tuple[Array, Array]:
        J, gradient = self.objective(theta, members)
        rows = np.arange(len(theta)) if members is None else members
        point = self.of(Point(theta, J, gradient), rows)
        return point.J, point.gradient

    def of(self, point: Point, members: IntArray) -> Point:
        """Return the point of ``members`` (Q,) with what the penalty adds to it."""
        strengths = self.strengths[members].astype(point.theta.dtype)
        J = point.J + 0.5 * strengths * dot(point.theta, point.theta)
        return Point(point.theta, J, point.gradient + strengths[:, None] * point.theta)


def _strengths(function: CurvedObjective, state: State) -> Array:
    """Return λ/m (P,), by which J bends more along every parameter."""
    strengths: Array = state["alpha"] / (state["beta"] * function.noise_scale)
    return strengths


def _diagonal(matrices: Array) -> Array:
    """Return a view of the diagonals (Q, D) of matrices (Q, D, D)."""
    view: Array = np.einsum("pdd->pd", matrices)
    return view


def _bounded(numerator: Array, denominator: Array) -> Array:
    """Return a precision within its range, also where nothing is left to divide by."""
    precision: Array = np.clip(numerator / np.maximum(denominator, np.finfo(np.float64).tiny), LEAST, MOST)
    return precision
