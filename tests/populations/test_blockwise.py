from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.engines import choose_engine
from shoal.errors import ConfigurationError, DataError, OutputError
from shoal.layers import Dense
from shoal.populations import checkpoint
from shoal.populations.blockwise import train_blockwise
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.training import blocks
from shoal.training.blocks import BlockFile, write_rows
from shoal.training.problem import GivenOrders, Problem
from shoal.training.recipe import Recipe
from shoal.training.stopping import Reason

N = 48
RECIPE = Recipe(solver="adam", learning_rate=0.01, epochs=3, batch_size=4, l2=0.3, seed=5)


@pytest.fixture(autouse=True)
def small_buffers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "BLOCK", 4)
    monkeypatch.setattr(blocks, "BUFFER", 3)


@pytest.fixture
def samples() -> tuple[Any, Any]:
    rng = np.random.default_rng(0)
    X = rng.normal(size=(N, 2)).astype(np.float32)
    return X, np.sin(X[:, 0] + X[:, 1]).astype(np.float32)


def file_of(path: Path, X: Any, y: Any, classes: bool = False, s: Any = None) -> BlockFile:
    with path.open("wb") as file:
        write_rows(file, X, y, s)
    return BlockFile.of(path, X.shape[1], classes, weighed=s is not None)


def members(dtype: str = "float64", loss: str = "squared_error") -> Population:
    return Network(2, [Dense(3, "tanh"), Dense(1)], loss=loss).population(3, seed=5, dtype=dtype)


def rows_of(path: Path, epoch: int) -> Any:
    """Return the rows in the order of an epoch: of a file whose targets are their numbers."""
    numbered = file_of(path, np.zeros((N, 1)), np.arange(N))
    return np.concatenate([y[order] for _, y, _, order in numbered.buffers(RECIPE.seed, epoch)]).astype(
        np.uint32
    )


@pytest.mark.parametrize("weighed", [False, True])
@pytest.mark.parametrize("engine", ["reference", "native"])
def test_buffers_are_the_minibatches_of_all_samples_in_their_order(
    engine: str, weighed: bool, samples: tuple[Any, Any], tmp_path: Path
) -> None:
    X, y = samples
    s = np.float32(np.linspace(0.1, 3, N)) if weighed else None
    found = train_blockwise(members(), file_of(tmp_path / "rows", X, y, s=s), RECIPE, engine=engine)
    population = members()
    problem = Problem.of(population.network, 3, RECIPE, X, y, sample_weight=s, dtype="float64")
    whole = choose_engine("reference", population.network, RECIPE).begin(
        population.network, population.theta, population.keys, problem, RECIPE
    )
    for epoch in range(3):
        whole.advance(1, 1, GivenOrders(rows_of(tmp_path / "order", epoch)[None, None], np.zeros(3, np.intp)))
    np.testing.assert_allclose(found.population.theta, whole.theta, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(found.history.loss, whole.history.loss, rtol=1e-9)
    assert found.history.epochs.tolist() == [3, 3, 3]


def test_the_schedule_goes_on_from_buffer_to_buffer(
    samples: tuple[Any, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    X, y = samples
    rates: list[float] = []
    of = Problem.of

    def noted(network: Any, size: int, recipe: Recipe, *args: Any, **rest: Any) -> Problem:
        rates.append(float(recipe.learning_rate[0]))  # type: ignore[index]
        return of(network, size, recipe, *args, **rest)

    monkeypatch.setattr(Problem, "of", noted)
    recipe = Recipe.of({"schedule": "cosine", "epochs": 2}, RECIPE)
    train_blockwise(members(), file_of(tmp_path / "rows", X, y), recipe)
    factors = [recipe.rates.factor(step, 24) for step in range(1, 24, 3)]  # in the middle of 3 updates
    np.testing.assert_allclose(rates, 0.01 * np.array(factors))


def test_the_best_parameters_are_kept_and_patience_ends(samples: tuple[Any, Any], tmp_path: Path) -> None:
    X, y = samples
    recipe = Recipe.of({"patience": 2, "epochs": 60, "learning_rate": 0.2, "l2": 0.0}, RECIPE)
    held = np.random.default_rng(1).normal(size=(20, 2)), np.random.default_rng(2).normal(size=20)
    result = train_blockwise(members(), file_of(tmp_path / "rows", X, y), recipe, validation=held)
    history = result.history
    assert history.validation_loss is not None
    assert set(history.stopped.tolist()) == {Reason.EARLY_STOPPING}
    assert (history.epochs == history.best_epoch + 2).all()
    lowest = np.nanmin(history.validation_loss, axis=1)
    np.testing.assert_allclose(lowest, history.validation_loss[np.arange(3), history.best_epoch - 1])
    errors = (result.population.predict(held[0])[..., 0] - held[1]) ** 2 / 2
    np.testing.assert_allclose(errors.mean(axis=1), lowest, rtol=1e-9)


def test_a_member_that_diverges_stops_alone(samples: tuple[Any, Any], tmp_path: Path) -> None:
    X, y = samples
    recipe = Recipe.of({"solver": "sgd", "learning_rate": [1e-3, 1e200, 1e-3], "epochs": 2, "l2": 0}, RECIPE)
    file = file_of(tmp_path / "rows", X, y)
    with np.errstate(all="ignore"):
        result = train_blockwise(members(), file, recipe)
        calm = Recipe.of({"learning_rate": 1e-3}, recipe)
        alone = train_blockwise(members(), file, calm)
    assert result.diverged.tolist() == [False, True, False]
    np.testing.assert_array_equal(result.population.theta[[0, 2]], alone.population.theta[[0, 2]])


def test_classes_and_single_precision(samples: tuple[Any, Any], tmp_path: Path) -> None:
    X, y = samples
    file = file_of(tmp_path / "rows", X, y > 0, classes=True)
    recipe = Recipe.of({"epochs": 60, "l2": 0.0}, RECIPE)
    result = train_blockwise(members("float32", "log_loss"), file, recipe)
    right = (result.population.predict(X)[..., 0] > 0.5) == (y > 0)
    assert right.mean() > 0.9
    assert result.population.theta.dtype == np.float32


def test_threads_change_no_bit(samples: tuple[Any, Any], tmp_path: Path) -> None:
    file = file_of(tmp_path / "rows", *samples)
    one, two = (train_blockwise(members(), file, RECIPE, n_jobs=jobs).population.theta for jobs in (1, 2))
    np.testing.assert_array_equal(one, two)


@pytest.mark.parametrize("engine", ["reference", "native"])
@pytest.mark.parametrize("settings", [{}, {"solver": "rmsprop"}, {"patience": 2, "epochs": 9}])
def test_an_interrupted_training_goes_on_from_its_last_epoch(
    settings: dict[str, Any],
    engine: str,
    samples: tuple[Any, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = file_of(tmp_path / "rows", *samples)
    recipe = Recipe.of({"epochs": 5, "learning_rate": 0.1, **settings}, RECIPE)
    held = samples[0][:9], samples[1][:9] + 1
    whole = train_blockwise(members(), file, recipe, validation=held, engine=engine)
    kept = dataclasses.replace(file, kept=tmp_path / "tried")
    epochs: list[int] = []
    buffers = BlockFile.buffers

    def interrupted(self: BlockFile, seed: int, epoch: int) -> Any:
        epochs.append(epoch)
        for number, buffer in enumerate(buffers(self, seed, epoch)):
            if (epoch, number) == (2, 1) and epochs.count(2) == 1:
                raise KeyboardInterrupt
            yield buffer

    monkeypatch.setattr(BlockFile, "buffers", interrupted)
    with pytest.raises(KeyboardInterrupt):
        train_blockwise(members(), kept, recipe, validation=held, engine=engine)
    found = train_blockwise(members(), kept, recipe, validation=held, engine=engine)
    assert epochs[:4] == [0, 1, 2, 2]
    assert epochs.count(0) == epochs.count(1) == 1
    np.testing.assert_array_equal(found.population.theta, whole.population.theta)
    for mine, theirs in zip(found.history.arrays(), whole.history.arrays(), strict=True):
        np.testing.assert_array_equal(mine, theirs)
    assert list((tmp_path / "tried").iterdir()) == []


@pytest.mark.parametrize("change", ["seed", "samples", "members", "seen", "held", "damaged"])
def test_what_another_training_kept_is_not_taken_up(
    change: str, samples: tuple[Any, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(name: str) -> dict[str, Any]:
        other = change == name
        X, y = samples
        file = file_of(tmp_path / f"rows{name == change}", X, y + 1 if other and name == "samples" else y)
        seen = (lambda rows: rows[:, ::-1]) if other and name == "seen" else None
        return {
            "population": members(loss="absolute_error" if other and name == "members" else "squared_error"),
            "blocks": dataclasses.replace(file, kept=tmp_path / "tried", seen=seen),
            "recipe": Recipe.of({"seed": 6 if other and name == "seed" else 5}, RECIPE),
            "validation": (X, y + 1 if other and name == "held" else y),
        }

    def fail(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(checkpoint.Checkpoint, "remove", fail)
        with pytest.raises(KeyboardInterrupt):
            train_blockwise(**told(""))
    (path,) = (tmp_path / "tried").iterdir()
    if change == "damaged":
        path.write_bytes(path.read_bytes()[:-9])
    begun: list[int] = []
    buffers = BlockFile.buffers

    def noted(self: BlockFile, seed: int, epoch: int) -> Any:
        begun.append(epoch)
        return buffers(self, seed, epoch)

    monkeypatch.setattr(BlockFile, "buffers", noted)
    train_blockwise(**told(change))
    assert begun == [0, 1, 2]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no pipes with names")
def test_a_pipe_in_the_place_of_what_was_kept_is_refused(samples: tuple[Any, Any], tmp_path: Path) -> None:
    recipe = Recipe(solver="adam", epochs=3, batch_size=8)
    file = dataclasses.replace(file_of(tmp_path / "rows", *samples), kept=tmp_path / "tried")
    kept = checkpoint.Checkpoint.of(
        members(), file, recipe, None, choose_engine("auto", members().network, recipe).label
    )
    assert kept is not None
    kept.path.parent.mkdir()
    os.mkfifo(kept.path)
    with pytest.raises(OutputError, match="is a device or a pipe"):
        train_blockwise(members(), file, recipe)


def test_where_nothing_can_be_kept_is_said(samples: tuple[Any, Any], tmp_path: Path) -> None:
    (tmp_path / "tried").write_text("no folder")
    file = dataclasses.replace(file_of(tmp_path / "rows", *samples), kept=tmp_path / "tried")
    with pytest.raises(OutputError, match=r"tried cannot be made .*; remove it"):
        train_blockwise(members(), file, Recipe(solver="adam", epochs=3, batch_size=8))


@pytest.mark.parametrize("settings", [{"solver": "scg", "batch_size": None, "learning_rate": None}])
def test_what_needs_all_samples_is_refused(
    settings: dict[str, Any], samples: tuple[Any, Any], tmp_path: Path
) -> None:
    file = file_of(tmp_path / "rows", *samples)
    with pytest.raises(ConfigurationError, match="trained on in minibatches"):
        train_blockwise(members(), file, Recipe.of(settings, RECIPE))
    with pytest.raises(ConfigurationError, match="patience needs validation"):
        train_blockwise(members(), file, Recipe.of({"patience": 2}, RECIPE))


def test_a_file_that_was_cut_is_an_error(samples: tuple[Any, Any], tmp_path: Path) -> None:
    file = file_of(tmp_path / "rows", *samples)
    with file.path.open("r+b") as opened:
        opened.truncate(100)
    with pytest.raises(DataError, match="ends too early"):
        train_blockwise(members(), file, RECIPE)


@pytest.mark.parametrize("weighed", [False, True])
@pytest.mark.parametrize("forward", [False, True])
def test_without_a_fold_it_is_the_training_of_a_file_that_lacks_it(
    forward: bool, weighed: bool, samples: tuple[Any, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "BLOCK", N)  # so that rows meet in the same buffer
    X, y = samples
    s = np.float32(np.linspace(0.1, 3, N)) if weighed else None
    fold = np.arange(N) % 4 - 1
    with (tmp_path / "folded").open("wb") as file:
        write_rows(file, X, y, s, fold)
    folded = BlockFile.of(tmp_path / "folded", 2, classes=False, weighed=weighed, folds=3, forward=forward)
    rows = fold < 1 if forward else fold != 1
    alone = file_of(tmp_path / "alone", X[rows], y[rows], s=None if s is None else s[rows])
    found, expected = (train_blockwise(members(), file, RECIPE) for file in (folded.without(1), alone))
    np.testing.assert_allclose(found.population.theta, expected.population.theta, rtol=1e-12)
    np.testing.assert_allclose(found.history.loss, expected.history.loss, rtol=1e-12)
