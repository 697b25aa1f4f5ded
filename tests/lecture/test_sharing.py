from __future__ import annotations

from shoal.lecture import sharing
from shoal.lecture.images import digits
from shoal.lecture.sharing import CONVOLUTIONAL, DENSE, KINDS, LOCAL


def test_local_and_convolutional_networks_differ_in_sharing_alone() -> None:
    local, shared = (sharing.network(kind, (1, 8, 8), 4) for kind in (LOCAL, CONVOLUTIONAL))
    assert local.shapes == shared.shapes
    # 64 places of 3 × 3 pixels, then 16 places of 3 × 3 × 4, and the same dense layer.
    assert local.n_parameters == 64 * 4 * (9 + 1) + 16 * 8 * (36 + 1) + 33 * 10
    assert shared.n_parameters == 4 * (9 + 1) + 8 * (36 + 1) + 33 * 10


def test_every_kind_learns() -> None:
    images = digits(0, 200, 100)
    for kind, width in zip(KINDS, (16, 2, 6), strict=True):
        population = sharing.trained(kind, images, width, starts=1, seed=0, updates=200)
        assert sharing.errors(population, images.validation).max() < 0.4, kind


def test_larger_images_are_seen_through_larger_windows() -> None:
    assert sharing.network(CONVOLUTIONAL, (1, 28, 28), 6).n_parameters == 6 * 26 + 12 * 151 + 10 * (
        12 * 49 + 1
    )
    assert sharing.network(DENSE, (1, 28, 28), 6).n_parameters == 6 * 785 + 70
