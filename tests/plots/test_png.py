from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from shoal.plots.png import encoded, signed


@pytest.mark.parametrize("shape", [(3, 5), (1, 1), (7, 2, 3)])
def test_another_program_reads_the_same_pixels(shape: tuple[int, ...]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    image = Image.open(io.BytesIO(base64.b64decode(encoded(pixels))))
    assert image.mode == ("L" if len(shape) == 2 else "RGB")
    np.testing.assert_array_equal(np.asarray(image), pixels)


def test_colours_are_deepest_at_the_largest_size() -> None:
    values = np.array([[1.0, -1.0, 0.5, 9.0]])
    colours = signed(values, largest=1.0)[0].tolist()
    assert colours == [[0, 85, 140], [213, 94, 0], [128, 170, 198], [0, 85, 140]]
    assert (signed(np.zeros((2, 2))) == 255).all()
