from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from shoal.errors import ConfigurationError
from shoal.training.augmentation import Augmentation, affine_positions, resample

SHAPE = (2, 9, 7)
IMAGES = np.random.default_rng(0).normal(size=(5, 2 * 9 * 7))
EVERYTHING = Augmentation(translate=1.5, scale=0.2, rotate=20, elastic=8, sigma=2)


@pytest.mark.parametrize("fill", [None, 0.5])
def test_between_and_outside_of_pixels_it_is_as_scipy_has_it(fill: float | None) -> None:
    image = IMAGES[0].reshape(SHAPE)
    positions = affine_positions((9, 7), shift=(2.3, -1.6), factors=(1.4, 0.7), angle=33)
    outside = {"mode": "nearest"} if fill is None else {"mode": "grid-constant", "cval": fill}
    expected = [ndimage.map_coordinates(channel, positions, order=1, **outside) for channel in image]
    np.testing.assert_allclose(resample(image, positions, fill), expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize("axis", [0, 1])
def test_displacements_are_the_draws_smoothed_by_a_gaussian(axis: int) -> None:
    augmentation = Augmentation(elastic=30, sigma=1.7)
    moved = augmentation.positions((12, 11), 1, 2, 3)[axis] - affine_positions((12, 11))[axis]
    # Of sigma 1e-3 the Gaussian is one pixel, so these are the draws themselves.
    u = (
        Augmentation(elastic=1, sigma=1e-3).positions((12, 11), 1, 2, 3)[axis]
        - affine_positions((12, 11))[axis]
    )
    radius = int(np.ceil(3 * 1.7))
    expected = 30 * ndimage.gaussian_filter(u, 1.7, mode="constant", truncate=radius / 1.7)
    assert -1 < u.min() < -0.9 < 0.9 < u.max() < 1
    np.testing.assert_allclose(moved, expected, rtol=0, atol=1e-9)


def test_simards_strength_moves_pixels_by_so_much() -> None:
    augmentation = Augmentation(elastic=34)
    moved = [
        (augmentation.positions((31, 31), 0, 0, sample) - affine_positions((31, 31)))[:, 15, 15]
        for sample in range(400)
    ]
    assert np.std(moved) == pytest.approx(34 / (4 * np.sqrt(12 * np.pi)), rel=0.1)


def test_affine_maps_move_turn_and_stretch() -> None:
    image = np.arange(25.0).reshape(1, 5, 5)
    moved = resample(image, affine_positions((5, 5), shift=(1, 0)), fill=0)
    np.testing.assert_allclose(moved[0, :4], image[0, 1:], atol=1e-12)
    assert (moved[0, 4] == 0).all()
    turned = resample(image, affine_positions((5, 5), angle=90))
    np.testing.assert_allclose(turned[0], np.rot90(image[0]), atol=1e-12)
    smaller = resample(image, affine_positions((5, 5), factors=(2, 1)), fill=-1)
    np.testing.assert_allclose(smaller[0], [[-1] * 5, *image[0, ::2], [-1] * 5], atol=1e-12)


@pytest.mark.parametrize(
    ("augmentation", "most"),
    [
        (Augmentation(translate=2), (2.0, 2.0)),
        (Augmentation(scale=0.25), (0.25 * 4, 0.25 * 3)),
        (Augmentation(rotate=10), (np.sin(np.deg2rad(10)) * 3 + 0.07, np.sin(np.deg2rad(10)) * 4 + 0.07)),
    ],
)
def test_draws_keep_to_their_bounds_and_use_them(
    augmentation: Augmentation, most: tuple[float, float]
) -> None:
    moved = np.array([augmentation.positions((9, 7), 5, 0, sample) for sample in range(300)])
    distance = abs(moved - affine_positions((9, 7))).max(axis=(0, 2, 3))
    assert (distance <= most).all()
    assert (distance > 0.9 * np.array(most)).all()


def test_half_of_the_images_are_mirrored_and_nothing_else() -> None:
    seen = Augmentation(mirror=True).deform(np.tile(IMAGES[0], (400, 1)), SHAPE, 3, 1).reshape(-1, *SHAPE)
    image = IMAGES[0].reshape(SHAPE)
    flipped = abs(seen - image[..., ::-1]).max(axis=(1, 2, 3)) < 1e-9
    straight = abs(seen - image).max(axis=(1, 2, 3)) < 1e-9
    assert (flipped ^ straight).all()
    assert 160 < flipped.sum() < 240


def test_a_mirror_leaves_the_other_draws_alone() -> None:
    both = replace(EVERYTHING, mirror=True)
    with_it = np.array([both.positions((9, 7), 5, 0, sample) for sample in range(20)])
    without = np.array([EVERYTHING.positions((9, 7), 5, 0, sample) for sample in range(20)])
    same = (with_it == without).all(axis=(1, 2, 3))
    assert 0 < same.sum() < 20


def test_nothing_asked_for_is_nothing_done() -> None:
    np.testing.assert_array_equal(Augmentation().deform(IMAGES, SHAPE, 0, 0), IMAGES)


def test_an_image_is_addressed_by_seed_epoch_and_sample() -> None:
    seen = EVERYTHING.deform(IMAGES, SHAPE, 7, 3)
    np.testing.assert_array_equal(EVERYTHING.deform(IMAGES[:2], SHAPE, 7, 3), seen[:2])
    others = [
        EVERYTHING.positions((9, 7), seed, epoch, sample)
        for seed, epoch, sample in [(7, 3, 0), (8, 3, 0), (7, 4, 0), (7, 3, 1), (7, 0, 3)]
    ]
    assert len({positions.tobytes() for positions in others}) == 5


def test_channels_move_together_and_the_dtype_stays() -> None:
    twice = np.concatenate([IMAGES[:, :63], IMAGES[:, :63]], axis=1).astype("float32")
    seen = EVERYTHING.deform(twice, SHAPE, 0, 0)
    assert seen.dtype == np.float32
    np.testing.assert_array_equal(seen[:, :63], seen[:, 63:])


@pytest.mark.parametrize(
    "settings",
    [
        {"translate": -1},
        {"scale": np.inf},
        {"rotate": "10"},
        {"elastic": True},
        {"sigma": 0},
        {"fill": np.nan},
        {"mirror": 1},
    ],
)
def test_impossible_settings_are_refused(settings: dict[str, float]) -> None:
    name, value = next(iter(settings.items()))
    with pytest.raises(ConfigurationError, match=rf"{name} of an augmentation must be .*, got {value!r}"):
        Augmentation(**settings)
