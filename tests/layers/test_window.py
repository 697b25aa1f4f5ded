from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.errors import ConfigurationError
from shoal.layers.window import Window, window_of


def extents(axes: int, largest: int) -> st.SearchStrategy[tuple[int, ...]]:
    return st.tuples(*[st.integers(1, largest)] * axes)


def windows(axes: int) -> st.SearchStrategy[tuple[Window, tuple[int, ...]]]:
    """Draw a window and how many places there are along each of its axes."""
    each = extents(axes, 3)
    window = st.builds(Window, each, each, each, st.booleans())
    return st.tuples(window, extents(axes, 9))


over_images_and_sequences = given(st.integers(1, 2).flatmap(windows))


def fits(window: Window, places: tuple[int, ...]) -> bool:
    return window.same or all(n >= e for n, e in zip(places, window.extent, strict=True))


@over_images_and_sequences
def test_every_window_sees_the_places_that_the_definition_says(
    case: tuple[Window, tuple[int, ...]],
) -> None:
    window, places = case
    if not fits(window, places):
        return
    a = np.random.default_rng(0).normal(size=(2, 3, *places, 2))
    seen = window.gather(a)
    axes = len(places)
    for index in np.ndindex(*seen.shape[2:-1]):
        offset, at = index[:axes], index[axes:]
        over = zip(at, window.stride, offset, window.dilation, window.padding(places), strict=True)
        place = [y * s + i * d - before for y, s, i, d, (before, _) in over]
        inside = all(0 <= here < n for here, n in zip(place, places, strict=True))
        expected = a[:, :, *place] if inside else np.zeros((2, 3, 2))
        assert np.array_equal(seen[:, :, *index], expected)


@over_images_and_sequences
def test_scatter_is_the_transpose_of_gather(case: tuple[Window, tuple[int, ...]]) -> None:
    window, places = case
    if not fits(window, places):
        return
    rng = np.random.default_rng(0)
    a = rng.normal(size=(1, 2, *places, 3))
    seen = window.gather(a)
    other = rng.normal(size=seen.shape)
    back = window.scatter(other, places)
    np.testing.assert_allclose((seen * other).sum(), (a * back).sum(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(
    ("window", "image", "out", "padding"),
    [
        (Window((5, 5)), (28, 28), (24, 24), ((0, 0), (0, 0))),
        (Window((2, 2), (2, 2)), (7, 8), (3, 4), ((0, 0), (0, 0))),
        (Window((3, 2), dilation=(2, 3)), (5, 4), (1, 1), ((0, 0), (0, 0))),
        (Window((3, 3), same=True), (5, 6), (5, 6), ((1, 1), (1, 1))),
        (Window((4, 2), same=True), (5, 6), (5, 6), ((1, 2), (0, 1))),  # the odd one below and right
        (Window((3, 3), (2, 2), same=True), (5, 6), (3, 3), ((1, 1), (0, 1))),
        (Window((1, 1), (3, 2), same=True), (7, 7), (3, 4), ((0, 0), (0, 0))),
        (Window((3, 3), dilation=(2, 1), same=True), (4, 4), (4, 4), ((2, 2), (1, 1))),
    ],
    ids=str,
)
def test_extents_and_zeros_around(
    window: Window, image: tuple[int, int], out: tuple[int, int], padding: object
) -> None:
    assert window.output_extent(image) == out
    assert window.padding(image) == padding


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ((0, 1, "conv2d"), "the size of conv2d must be a whole number ≥ 1, got 0"),
        (((2, 0), 1, "conv2d"), "the size of conv2d must be a whole number ≥ 1, got 0"),
        (
            ((2, 2, 2), 1, "conv2d"),
            "the size of conv2d must be one whole number or (rows, columns), got (2, 2, 2)",
        ),
        ((2, 1.5, "conv2d"), "the stride of conv2d must be a whole number ≥ 1, got 1.5"),
        ((2, 1, "conv2d", "2"), "the dilation of conv2d must be a whole number ≥ 1, got '2'"),
        ((2, 1, "conv2d", 1, "full"), "the padding of conv2d must be 'valid' or 'same', got 'full'"),
        ((2, 1, "conv2d", 1, 1), "the padding of conv2d must be 'valid' or 'same', got 1"),
    ],
    ids=str,
)
def test_windows_that_are_refused(fields: tuple[object, ...], message: str) -> None:
    with pytest.raises(ConfigurationError) as error:
        window_of(*fields)  # type: ignore[arg-type]
    assert str(error.value) == message


def test_samples_that_no_window_fits() -> None:
    with pytest.raises(ConfigurationError) as error:
        Window((2, 2)).require_fit((5,), "conv2d")
    assert str(error.value) == (
        "a layer conv2d takes images of shape (C, H, W), got samples of shape (5,); give the network "
        "inputs=(C, H, W), and put Flatten after the last such layer"
    )
    with pytest.raises(ConfigurationError) as error:
        Window((3, 2), dilation=(2, 1)).require_fit((1, 4, 5), "conv2d")
    assert str(error.value) == (
        "a window of 5 × 2 pixels does not fit into the 4 × 5 that reach the layer conv2d; make it smaller, "
        "or pool less before"
    )
    with pytest.raises(ConfigurationError) as error:
        Window((1, 3), dilation=(9, 6), same=True).require_fit((1, 4, 5), "conv2d")
    assert str(error.value) == (
        "pixels of a window that are 9 × 6 apart are never both in the 4 × 5 that reach the layer conv2d; "
        "make its dilation smaller"
    )
    Window((1, 3), dilation=(9, 5), same=True).require_fit((1, 4, 5), "conv2d")
    Window((3, 3), same=True).require_fit((1, 1, 1), "conv2d")
