"""Sizes of images, and whether there is room for so many."""

from __future__ import annotations

import pytest

from shoal.data.images.image_set import LONGEST_SIDE, require_room, within
from shoal.errors import CapacityError


@pytest.mark.parametrize(
    ("size", "smaller"),
    [((96, 96), (96, 96)), ((97, 1), (96, 1)), ((1000, 3), (96, 1)), ((192, 97), (96, 48)), ((1, 1), (1, 1))],
)
def test_the_longer_side_bounds_both_and_none_vanishes(
    size: tuple[int, int], smaller: tuple[int, int]
) -> None:
    assert LONGEST_SIDE == 96
    assert within(size) == smaller


def test_more_images_than_the_memory_can_take() -> None:
    require_room(10, (28, 28), 1, "mnist")
    with pytest.raises(
        CapacityError,
        match=r"mnist: 1,000,000,000 images of 2000×3000 pixels and 3 channels needs .* image_size",
    ):
        require_room(10**9, (2000, 3000), 3, "mnist")
    with pytest.raises(CapacityError, match="pixels and 1 channel needs"):
        require_room(10**12, (2000, 3000), 1, "mnist")
