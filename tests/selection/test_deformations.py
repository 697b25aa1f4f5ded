"""Sets whose classes live by where, which way, or neither; what is left of the images is noise."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from shoal.selection.candidates.architectures import Convolutional, loss_of
from shoal.selection.deformations import FEWEST, Deformations, choose_deformations, usual
from shoal.shapes import Array
from shoal.training.augmentation import Augmentation
from shoal.training.recipe import Recipe

SIDE = 16
RECIPE = Recipe(solver="adam", learning_rate=0.01, batch_size=32, epochs=6, seed=1, schedule="one_cycle")
N = 240


def images(bright: Array, y: Array, noise: float = 0.5) -> tuple[Array, Array]:
    """Return images (N, SIDE²), of each class with what is ``bright`` of it (classes, SIDE, SIDE)."""
    X = bright[y] * 2.0 + noise * np.random.default_rng(3).normal(size=(len(y), SIDE, SIDE))
    return (X - X.mean()).reshape(len(y), -1).astype("float32"), y


def labels(n_classes: int, n: int = N) -> Array:
    return np.arange(n) % n_classes


def halves(n: int = N) -> tuple[Array, Array]:
    """Return images whose left or right half is bright: of the other class in the mirror."""
    left = np.arange(SIDE) < SIDE // 2
    return images(np.stack([np.tile(side, (SIDE, 1)) for side in (left, ~left)]), labels(2, n))


def bars() -> tuple[Array, Array]:
    """Return images with a bar at the upper or lower edge, which is what it is in the mirror."""
    bright = np.zeros((2, SIDE, SIDE))
    bright[0, :4], bright[1, -4:] = 1, 1
    return images(bright, labels(2))


def one_pair(noise: float = 1.5) -> tuple[Array, Array]:
    """Return images of ten classes: two that are each other in the mirror, and bars at eight heights."""
    bright = np.zeros((10, SIDE, SIDE))
    bright[0, :, :4] = bright[1, :, -4:] = 1
    for height in range(8):
        bright[2 + height, 2 * height : 2 * height + 2] = 1.5
    return images(bright, labels(10, 600), noise)


def one_way() -> tuple[Array, Array]:
    """Return images of bars at heights, but for two classes: a bar at the left, and a block on the right.

    In the mirror the bar lies within where the block is, which is not where the bar was in the mirror.
    """
    bright = np.zeros((6, SIDE, SIDE))
    bright[0, :, :3], bright[1, :, 5:] = 1.5, 1
    for height in range(4):
        bright[2 + height, 4 * height : 4 * height + 3] = 1.5
    return images(bright, labels(6, 600), 1.0)


def rows() -> tuple[Array, Array]:
    """Return images with one bright row of two beside each other: moved by a row it is of the other class."""
    bright = np.zeros((2, SIDE, SIDE))
    bright[0, 7], bright[1, 8] = 2, 2
    return images(bright, labels(2))


def chosen(X: Array, y: Array, recipe: Recipe = RECIPE, **settings: Any) -> Deformations:
    n_classes = int(y.max()) + 1
    architecture = Convolutional((1, SIDE, SIDE), "relu")
    return choose_deformations(
        architecture, (6,), X, y, np.ones(len(X)), recipe, loss_of(n_classes), **settings
    )


def test_what_is_another_thing_in_the_mirror_is_not_mirrored() -> None:
    found = chosen(*halves())
    assert found.augmentation is not None
    assert not found.augmentation.mirror
    assert found.mirrored < 0
    assert [trial.name for trial in found.trials] == ["as they are", "moved", "moved and turned"]
    assert "in the mirror most are taken for others" in found.sentence


def test_two_of_ten_classes_that_change_places_are_not_mirrored() -> None:
    found = chosen(*one_pair())
    assert found.augmentation is not None
    assert not found.augmentation.mirror
    assert found.mirrored > 0.6
    assert "in the mirror two classes are taken for each other" in found.sentence


def test_what_always_faces_one_way_is_mirrored_though_taken_for_another() -> None:
    found = chosen(*one_way())
    assert found.mirrored < 0.8  # one class of six and more
    assert found.augmentation is not None
    assert found.augmentation.mirror


def test_what_is_the_same_thing_in_the_mirror_is_mirrored() -> None:
    found = chosen(*bars())
    assert found.augmentation == replace(usual(SIDE)["moved and turned"] or Augmentation(), mirror=True)
    assert found.mirrored == pytest.approx(1, abs=0.1)
    assert found.sentence.startswith("Images are trained on moved and turned, mirrored. Loss of short")
    assert f"{N // 4} images held out: as they are " in found.sentence


def test_what_moving_makes_another_thing_is_not_moved() -> None:
    found = chosen(*rows())
    assert found.augmentation in (None, Augmentation(mirror=True))
    as_they_are, moved, turned = found.trials[:3]
    assert as_they_are.loss < 0.05 < 0.2 < min(moved.loss, turned.loss)


def test_trials_that_learn_nothing_say_nothing() -> None:
    X, y = halves()
    found = chosen(X, np.random.default_rng(0).permutation(y))
    assert found.augmentation == usual(SIDE)["moved"]
    assert "the trials learnt too little" in found.sentence


def test_trials_that_are_sure_of_their_mistakes_say_what_they_call_right() -> None:
    X, y = bars()
    y = np.where(np.random.default_rng(0).uniform(size=N) < 0.25, 1 - y, y)
    found = chosen(X, y, recipe=replace(RECIPE, epochs=40))
    assert all(trial.loss > 0.75 * np.log(2) for trial in found.trials[:3])
    assert min(trial.error for trial in found.trials[:3]) < 0.3
    assert found.augmentation is not None
    assert found.augmentation.mirror


def test_of_too_few_images_nothing_is_asked() -> None:
    found = chosen(*halves(FEWEST - 1))
    assert (found.augmentation, found.trials) == (usual(SIDE)["moved"], ())
    assert found.sentence == "Images are trained on moved: fewer than 100 images."
    assert chosen(*halves(FEWEST)).trials


def test_a_seed_gives_the_same_on_any_number_of_threads() -> None:
    assert chosen(*bars(), n_jobs=1) == chosen(*bars(), n_jobs=3)
    assert chosen(*bars()) != chosen(*bars(), recipe=replace(RECIPE, seed=2))


def test_each_trial_is_told_of() -> None:
    told: list[int] = []
    found = chosen(*bars(), callback=lambda: told.append(1))
    assert len(told) == len(found.trials) == 4


def test_images_without_weight_have_no_say() -> None:
    X, y = bars()
    flipped = np.concatenate([y, 1 - y])
    weights = np.concatenate([np.ones(N), np.zeros(N)])
    architecture = Convolutional((1, SIDE, SIDE), "relu")
    found = choose_deformations(architecture, (6,), np.tile(X, (2, 1)), flipped, weights, RECIPE, loss_of(2))
    assert found.trials[0].error == 0


def test_what_is_not_done_in_time_is_not_asked() -> None:
    found = chosen(*bars(), seconds=0.0)
    assert (found.augmentation, found.trials) == (usual(SIDE)["moved"], ())
    assert "there is no time to ask" in found.sentence
    assert chosen(*bars(), seconds=1e6) == chosen(*bars())
