from __future__ import annotations

import numpy as np
import onnxruntime
import pytest

from shoal.data.sequences.preprocessing import SequencePreprocessor, prepared
from shoal.export.graph import Graph, TensorProto
from shoal.export.mixtures_series import add_series, feeds
from shoal.shapes import Array

NAN = np.nan
SERIES = [
    np.array([[NAN, NAN, 1.3, NAN, NAN, NAN, 4.1, NAN, NAN], [0.1, 0.7, 0.3, 0.9, 2.2, 0.4, NAN, 0.8, 0.2]]),
    np.array([[0.1, NAN, 0.7], [NAN, NAN, NAN]]),
    np.array([[5.0], [2.0]]),
    np.array([[0.3, 0.1, NAN, NAN, 0.6], [NAN, NAN, 0.2, 1e9, NAN]]),
]


def through(
    preprocessor: SequencePreprocessor, inputs: dict[str, Array], shortened: bool = False
) -> tuple[Array, Array]:
    graph = Graph(["X", "lengths"], ["prepared", "valid"])
    series = add_series(graph, preprocessor, shortened)
    graph.output(series.X, TensorProto.FLOAT, ("rows", series.channels, "steps"))
    graph.output(series.lengths, TensorProto.INT64, ("rows",))
    session = onnxruntime.InferenceSession(graph.model("series").SerializeToString())
    X, lengths = session.run(None, inputs)
    return X, lengths


def with_noise(inputs: dict[str, Array], more: int) -> dict[str, Array]:
    """Return the inputs with ``more`` steps, and noise beyond the ends."""
    X = np.pad(inputs["X"], ((0, 0), (0, more), (0, 0)))
    beyond = np.arange(X.shape[1]) >= inputs["lengths"][:, None]
    X[beyond] = np.random.default_rng(0).normal(size=(int(beyond.sum()), X.shape[2]))
    return {"X": X, "lengths": inputs["lengths"]}


@pytest.mark.parametrize("fitted", [SERIES, SERIES[2:3], [np.array([[NAN, 2.0], [NAN, NAN]])]])
def test_series_are_prepared_to_the_bit(fitted: list[Array]) -> None:
    preprocessor = SequencePreprocessor.fit(fitted)
    assert (0.0 in preprocessor.deviation) == (len(fitted) == 1 and bool(np.isnan(fitted[0][1]).all()))
    expected = prepared(preprocessor, SERIES)
    for more in (0, 3):
        X, lengths = through(preprocessor, with_noise(feeds(SERIES), more))
        np.testing.assert_array_equal(X[:, :, :9], expected.X[:, :, :9])
        assert not X[:, :, 9:].any()
        np.testing.assert_array_equal(lengths, expected.lengths)


def test_no_step_more_than_a_series_has() -> None:
    preprocessor = SequencePreprocessor.fit(SERIES)
    X, _ = through(preprocessor, feeds(SERIES[2:3]))
    np.testing.assert_array_equal(X, prepared(preprocessor, SERIES[2:3]).X[:, :, :1])


def test_steps_at_the_end_without_any_value_are_none() -> None:
    preprocessor = SequencePreprocessor.fit(SERIES)
    longer = [np.pad(each, ((0, 0), (0, 2)), constant_values=NAN) for each in SERIES]
    expected, expected_lengths = through(preprocessor, feeds(SERIES))
    X, lengths = through(preprocessor, feeds(longer), shortened=True)
    np.testing.assert_array_equal(lengths, expected_lengths)
    np.testing.assert_array_equal(X[:, :, :9], expected)
    assert through(preprocessor, feeds(longer))[1].tolist() == [11, 5, 3, 7]
