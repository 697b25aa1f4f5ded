from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from shoal.engines import ENGINES
from shoal.errors import ConfigurationError
from shoal.explanation.gradient_check import check_gradients
from shoal.layers import Dense, Dropout
from shoal.populations.network import Network
from shoal.populations.trainer import sample_losses, train
from shoal.shapes import Array
from shoal.solvers import SOLVERS
from shoal.training.problem import Progress
from shoal.training.recipe import Recipe
from shoal.training.stopping import Reason

FULL_BATCH = [name for name, solver in SOLVERS.items() if solver.full_batch and not solver.estimates_l2]
every_engine = pytest.mark.parametrize("engine", ENGINES)
every_solver = pytest.mark.parametrize("solver", SOLVERS)


def a_line(N: int = 10) -> tuple[Array, Array]:
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, size=(N, 1))
    return X, 2 * X[:, 0] - 1 + 0.3 * rng.normal(size=N)


def overfitting(N: int = 8) -> tuple[tuple[Array, Array], tuple[Array, Array], dict[str, Any]]:
    """Return training data with more noise than signal, validation data, and ``validation=`` of them."""
    rng = np.random.default_rng(3)
    X, Xv = rng.uniform(-1, 1, size=(N, 2)), rng.uniform(-1, 1, size=(30, 2))
    y, yv = X[:, 0] + rng.normal(size=N), Xv[:, 0] + rng.normal(size=30)
    return (X, y), (Xv, yv), {"validation": (Xv, yv)}


def overfitter() -> Network:
    return Network(2, [Dense(20, "tanh"), Dense(1)])


def rate(solver: str, value: float = 0.05) -> dict[str, Any]:
    return {"learning_rate": value} if SOLVERS[solver].takes_learning_rate else {}


@every_engine
@every_solver
def test_the_best_parameters_of_every_member_are_restored(solver: str, engine: str) -> None:
    train_data, validation_data, settings = overfitting()
    settings |= {"solver": solver, "dtype": "float64", "engine": engine} | rate(solver, 0.02)
    population = overfitter().population(5, dtype="float64")
    result = train(population, *train_data, epochs=80, patience=4, **settings)
    history, losses = result.history, sample_losses(result.population, *validation_data)
    assert history.validation_loss is not None
    best = np.nanmin(history.validation_loss, axis=1)
    np.testing.assert_allclose(losses.mean(axis=1), best, rtol=1e-14)
    assert np.array_equal(history.best_epoch, np.nanargmin(history.validation_loss, axis=1) + 1)
    early = history.stopped == Reason.EARLY_STOPPING
    assert early.any()
    assert np.array_equal(history.epochs[early], history.best_epoch[early] + 4)
    assert len(set(history.epochs)) > 1
    for p in range(5):  # just as if training had ended at the best epoch
        epochs = int(history.best_epoch[p])
        alone = train(population.members(p), *train_data, epochs=epochs, **settings)
        assert np.array_equal(alone.population.theta[0], result.population.theta[p])


@every_engine
def test_the_best_parameters_are_restored_to_members_that_run_out_of_epochs(engine: str) -> None:
    train_data, validation_data, settings = overfitting()
    settings |= {"learning_rate": 0.05, "epochs": 60, "dtype": "float64", "engine": engine}
    result = train(overfitter(), *train_data, starts=3, patience=60, **settings)
    assert result.history.reasons == ["epochs"] * 3
    assert (result.history.best_epoch < 60).all()
    best = np.nanmin(result.history.validation_loss, axis=1)
    np.testing.assert_allclose(
        sample_losses(result.population, *validation_data).mean(axis=1), best, rtol=1e-14
    )


@every_engine
def test_the_first_of_equal_epochs_is_the_best(engine: str) -> None:
    population = Network(1, [Dense(1)]).population(1)  # b = 0 fits y = 0 at X = 0: nothing moves any more
    data, settings = ([0.0], [0.0]), {"epochs": 9, "patience": 3, "engine": engine}
    history = train(population, *data, validation=data, **settings).history
    assert history.reasons == ["early stopping"]
    assert (history.best_epoch.tolist(), history.epochs.tolist()) == ([1], [4])


@every_engine
def test_a_member_without_any_finite_validation_loss_keeps_its_last_parameters(engine: str) -> None:
    population, (X, y) = Network(1, [Dense(1)]).population(1), a_line()
    population.weights[0][:] = 2
    settings: dict[str, Any] = {"validation": ([3e38], [0.0]), "engine": engine}  # where 2 x overflows
    result = train(population, X, y, epochs=9, patience=4, **settings)
    assert (result.history.best_epoch[0], result.history.epochs[0]) == (0, 4)
    last = train(population, X, y, epochs=4, **settings)
    assert np.array_equal(result.population.theta, last.population.theta)


@every_engine
def test_without_patience_the_last_parameters_are_returned(engine: str) -> None:
    train_data, validation_data, settings = overfitting()
    settings |= {"learning_rate": 0.05, "epochs": 60, "dtype": "float64", "engine": engine}
    result = train(overfitter(), *train_data, starts=3, **settings)
    losses = sample_losses(result.population, *validation_data).mean(axis=1)
    np.testing.assert_allclose(losses, result.history.validation_loss[:, -1], rtol=1e-14)
    assert (result.history.best_epoch < 60).all()
    assert (losses > np.nanmin(result.history.validation_loss, axis=1)).all()


@every_engine
def test_watching_does_not_change_what_is_watched(engine: str) -> None:
    train_data, _, settings = overfitting()
    network = Network(2, [Dense(5, "tanh"), Dropout(0.5), Dense(1)])
    common: dict[str, Any] = {"starts": 2, "epochs": 5, "batch_size": 3, "engine": engine}
    watched, blind = train(network, *train_data, **common, **settings), train(network, *train_data, **common)
    assert np.array_equal(watched.population.theta, blind.population.theta)
    assert blind.history.validation_loss is None


@every_engine
def test_validation_is_weighed_by_its_own_weights_and_not_penalised(engine: str) -> None:
    train_data, (Xv, yv), _ = overfitting()
    s = np.random.default_rng(0).uniform(size=(2, 30))
    population = overfitter().population(2, dtype="float64")
    result = train(population, *train_data, validation=(Xv, yv, s), l2=3.0, epochs=1, engine=engine)
    losses = sample_losses(result.population, Xv, yv)
    expected = (s * losses).sum(axis=1) / s.sum(axis=1)
    np.testing.assert_allclose(result.history.validation_loss[:, 0], expected, rtol=1e-13)


@every_engine
def test_a_diverged_member_gets_its_best_parameters_too(engine: str) -> None:
    train_data, validation_data, settings = overfitting()
    population = Network(2, [Dense(1)]).population(1, dtype="float64")
    settings |= {"solver": "gradient_descent", "learning_rate": 50.0, "epochs": 500, "engine": engine}
    result = train(population, *train_data, patience=400, **settings)
    assert result.diverged.all()
    best = np.nanmin(result.history.validation_loss)
    np.testing.assert_allclose(sample_losses(result.population, *validation_data).mean(), best, rtol=1e-13)


@every_engine
@pytest.mark.parametrize("solver", FULL_BATCH)
@pytest.mark.parametrize("tolerance", [1e-3, 1e-6])
def test_full_batch_solvers_end_where_the_gradient_is_within_the_tolerance(
    solver: str, tolerance: float, engine: str
) -> None:
    X, y = a_line()
    population = Network(1, [Dense(1)]).population(3, dtype="float64")
    settings: dict[str, Any] = {"solver": solver, "epochs": 2000, "engine": engine} | rate(solver, 0.5)
    result = train(population, X, y, tolerance=tolerance, l2=0.1, **settings)
    assert result.history.converged.all()
    assert result.history.epochs.max() < 500
    for p in range(3):
        gradient = check_gradients(result.population.members(p), X, y, l2=0.1).analytic
        assert np.abs(gradient).max() <= tolerance
        before = train(
            population.members(p),
            X,
            y,
            l2=0.1,
            tolerance=0,
            **(settings | {"epochs": max(1, int(result.history.epochs[p]) - 2)}),
        )
        gradient = check_gradients(before.population, X, y, l2=0.1).analytic
        assert np.abs(gradient).max() > tolerance or result.history.epochs[p] < 3


@every_engine
def test_minibatch_solvers_know_no_tolerance(engine: str) -> None:
    X, y = a_line()
    result = train(Network(1, [Dense(1)]), X, y, epochs=3, tolerance=1e9, engine=engine)
    assert result.history.reasons == ["epochs"]


@every_engine
def test_members_stop_one_by_one_and_the_callback_counts_those_that_train(engine: str) -> None:
    X, y = a_line()
    seen: list[Progress] = []
    result = train(
        Network(1, [Dense(1)]),
        X,
        y,
        starts=4,
        solver="gradient_descent",
        learning_rate=[0.1, 0.3, 1.0, 1e9],
        epochs=3000,
        engine=engine,
        callback=seen.append,
    )
    epochs = result.history.epochs
    assert result.history.reasons == ["converged", "converged", "converged", "diverged"]
    assert [progress.epoch for progress in seen] == list(range(1, epochs.max() + 1))
    assert {progress.epochs for progress in seen} == {3000}
    assert [progress.active for progress in seen] == [(epochs > progress.epoch).sum() for progress in seen]
    for p in range(4):
        assert np.isnan(result.history.loss[p, epochs[p] :]).all()
        assert np.isfinite(result.history.loss[p, : epochs[p] - 1]).all()


@every_engine
@pytest.mark.parametrize("batch_size", [None, 4])
def test_a_callback_ends_training_after_its_epoch(batch_size: int | None, engine: str) -> None:
    X, y = a_line()
    population = Network(1, [Dense(3, "tanh"), Dense(1)]).population(2)
    settings: dict[str, Any] = {"batch_size": batch_size, "engine": engine}
    result = train(population, X, y, epochs=9, callback=lambda progress: progress.epoch == 4, **settings)
    assert result.history.reasons == ["interrupted", "interrupted"]
    assert result.history.epochs.tolist() == [4, 4]
    assert np.array_equal(
        result.population.theta, train(population, X, y, epochs=4, **settings).population.theta
    )


@every_engine
def test_an_interrupted_member_gets_its_best_parameters(engine: str) -> None:
    train_data, validation_data, settings = overfitting()
    result = train(
        overfitter(),
        *train_data,
        learning_rate=0.05,
        epochs=90,
        patience=80,
        dtype="float64",
        engine=engine,
        callback=lambda progress: progress.epoch == 50,
        **settings,
    )
    assert result.history.reasons == ["interrupted"]
    assert result.history.best_epoch[0] < 50
    best = np.nanmin(result.history.validation_loss)
    np.testing.assert_allclose(sample_losses(result.population, *validation_data).mean(), best, rtol=1e-14)


class Clock:
    """Stands for ``time`` where a second passes between one look and the next."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        self.now += 1
        return self.now


@every_engine
@pytest.mark.parametrize("batch_size", [None, 4])
def test_a_deadline_ends_training_after_the_epoch_in_which_it_passes(
    batch_size: int | None, engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    X, y = a_line()
    population = Network(1, [Dense(3, "tanh"), Dense(1)]).population(40)  # more groups than threads
    settings: dict[str, Any] = {"batch_size": batch_size, "engine": engine, "n_jobs": 2}
    monkeypatch.setattr("shoal.populations.trainer.time", Clock())
    result = train(population, X, y, epochs=9, seconds=3.5, **settings)
    assert result.history.reasons == ["deadline"] * 40
    assert result.history.epochs.tolist() == [4] * 40
    monkeypatch.undo()
    expected = train(population, X, y, epochs=4, **settings).population.theta
    assert np.array_equal(result.population.theta, expected)


@every_engine
def test_at_a_deadline_the_best_parameters_are_restored_and_who_had_stopped_keeps_the_reason(
    engine: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    train_data, validation_data, settings = overfitting()
    settings |= {"epochs": 90, "patience": 12, "dtype": "float64", "engine": engine}
    population = overfitter().population(3, dtype="float64")
    rates = [0.05, 0.1, 1e200]
    monkeypatch.setattr("shoal.populations.trainer.time", Clock())
    result = train(population, *train_data, learning_rate=rates, seconds=25, **settings)
    assert result.history.reasons == ["early stopping", "deadline", "diverged"]
    assert result.history.epochs[:2].tolist() == [17, 25]
    assert result.history.best_epoch[1] < 25
    losses = sample_losses(result.population.members([0, 1]), *validation_data).mean(axis=1)
    assert result.history.validation_loss is not None
    best = np.nanmin(result.history.validation_loss[:2], axis=1)
    np.testing.assert_allclose(losses, best, rtol=1e-14)


@every_engine
def test_a_deadline_far_away_changes_nothing(engine: str) -> None:
    X, y = a_line()
    network, told = Network(1, [Dense(3, "tanh"), Dense(1)]), []
    settings: dict[str, Any] = {"starts": 20, "epochs": 6, "batch_size": 4, "engine": engine}
    expected = train(network, X, y, **settings)
    result = train(network, X, y, seconds=1e9, callback=lambda p: told.append(p.epoch), **settings)
    assert told == [1, 2, 3, 4, 5, 6]
    assert np.array_equal(result.population.theta, expected.population.theta)
    assert result.history.reasons == ["epochs"] * 20
    ended = train(network, X, y, seconds=1e9, callback=lambda p: p.epoch == 2, **settings)
    assert ended.history.reasons == ["interrupted"] * 20


@every_engine
def test_a_deadline_in_the_last_epoch_is_kept(engine: str, monkeypatch: pytest.MonkeyPatch) -> None:
    X, y = a_line()
    monkeypatch.setattr("shoal.populations.trainer.time", Clock())
    result = train(Network(1, [Dense(1)]), X, y, epochs=4, seconds=4, engine=engine)
    assert result.history.reasons == ["epochs"]


@pytest.mark.parametrize("seconds", [0, -1.0, float("nan"), True, "1"])
def test_a_deadline_that_is_none_is_refused(seconds: Any) -> None:
    with pytest.raises(ConfigurationError, match="seconds must be a positive number or None, got "):
        train(Network(1, [Dense(1)]), *a_line(), seconds=seconds)


def test_a_callback_that_raises_is_not_swallowed() -> None:
    def interrupt(progress: Progress) -> None:
        raise KeyboardInterrupt

    X, y = a_line()
    with pytest.raises(KeyboardInterrupt):
        train(Network(1, [Dense(1)]), X, y, callback=interrupt)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"epochs": 0}, "epochs must be a whole number ≥ 1, got 0"),
        ({"epochs": 1.5}, "epochs must be a whole number ≥ 1, got 1.5"),
        ({"epochs": True}, "epochs must be a whole number ≥ 1, got True"),
        ({"tolerance": -1e-9}, "tolerance must be a number ≥ 0, got -1e-09"),
        ({"tolerance": float("nan")}, "tolerance must be a number ≥ 0, got nan"),
        ({"tolerance": "small"}, "tolerance must be a number ≥ 0, got 'small'"),
        ({"patience": 0}, "patience must be a whole number ≥ 1, got 0"),
        ({"patience": 2.5}, "patience must be a whole number ≥ 1, got 2.5"),
        ({"plateau": 3}, "plateau must be a Plateau or None, got 3"),
    ],
    ids=str,
)
def test_rules_that_are_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        Recipe(**settings)
    assert str(error.value) == message


def test_reasons_read_as_words() -> None:
    assert [str(reason) for reason in Reason] == [
        "epochs",
        "converged",
        "early stopping",
        "diverged",
        "interrupted",
        "deadline",
        "outdone",
    ]
