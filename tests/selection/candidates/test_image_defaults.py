from __future__ import annotations

import pytest

from shoal.selection.candidates.image_defaults import batch_of_images, epochs_of_images


@pytest.mark.parametrize(("n", "epochs"), [(1, 100), (1500, 30), (6000, 15), (24_000, 15)])
def test_a_quarter_of_the_images_is_seen_twice_as_often(n: int, epochs: int) -> None:
    assert epochs_of_images(n) == epochs


@pytest.mark.parametrize(("n", "rows"), [(1999, 32), (2000, 64), (19_999, 64), (20_000, 128)])
def test_more_images_make_larger_minibatches(n: int, rows: int) -> None:
    assert batch_of_images(n) == rows
