from __future__ import annotations

import numpy as np
import onnxruntime
import pytest

from shoal.data.sequences.preprocessing import SequencePreprocessor, prepared
from shoal.export.graph import Graph, TensorProto
from shoal.export.mixtures_kernel import _described, add_scores
from shoal.export.mixtures_series import add_series, feeds
from shoal.mixtures.descriptions import described
from shoal.mixtures.kernel_view import KernelView
from shoal.mixtures.targets import Targets
from shoal.mixtures.views import Schooling
from shoal.shapes import Array


def series(C: int) -> list[Array]:
    rng = np.random.default_rng(C)
    given = [rng.normal(size=(C, T)) for T in (19, 30, 1, 2, 7, 24, 13)]
    given[0][0, 4:7] = np.nan
    return given


@pytest.mark.parametrize("C", [1, 3, 23])
def test_what_series_are_like_and_what_it_says(C: int) -> None:
    given = series(C)
    preprocessor = SequencePreprocessor.fit(given)
    samples = prepared(preprocessor, given)
    view = KernelView().fit(Schooling(samples, Targets(np.arange(7) % 2, 2), [], 0, channels=C))
    graph = Graph(["X", "lengths"], ["described", "scores"])
    inside = add_series(graph, preprocessor)
    graph.output(_described(graph, inside, C), TensorProto.DOUBLE, ("rows", view.known.shape[1]))
    graph.output(add_scores(graph, view, inside), TensorProto.DOUBLE, ("rows", 2))
    session = onnxruntime.InferenceSession(graph.model("likeness").SerializeToString())
    found, scores = session.run(None, feeds(given))
    np.testing.assert_allclose(found, described(samples, C), rtol=1e-12, atol=1e-12)
    odds = np.exp(2 * scores / view.temperature)
    np.testing.assert_allclose(odds / odds.sum(axis=1, keepdims=True), view.predict(samples), rtol=1e-9)
