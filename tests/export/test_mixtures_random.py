from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import onnxruntime
import pytest

from shoal.data.sequences.preprocessing import SequencePreprocessor, prepared
from shoal.export.graph import Graph, TensorProto
from shoal.export.mixtures_random import add_scores
from shoal.export.mixtures_series import add_series, feeds
from shoal.mixtures.closed_form import ClosedForm
from shoal.mixtures.random_convolutions import KERNELS, Dilated, RandomConvolutions, _responses
from shoal.mixtures.random_view import FittedRandom
from shoal.shapes import Array

LENGTHS = (19, 30, 1, 2, 7, 24)
PLACES = [3, 9, 15, 21, 25]


def series(C: int) -> list[Array]:
    rng = np.random.default_rng(C)
    return [rng.normal(size=(C, T)) for T in LENGTHS]


def view(convolutions: Iterable[RandomConvolutions], rng: np.random.Generator, K: int) -> FittedRandom:
    """Return a view whose linear layers are drawn."""
    layers = []
    for each in convolutions:
        F = each.features
        W, b = rng.normal(size=(F, K)), rng.normal(size=K)
        mean, deviation = rng.normal(size=F), rng.uniform(0.5, 2, F)
        layers.append((each, ClosedForm(mean, deviation, W, b, 1.0, np.zeros((0, K)))))
    return FittedRandom(tuple(layers), None, 1.0, np.zeros((0, K)))


def scores(views: list[FittedRandom], given: list[Array]) -> list[Array]:
    preprocessor = SequencePreprocessor.fit(given)
    graph = Graph(["X", "lengths"], [f"scores_{number}" for number in range(len(views))])
    for found in add_scores(graph, views, add_series(graph, preprocessor)):
        graph.output(found, TensorProto.DOUBLE, ("rows", views[0].layers[0][1].b.size))
    session = onnxruntime.InferenceSession(graph.model("scores").SerializeToString())
    found: list[Array] = session.run(None, feeds(given))
    return found


@pytest.mark.parametrize("C", [1, 3, 11])
def test_every_draw_of_every_view(C: int) -> None:
    given, rng = series(C), np.random.default_rng(0)
    samples = prepared(SequencePreprocessor.fit(given), given)
    views = [
        view([RandomConvolutions.fit(samples, 900, 0, start=draw) for draw in range(2)], rng, 2),
        view([RandomConvolutions.fit(samples, 900, 1, differences=True, means=True)], rng, 2),
        view([RandomConvolutions.fit(samples, 300, 0, start=1, means=True)], rng, 2),
    ]
    for found, each in zip(scores(views, given), views, strict=True):
        expected = np.mean([top.predict(random.transform(samples)) for random, top in each.layers], axis=0)
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-5)


@pytest.mark.parametrize("difference", [0, 1])
@pytest.mark.parametrize("C", [1, 3, 9])
def test_a_response_that_is_a_bias_to_the_bit_is_not_above_it(C: int, difference: int) -> None:
    given = series(C)
    samples = prepared(SequencePreprocessor.fit(given), given)
    rng = np.random.default_rng(1)
    channels = rng.random((len(KERNELS), C)) < 0.7
    channels[~channels.any(axis=1), 0] = True
    empty = Dilated(difference, 3, channels, np.zeros((len(KERNELS), 0), np.float32))
    longest = samples.X[1:2]
    biases = np.stack([np.sort(each[0])[PLACES] for each in _responses(longest, empty)])
    convolutions = RandomConvolutions((Dilated(difference, 3, channels, biases),), means=False)
    F = convolutions.features
    top = ClosedForm(np.zeros(F), np.ones(F), np.eye(F), np.zeros(F), 1.0, np.zeros((0, F)))
    expected = convolutions.transform(samples)
    T = LENGTHS[1] - difference
    above = T - 1 - np.array(PLACES)  # of so many different responses
    assert (np.round(expected[1].reshape(len(KERNELS), -1) * T) == above).all()
    (found,) = scores([FittedRandom(((convolutions, top),), None, 1.0, np.zeros((0, F)))], given)
    np.testing.assert_array_equal(found, expected)
