from __future__ import annotations

import numpy as np
import pytest

from shoal.errors import ConfigurationError
from shoal.explanation.gradient_check import check_gradients
from shoal.explanation.step_study import STEPS, StepStudy, study_steps
from shoal.layers import Dense, Dropout
from shoal.populations.network import Network

NETWORK = Network(3, [Dense(4, "tanh"), Dropout(0.0), Dense(2, "sigmoid"), Dense(1)], loss="log_loss")
RNG = np.random.default_rng(0)
X, y = RNG.normal(size=(6, 3)), RNG.integers(2, size=6)


@pytest.fixture(scope="module")
def study() -> StepStudy:
    return study_steps(NETWORK, X, y)


def slope(study: StepStudy, low: float, high: float) -> float:
    """Fit the power of h that the error follows between two steps."""
    there = (study.steps >= 0.99 * low) & (study.steps <= 1.01 * high)
    return float(np.polyfit(np.log10(study.steps[there]), np.log10(study.largest[there]), 1)[0])


def test_truncation_falls_as_the_square_of_the_step(study: StepStudy) -> None:
    assert abs(slope(study, 1e-3, 1e-1) - 2) < 0.1


def test_rounding_grows_as_the_step_shrinks(study: StepStudy) -> None:
    assert abs(slope(study, 1e-12, 1e-7) + 1) < 0.3


def test_the_best_step_lies_where_the_two_errors_are_equal(study: StepStudy) -> None:
    equal = (study.rounding / study.truncation) ** (1 / 3)
    assert equal / 10 < study.best_step < equal * 10
    assert study.largest.min() < 1e-8


def test_a_row_for_each_array_and_a_column_for_each_step(study: StepStudy) -> None:
    assert study.names == ("W1", "b1", "W2", "b2", "W3", "b3")
    assert study.errors.shape == (6, len(STEPS))
    at = STEPS.index(min(STEPS, key=lambda h: abs(h - 1e-5)))
    check = check_gradients(NETWORK, X, y, step=STEPS[at])
    assert study.errors[:, at].tolist() == [block.relative_error for block in check.blocks]


def test_every_step_is_tried_on_the_same_sample() -> None:
    network, heard = Network(3, [Dense(40, "tanh"), Dense(1)], loss="log_loss"), []
    few = study_steps(
        network, X, y, steps=(1e-4, 1e-6), sample=50, told=lambda done, of: heard.append((done, of))
    )
    for i, step in enumerate((1e-4, 1e-6)):
        check = check_gradients(network, X, y, step=step, sample=50)
        assert few.errors[:, i].tolist() == [block.relative_error for block in check.blocks]
    drawn = check.coverage[0]
    assert drawn < network.n_parameters
    assert heard[-1] == (2 * drawn, 2 * drawn)
    assert heard == sorted(heard)


def test_the_coefficients_are_those_of_the_errors() -> None:
    steps = np.array([1e-2, 1e-3, 1e-8, 1e-9])
    errors = np.array([[3e-4, 3e-6, 5e-9, 5e-8]])
    made_up = StepStudy(steps, ("W1",), errors)
    np.testing.assert_allclose([made_up.truncation, made_up.rounding], [3, 5e-17])
    assert made_up.best_step == 1e-8


def test_a_study_needs_steps() -> None:
    with pytest.raises(ConfigurationError, match="a study of steps needs steps, got none"):
        study_steps(NETWORK, X, y, steps=[])
