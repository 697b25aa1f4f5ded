from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from shoal import Sequences
from shoal.errors import ConfigurationError, ShoalError
from shoal.mixtures.constant_view import ConstantView
from shoal.mixtures.kernel_view import KernelView
from shoal.mixtures.mixture import Mixture
from shoal.mixtures.random_view import RandomView
from shoal.mixtures.storing import kept, mixture_of
from shoal.mixtures.targets import Targets
from shoal.mixtures.text_linear import LinearText
from shoal.mixtures.text_networks import TextNetworks
from shoal.mixtures.trained_view import TrainedView
from shoal.mixtures.views import Fitted, Kept, Schooling
from shoal.selection.candidates.architectures import Convolutional1D, Recurrent
from shoal.selection.samples.splits import k_folds
from shoal.shapes import Array
from shoal.texts.vocabulary import Vocabulary

SERIES = Sequences.of([np.random.default_rng(row).normal(size=(2, 5 + row % 3)) for row in range(12)])
SHAPE = SERIES.shape[1:]
VIEWS = (
    ConstantView(),
    RandomView(336, draws=2, differences=True, means=True, channels=1),
    TrainedView(Recurrent(SHAPE, "gru", bidirectional=True), (2,), 1),
    TrainedView(Convolutional1D(SHAPE), (2,), 1),
    KernelView(),
)


def mixture(classes: int) -> Mixture[Sequences]:
    """Return a mixture of every kind of view, whoever is good."""
    y = np.arange(12) % classes if classes else np.random.default_rng(0).normal(size=12)
    targets, folds = Targets(y, classes), k_folds(12, 3, 0, None)
    schooling = Schooling(SERIES, targets, folds, 0, channels=1, n_jobs=1)
    members = tuple(view.fit(schooling) for view in VIEWS)
    mixed = Mixture.of([("", member) for member in members if member], targets, schooling.held)
    weights = np.array([0.1, 0.2, 0.2, 0.2, 0.3])
    return Mixture(members, weights, 1.3 if classes else 1.0, mixed.shares, mixed.loss, mixed.held_out)  # type: ignore[arg-type]


def stored(mixed: Mixture[Sequences]) -> Kept:
    """Return what is kept of a mixture, from JSON and safetensors."""
    config, arrays = kept(mixed)
    return json.loads(json.dumps(config)), safetensors.numpy.load(safetensors.numpy.save(arrays))


@pytest.mark.parametrize("classes", [0, 2, 3])
def test_a_stored_mixture_predicts_the_same_bits(classes: int) -> None:
    mixed = mixture(classes)
    restored = mixture_of(*stored(mixed), max(classes, 1))
    new = Sequences.of([np.random.default_rng(1).normal(size=(2, steps)) for steps in (3, 30, 7)])
    np.testing.assert_array_equal(restored.predict(new), mixed.predict(new))
    assert (restored.sentence, restored.temperature) == (mixed.sentence, mixed.temperature)


CHANGES: dict[str, Callable[[dict[str, Any], dict[str, Any]], object]] = {
    "an unknown kind": lambda config, _: config["members"][0].update(kind="magic"),
    "weights that do not sum to 1": lambda _, arrays: arrays.update(weights=arrays["weights"] * 2),
    "one weight too many": lambda _, arrays: arrays.update(weights=np.full(6, 1 / 6)),
    "a cold temperature": lambda config, _: config["members"][2].update(temperature=0.0),
    "no temperature": lambda config, _: config.pop("temperature"),
    "a share that is no number": lambda config, _: config["shares"][0].update(loss=None),
    "a linear layer of other features": lambda _, arrays: arrays.update({"1.0.W": np.zeros((3, 2))}),
    "infinite weights": lambda _, arrays: arrays["2.theta"].fill(np.inf),
    "another network": lambda config, _: config["members"][3].update(network=config["members"][2]["network"]),
    "a kernel without a channel": lambda _, arrays: arrays["1.1.channels 0"].fill(False),
    "biases of another kind": lambda _, arrays: arrays.update({"1.0.biases 0": np.zeros((84, 2))}),
    "likenesses to others": lambda _, arrays: arrays.update({"4.alpha": np.zeros((3, 2))}),
    "no dilation": lambda config, _: config["members"][1]["draws"][0]["parts"][0].update(dilation=0),
    "a constant of more classes": lambda _, arrays: arrays.update({"0.values": np.ones(3) / 3}),
}


@pytest.mark.parametrize("change", CHANGES)
def test_what_was_altered_is_refused(change: str) -> None:
    config, arrays = stored(mixture(2))
    mixture_of(config, arrays, 2)
    CHANGES[change](config, arrays)
    with pytest.raises((ValueError, LookupError, TypeError, ShoalError)):
        mixture_of(config, arrays, 2)


@pytest.mark.parametrize("classes", [0, 3])
def test_a_stored_mixture_of_texts_predicts_nearly_the_same(classes: int) -> None:
    texts = [f"{'abc'[n % 3]} {'xy'[n % 2]} {n % 4}" for n in range(12)]
    y = np.arange(12) % classes if classes else np.arange(12) / 12
    targets = Targets(y, classes)
    schooling = Schooling(texts, targets, k_folds(12, 3, 0, None), 0, n_jobs=1)
    words = Vocabulary.fit(texts, "words")
    views = (LinearText((("words", 1),)), TextNetworks(words, "convolutional", 2, 2, 1))
    members = [("", view.fit(schooling)) for view in views]
    fitted = [member for _, member in members if member is not None]
    assert len(fitted) == 2
    even = Mixture.of([("", member) for member in fitted], targets, schooling.held)
    mixed = replace(even, members=tuple(fitted), weights=np.array([0.5, 0.5]))
    restored = mixture_of(*stored(mixed), max(classes, 1))  # type: ignore[arg-type]
    new = ["a y", "", "b x 3 3", "\u6771"]
    np.testing.assert_allclose(restored.predict(new), mixed.predict(new), rtol=1e-5, atol=1e-6)
    altered, arrays = stored(mixed)  # type: ignore[arg-type]
    altered["members"][1]["vocabulary"]["steps"] += 1
    with pytest.raises(ValueError, match="another length"):
        mixture_of(altered, arrays, max(classes, 1))


class Unknown(Fitted[Sequences]):
    """A view of somebody's own."""

    def predict(self, series: Sequences, n_jobs: int | None = None) -> Array:
        return np.ones((len(series), 2))


def test_a_view_that_cannot_be_stored_says_so() -> None:
    mixed = replace(mixture(2), members=(Unknown(),), weights=np.ones(1))
    with pytest.raises(ConfigurationError, match="a Unknown cannot be stored"):
        kept(mixed)


def test_other_outputs_than_the_target_has_are_refused() -> None:
    with pytest.raises(ValueError, match="its views are none"):
        mixture_of(*stored(mixture(3)), 2)
