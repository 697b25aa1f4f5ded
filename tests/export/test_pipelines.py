from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
import pytest
import skl2onnx
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from shoal.errors import ConfigurationError
from shoal.estimators.mlp.classifier import MLPClassifier
from shoal.estimators.mlp.regressor import MLPRegressor
from shoal.export.pipelines import register_skl2onnx

BRIEFLY: dict[str, Any] = {"solver": "lbfgs", "max_iter": 30, "max_fun": 300, "random_state": 0}
TYPES = {"float32": FloatTensorType, "float64": DoubleTensorType}

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def converted(pipeline: Any, X: Any, **options: Any) -> Any:
    register_skl2onnx()
    model = skl2onnx.to_onnx(
        pipeline, initial_types=[("rows", TYPES[X.dtype.name]([None, X.shape[1]]))], options=options or None
    )
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, {"rows": X})


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("names", [None, ["no", "yes"]])
def test_a_classifier_behind_a_scaler(names: list[str] | None, dtype: str) -> None:
    X, y = load_breast_cancer(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), MLPClassifier((5,), **BRIEFLY))
    pipeline.fit(X, y if names is None else np.array(names)[y])
    X = X.astype(dtype)
    label, probabilities = converted(pipeline, X, zipmap=False)
    assert probabilities.dtype == dtype
    np.testing.assert_allclose(probabilities, pipeline.predict_proba(X), atol=1e-5)
    assert (label == pipeline.predict(X)).mean() > 0.99


def test_several_labels_at_once() -> None:
    X, y = load_iris(return_X_y=True)
    several = np.stack([y == 0, y > 0, X[:, 0] > 6], axis=1).astype(int)
    pipeline = make_pipeline(StandardScaler(), MLPClassifier((5,), **BRIEFLY)).fit(X, several)
    label, probabilities = converted(pipeline, X, zipmap=False)
    np.testing.assert_array_equal(label, pipeline.predict(X))
    np.testing.assert_allclose(probabilities, pipeline.predict_proba(X), atol=1e-5)


def test_dictionaries_of_probabilities_where_they_are_wanted() -> None:
    X, y = load_iris(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), MLPClassifier((5,), **BRIEFLY)).fit(X, y)
    _, probabilities = converted(pipeline, X.astype("float32"))
    assert probabilities[0] == pytest.approx(
        dict(enumerate(pipeline.predict_proba(X.astype("float32"))[0])), abs=1e-5
    )


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_regressor_behind_a_scaler(dtype: str) -> None:
    X, y = load_diabetes(return_X_y=True)
    pipeline = make_pipeline(StandardScaler(), MLPRegressor(hidden_layer_sizes=(5,), **BRIEFLY)).fit(X, y)
    X = X.astype(dtype)
    (variable,) = converted(pipeline, X)
    assert variable.shape == (len(X), 1)
    np.testing.assert_allclose(variable[:, 0], pipeline.predict(X), rtol=1e-5)


def test_an_ensemble_with_activations_of_its_own() -> None:
    X, y = load_iris(return_X_y=True)
    estimator = MLPClassifier(
        (5, 3),
        ["gelu", "mish"],
        n_starts=3,
        combine_starts="ensemble",
        dropout=0.1,
        max_iter=20,
        random_state=0,
    )
    pipeline = make_pipeline(StandardScaler(), estimator).fit(X, y)
    _, probabilities = converted(pipeline, X, zipmap=False)
    np.testing.assert_allclose(probabilities, pipeline.predict_proba(X), atol=1e-5)


def test_preprocessing_of_its_own_is_refused() -> None:
    X, y = load_iris(return_X_y=True)
    pipeline = make_pipeline(MLPClassifier((3,), preprocessing="table", **BRIEFLY)).fit(X, y)
    with pytest.raises(ConfigurationError, match="export it alone with to_onnx"):
        converted(pipeline, X)
