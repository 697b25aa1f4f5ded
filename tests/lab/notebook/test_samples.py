from __future__ import annotations

from typing import Any

import numpy as np
import pytest

import shoal
from shoal.lab.frames import BlockKind, read
from shoal.lab.notebook.runs import Runs
from shoal.lab.notebook.samples import MOST_POINTS, WITHOUT_PICTURE, material_of


def draws(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).normal(size=shape)


PLANE = draws(30, 2)


def run_of(network: shoal.Network, X: Any, y: Any) -> shoal.Run:
    return shoal.begin(network, X, y, starts=2, epochs=5)


def test_two_inputs_and_two_classes_are_a_plane() -> None:
    network = shoal.Network(2, [shoal.Dense(2, "tanh"), shoal.Dense(1)], loss="log_loss")
    data = material_of(run_of(network, PLANE, PLANE[:, 0] > 0))
    assert (data.kind, data.shown, data.low, data.high) == ("plane", (0, 1), 0.0, 1.0)
    np.testing.assert_array_equal(data.train.y, PLANE[:, 0] > 0)


def test_several_inputs_are_shown_along_the_one_that_tells_most() -> None:
    X = draws(400, 3).astype(np.float32)
    data = material_of(run_of(shoal.Network(3, [shoal.Dense(1)]), X, X[:, 1] * 2))
    assert (data.kind, data.shown, data.inputs) == ("curve", (1,), ("feature 1",))
    assert len(data.train.y) == MOST_POINTS
    np.testing.assert_allclose(data.fine[:, 0], X[:, 0].mean(), rtol=1e-5)


def test_several_classes_are_shown_by_their_probabilities() -> None:
    y = np.digitize(PLANE[:, 1], [-0.5, 0.5])
    layers = [shoal.Dense(2, "tanh"), shoal.Dense(3)]
    data = material_of(run_of(shoal.Network(2, layers, loss="cross_entropy"), PLANE, y))
    assert (data.kind, data.classes, data.outputs) == ("plane", ("class 0", "class 1", "class 2"), 3)
    np.testing.assert_array_equal(data.train.y, y)
    X = np.column_stack([PLANE, draws(30)])
    begun = run_of(shoal.Network(3, layers, loss="cross_entropy"), X, y)
    along = material_of(begun)
    assert (along.kind, along.shown, along.inputs) == ("curve", (1,), ("feature 1",))
    shown = {block.kind: block.values.shape for block in read(Runs([begun]).frame())}
    assert (shown[BlockKind.DECISIONS], shown[BlockKind.PICKED]) == ((2, 64), (3, 241))


def test_the_points_of_a_sorted_table_are_of_all_its_range() -> None:
    X = np.arange(1000.0)
    data = material_of(run_of(shoal.Network(1, [shoal.Dense(1)]), X, X))
    assert len(data.train.y) == MOST_POINTS
    np.testing.assert_array_equal(data.train.X[:, 0], data.train.y)
    assert data.train.y[0] < 50
    assert data.train.y[-1] > 950


def test_targets_that_are_all_the_same_have_a_picture() -> None:
    data = material_of(run_of(shoal.Network(1, [shoal.Dense(1)]), np.arange(4.0), np.full(4, 3.0)))
    assert data.low < 3 < data.high


@pytest.mark.parametrize(
    "run",
    [
        lambda: run_of(shoal.Network(2, [shoal.Dense(2)]), PLANE, PLANE),
        lambda: run_of(shoal.Network(2, [shoal.Dense(10)], loss="cross_entropy"), PLANE, np.arange(30) % 10),
        lambda: run_of(
            shoal.Network((1, 4, 4), [shoal.Conv2D(2, 2), shoal.Flatten(), shoal.Dense(1)]),
            draws(6, 1, 4, 4),
            np.arange(6.0),
        ),
        lambda: run_of(
            shoal.Network((1, 5), [shoal.GRU(2), shoal.Dense(1)]),
            draws(6, 1, 5),
            np.arange(6.0),
        ),
    ],
)
def test_what_has_no_picture_has_losses_and_parameters(run: Any) -> None:
    begun = run()
    assert material_of(begun).kind == WITHOUT_PICTURE
    shown = Runs([begun])
    assert shown.state()["material"]["train"] == {"X": [], "y": []}
    assert len(shown.frame()) > 0
