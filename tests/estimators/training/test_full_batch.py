from __future__ import annotations

import numpy as np
import pytest

from shoal.estimators.training.full_batch import Descent, PackedObjective, lbfgs, lbfgs_complaint
from shoal.layers import Dense
from shoal.populations.network import Network
from shoal.training.problem import Samples

RNG = np.random.default_rng(0)
X, W = RNG.normal(size=(12, 3)), np.array([1.0, -2.0, 0.5])


def samples(network: Network) -> Samples:
    return Samples.of(network, X, X @ W + 0.5)


def test_the_gradient_in_scikit_learn_s_order_is_the_slope() -> None:
    network = Network(3, [Dense(2, "tanh"), Dense(1)])
    objective = PackedObjective(network, samples(network), alpha=0.3)
    packed = np.random.default_rng(1).normal(size=network.n_parameters)
    _, gradient = objective(packed)
    for place in range(packed.size):
        step = np.eye(packed.size)[place] * 1e-6
        slope = (objective(packed + step)[0] - objective(packed - step)[0]) / 2e-6
        assert gradient[place] == pytest.approx(slope, abs=1e-7)


def descent(max_iter: int, after: object = None) -> Descent:
    network = Network(3, [Dense(1)])
    return lbfgs(
        network, np.zeros(4), samples(network), 0.0, tol=1e-9, max_iter=max_iter, max_fun=1000, verbose=False,
        before_evaluation=lambda: None, after_iteration=after,  # type: ignore[arg-type]
    )  # fmt: skip


def test_a_line_is_found_and_told_as_converged() -> None:
    found = descent(200)
    assert found.converged
    np.testing.assert_allclose(found.theta, [*W, 0.5], atol=1e-6)


def test_a_callback_ends_it_where_it_is() -> None:
    seen: list[int] = []

    def after(so_far: Descent) -> bool:
        seen.append(so_far.n_iter)
        return so_far.n_iter == 2

    found = descent(200, after)
    assert (seen, found.interrupted, found.converged) == ([1, 2], True, False)


def test_who_ran_out_of_iterations_is_told_to_raise_them() -> None:
    cut = descent(1)
    assert "Raise max_iter=1." in lbfgs_complaint(cut, 1)
    assert "Raise" not in lbfgs_complaint(cut, 50)
