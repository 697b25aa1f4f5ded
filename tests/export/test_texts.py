"""Models of texts as ONNX: equal to shoal's in ONNX Runtime, of texts that are cut as it cuts them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, ClassVar

import numpy as np
import pytest

from shoal import TextClassifier, TextRegressor
from shoal.data.targets.task import TargetEncoder
from shoal.errors import ConfigurationError
from shoal.export.onnx import to_onnx
from shoal.export.texts import cut, feeds
from shoal.jobs.texts.features import TextFeatures
from shoal.jobs.texts.model import TextModel
from shoal.layers import Dense
from shoal.mixtures.storing import kept_views, views_of
from shoal.mixtures.targets import Targets
from shoal.mixtures.text_linear import LinearText
from shoal.mixtures.text_networks import FittedTextNetworks, TextNetworks
from shoal.mixtures.text_planning import RUNS
from shoal.mixtures.trained_view import FittedNetworks
from shoal.mixtures.views import Fitted, Schooling
from shoal.populations.network import Network
from shoal.selection.samples.splits import k_folds
from shoal.shapes import Array
from shoal.texts.vocabulary import Vocabulary
from tests.export.test_every_tail import assert_same_logarithms

Run = Callable[..., dict[str, Any]]
TEXTS = [
    "A good film, and a good story.",
    "A bad film; isn’t it?",
    "ﬁne, and so ﬁne: 3,500.50 of 10",
    "東京 is big, and Straße 東京 is bad",
    "not so good, not so bad: a film",
] * 4
STRANGE = [
    "",
    "   ",
    "Unknown!",
    "good good good good good film",
    "Isn't 東京 a STRASSE? \t 3,500.50",
    " ".join(["bad"] * 90 + ["good", "story"] * 20),  # longer than is read
    "ﬁ",
    "a",
]
N = len(TEXTS)


@cache
def views(unit: str, n_classes: int) -> tuple[Fitted[Sequence[str]], ...]:
    """Return the views of texts, the linear one as it learns, as a saved model has them."""
    rng = np.random.default_rng(0)
    targets = Targets(np.arange(N) % n_classes, n_classes) if n_classes else Targets(rng.normal(size=N))
    schooling = Schooling(TEXTS, targets, k_folds(N, 2, 0), seed=0, n_jobs=1)
    found: list[Fitted[Sequence[str]]] = [LinearText(RUNS[unit]).fit(schooling)]
    vocabulary = Vocabulary.fit(TEXTS, unit)
    for kind in ("convolutional", "recurrent"):
        view = TextNetworks(vocabulary, kind, 3, 4, 1)
        networks = view.trained.network((1, vocabulary.steps), n_classes).population(2, seed=1)
        networks.theta += rng.uniform(-0.5, 0.5, networks.theta.shape).astype(networks.theta.dtype)
        held = np.zeros((0, max(n_classes, 1)))
        found.append(FittedTextNetworks(vocabulary, FittedNetworks(networks, 0.7, held)))
    return views_of(*kept_views(found), max(n_classes, 1))


def model(unit: str, n_classes: int, some: slice = slice(None), dtype: str = "float64") -> TextModel:
    labels = ("a", "b", "c", "d")[:n_classes]
    target = TargetEncoder("said", "classification" if labels else "regression", labels, 2.5, 3.0)
    if not labels:
        target = replace(target, loss="squared_error")
    own = views(unit, n_classes)[some]
    names, losses = tuple("abc"[: len(own)]), (0.5,) * len(own)
    features = TextFeatures("text", unit, n_classes, names, losses, own, 1.7)
    loss = {0: "squared_error", 2: "log_loss"}.get(n_classes, "cross_entropy")
    network = Network(features.count, [Dense(n_classes if n_classes > 2 else 1)], loss)
    population = network.population(2, seed=3, dtype=dtype)
    return TextModel(features, target, population, temperature=1.3 if labels else 1.0)


def assert_same(run: Run, of: TextModel, texts: list[str]) -> None:
    found, expected = run(of, feeds(of, texts)), of.predict(texts)
    if not of.target.labels:
        np.testing.assert_allclose(found["said"][:, 0], expected["said"], rtol=1e-5, atol=1e-5)
        return
    probabilities = np.stack([expected[f"P(said={label})"] for label in of.target.labels], axis=1)
    np.testing.assert_array_equal(found["said"], expected["said"])
    np.testing.assert_allclose(found["probabilities"], probabilities, atol=1e-5)
    assert_same_logarithms(found["probabilities"], probabilities)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n_classes", [0, 2, 4])
@pytest.mark.parametrize("unit", ["words", "characters"])
def test_all_views_and_each_text_alone(run: Run, unit: str, n_classes: int, dtype: str) -> None:
    of = model(unit, n_classes, dtype=dtype)
    assert_same(run, of, TEXTS[:5] + STRANGE)
    for text in STRANGE[:5]:
        assert_same(run, of, [text])


@pytest.mark.parametrize("view", [0, 1, 2])
@pytest.mark.parametrize("unit", ["words", "characters"])
def test_every_view(run: Run, unit: str, view: int) -> None:
    of = model(unit, 4, slice(view, view + 1))
    assert_same(run, of, TEXTS[:5] + STRANGE)
    names = [given.name for given in to_onnx(of).graph.input]
    letters = ["words", "letters"] if unit == "words" else ["letters"]
    assert names == list(feeds(of, TEXTS)) == (letters if view == 0 else [unit])


@pytest.mark.parametrize("unit", ["words", "characters"])
def test_what_is_nearly_impossible_is_as_right_as_the_rest(run: Run, unit: str) -> None:
    of, texts = model(unit, 4), TEXTS[:5] + STRANGE
    plain = np.log(of.predict_texts(texts))
    spread = float((plain.max(axis=1) - plain.min(axis=1)).max())
    colder = replace(of, temperature=of.temperature * spread / 60)
    assert colder.predict_texts(texts).min() < 1e-25
    assert_same(run, colder, texts)


def test_a_text_without_a_word_is_as_one_that_is_unknown(run: Run) -> None:
    of = model("words", 2, slice(1, 3))
    nothing, unknown = (run(of, feeds(of, [text]))["probabilities"] for text in ("", "quite"))
    np.testing.assert_array_equal(nothing, unknown)


def test_letters_are_those_of_what_stands_between_blanks() -> None:
    assert cut("ﬁ a", "letters") == [" ", "f", "i", " ", "", " ", "a", " ", ""]
    assert cut("ﬁ  A", "characters") == ["f", "i", " ", "A"]
    assert cut(" ", "letters") == []


@pytest.mark.parametrize("kind", ["linear", "recurrent"])
def test_fitted_estimators(run: Run, kind: str) -> None:
    settings: dict[str, Any] = {"views": [kind], "budget": 1.0, "random_state": 0}
    texts = TEXTS + STRANGE
    classifier = TextClassifier(metric="balanced_error", **settings)
    classifier.fit(TEXTS, [["no", "no", "so", "no", "yes"][row % 5] for row in range(N)])
    found = run(classifier, feeds(classifier, texts))
    np.testing.assert_array_equal(found["label"], classifier.predict(texts))
    np.testing.assert_allclose(found["probabilities"], classifier.predict_proba(texts), atol=1e-5)
    regressor = TextRegressor(**settings).fit(TEXTS, 50.0 + np.arange(N) % 5)
    found = run(regressor, feeds(regressor, texts))
    np.testing.assert_allclose(found["variable"][:, 0], regressor.predict(texts), rtol=1e-5)


def test_a_view_without_a_form_is_named() -> None:
    class Stranger(Fitted[Sequence[str]]):
        kind: ClassVar[str] = "stranger"
        held_out = np.zeros((0, 4))

        def predict(self, series: Sequence[str], n_jobs: int | None = None) -> Array:
            return np.full((len(series), 4), 0.25)

    of = model("words", 4, slice(0, 1))
    strange = replace(of, preprocessor=replace(of.preprocessor, views=(Stranger(),)))
    with pytest.raises(ConfigurationError, match="the view 'stranger' of texts has no ONNX form"):
        to_onnx(strange)
