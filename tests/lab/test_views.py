"""What a course looks like at its epoch, beside the same computed by hand."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from shoal.lab import views
from shoal.lab.design import Design
from shoal.lab.frames import BlockKind
from shoal.lab.material import Material, sine
from shoal.layers import Dense, Dropout, Flatten
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.training.stopping import Reason


def population(layers: list[Any], inputs: Any = 2, members: int = 1, loss: Any = None) -> Population:
    network = Network(inputs, layers, *([] if loss is None else [loss]))
    drawn = network.population(members, seed=0, dtype="float64")
    theta = np.random.default_rng(1).normal(size=drawn.theta.shape)
    return Population(network, theta, drawn.keys)


def course(epoch: int = 4) -> Any:
    """Return what views see of a course: two sizes of three starts each, with known numbers."""
    runs = [
        SimpleNamespace(
            population=population([Dense(units, "tanh"), Dropout(0.5), Dense(1)], members=3),
            history=SimpleNamespace(
                stopped=np.array([Reason.EPOCHS, Reason.DIVERGED, Reason.CONVERGED])
                if place
                else np.zeros(3),
                loss=100.0 * place + np.arange(3)[:, None] * 10 + np.arange(6),
                validation_loss=-(100.0 * place + np.arange(3)[:, None] * 10 + np.arange(6)),
            ),
        )
        for place, units in enumerate((2, 4))
    ]
    answers = SimpleNamespace(train=np.arange(6.0), validation=np.arange(6.0) + 0.5)
    return SimpleNamespace(design=Design(hidden=(2, 4), starts=3), runs=runs, epoch=epoch, answers=answers)


def test_networks_are_counted_through_sizes_and_their_starts() -> None:
    looked = course()
    for number, (place, start) in enumerate([(0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2)]):
        alone = views.member(looked, number)
        np.testing.assert_array_equal(alone.theta, looked.runs[place].population.theta[start : start + 1])
        assert [layer.name for layer in alone.network.layers] == ["dense", "dense"]  # no dropout


def test_scores_are_losses_and_reasons_of_all_networks() -> None:
    found = views.scores(course())
    assert found[0].tolist() == [0, 1, 2, 3, 4, 5]
    assert found[1].tolist() == [0.5, 1.5, 2.5, 3.5, 4.5, 5.5]
    assert found[2].tolist() == [0, 0, 0, Reason.EPOCHS, Reason.DIVERGED, Reason.CONVERGED]


def test_losses_are_those_of_the_network_until_its_epoch() -> None:
    objective, validation = views.course_of_losses(course(4), 5)
    assert objective.tolist() == [120, 121, 122, 123]
    assert validation.tolist() == [-120, -121, -122, -123]
    assert views.course_of_losses(course(1), 1).tolist() == [[10], [-10]]


@pytest.mark.parametrize("epochs", [1, 2, 299, 300, 301, 599, 5000])
def test_shown_epochs_begin_at_the_first_end_at_the_last_and_are_evenly_apart(epochs: int) -> None:
    shown = views.shown_epochs(epochs)
    assert len(shown) == min(epochs, 300)
    assert (shown[0], shown[-1]) == (0, epochs - 1)
    if epochs > 1:
        apart = (epochs - 1) / (len(shown) - 1)
        steps = np.diff(shown)
        assert steps.min() >= max(int(apart), 1)
        assert steps.max() <= np.ceil(apart)


def test_no_epoch_has_no_picture() -> None:
    assert views.shown_epochs(0).tolist() == []


def test_hidden_units_are_told_layer_after_layer_and_outputs_are_not() -> None:
    alone = population([Dense(3, "tanh"), Dense(2, "sigmoid"), Dense(1)])
    grid = np.random.default_rng(2).normal(size=(5, 2))
    first, second, _ = alone.network.views(alone.theta)
    below = np.tanh(grid @ first["W"][0].T + first["b"][0, :, 0])
    above = 1 / (1 + np.exp(-(below @ second["W"][0].T + second["b"][0, :, 0])))
    np.testing.assert_allclose(views.unit_outputs(alone, grid), np.hstack([below, above]).T, rtol=1e-12)


def test_layers_that_are_not_dense_have_no_units_of_their_own() -> None:
    alone = population([Flatten(), Dense(2, "relu"), Dense(1)], inputs=(2, 1))
    grid = np.random.default_rng(2).normal(size=(4, 2, 1))
    (dense,) = [own for own in alone.network.views(alone.theta) if own][:1]
    expected = np.maximum(grid[:, :, 0] @ dense["W"][0].T + dense["b"][0, :, 0], 0)
    np.testing.assert_allclose(views.unit_outputs(alone, grid), expected.T, rtol=1e-12)
    assert views.unit_outputs(population([Dense(1)]), grid[:, :, 0]).shape == (0, 4)


@pytest.fixture(scope="module")
def curve() -> Material:
    return replace(sine(0, 10, 0.1), low=-1.0, high=2.0)


def test_a_curve_may_leave_the_picture_by_its_height(curve: Material) -> None:
    predictions = np.arange(6.0).reshape(2, 1, 3)
    kind, values, low, high = views.functions(curve, predictions)
    assert (kind, values.tolist(), low, high) == (BlockKind.FUNCTIONS, [[0, 1, 2], [3, 4, 5]], -4.0, 5.0)


def test_a_plane_of_two_classes_is_a_map_of_probabilities(curve: Material) -> None:
    plane = replace(curve, kind="plane", classes=("a", "b"))
    kind, values, low, high = views.functions(plane, np.full((2, 1, 3), 0.5))
    assert (kind, values.shape, low, high) == (BlockKind.MAPS, (2, 3), -1.0, 2.0)


@pytest.mark.parametrize("kind", ["curve", "plane"])
def test_several_classes_are_told_by_their_decisions(curve: Material, kind: str) -> None:
    several = replace(curve, kind=kind, classes=("a", "b", "c"))
    told, values, low, high = views.functions(several, np.full((2, 3, 5), 1 / 3))
    assert (told, values.shape, low, high) == (BlockKind.DECISIONS, (2, 5), 0.0, 3.0)


def test_predictions_go_through_the_link_and_overflow_without_a_warning() -> None:
    of_class = population([Dense(1)], members=2, loss="log_loss")
    of_class.theta[1] = 1e308
    found = views.predicted(of_class, np.array([[1.0, 2.0], [30.0, 40.0]]))
    own = of_class.network.views(of_class.theta)[0]
    z = np.array([[1.0, 2.0], [30.0, 40.0]]) @ own["W"][0, 0] + own["b"][0, 0, 0]
    np.testing.assert_allclose(found[0, 0], 1 / (1 + np.exp(-z)), rtol=1e-12)
    assert found.shape == (2, 1, 2)
