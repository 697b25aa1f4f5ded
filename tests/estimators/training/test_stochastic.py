"""scikit-learn's loop over epochs, beside the same loop written out for a line with one slope."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import shoal
from shoal.estimators.training.learning_rates import Rates
from shoal.estimators.training.orders import ShuffledOrders
from shoal.estimators.training.stochastic import Settings, StochasticTraining
from shoal.estimators.training.validation import Validation
from shoal.populations.population import Population
from shoal.solvers.adam import Adam
from shoal.solvers.sgd import SGD
from shoal.training.problem import Samples
from shoal.training.stopping import Watch

LINE = shoal.Network(1, [shoal.Dense(1)], "squared_error")
X = np.array([[-1.0], [0.5], [2.0], [1.0], [-0.5]])
Y = np.array([-2.0, 1.0, 3.5, 2.5, -1.0])
START = np.array([[0.5, 0.1], [-0.25, 0.0]])
RATES = (0.1, 0.02)
ALPHA = 0.3
PLAIN = SGD(momentum=0.0)


def training(
    epochs: int = 6,
    *,
    network: Any = LINE,
    theta: Any = START,
    y: Any = Y,
    rates: Any = RATES,
    schedule: str = "constant",
    solver: Any = PLAIN,
    batch_size: int = 2,
    tol: float = -np.inf,
    patience: float = np.inf,
    shuffle: bool = False,
    randoms: Any = None,
    higher_is_better: bool = False,
    **others: Any,
) -> StochasticTraining:
    """Return the training of as many members as there are rates; their loss is never too flat."""
    size = len(rates)
    return StochasticTraining(
        Population(network, np.array(theta)[:size], np.zeros((size, 2), dtype=np.uint64)),
        Samples.of(network, X, y),
        np.full(size, ALPHA),
        ShuffledOrders(np.arange(5)[None], randoms or [np.random.RandomState(7)] * size, shuffle),
        np.arange(size),
        Settings(solver, Rates(schedule, np.array(rates), 0.5), batch_size, epochs, threads=1),
        watch=Watch.new(size, tol, patience, higher_is_better),
        **others,
    )


def by_hand(theta: Any, rate: Any, epochs: int) -> tuple[list[float], list[list[float]]]:
    """Return the losses and parameters (w, b) after each epoch, in batches of 2, 2 and 1 rows."""
    (w, b), losses, thetas = theta, [], []
    for epoch in range(epochs):
        total = 0.0
        for rows in ([0, 1], [2, 3], [4]):
            x, m = X[rows, 0], len(rows)
            delta = w * x + b - Y[rows]
            total += m * (0.5 * np.mean(delta**2) + 0.5 * ALPHA * w**2 / m)
            w, b = (
                w - rate(epoch) * (np.mean(delta * x) + ALPHA * w / m),
                b - rate(epoch) * np.mean(delta),
            )
        losses.append(total / len(Y))
        thetas.append([w, b])
    return losses, thetas


def heard(found: StochasticTraining) -> bool:
    """Let every epoch be looked at, and none be the last."""
    return False


@pytest.mark.parametrize("reports", [(), (heard,)])
def test_losses_and_parameters_are_those_of_the_loop_by_hand(reports: Any) -> None:
    found = training(6, reports=reports)
    found.run()
    for member, (theta, rate) in enumerate(zip(START, RATES, strict=True)):
        losses, thetas = by_hand(theta, lambda epoch, rate=rate: rate, 6)
        np.testing.assert_allclose(np.array(found.losses)[:, member], losses, rtol=1e-12)
        np.testing.assert_allclose(found.theta[member], thetas[-1], rtol=1e-12)
        np.testing.assert_allclose(found.last_losses[member], losses[-1], rtol=1e-12)
    assert (found.steps, found.epochs.tolist(), found.going.tolist()) == (18, [6, 6], [True, True])


def test_epochs_in_one_go_and_one_by_one_are_the_same_bits() -> None:
    settings: Any = {"solver": Adam(), "shuffle": True, "tol": 1e-2, "patience": 3}
    together, apart = (
        training(60, randoms=[np.random.RandomState(s) for s in (1, 2)], reports=reports, **settings)
        for reports in ((), (heard,))
    )
    for each in (together, apart):
        each.run()
    assert together.epochs.max() % 20 != 0  # more orders were drawn, 20 epochs at a time, than used
    np.testing.assert_array_equal(together.theta, apart.theta)
    np.testing.assert_array_equal(together.losses, apart.losses)
    np.testing.assert_array_equal(together.epochs, apart.epochs)
    for one, other in zip(together.orders.randoms, apart.orders.randoms, strict=True):
        assert one.randint(2**31) == other.randint(2**31)


@pytest.mark.parametrize("reports", [(), (heard,)])
def test_a_member_ends_once_too_many_epochs_were_not_better_by_tol(reports: Any) -> None:
    slow = (0.1, 1e-6)  # the second falls by far less than tol
    found = training(8, rates=slow, tol=1e-3, patience=2, reports=reports)
    found.run()
    assert found.epochs.tolist() == [8, 4]  # the first epoch is the best, and three are too many
    assert found.going.tolist() == [True, False]
    np.testing.assert_allclose(found.theta[1], by_hand(START[1], lambda epoch: 1e-6, 4)[1][-1], rtol=1e-12)
    losses = np.array(found.losses)
    assert np.isnan(losses[4:, 1]).all()
    assert found.last_losses[1] == losses[3, 1]


def test_rates_scale_inversely_with_the_samples_seen() -> None:
    found = training(4, schedule="invscaling")
    found.run()
    for member, rate in enumerate(RATES):
        _, thetas = by_hand(START[member], lambda epoch, rate=rate: rate / np.sqrt(5 * epoch + 1), 4)
        np.testing.assert_allclose(found.theta[member], thetas[-1], rtol=1e-12)
    np.testing.assert_allclose(found.rate, np.array(RATES) / np.sqrt(21))
    assert found.t == 20


def test_an_adaptive_rate_is_divided_by_five_instead_of_stopping() -> None:
    slow = (0.1, 1e-5)
    found = training(12, rates=slow, schedule="adaptive", tol=1e-3, patience=2)
    found.run()
    # the first member has not come to rest; the second after epochs 4 (1 + 3) and 7, and is then too slow
    assert found.epochs.tolist() == [12, 10]
    np.testing.assert_allclose(found.rate, [0.1, 1e-5 / 25])
    rates = [1e-5] * 4 + [2e-6] * 3 + [4e-7] * 3
    _, thetas = by_hand(START[1], rates.__getitem__, 10)
    np.testing.assert_allclose(found.theta[1], thetas[-1], rtol=1e-12)


def test_the_best_on_validation_rows_is_kept() -> None:
    class Judge(Validation):
        """Says which epochs are good, whatever the parameters are."""

        marks = iter([[0.1, 0.9], [0.5, 0.8], [0.3, 0.8], [0.2, 0.8], [0.1, 0.8]])

        def judge(self, theta: Any) -> Any:
            return np.array(next(self.marks)), theta[:, 0]

    thetas: list[np.ndarray] = []

    def note(found: StochasticTraining) -> bool:
        thetas.append(found.theta.copy())
        return False

    judge = Judge(LINE, X, Y[None], np.ones(5), 0)
    found = training(
        5, validation=judge, stops_early=True, higher_is_better=True, tol=0.0, patience=2, reports=(note,)
    )
    found.run()
    # not better are the epochs after the second, and after the first
    assert found.epochs.tolist() == [5, 4]
    np.testing.assert_array_equal(found.best_theta, [thetas[1][0], thetas[0][1]])
    np.testing.assert_array_equal(np.array(found.scores)[:, 0], [0.1, 0.5, 0.3, 0.2, 0.1])
    np.testing.assert_array_equal(np.array(found.scores)[:, 1], [0.9, 0.8, 0.8, 0.8, np.nan])
    np.testing.assert_array_equal(np.array(found.validation_losses)[:, 0], [theta[0, 0] for theta in thetas])


def test_all_reports_hear_of_the_epoch_that_one_of_them_ends() -> None:
    told: list[int] = []

    def ends(found: StochasticTraining) -> bool:
        return len(found.losses) == 3

    def notes(found: StochasticTraining) -> bool:
        told.append(len(found.losses))
        return False

    found = training(9, reports=(ends, notes))
    found.run()
    assert told == [1, 2, 3]
    assert found.epochs.tolist() == [3, 3]


def test_an_interruption_keeps_what_was_trained_and_puts_random_states_back() -> None:
    left = iter([True, True, False])

    def begin() -> None:
        if not next(left):
            raise KeyboardInterrupt

    random, untouched = np.random.RandomState(5), np.random.RandomState(5)
    found = training(9, rates=RATES[:1], shuffle=True, randoms=[random], begin_epoch=begin)
    with pytest.warns(UserWarning, match="Training interrupted by user"):
        found.run()
    assert found.interrupted
    assert (len(found.losses), found.epochs.tolist()) == (2, [2])
    for _ in range(2):
        untouched.shuffle(np.arange(5))
    assert random.randint(2**31) == untouched.randint(2**31)


def test_a_training_goes_on_with_what_the_solver_remembers() -> None:
    whole, first = training(6, solver=Adam()), training(4, solver=Adam())
    whole.run()
    first.run()
    rest = training(2, solver=Adam(), theta=first.theta, state=first.memory, steps=first.steps, t=first.t)
    rest.run()
    np.testing.assert_array_equal(rest.theta, whole.theta)
    np.testing.assert_array_equal(rest.losses, whole.losses[4:])
    assert rest.steps == whole.steps == 18


def test_squares_are_averaged_over_the_outputs() -> None:
    network = shoal.Network(1, [shoal.Dense(2)], "squared_error")
    theta = np.array([[0.5, -1.0, 0.1, 0.2]])
    y = np.stack([Y, -Y], axis=1)
    found = training(1, network=network, theta=theta, y=y, rates=(1e-12,), batch_size=5)
    found.run()
    off = X @ [[0.5, -1.0]] + [0.1, 0.2] - y
    expected = 0.5 * np.mean(off**2) + 0.5 * ALPHA * (0.25 + 1) / 5
    np.testing.assert_allclose(found.losses, [[expected]], rtol=1e-12)


def test_the_loss_of_counts_is_half_the_deviance() -> None:
    network = shoal.Network(1, [shoal.Dense(1)], "poisson")
    y = np.array([0.0, 1.0, 4.0, 2.0, 1.0])
    found = training(1, network=network, theta=[[0.5, 0.2]], y=y, rates=(1e-12,), batch_size=5)
    found.run()
    z = 0.5 * X[:, 0] + 0.2
    log = np.log(y, out=np.zeros(5), where=y > 0)
    expected = np.mean(y * (log - z) - y + np.exp(z)) + 0.5 * ALPHA * 0.25 / 5
    np.testing.assert_allclose(found.losses, [[expected]], rtol=1e-12)


def test_a_member_that_diverges_ends_alone() -> None:
    found = training(8, rates=(0.1, 1e200))
    found.run()
    assert found.diverged.tolist() == [False, True]
    assert found.epochs[0] == 8
    np.testing.assert_allclose(found.theta[0], by_hand(START[0], lambda epoch: 0.1, 8)[1][-1], rtol=1e-12)
