"""Mixtures of series as ONNX: equal to shoal's in ONNX Runtime, whatever they are mixed of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import Any, ClassVar

import numpy as np
import onnxruntime
import pytest

from shoal import SequenceClassifier, SequenceRegressor
from shoal.calibration.decision import Decision
from shoal.data.sequences.origins import Files, Origin, Sounds
from shoal.data.sequences.preprocessing import SequencePreprocessor
from shoal.data.sequences.reading import SequenceReading
from shoal.data.sequences.series_set import SeriesSet
from shoal.data.targets.task import TargetEncoder
from shoal.errors import ConfigurationError
from shoal.export.mixtures_series import feeds
from shoal.export.onnx import to_onnx
from shoal.jobs.sequences.model import SequenceModel
from shoal.mixtures.constant_view import ConstantView
from shoal.mixtures.kernel_view import KernelView
from shoal.mixtures.mixture import Mixture, Share
from shoal.mixtures.random_view import RandomView
from shoal.mixtures.targets import Targets
from shoal.mixtures.trained_view import FittedNetworks
from shoal.mixtures.views import Fitted, Schooling
from shoal.selection.candidates.architectures import Convolutional1D, Recurrent
from shoal.sequences import Sequences
from shoal.shapes import Array
from tests.export.test_every_tail import assert_same_logarithms

Run = Callable[..., dict[str, Any]]
C, LENGTHS = 2, (19, 30, 1, 2, 7, 24, 13, 30, 9, 16, 21, 28)
LABELS = ("a", "b", "c")
VIEWS = ("constant", "random", "means", "values", "kernel", "convolutional", "recurrent", "study")
NO_HELD = np.zeros((0, 0))


def series(lengths: tuple[int, ...] = LENGTHS) -> list[Array]:
    """Return series of which the first channel has gaps."""
    rng = np.random.default_rng(len(lengths))
    given = []
    for number, T in enumerate(lengths):
        x = np.sin(np.arange(T) * (0.3 + 0.4 * (number % 3))) + 0.3 * rng.normal(size=(C, T))
        if T > 9:
            x[0, rng.integers(T, size=4)] = np.nan
        given.append(7 * x + 3)
    return given


def reading(origin: Origin | None = None) -> SequenceReading:
    return SequenceReading(origin or Files(), SequencePreprocessor.fit(series()))


@cache
def views(task: str) -> dict[str, Fitted[Sequences]]:
    """Return a view of every kind, of which the linear layers and the kernel have learnt."""
    X, rng, K = reading().transform(series()), np.random.default_rng(3), len(LABELS)
    classes = task == "classification"
    targets = Targets(np.minimum(np.arange(12) % 4, K - 1), K) if classes else Targets(rng.normal(size=12))
    schooling = Schooling(X, targets, [], seed=0, channels=C, n_jobs=1)
    found: dict[str, Fitted[Sequences]] = {
        "constant": ConstantView[Sequences]().fit(schooling),
        "random": RandomView(300, draws=2).fit(schooling),
        "means": RandomView(400, differences=True, means=True).fit(schooling),
        "values": RandomView(300, channels=C).fit(schooling),
        "kernel": KernelView().fit(schooling),
    }
    shape, loss, outputs = X.X.shape[1:], "cross_entropy" if classes else "squared_error", K if classes else 1
    for name, architecture in {
        "convolutional": Convolutional1D(shape),
        "recurrent": Recurrent(shape, "gru", bidirectional=True, pooling="mean"),
        "study": Recurrent(shape, "gru"),
    }.items():
        network = architecture.network((3,), X.X[0].size, outputs, loss)
        networks = network.population(3, seed=1, dtype="float32")
        networks.theta += rng.uniform(0, 0.3, networks.theta.shape).astype(np.float32)
        if name == "study":
            networks = networks.members(np.array([0, 1, 0, 2]))  # one that an ensemble counts twice
        found[name] = FittedNetworks(networks, 0.8, NO_HELD)
    assert tuple(found) == VIEWS
    return found


def mixed(task: str, names: tuple[str, ...] = VIEWS, **settings: Any) -> SequenceModel:
    rng = np.random.default_rng(4)
    labels = LABELS if task == "classification" else ()
    target = TargetEncoder("Größe", task, labels, 2.5, 3.0, None if labels else "squared_error")
    members = tuple(views(task)[name] for name in names)
    shares = tuple(Share(name, 0.5, 1 / len(names)) for name in names)
    mixture = Mixture(members, rng.dirichlet(np.full(len(names), 5.0)), 1.0, shares, 0.5, NO_HELD)
    networks = views(task)["study"]
    assert isinstance(networks, FittedNetworks)
    origin = settings.pop("origin", None)
    return SequenceModel(reading(origin), target, networks.population, mixture=mixture, **settings)


def predicted(model: SequenceModel, given: list[Array]) -> dict[str, Array]:
    columns = model.predict(SeriesSet(tuple(given), tuple(map(str, range(len(given))))))
    name = model.target.name
    if not model.target.labels:
        return {"Gro_e": columns[name][:, None]}
    every = np.stack([columns[f"P({name}={label})"] for label in model.target.labels], axis=1)
    return {"Gro_e": columns[name], "probabilities": every}


def assert_same(run: Run, model: SequenceModel, inputs: dict[str, Array], given: list[Array]) -> None:
    found, expected = run(model, inputs), predicted(model, given)
    assert list(found) == list(expected)
    if model.target.labels:
        np.testing.assert_array_equal(found["Gro_e"], expected["Gro_e"])
        np.testing.assert_allclose(found["probabilities"], expected["probabilities"], atol=1e-5)
        assert_same_logarithms(found["probabilities"], expected["probabilities"])
    else:
        np.testing.assert_allclose(found["Gro_e"], expected["Gro_e"], rtol=1e-5, atol=1e-5)


def strangers() -> list[Array]:
    """Return series that are longer than those of training, shorter, with other gaps, and without values."""
    given = series((44, 3, 12, 1, 17))
    given[1][1, 0] = given[2][1, 3:8] = np.nan
    given[4][0] = np.nan
    return given


@pytest.mark.parametrize("task", ["classification", "regression"])
@pytest.mark.parametrize("name", VIEWS)
def test_every_view(run: Run, name: str, task: str) -> None:
    given, model = strangers(), mixed(task, (name,))
    inputs = feeds(given)
    beyond = np.arange(inputs["X"].shape[1]) >= inputs["lengths"][:, None]
    inputs["X"][beyond] = 1e3  # is of no account
    assert_same(run, model, inputs, given)


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_the_whole_mixture_and_each_row_alone(run: Run, task: str) -> None:
    model, given = mixed(task, temperature=1.3 if task == "classification" else 1.0), strangers()
    assert_same(run, model, feeds(given), given)
    for each in given:
        assert_same(run, model, feeds([each]), [each])


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_networks_that_no_mixture_is_made_of(run: Run, task: str) -> None:
    given = strangers()
    model = replace(mixed(task, temperature=0.7 if task == "classification" else 1.0), mixture=None)
    assert_same(run, model, feeds(given), given)


@pytest.mark.parametrize("name", VIEWS)
def test_what_is_nearly_impossible_is_as_right_as_the_rest(run: Run, name: str) -> None:
    """At a temperature at which the smallest probability is e^−60."""
    given = strangers()
    plain = np.log(predicted(mixed("classification", (name,)), given)["probabilities"])
    spread = float((plain.max(axis=1) - plain.min(axis=1)).max())
    model = mixed("classification", (name,), temperature=spread / 60)
    assert predicted(model, given)["probabilities"].min() < 1e-25
    assert_same(run, model, feeds(given), given)


@pytest.mark.parametrize(
    "decision",
    [
        Decision("balanced_error", (0.2, 4.0, 1.0)),
        Decision("cost", (), 1, ((0.0, 1.0, 9.0), (5.0, 0.0, 2.0), (1.0, 1.0, 0.0))),
    ],
)
def test_classes_are_called_as_was_decided(run: Run, decision: Decision) -> None:
    given = strangers()
    model, plain = mixed("classification", decision=decision), mixed("classification")
    assert (predicted(model, given)["Gro_e"] != predicted(plain, given)["Gro_e"]).any()
    assert_same(run, model, feeds(given), given)


def test_neither_rows_nor_steps_are_fixed_and_it_says_what_it_takes() -> None:
    exported = to_onnx(mixed("regression"))
    extents = {
        given.name: [d.dim_param or d.dim_value for d in given.type.tensor_type.shape.dim]
        for given in exported.graph.input
    }
    assert extents == {"X": ["rows", "steps", C], "lengths": ["rows"]}
    told = {each.key: each.value for each in exported.metadata_props}
    assert told == {"target": "Größe", "task": "regression", "X": "channels as they are read"}
    sounds = to_onnx(mixed("regression", ("constant",), origin=Sounds(8000, C)))
    (said,) = [each.value for each in sounds.metadata_props if each.key == "X"]
    assert said == f"log-mel bands: LogMel(rate=8000, bands={C}, window=0.025, hop=0.01)"


def test_a_view_without_a_form_is_named() -> None:
    class Stranger(Fitted[Sequences]):
        kind: ClassVar[str] = "stranger"

        def predict(self, series: Sequences, n_jobs: int | None = None) -> Array:
            return np.zeros((len(series), 1))

    model = mixed("regression", ("constant", "random"))
    assert model.mixture is not None
    strange = replace(model.mixture, members=(model.mixture.members[0], Stranger()))
    with pytest.raises(ConfigurationError, match="the view 'stranger' of a mixture has no ONNX form"):
        to_onnx(replace(model, mixture=strange))


@pytest.mark.parametrize("labels", [["slow", "fast"], [3, 4]])
def test_a_fitted_classifier(labels: list[Any]) -> None:
    given = [each.T for each in series(LENGTHS * 2)]
    classifier = SequenceClassifier(n_features=336, budget=1e7, metric="balanced_error", random_state=0)
    classifier.fit(given, [labels[number % 3 > 0] for number in range(len(given))])
    longer = [np.pad(each, ((0, 2), (0, 0)), constant_values=np.nan) for each in given]  # which are no steps
    session = onnxruntime.InferenceSession(to_onnx(classifier).SerializeToString())
    label, probabilities = session.run(["label", "probabilities"], feeds([each.T for each in longer]))
    np.testing.assert_array_equal(label, classifier.predict(longer))
    np.testing.assert_allclose(probabilities, classifier.predict_proba(longer), atol=1e-5)


def test_a_fitted_regressor(run: Run) -> None:
    given = [each.T for each in series(LENGTHS * 2)]
    y = 100 + 20 * np.array([np.nanmean(each) for each in given])
    regressor = SequenceRegressor(n_features=336, budget=1e7, random_state=0).fit(given, y)
    found = run(regressor, feeds([each.T for each in given]))
    np.testing.assert_allclose(found["variable"][:, 0], regressor.predict(given), rtol=1e-5)
