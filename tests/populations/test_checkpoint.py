"""Where a training stands, kept on disk: by what the file is called, what comes back, and what is none."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.errors import OutputError
from shoal.layers import Dense
from shoal.populations.checkpoint import Checkpoint
from shoal.populations.network import Network
from shoal.training.blocks import BlockFile, BlockFolds
from shoal.training.history import History
from shoal.training.problem import Snapshot
from shoal.training.recipe import Recipe

NETWORK = Network(2, [Dense(1)], "squared_error")
POPULATION = NETWORK.population(2, seed=0)
RECIPE = Recipe(solver="adam", epochs=3, batch_size=4)
VALIDATION = (np.zeros((3, 2)), np.zeros(3))


def blocks(folder: Path, **changes: Any) -> BlockFile:
    return replace(BlockFile(folder / "b", 8, 2, False, False, 8.0, "digest", kept=folder), **changes)


def place(folder: Path, **changes: Any) -> str:
    """Return the name of the file of a training, of which some things are others."""
    given = {
        "population": POPULATION,
        "blocks": blocks(folder),
        "recipe": RECIPE,
        "validation": VALIDATION,
        "engine": "native",
    }
    found = Checkpoint.of(**given | changes)
    assert found is not None
    assert found.path.parent == folder
    return found.path.name


def test_without_a_folder_nothing_is_kept(tmp_path: Path) -> None:
    without = blocks(tmp_path, kept=None)
    assert Checkpoint.of(POPULATION, without, RECIPE, None, "native") is None


def test_the_same_training_has_the_same_place_wherever_its_samples_lie(tmp_path: Path) -> None:
    same = place(tmp_path)
    assert same == place(tmp_path, blocks=blocks(tmp_path, path=tmp_path / "elsewhere"))
    assert same == place(tmp_path, blocks=blocks(tmp_path, seen=lambda X: X))  # all, as they are
    copied = replace(POPULATION, theta=POPULATION.theta.copy())
    assert same == place(tmp_path, population=copied)


def test_all_that_decides_what_comes_of_it_makes_it_another_place(tmp_path: Path) -> None:
    theta = POPULATION.theta.copy()
    theta[1, 2] = np.nextafter(theta[1, 2], np.float32(1))
    keys = POPULATION.keys.copy()
    keys[0, 1] += 1
    names = [
        place(tmp_path),
        place(tmp_path, population=replace(POPULATION, theta=theta)),
        place(tmp_path, population=replace(POPULATION, theta=POPULATION.theta.astype(np.float64))),
        place(tmp_path, population=replace(POPULATION, keys=keys)),
        place(tmp_path, recipe=replace(RECIPE, epochs=4)),
        place(tmp_path, recipe=replace(RECIPE, learning_rate=0.5)),
        place(tmp_path, recipe=replace(RECIPE, l2=0.5)),
        place(tmp_path, engine="reference"),
        place(tmp_path, validation=None),
        place(tmp_path, validation=(np.zeros((3, 2)), np.ones(3))),
        place(tmp_path, validation=(np.zeros((2, 3)), np.zeros(3))),
        place(tmp_path, blocks=blocks(tmp_path, digest="another")),
        place(tmp_path, blocks=blocks(tmp_path, seen=lambda X: X[:, ::-1])),
        place(tmp_path, blocks=blocks(tmp_path, seen=lambda X: 2 * X)),
        *(
            place(
                tmp_path, blocks=blocks(tmp_path, folds=BlockFolds((0, 4, 4), (0.0, 4.0, 4.0), forward, held))
            )
            for forward in (False, True)
            for held in (None, 0, 1)
        ),
    ]
    assert len(set(names)) == len(names)


def state(validated: bool = True) -> tuple[Snapshot, History, dict[str, Any]]:
    """Return where a training stands, all of its numbers other ones."""
    history = History.empty(2, 3, validated, np.array([0.1, 0.2]))
    for k, array in enumerate(array for array in history.arrays() if array is not None):
        array[...] = np.arange(array.size).reshape(array.shape) + 10 * k
    snapshot = Snapshot(
        2,
        17,
        POPULATION.theta + 1,
        POPULATION.theta + 2,
        np.array([0.5, 0.25]),
        {"m": POPULATION.theta + 3, "count": np.array([4, 5])},
        history,
        np.array([0.01, 0.02]),
        None,
        {},
    )
    return snapshot, history, {"order": np.array([[3, 1], [2, 0]])}


def blank(validated: bool = True) -> tuple[History, dict[str, Any]]:
    return History.empty(2, 3, validated, np.zeros(2)), {"order": np.zeros((2, 2), dtype=np.int64)}


@pytest.mark.parametrize("validated", [True, False])
def test_what_was_kept_comes_back(tmp_path: Path, validated: bool) -> None:
    checkpoint = Checkpoint(tmp_path / "kept" / "c.safetensors")  # the folder is made
    snapshot, history, others = state(validated)
    checkpoint.keep(snapshot, history, others)
    found_history, found_others = blank(validated)
    found = checkpoint.take_up(found_history, found_others)
    assert found is not None
    assert (found.step, found.epoch, found.strengths, found.watch) == (17, 0, {}, None)
    for name in ("theta", "best_theta", "best_loss", "penalty"):
        np.testing.assert_array_equal(getattr(found, name), getattr(snapshot, name))
    assert sorted(found.memory) == ["count", "m"]
    for name, array in snapshot.memory.items():
        np.testing.assert_array_equal(found.memory[name], array)
        assert found.memory[name].dtype == array.dtype
    np.testing.assert_array_equal(found_others["order"], others["order"])
    for ours, theirs in zip(found_history.arrays(), history.arrays(), strict=True):
        assert (ours is None) == (theirs is None)
        if ours is not None:
            np.testing.assert_array_equal(ours, theirs)
    np.testing.assert_array_equal(found_history.learning_rate, [0.1, 0.2])
    assert found.history is found_history


@pytest.fixture
def written(tmp_path: Path) -> Checkpoint:
    checkpoint = Checkpoint(tmp_path / "c.safetensors")
    checkpoint.keep(*state())
    return checkpoint


def is_none(checkpoint: Checkpoint) -> bool:
    """Return whether nothing is taken up, and nothing filled in."""
    history, others = blank()
    found = checkpoint.take_up(history, others)
    untouched = np.isnan(history.loss).all() and not others["order"].any()
    assert (found is None) == bool(untouched)
    return found is None


def test_without_a_file_a_training_begins_anew(tmp_path: Path, written: Checkpoint) -> None:
    assert not is_none(written)
    written.remove()
    assert is_none(written)
    written.remove()  # what is gone is gone
    assert is_none(Checkpoint(tmp_path))  # a folder


@pytest.mark.parametrize("length", [0, 4, 8, 20, -1])
def test_a_file_that_was_cut_counts_as_none(written: Checkpoint, length: int) -> None:
    written.path.write_bytes(written.path.read_bytes()[:length])
    assert is_none(written)


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'"step":"17"', b'"step":"x7"'), (b"__metadata__", b"__metalata__"), (b'"theta"', b'"thete"')],
)
def test_a_file_that_says_something_else_counts_as_none(written: Checkpoint, old: bytes, new: bytes) -> None:
    content = written.path.read_bytes()
    assert old in content
    written.path.write_bytes(content.replace(old, new))
    assert is_none(written)


def test_a_training_of_more_epochs_does_not_fit(written: Checkpoint) -> None:
    history = History.empty(2, 4, True, np.zeros(2))
    assert written.take_up(history, blank()[1]) is None
    assert np.isnan(history.loss).all()


def test_a_training_with_more_to_keep_does_not_fit(written: Checkpoint) -> None:
    history, others = blank()
    assert written.take_up(history, others | {"rate": np.zeros(2)}) is None


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"file/below cannot be made \(.*\); remove it"):
        Checkpoint(tmp_path / "file" / "below" / "c.safetensors").keep(*state())
