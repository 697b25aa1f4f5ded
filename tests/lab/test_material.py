"""What a shoal of the lab is looked at by."""

from __future__ import annotations

import numpy as np

from shoal.lab.material import COARSE, FINE, grids, mesh, plane, sine, strongest


def test_a_map_is_written_row_after_row_from_the_top() -> None:
    fields = mesh(np.array([0.0, 10.0]), np.array([2.0, 14.0]), 2)
    assert fields.tolist() == [[0.5, 13], [1.5, 13], [0.5, 11], [1.5, 11]]


def test_the_strongest_feature_may_fall_with_the_target_and_one_without_spread_is_none() -> None:
    X = np.array([[1.0, 5, -3], [2, 5, -6], [2, 5, -9]])
    assert strongest(X, np.array([1.0, 2, 3])) == 2
    assert strongest(X[:, :2], np.array([1.0, 2, 3])) == 0
    assert strongest(np.ones((3, 2)), np.array([1.0, 2, 3])) == 0


def test_one_feature_moves_while_the_others_stay_at_their_means() -> None:
    coarse, fine = grids(np.array([[0.0, 1, 4], [2.0, 3, 4]]), (1,))
    assert (len(coarse), len(fine)) == (COARSE, FINE)
    assert np.unique(fine[:, [0, 2]], axis=0).tolist() == [[1, 4]]
    assert (fine[0, 1], fine[120, 1], fine[-1, 1]) == (1, 2, 3)


def test_a_feature_that_never_changes_is_shown_one_wide() -> None:
    coarse, _ = grids(np.full((3, 1), 7.0), (0,))
    assert (coarse[0, 0], coarse[-1, 0]) == (7, 8)


def test_a_plane_is_seen_with_a_margin_around_all_of_its_points() -> None:
    def draw(n: int, number: int) -> tuple[np.ndarray, np.ndarray]:
        return np.array([[number, 0.0], [number + 8.0, 50.0]]), np.array([0, 1])

    made = plane("two", "two points", draw, samples=2)
    half = 11.6 / (4 * 24) / 2  # from −0.8 to 10.8 there are 96 fields, each seen from its middle
    np.testing.assert_allclose(made.extent[0], (-0.8 + half, 10.8 - half))
    assert (made.train.X[0, 0], made.validation.X[0, 0], made.test.X[0, 0]) == (0, 1, 2)


def test_no_network_beats_the_noise_of_the_sinusoid() -> None:
    made = sine(seed=0, samples=20, noise=0.5)
    assert made.floor == 0.25
    assert made.truth is not None
    np.testing.assert_allclose(made.truth[[0, 60, 120]], [0, 1, 0], atol=1e-12)
