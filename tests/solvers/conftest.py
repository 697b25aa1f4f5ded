"""Functions to minimise, for whole populations, and a loop that takes steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pytest
from scipy.optimize import rosen, rosen_der, rosen_hess

from shoal.shapes import Array, IntArray
from shoal.solvers.base import Objective, Solver, Step


class Counted:
    """An objective made of one row's J and gradient, which counts the evaluations of every member.

    Its curvature is that of ``bend`` at one row, of ½ w² unless told.
    """

    def __init__(
        self,
        row: Callable[[Array, int], tuple[float, Array]],
        size: int,
        bend: Callable[[Array, int], Array] = lambda w, p: np.eye(len(w)),
    ) -> None:
        self.row, self.bend, self.evaluations = row, bend, np.zeros(size, dtype=int)
        self.noise_scale = self.n_numbers = np.full(size, 10.0)

    def __call__(self, theta: Array, members: IntArray | None = None) -> tuple[Array, Array]:
        members = np.arange(len(theta)) if members is None else members
        np.add.at(self.evaluations, members, 1)
        values = [self.row(w, p) for w, p in zip(theta, members, strict=True)]
        J = np.array([J for J, _ in values], dtype=theta.dtype)
        return J, np.array([g for _, g in values], dtype=theta.dtype).reshape(theta.shape)

    def curvature(self, theta: Array, members: IntArray | None = None) -> Array:
        members = np.arange(len(theta)) if members is None else members
        return np.array([self.bend(w, p) for w, p in zip(theta, members, strict=True)], dtype=theta.dtype)


@pytest.fixture
def counted() -> type[Counted]:
    return Counted


@pytest.fixture
def quadratics() -> Callable[..., Counted]:
    """Return ½ (w − c)ᵀ A (w − c) + 1 for members with the given condition numbers of A."""

    def build(conditions: Sequence[float], n_parameters: int) -> Counted:
        rng, bowls = np.random.default_rng(7), []
        for condition in conditions:
            rotation = np.linalg.qr(rng.standard_normal((n_parameters, n_parameters)))[0]
            A = rotation @ np.diag(np.geomspace(1, condition, n_parameters)) @ rotation.T
            bowls.append((A, rng.standard_normal(n_parameters)))

        def row(w: Array, p: int) -> tuple[float, Array]:
            A, c = (part.astype(w.dtype) for part in bowls[p])
            gradient = (A * (w - c)).sum(axis=1)
            return 0.5 * (gradient * (w - c)).sum() + w.dtype.type(1), gradient

        return Counted(row, len(bowls), lambda w, p: bowls[p][0])

    return build


@pytest.fixture
def rosenbrock() -> Callable[[int], Counted]:
    """Return Rosenbrock's function for that many members."""
    return lambda size: Counted(
        lambda w, p: (rosen(w), rosen_der(w)), size, lambda w, p: np.array(rosen_hess(w))
    )


@pytest.fixture
def take_steps() -> Callable[..., list[Step]]:
    """Return a function that takes steps from theta and gives all of them."""

    def run(
        solver: Solver, theta: Array, objective: Objective, n_steps: int, rate: float | Array = 0.1
    ) -> list[Step]:
        rates = np.broadcast_to(np.asarray(rate, theta.dtype).reshape(-1, 1), (len(theta), 1))
        state, steps = solver.start(theta), []
        with np.errstate(all="ignore"):
            for _ in range(n_steps):
                steps.append(solver.step(theta, objective, state, rates))
                theta = steps[-1].theta
        return steps

    return run
