"""Mixtures of views of series as ONNX: from series with gaps to predictions of their target."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from shoal.data.sequences.origins import Sounds
from shoal.data.targets.losses import SQUARED
from shoal.export import mixtures_kernel, mixtures_random
from shoal.export.graph import Graph, no_form, onnx
from shoal.export.mixtures_series import SeriesInGraph, add_series
from shoal.export.networks import add_cooled
from shoal.export.targets import add_classes, add_prediction, add_target, add_values, output_names
from shoal.jobs.sequences.model import SequenceModel
from shoal.mixtures.constant_view import FittedConstant
from shoal.mixtures.kernel_view import FittedKernel
from shoal.mixtures.mixture import Mixture
from shoal.mixtures.random_view import SHARPNESS, FittedRandom
from shoal.mixtures.trained_view import FittedNetworks
from shoal.mixtures.views import Fitted
from shoal.populations.population import Population
from shoal.sequences import Sequences
from shoal.shapes import Array

INPUTS = ["X", "lengths"]


def sequence_model(model: SequenceModel) -> onnx.ModelProto:
    """Return the ONNX model of a model of series, preprocessing included.

    Inputs ``X`` (N, T, C), the channels of each series as they are read, in double precision with NaN for
    what is missing, padded to any T, and ``lengths`` (N,), as ``shoal.export.mixtures_series.feeds`` makes
    them; of sounds the channels are the log-mel bands of ``LogMel.series``. Outputs as those of a table: the
    labels (N,) by the name of the target, beside ``probabilities`` (N, K), or the values (N, 1).

    Raises ``ConfigurationError`` for a view that has no ONNX form.
    """
    reading, target = model.preprocessor, model.target
    graph = Graph(INPUTS, output_names(target))
    series = add_series(graph, reading.channels)
    if model.mixture is None:
        mean = _of_networks(graph, model.population, series, classes=bool(target.labels))
    else:
        mean = add_mixture(graph, model.mixture, series)
    add_target(graph, model, mean)
    origin, said = reading.origin, f"predicts {target.name!r}"
    told = "channels as they are read"
    if isinstance(origin, Sounds):
        told = f"log-mel bands: {origin.analysis()!r}"
    properties = {"target": target.name, "task": target.task, "X": told}
    return graph.model(f"{said}: {model.mixture.sentence}" if model.mixture else said, properties)


def estimator_model(estimator: Any) -> onnx.ModelProto:
    """Return the ONNX model of a fitted ``SequenceClassifier`` or ``SequenceRegressor``.

    Inputs as those of ``sequence_model``. Outputs ``label`` and ``probabilities`` (N, K), or ``variable`` (N,
    1).
    """
    classifies, mixture = hasattr(estimator, "classes_"), estimator.mixture_
    graph = Graph(INPUTS, ["label", "probabilities"] if classifies else ["variable"])
    mean = add_mixture(graph, mixture, add_series(graph, estimator.preprocessor_, shortened=True))
    if classifies:
        probabilities = add_cooled(graph, mean, mixture.temperature)
        add_classes(graph, probabilities, np.asarray(estimator.classes_), estimator.decision_)
    else:
        add_values(graph, mean, estimator._centre, estimator._scale)
    return graph.model(f"{estimator!r}: {mixture.sentence}")


def add_mixture(graph: Graph, mixture: Mixture[Sequences], series: SeriesInGraph) -> str:
    """Add the weighted mean (rows, K) of the views at the temperature 1, in double precision."""
    random = [view for view in mixture.members if isinstance(view, FittedRandom)]
    found = mixtures_random.add_scores(graph, random, series) if random else []
    scores = dict(zip(map(id, random), found, strict=True))
    predictions = []
    for view in mixture.members:
        if isinstance(view, FittedRandom):
            K = view.layers[0][1].b.size
            predictions.append(_of_scores(graph, scores[id(view)], K, view.temperature))
        else:
            predictions.append(_of_view(graph, view, series))
    return add_weighted(graph, predictions, mixture.weights)


def add_weighted(graph: Graph, predictions: Sequence[str], weights: Array) -> str:
    """Add the weighted mean (rows, K) of predictions (rows, K), whose weights sum to 1."""
    total = graph.add("Mul", predictions[0], np.float64(weights[0]))
    for each, weight in zip(predictions[1:], weights[1:], strict=True):
        total = graph.add("Add", total, graph.add("Mul", each, np.float64(weight)))
    return total


def _of_view(graph: Graph, view: Fitted[Sequences], series: SeriesInGraph) -> str:
    """Add the predictions (rows, K) of a view by itself."""
    if isinstance(view, FittedConstant):
        rows = graph.add("Shape", series.lengths)
        extent = graph.add("Concat", rows, np.array([len(view.values)]), axis=0)
        return graph.add("Expand", view.values[None], extent)
    if isinstance(view, FittedNetworks):
        classes = view.population.network.criterion.name != SQUARED
        mean = _of_networks(graph, view.population, series, classes=classes)
        return add_cooled(graph, mean, view.temperature)
    if isinstance(view, FittedKernel):
        scores = mixtures_kernel.add_scores(graph, view, series)
        return _of_scores(graph, scores, len(view.b), view.temperature)
    raise no_form(f"the view {view.kind!r} of a mixture")


def _of_networks(graph: Graph, population: Population, series: SeriesInGraph, *, classes: bool) -> str:
    by_step = graph.add("Transpose", series.X, perm=[0, 2, 1])
    return add_prediction(graph, population, by_step, series.lengths, classes=classes)


def _of_scores(graph: Graph, scores: str, K: int, temperature: float) -> str:
    """Add the probabilities that scores (rows, K) of classes are; one column is the numbers themselves."""
    if K == 1:
        return scores
    sharp = graph.add("Softmax", graph.add("Mul", scores, np.float64(SHARPNESS)), axis=1)
    return add_cooled(graph, sharp, temperature)
