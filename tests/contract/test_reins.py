"""Training whose orders, rates and endings somebody else decides gives the same in every engine."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from shoal.engines import ENGINES
from shoal.history import History
from shoal.layers import Dense
from shoal.network import Network
from shoal.population import Population
from shoal.problem import Method, Problem, Progress, Reins, Samples
from shoal.schedules import Constant
from shoal.shapes import Array
from shoal.solvers.adam import Adam
from shoal.solvers.base import Solver, State
from shoal.solvers.gradient_descent import GradientDescent
from shoal.solvers.rmsprop import RMSprop
from shoal.solvers.sgd import SGD
from shoal.stopping import Reason, Stopping, Watch

P, N, EPOCHS = 5, 40, 6
SOLVERS: list[Solver] = [GradientDescent(), SGD(0.9, nesterov=True), Adam(epsilon_hat=True), RMSprop()]
# Below and above what decides whether a lane is a network or a sample; neither divides the samples.
BATCHES = [9, 34]

every_engine = pytest.mark.parametrize("engine", ENGINES)
every_solver = pytest.mark.parametrize("solver", SOLVERS, ids=lambda solver: solver.name)
both_batches = pytest.mark.parametrize("batch_size", BATCHES)


def population() -> Population:
    return Network(3, [Dense(4, "tanh"), Dense(2)]).population(P, seed=1, dtype="float64")


def problem() -> Problem:
    rng = np.random.default_rng(0)
    zeros = np.zeros(P)
    return Problem(
        train=Samples(rng.normal(size=(N, 3)), rng.normal(size=(2, N)), rng.uniform(0.5, 2, size=(P, N))),
        validation=None,
        l2=np.linspace(0, 0.2, P),
        l1=zeros,
        weight_decay=zeros,
        learning_rate=zeros,
        by_batch=True,
    )


class Lead:
    """Draws orders of 37 of the 40 samples, halves the rates, ends member 1 after the second epoch."""

    def __init__(self, state: State, first_epoch: int = 0, first_step: int = 0) -> None:
        self.which, self.epoch = np.array([0, 1, 0, 2, 1]), first_epoch
        self.losses: list[Array] = []
        self.penalties: list[Array] = []
        self.thetas: list[Array] = []
        self.reins = Reins(
            np.zeros((1, 3, 37), np.uint32), self.which, np.linspace(0.01, 0.05, P), state, first_step
        )
        self.turn()

    def turn(self) -> None:
        for i in range(3):
            self.reins.orders[0, i] = np.random.default_rng([self.epoch, i]).permutation(N)[:37]
        self.reins.rate[:] = np.linspace(0.01, 0.05, P) * 0.5**self.epoch

    def __call__(self, progress: Progress) -> None:
        self.losses.append(self.reins.history.loss[:, progress.epoch - 1].copy())
        self.penalties.append(self.reins.penalty.copy())
        self.thetas.append(self.reins.theta.copy())
        self.epoch += 1
        if self.epoch == 2:
            self.reins.ended[1] = Reason.CONVERGED
        self.turn()


def trainees(population: Population) -> tuple[Network, Array, npt.NDArray[np.uint64]]:
    return population.network, population.theta, population.keys


def method(solver: Solver, batch_size: int, reins: Reins, epochs: int = EPOCHS) -> Method:
    return Method(solver, Constant(), Stopping(epochs), batch_size, False, 0, None, reins)


def run(engine: str, solver: Solver, batch_size: int) -> tuple[Population, History, Lead]:
    members = population()
    lead = Lead(solver.start(members.theta))
    history = ENGINES[engine].train(
        *trainees(members), problem(), method(solver, batch_size, lead.reins), lead, 2
    )
    return members, history, lead


@every_solver
@both_batches
def test_the_engines_agree(solver: Solver, batch_size: int) -> None:
    expected, expected_history, expected_lead = run("reference", solver, batch_size)
    for engine in ENGINES:
        members, history, lead = run(engine, solver, batch_size)
        np.testing.assert_allclose(members.theta, expected.theta, rtol=1e-9, atol=1e-12)
        np.testing.assert_allclose(history.loss, expected_history.loss, rtol=1e-9)
        np.testing.assert_allclose(lead.losses, expected_lead.losses, rtol=1e-9)
        np.testing.assert_array_equal(history.stopped, expected_history.stopped)
        np.testing.assert_array_equal(history.epochs, expected_history.epochs)
        for epoch in range(EPOCHS):
            going = np.isfinite(expected_lead.losses[epoch])
            for shown, told in (
                (lead.penalties, expected_lead.penalties),
                (lead.thetas, expected_lead.thetas),
            ):
                np.testing.assert_allclose(shown[epoch][going], told[epoch][going], rtol=1e-9, atol=1e-12)
        for key, array in lead.reins.state.items():
            going = history.stopped == Reason.EPOCHS
            np.testing.assert_allclose(
                array[going], expected_lead.reins.state[key][going], rtol=1e-9, atol=1e-12
            )


@every_engine
@both_batches
def test_a_member_that_is_ended_outside_stays_as_it_is(engine: str, batch_size: int) -> None:
    members, history, lead = run(engine, SGD(), batch_size)
    assert history.stopped.tolist() == [0, Reason.CONVERGED, 0, 0, 0]
    assert history.epochs.tolist() == [6, 2, 6, 6, 6]
    np.testing.assert_array_equal(members.theta[1], lead.thetas[1][1])
    assert not np.array_equal(members.theta[0], lead.thetas[1][0])


@every_engine
@every_solver
@both_batches
def test_training_goes_on_where_its_state_was_left(engine: str, solver: Solver, batch_size: int) -> None:
    whole, _, _ = run(engine, solver, batch_size)
    halves = population()
    lead = Lead(solver.start(halves.theta))
    train = ENGINES[engine].train
    train(*trainees(halves), problem(), method(solver, batch_size, lead.reins, epochs=3), lead, 1)
    rest = Lead(lead.reins.state, first_epoch=3)
    rest.reins.ended[1] = Reason.CONVERGED
    train(*trainees(halves), problem(), method(solver, batch_size, rest.reins, epochs=3), rest, 1)
    np.testing.assert_allclose(halves.theta, whole.theta, rtol=1e-12, atol=1e-14)


@every_engine
@both_batches
def test_a_member_that_diverged_is_said_to_have_ended(engine: str, batch_size: int) -> None:
    members = population()
    lead = Lead({})
    lead.reins.rate[3] = 1e300
    ENGINES[engine].train(
        *trainees(members), problem(), method(GradientDescent(), batch_size, lead.reins, 1), lead, 1
    )
    assert lead.reins.ended.tolist() == [0, 0, 0, Reason.DIVERGED, 0]


@every_engine
def test_an_epoch_by_batch_is_worked_out_by_hand(engine: str) -> None:
    """One weight w = 1 without learning: loss ½ w²x², weights s; two batches, of two samples and of one."""
    members = Network(1, [Dense(1)]).population(1, dtype="float64")
    members.theta[:] = [[1.0, 0.0]]
    zero, one = np.zeros(1), np.ones(1)
    samples = Samples(np.array([[1.0], [2.0], [3.0]]), np.zeros((1, 3)), np.array([[1.0, 3.0, 2.0]]))
    reins = Reins(np.array([[[0, 1, 2]]], np.uint32), np.zeros(1, np.intp), zero.copy(), {})
    ENGINES[engine].train(
        *trainees(members),
        Problem(samples, None, l2=0.8 * one, l1=zero, weight_decay=zero, learning_rate=zero, by_batch=True),
        method(GradientDescent(), 2, reins, epochs=1),
        lambda progress: None,
        1,
    )
    first, second = (1 * 0.5 + 3 * 2.0) / 4 + 0.4 / 4, 4.5 + 0.4 / 2
    np.testing.assert_allclose(reins.history.loss[:, 0], (2 * first + 1 * second) / 3)
    np.testing.assert_allclose(reins.penalty, (2 * 0.1 + 1 * 0.2) / 3)


class Far:
    """Lets go of the reins for some epochs at a time, watched by ``watch``; the orders are those of Lead."""

    def __init__(self, together: int, watch: Watch | None, state: State) -> None:
        self.lead = Lead(state)
        rate = np.linspace(0.01, 0.05, P)
        self.reins = Reins(
            np.zeros((together, 3, 37), np.uint32), self.lead.which, rate, state, 0, watch=watch
        )
        self.told: list[Progress] = []
        self.turn()

    def turn(self) -> None:
        for orders in self.reins.orders:
            self.lead.turn()
            orders[:] = self.lead.reins.orders[0]
            self.lead.epoch += 1

    def __call__(self, progress: Progress) -> None:
        self.told.append(progress)
        self.turn()


def far(engine: str, batch_size: int, together: int, watch: Watch | None) -> tuple[Population, History, Far]:
    members, solver = population(), Adam(epsilon_hat=True)
    lead = Far(together, watch, solver.start(members.theta))
    history = ENGINES[engine].train(
        *trainees(members), problem(), method(solver, batch_size, lead.reins, 9), lead, 2
    )
    return members, history, lead


@every_engine
@both_batches
def test_epochs_run_together_are_those_run_one_by_one(engine: str, batch_size: int) -> None:
    members, history, _ = far(engine, batch_size, 1, None)
    together, history_together, lead = far(engine, batch_size, 4, None)
    assert [progress.epoch for progress in lead.told] == [4, 8, 9]
    np.testing.assert_array_equal(together.theta, members.theta)
    np.testing.assert_array_equal(history_together.loss, history.loss)
    np.testing.assert_array_equal(lead.reins.history.epochs, 9)


@both_batches
def test_the_engines_end_who_is_late_and_remember_what_they_saw(batch_size: int) -> None:
    """Who is to gain 0.03 every third epoch ends after other epochs than the others do."""
    watches = {name: Watch.new(P, 0.03, 2, higher_is_better=False) for name in ENGINES}
    expected, history, _ = far("reference", batch_size, 4, watches["reference"])
    assert len(set(history.epochs)) > 2
    for name in ENGINES:
        watch = Watch.new(P, 0.03, 2, higher_is_better=False)
        members, seen, lead = far(name, batch_size, 4, watch)
        np.testing.assert_array_equal(seen.epochs, history.epochs)
        np.testing.assert_array_equal(seen.stopped, np.where(history.epochs < 9, Reason.CONVERGED, 0))
        np.testing.assert_array_equal(lead.reins.ended, seen.stopped)
        np.testing.assert_array_equal(watch.count, watches["reference"].count)
        np.testing.assert_allclose(watch.best, watches["reference"].best, rtol=1e-9)
        np.testing.assert_allclose(members.theta, expected.theta, rtol=1e-9, atol=1e-12)
        assert lead.told[-1].epoch == max(history.epochs)
