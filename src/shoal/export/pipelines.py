"""Estimators inside scikit-learn pipelines: skl2onnx is taught to convert them."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import is_classifier

from shoal.errors import ConfigurationError, MissingDependencyError
from shoal.estimators.mlp.classifier import MLPClassifier
from shoal.estimators.mlp.regressor import MLPRegressor
from shoal.export.estimators import add_labels, add_prediction, is_multilabel
from shoal.export.graph import FLOAT_TYPES, ML, OPSETS, Graph, TensorProto, onnx
from shoal.export.networks import label_kind

try:
    from skl2onnx import update_registered_converter
    from skl2onnx.common.data_types import (
        DoubleTensorType,
        FloatTensorType,
        Int64TensorType,
        StringTensorType,
        guess_proto_type,
    )
except ImportError as error:
    raise MissingDependencyError(
        f"pipelines need the package skl2onnx, and {error.name} is not installed; pip install 'shoal[onnx]'"
    ) from None


def register_skl2onnx() -> None:
    """Teach skl2onnx to convert ``MLPClassifier`` and ``MLPRegressor`` of shoal; a process does so once.

    >>> import numpy as np
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from skl2onnx import to_onnx
    >>> X, y = np.linspace(0, 1, 20).reshape(10, 2), np.arange(10.0)
    >>> regressor = MLPRegressor(hidden_layer_sizes=(3,), solver="lbfgs", max_iter=999, random_state=0)
    >>> pipeline = make_pipeline(StandardScaler(), regressor)
    >>> register_skl2onnx()
    >>> [output.name for output in to_onnx(pipeline.fit(X, y), X).graph.output]
    ['variable']
    """
    options = {"zipmap": [True, False, "columns"], "nocl": [True, False]}
    update_registered_converter(
        MLPClassifier, "ShoalMLPClassifier", _declare_outputs, _convert, options=options
    )
    update_registered_converter(MLPRegressor, "ShoalMLPRegressor", _declare_outputs, _convert)


def _declare_outputs(operator: Any) -> None:
    """Tell skl2onnx the types and shapes of the outputs."""
    estimator, given = operator.raw_operator, operator.inputs[0]
    rows = given.get_first_dimension()
    floats = DoubleTensorType if isinstance(given.type, DoubleTensorType) else FloatTensorType
    if not is_classifier(estimator):
        operator.outputs[0].set_type(floats([rows, estimator.n_outputs_]))
        return
    several = [rows, len(estimator.classes_)]
    labels: dict[int, Any] = {TensorProto.STRING: StringTensorType, TensorProto.INT64: Int64TensorType}
    kind = labels.get(label_kind(np.asarray(estimator.classes_)), floats)
    operator.outputs[0].set_type(kind(several if is_multilabel(estimator) else [rows]))
    operator.outputs[1].set_type(floats(several))


def _convert(scope: Any, operator: Any, container: Any) -> None:
    """Write the estimator's nodes into skl2onnx's container."""
    estimator = operator.raw_operator
    if getattr(estimator, "preprocessor_", None) is not None:
        raise ConfigurationError(
            f"{type(estimator).__name__} with preprocessing takes the columns of a table, which no step of a "
            "pipeline gives; export it alone with to_onnx, or leave preprocessing to the pipeline"
        )
    graph = Graph(["X"])
    X = graph.add("Cast", "X", to=FLOAT_TYPES[estimator.coefs_[0].dtype.name])
    results = [add_prediction(graph, estimator, X)]
    if is_classifier(estimator):
        results.insert(0, add_labels(graph, estimator, results[0]))
    names = {"X": operator.inputs[0].full_name}
    for constant in graph.constants:
        names[constant.name] = scope.get_unique_variable_name(constant.name)
        container.add_initializer(names[constant.name], None, None, constant)
    for node in graph.nodes:
        _add_node(scope, container, node, names)
    for result, output in zip(results, operator.outputs, strict=True):
        kind = guess_proto_type(output.type)
        if kind == TensorProto.STRING:
            container.add_node("Identity", [names[result]], [output.full_name])
        else:
            container.add_node("Cast", [names[result]], [output.full_name], to=kind)


def _add_node(scope: Any, container: Any, node: onnx.NodeProto, names: dict[str, str]) -> None:
    """Add a node to the container under names that are free there."""
    for output in node.output:
        names[output] = scope.get_unique_variable_name(output)
    container.add_node(
        node.op_type,
        [names[name] for name in node.input],
        [names[name] for name in node.output],
        op_domain=node.domain,
        op_version=OPSETS[ML] if node.domain == ML else None,  # left to itself it takes one that it refuses
        name=scope.get_unique_operator_name(node.op_type),
        **{attribute.name: onnx.helper.get_attribute_value(attribute) for attribute in node.attribute},
    )
