"""The evidence and all that goes with it, against closed forms of linear models (Bishop 3.3, 3.5)."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import multivariate_normal

from shoal.bayes.laplace import Laplace, laplace
from shoal.layers import Dense
from shoal.populations.network import Network
from shoal.shapes import Array

RNG = np.random.default_rng(2)
N = 15
X = RNG.normal(size=(N, 3))
y = X @ [1.0, -0.5, 0.1] + 0.4 + 0.3 * RNG.normal(size=N)
DESIGN = np.hstack([X, np.ones((N, 1))])
LINEAR = Network(3, [Dense(1)])
ALPHA, BETA = 0.7, 9.0


def exact(alpha: float, beta: float) -> float:
    """ln p(t | α, β) of Bayesian linear regression, from the marginal Gaussian of the targets."""
    covariance = np.eye(N) / beta + DESIGN @ DESIGN.T / alpha
    return float(multivariate_normal(np.zeros(N), covariance).logpdf(y))


@pytest.fixture
def found() -> Laplace:
    """Linear networks that were never trained: the Newton step makes up for it."""
    return laplace(LINEAR.population(4, dtype="float64"), X, y, l2=ALPHA / BETA, beta=BETA)


def test_the_evidence_of_a_linear_network_is_that_of_bayesian_linear_regression(found: Laplace) -> None:
    assert found.log_evidence == pytest.approx(np.full(4, exact(ALPHA, BETA)), abs=1e-10)


def test_the_posterior_is_that_of_bayesian_linear_regression(found: Laplace) -> None:
    A = BETA * DESIGN.T @ DESIGN + ALPHA * np.eye(4)
    assert found.mean == pytest.approx(np.tile(BETA * np.linalg.solve(A, DESIGN.T @ y), (4, 1)), abs=1e-10)
    eigenvalues = np.linalg.eigvalsh(BETA * DESIGN.T @ DESIGN)
    assert found.gamma == pytest.approx(np.full(4, (eigenvalues / (eigenvalues + ALPHA)).sum()), abs=1e-10)
    new = np.random.default_rng(3).normal(size=(6, 3))
    features = np.hstack([new, np.ones((6, 1))])
    variance = 1 / BETA + np.einsum("ni,ij,nj->n", features, np.linalg.inv(A), features)
    assert found.predictive_variance(new)[:, :, 0] == pytest.approx(np.tile(variance, (4, 1)), abs=1e-10)


def test_errors_at_the_posterior_mean_are_those_of_the_linear_model(found: Laplace) -> None:
    residual = y - DESIGN @ found.mean[0]
    assert found.data_error[0] == pytest.approx(residual @ residual / 2, abs=1e-10)
    assert found.weight_error[0] == pytest.approx(found.mean[0] @ found.mean[0] / 2, abs=1e-10)


def test_reestimation_ends_where_the_evidence_is_largest(found: Laplace) -> None:
    def negative(logarithms: Array) -> float:
        return -exact(*np.exp(logarithms))

    best = minimize(negative, [0.0, 0.0], tol=1e-12)
    again = found.reestimated()
    assert again.log_evidence == pytest.approx(np.full(4, -best.fun), abs=1e-8)
    assert np.log([again.alpha[0], again.beta[0]]) == pytest.approx(best.x, abs=1e-4)
    assert again.l2 == pytest.approx(again.alpha / again.beta)


def test_l2_is_alpha_over_beta(found: Laplace) -> None:
    # Ridge regression of J's own form, biases included as the prior includes them.
    l2 = ALPHA / BETA
    ridge = np.linalg.solve(DESIGN.T @ DESIGN + l2 * np.eye(4), DESIGN.T @ y)
    assert found.l2 == pytest.approx(np.full(4, l2))
    assert found.mean[0] == pytest.approx(ridge, abs=1e-10)


def logistic_evidence(w: Array, classes: Array, alpha: float) -> float:
    """Laplace's approximation at the mode w of logistic regression, written out (Bishop 4.4 and 5.7.3)."""
    p = 1 / (1 + np.exp(-DESIGN @ w))
    A = DESIGN.T @ ((p * (1 - p))[:, None] * DESIGN) + alpha * np.eye(4)
    fit = (classes * np.log(p) + (1 - classes) * np.log(1 - p)).sum() - alpha * w @ w / 2
    return float(fit - np.linalg.slogdet(A)[1] / 2 + 2 * np.log(alpha))


def test_the_evidence_of_logistic_regression_at_its_mode() -> None:
    classes = (y > 0).astype(int)

    def objective(w: Array) -> float:
        z = DESIGN @ w
        return float((np.logaddexp(0, z) - classes * z).sum() + ALPHA * w @ w / 2)

    mode = minimize(objective, np.zeros(4), tol=1e-14).x
    population = Network(3, [Dense(1)], "log_loss").population(1, dtype="float64")
    population.theta[0] = mode
    found = laplace(population, X, classes, l2=ALPHA)
    assert found.alpha == pytest.approx([ALPHA])
    assert found.beta.tolist() == [1]
    assert found.mean[0] == pytest.approx(mode, abs=1e-6)
    assert found.log_evidence[0] == pytest.approx(logistic_evidence(mode, classes, ALPHA), abs=1e-9)
    assert found.reestimated().beta.tolist() == [1]


def test_two_classes_by_cross_entropy_are_the_logistic_model_of_their_difference() -> None:
    # With w₁ − w₀ = v and a prior of precision α on both, v has precision α/2.
    classes = (y > 0).astype(int)
    population = Network(3, [Dense(2)], "cross_entropy").population(1, dtype="float64")
    v = np.array([0.3, -0.2, 0.1, 0.5])
    population.theta[0] = np.concatenate([-v[:3] / 2, v[:3] / 2, [-v[3] / 2, v[3] / 2]])
    single = Network(3, [Dense(1)], "log_loss").population(1, dtype="float64")
    single.theta[0] = v
    two = laplace(population, X, classes, l2=ALPHA)
    one = laplace(single, X, classes, l2=ALPHA / 2)
    assert two.log_evidence == pytest.approx(one.log_evidence, abs=1e-10)
    assert two.gamma == pytest.approx(one.gamma, abs=1e-10)


def test_a_mode_counts_as_often_as_its_units_can_change_places_and_signs() -> None:
    network = Network(1, [Dense(2, "tanh"), Dense(1)])
    population = network.population(1, dtype="float64")
    x = np.linspace(-2, 2, 40)
    population.theta[0] = [3.0, 3.0, 3.0, -3.0, 1.0, 1.0, 0.0]  # a stair of two steps: both units work
    found = laplace(population, x, population.predict(x)[0, :, 0], l2=1e-4, beta=100.0)
    assert found.units.tolist() == [[2]]
    assert found.log_symmetries == pytest.approx([np.log(8)])


def test_a_member_has_the_same_numbers_alone() -> None:
    network = Network(3, [Dense(4, "tanh"), Dense(1)])
    population = network.population(5, dtype="float64")
    together = laplace(population, X, y).reestimated()
    alone = laplace(population.members([3]), X, y).reestimated()
    assert np.array_equal(together.log_evidence[3:4], alone.log_evidence)
    assert np.array_equal(together.alpha[3:4], alone.alpha)


def test_weights_that_nothing_needs_do_not_end_in_infinity() -> None:
    noise = 1e-9 * np.random.default_rng(3).normal(size=N)
    found = laplace(LINEAR.population(1, dtype="float64"), X, noise).reestimated()
    assert np.isfinite(found.log_evidence).all()
