"""Exported models far out: what is nearly impossible, and nearly nothing, is as right as the rest."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import numpy as np
import onnxruntime
import pytest
import skl2onnx
from skl2onnx.common.data_types import DoubleTensorType, FloatTensorType
from sklearn.datasets import load_breast_cancer, load_diabetes, load_iris
from sklearn.preprocessing import scale

from shoal.activations import ACTIVATIONS
from shoal.data.images.preprocessing import ImagePreprocessor
from shoal.data.tables import read_table
from shoal.data.targets.task import TargetEncoder
from shoal.estimators.mlp.classifier import MLPClassifier
from shoal.estimators.mlp.regressor import MLPRegressor
from shoal.export.pipelines import register_skl2onnx
from shoal.export.tables import feeds
from shoal.export.weights import population_of
from shoal.jobs.images.model import ImageModel
from shoal.jobs.model import TableModel
from shoal.layers import Conv2D, Dense, Flatten
from shoal.losses import LOSSES
from shoal.populations.network import Network
from shoal.populations.population import Population

Run = Callable[..., dict[str, Any]]
FURTHEST = 80.0
EXACT = {"float32": 2e-6, "float64": 1e-13}
"""How far a function of one number may be off, relatively: GELU's e^(−z²/2) rounds z² near z = −13."""

pytestmark = pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")


def assert_same_logarithms(given: Any, ours: Any) -> None:
    """Hold ln p to 1e-5 of itself, wherever p is a normal number."""
    normal = ours >= np.finfo(ours.dtype).tiny
    assert normal.mean() > 0.5
    np.testing.assert_allclose(np.log(given[normal]), np.log(ours[normal]), rtol=1e-5, atol=1e-6)


def stretched(population: Population, X: Any) -> Population:
    """Scale the last layer so that the largest z of ``X`` is ``FURTHEST``, of every member."""
    z = population.outputs(X)
    factor = FURTHEST / np.abs(z).max(axis=(1, 2))[:, None, None]
    population.weights[-1][:] *= factor
    population.biases[-1][:] *= factor
    return population


def line(activation: str, loss: str, dtype: str) -> Population:
    """Return the function itself: one unit whose z is its input."""
    population = Network(1, [Dense(1, activation)], loss).population(1, dtype=dtype)
    population.theta[:] = [1, 0]
    return population


def everywhere(dtype: str) -> Any:
    powers = np.logspace(-6, np.log10(FURTHEST), 300)
    return np.concatenate([-powers[::-1], [0.0], powers]).astype(dtype)[:, None]


@pytest.mark.parametrize("dtype", EXACT)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_every_activation_in_its_own_digits(run: Run, name: str, dtype: str) -> None:
    population, X = line(name, "squared_error", dtype), everywhere(dtype)
    given, ours = run(population, {"X": X})["mean"], population.predict(X)[0]
    normal = np.abs(ours) >= np.finfo(dtype).tiny
    rtol = 10 * EXACT[dtype] if name == "gelu" else EXACT[dtype]
    np.testing.assert_allclose(given[normal], ours[normal], rtol=rtol)
    np.testing.assert_allclose(given[~normal], ours[~normal], atol=np.finfo(dtype).tiny)


@pytest.mark.parametrize("dtype", EXACT)
@pytest.mark.parametrize("loss", [name for name in LOSSES if not name.endswith("cross_entropy")])
def test_every_link_in_its_own_digits(run: Run, loss: str, dtype: str) -> None:
    population, X = line("identity", loss, dtype), everywhere(dtype)
    given = run(population, {"X": X})
    np.testing.assert_allclose(given["predictions"][0], population.predict(X)[0], rtol=EXACT[dtype])
    np.testing.assert_allclose(given["mean"], population.predict(X)[0], rtol=EXACT[dtype])


def test_a_link_beyond_what_can_be_said_is_not_zero(run: Run) -> None:
    population = line("identity", "log_loss", "float32")
    X = np.array([[-1e30], [-200.0], [200.0], [1e30]], dtype="float32")
    for value in (run(population, {"X": X})["mean"], run(classifying(population), {"X": X})["probabilities"]):
        assert (value > 0).all()


def classifying(population: Population, temperature: float = 1.0, n_classes: int = 2) -> ImageModel:
    """Return a model with probabilities of all classes; what it was prepared by plays no part."""
    target = TargetEncoder("class", "classification", tuple("abcde"[:n_classes]))
    return ImageModel(ImagePreprocessor((1, 1), (0,), (1,)), target, population, temperature=temperature)


@pytest.mark.parametrize("temperature", [1.0, 0.7, 3.0])
@pytest.mark.parametrize("dtype", EXACT)
@pytest.mark.parametrize("starts", [1, 3])
@pytest.mark.parametrize("n_outputs", [1, 2, 5])
def test_images(run: Run, n_outputs: int, starts: int, dtype: str, temperature: float) -> None:
    loss = "log_loss" if n_outputs == 1 else "cross_entropy"
    network = Network((1, 6, 5), [Conv2D(3, 3, "silu"), Flatten(), Dense(4, "gelu"), Dense(n_outputs)], loss)
    X = np.random.default_rng(0).normal(size=(200, 30)).astype(dtype)
    model = classifying(
        stretched(network.population(starts, seed=1, dtype=dtype), X), temperature, max(n_outputs, 2)
    )
    assert_same_logarithms(run(model, {"X": X})["probabilities"], model.predict_features(X))


@pytest.mark.parametrize("temperature", [1.0, 0.7, 3.0])
@pytest.mark.parametrize("dtype", EXACT)
@pytest.mark.parametrize("starts", [1, 3])
@pytest.mark.parametrize(("table", "target"), [("breast_cancer", "diagnosis"), ("wine", "cultivar")])
def test_tables(
    run: Run,
    trained: Callable[..., TableModel],
    table: str,
    target: str,
    starts: int,
    dtype: str,
    temperature: float,
) -> None:
    frame = read_table(f"builtin:{table}")
    model = dataclasses.replace(trained(frame, target, starts, dtype), temperature=temperature)
    X = model.preprocessor.transform(frame)
    stretched(model.population, X)
    assert_same_logarithms(run(model, feeds(model, frame))["probabilities"], model.predict_features(X))


def classifier(X: Any, y: Any, dtype: str, together: bool) -> MLPClassifier:
    """Return a classifier whose logits reach 80 on ``X``."""
    ways = {"n_starts": 3, "combine_starts": "ensemble"} if together else {}
    fitted = MLPClassifier((6, 4), "logistic", max_iter=5, random_state=0, dtype=dtype, **ways).fit(X, y)
    largest = np.abs(population_of(fitted).outputs(X)).max(axis=(1, 2))
    members = [(fitted.coefs_, fitted.intercepts_), *fitted._ensemble]
    for (weights, biases), z in zip(members, largest, strict=True):
        weights[-1][...] *= FURTHEST / z
        biases[-1][...] *= FURTHEST / z
    return fitted


@pytest.mark.parametrize("together", [False, True])
@pytest.mark.parametrize("dtype", EXACT)
@pytest.mark.parametrize("load", [load_breast_cancer, load_iris])
def test_estimators_and_pipelines(run: Run, load: Any, dtype: str, together: bool) -> None:
    X, y = load(return_X_y=True)
    X = scale(X).astype(dtype)
    fitted = classifier(X, y, dtype, together)
    ours, outputs = fitted.predict_proba(X), run(fitted, {"X": X})
    assert_same_logarithms(outputs["probabilities"], ours)
    np.testing.assert_array_equal(outputs["label"], fitted.predict(X))

    register_skl2onnx()
    kind = {"float32": FloatTensorType, "float64": DoubleTensorType}[dtype]([None, X.shape[1]])
    converted = skl2onnx.to_onnx(fitted, initial_types=[("X", kind)], options={"zipmap": False})
    session = onnxruntime.InferenceSession(converted.SerializeToString(), providers=["CPUExecutionProvider"])
    label, probabilities = session.run(None, {"X": X})
    assert_same_logarithms(probabilities, ours)
    np.testing.assert_array_equal(label, fitted.predict(X))


@pytest.mark.parametrize("dtype", EXACT)
def test_several_labels_at_once(run: Run, dtype: str) -> None:
    X, y = load_iris(return_X_y=True)
    X = scale(X).astype(dtype)
    several = np.stack([y == 0, y > 0, X[:, 0] > 0], axis=1).astype(int)
    fitted = classifier(X, several, dtype, together=False)
    outputs = run(fitted, {"X": X})
    assert_same_logarithms(outputs["probabilities"], fitted.predict_proba(X))
    np.testing.assert_array_equal(outputs["label"], fitted.predict(X))


@pytest.mark.parametrize("dtype", EXACT)
def test_rates_from_nearly_nothing_to_very_many(run: Run, dtype: str) -> None:
    X, y = load_diabetes(return_X_y=True)
    X = scale(X).astype(dtype)
    fitted = MLPRegressor("poisson", hidden_layer_sizes=(5,), max_iter=3, random_state=0, dtype=dtype).fit(
        X, y
    )
    factor = FURTHEST / np.abs(np.log(fitted.predict(X))).max()
    fitted.coefs_[-1] *= factor
    fitted.intercepts_[-1] *= factor
    ours = fitted.predict(X)
    assert ours.max() / ours.min() > 1e20
    np.testing.assert_allclose(np.log(run(fitted, {"X": X})["variable"][:, 0]), np.log(ours), rtol=1e-5)
