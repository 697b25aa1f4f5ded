from __future__ import annotations

import pytest

from shoal.errors import ConfigurationError
from shoal.jobs.images.augment import STRENGTHS, augmentation_of
from shoal.training.augmentation import Augmentation
from shoal.words import as_argument, spoken


def test_the_strong_one_is_simards_on_his_images() -> None:
    assert augmentation_of("strong", 28) == Augmentation(translate=1, scale=0.1, rotate=10, elastic=34)


@pytest.mark.parametrize("name", STRENGTHS[1:])
def test_a_strength_does_the_same_share_to_images_of_another_size(name: str) -> None:
    small, large = augmentation_of(name, 14), augmentation_of(name, 56)
    assert small is not None
    assert large is not None
    assert large.translate == pytest.approx(4 * small.translate)
    assert large.elastic / large.sigma == pytest.approx(4 * small.elastic / small.sigma)  # a displacement
    assert (large.scale, large.rotate) == (small.scale, small.rotate)


def test_none_and_what_is_written_out() -> None:
    assert augmentation_of("none", 8) is None
    assert augmentation_of("rotate=10, translate=0.5", 8) == Augmentation(translate=0.5, rotate=10)
    assert augmentation_of("mirror", 8) == Augmentation(mirror=True)
    assert augmentation_of("scale=0.2, mirror ", 8) == Augmentation(scale=0.2, mirror=True)


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        (
            "wild",
            "--augment takes auto, none, mild, strong, or any of .* got 'wild'; write it as",
        ),
        ("", "--augment takes auto, none, mild, strong"),
        ("fill=0", "--augment takes auto, none, mild, strong"),
        ("scale=1,scale=2", "each once, got 'scale=1,scale=2'"),
        ("mirror,mirror", "each once, got 'mirror,mirror'"),
        ("mirror=1", "each once, got 'mirror=1'"),
        ("rotate=ten", "--augment: rotate takes a number, got 'ten'; write it as in rotate=1"),
        ("rotate", "--augment: rotate takes a number, got ''"),
        ("rotate=-3", "rotate of an augmentation must be a number, 0 or more, got -3.0"),
        ("sigma=0,elastic=3", "sigma of an augmentation must be a positive number, got 0.0"),
        ("translate=nan", "translate of an augmentation must be a number, 0 or more, got nan"),
    ],
)
def test_what_is_no_augmentation(asked: str, told: str) -> None:
    with pytest.raises(ConfigurationError, match=told):
        augmentation_of(asked, 28)


def test_in_python_it_is_an_argument() -> None:
    with (
        spoken(as_argument),
        pytest.raises(ConfigurationError, match=r"^augment takes auto, none, mild"),
    ):
        augmentation_of("fast", 28)
