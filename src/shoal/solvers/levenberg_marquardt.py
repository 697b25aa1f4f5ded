"""The Levenberg-Marquardt method: Newton's for sums of squares, with a step that is kept within reach."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from shoal.solvers.base import State, curved, require_positive
from shoal.solvers.damping import HELD, descend, largest_curvature
from shoal.solvers.full_batch import FullBatchSolver, keep, known

if TYPE_CHECKING:
    from shoal.shapes import Array, BoolArray, IntArray
    from shoal.solvers.base import Objective


@dataclass(frozen=True)
class LevenbergMarquardt(FullBatchSolver):
    """Solve for the minimum of J as if the network were straight, no further than that is trusted.

    With the residuals r_i = z_i − y_i, their Jacobians J_i = ∂r_i/∂theta (K, D), the shares
    s_i / Σ s of the samples and a loss ½ c Σ_k r², each step takes g = ∂J/∂theta and::

        H = c Σ_i s_i J_iᵀ J_i / Σ_i s_i + ∂²penalties/∂W²        (D, D), the Gauss-Newton Hessian of J
        (H + μ I) p = −g,      theta ← theta + p

    with every member's own damping μ, which begins at ``initial_damping`` times the largest H_dd, grows until
    J falls, and shrinks with how well the parabola predicted that (``shoal.solvers.damping``). So J falls in
    every epoch. A member for whom no μ lowers J has converged.

    An epoch costs K backward passes, N K D² multiplications for H and D³/6 for its factor, so this is the
    method for small networks of which a precise minimum is wanted; it refuses losses other than the squared
    errors, and more than 5000 parameters.

    Source: Levenberg 1944; Marquardt 1963; Hagan & Menhaj, *Training feedforward networks with the Marquardt
    algorithm*, IEEE Trans. Neural Networks 5 (1994) 989-993; the damping: Madsen, Nielsen & Tingleff 2004.

    Raises ``ConfigurationError`` unless ``initial_damping`` is positive.

    >>> from shoal.layers import Dense
    >>> from shoal.populations.network import Network
    >>> from shoal.populations.trainer import train
    >>> X = np.linspace(-1, 1, 20)
    >>> network = Network(1, [Dense(4, "tanh"), Dense(1)])
    >>> result = train(network, X, np.sin(3 * X), starts=5, solver="lm", l2=1e-6, epochs=50)
    >>> bool(np.median(np.nanmin(result.history.loss, axis=1)) < 1e-4)
    True
    """

    name: ClassVar[str] = "levenberg_marquardt"
    squares: ClassVar[bool] = True
    dense: ClassVar[bool] = True

    initial_damping: float = 1e-3

    def __post_init__(self) -> None:
        require_positive(self, "initial_damping")

    def start_memory(self, theta: Array) -> State:
        return {"damping": np.zeros(len(theta))}  # 0: not begun

    def advance(self, members: IntArray, moved: BoolArray, objective: Objective, state: State) -> BoolArray:
        function = curved(self, objective)
        converged = np.zeros(len(members), dtype=np.bool_)
        at_once = max(1, HELD // state["theta"].shape[1] ** 2)
        for first in range(0, len(members), at_once):
            part = slice(first, first + at_once)
            rows = members[part]
            here = known(state, rows)
            hessian = function.curvature(here.theta, rows)
            damping = state["damping"][rows]
            begun = np.where(damping > 0, damping, self.initial_damping * largest_curvature(hessian))
            there, state["damping"][rows], found = descend(here, hessian, begun, rows, function)
            keep(state, rows, there)
            converged[part] = ~found
        return converged
