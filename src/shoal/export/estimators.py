"""Estimators as ONNX: shoal's and scikit-learn's multi-layer perceptrons, whose attributes are the same."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import is_classifier

from shoal.export.graph import FLOAT_TYPES, Graph, TensorProto, onnx
from shoal.export.networks import (
    add_class_probabilities,
    add_label,
    add_link,
    add_mean,
    add_population,
    label_kind,
)
from shoal.export.weights import population_of, stored


def estimator_model(estimator: Any) -> onnx.ModelProto:
    """Return the ONNX model of a fitted ``MLPClassifier`` or ``MLPRegressor``.

    Input ``X`` (N, n) in the precision that it was fitted in; with ``preprocessing="table"`` one input for
    each column, as ``shoal.export.tables`` describes them. Outputs ``label`` and ``probabilities`` (N, C), or
    ``variable`` (N, K).
    """
    dtype = estimator.coefs_[0].dtype
    kind = FLOAT_TYPES[dtype.name]
    preprocessor = getattr(estimator, "preprocessor_", None)
    names = ["label", "probabilities"] if is_classifier(estimator) else ["variable"]
    if preprocessor is None:
        graph = Graph(["X"], names)
        X = graph.input("X", kind, len(estimator.coefs_[0]), explanation="one sample to a row")
    else:
        from shoal.export.tables import add_features

        graph = Graph([encoder.column for encoder in preprocessor.encoders], names)
        X = graph.add("Cast", add_features(graph, preprocessor), to=kind)
    prediction = add_prediction(graph, estimator, X)
    if is_classifier(estimator):
        label = add_labels(graph, estimator, prediction)
        several = ("rows", len(estimator.classes_))
        graph.output(
            label,
            label_kind(np.asarray(estimator.classes_)),
            several if is_multilabel(estimator) else ("rows",),
        )
        graph.output(prediction, kind, several)
    else:
        graph.output(prediction, kind, ("rows", estimator.n_outputs_))
    return graph.model(repr(estimator))


def add_prediction(graph: Graph, estimator: Any, X: str) -> str:
    """Add what the network says of ``X`` (N, n): probabilities (N, C) of all classes, or values (N, K)."""
    members, picks = stored(population_of(estimator))
    z = add_population(graph, members, X)
    add = add_class_probabilities if is_classifier(estimator) else add_link
    dtype = members.theta.dtype
    return add_mean(graph, np.bincount(picks), add(graph, members.network, z, dtype), dtype)


def add_labels(graph: Graph, estimator: Any, probabilities: str) -> str:
    """Add the classes (N,) with the largest probabilities, or for several labels at once 0 and 1 (N, C)."""
    if is_multilabel(estimator):
        half = estimator.coefs_[0].dtype.type(0.5)
        return graph.add("Cast", graph.add("Greater", probabilities, half), to=TensorProto.INT64)
    return add_label(
        graph, graph.add("ArgMax", probabilities, axis=1, keepdims=0), np.asarray(estimator.classes_)
    )


def is_multilabel(estimator: Any) -> bool:
    """Tell whether every class is a yes-or-no question of its own."""
    return bool(estimator.out_activation_ == "logistic" and estimator.n_outputs_ > 1)
