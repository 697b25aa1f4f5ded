from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from shoal import Sequences
from shoal.mixtures.mixture import Mixture, trust, trusted_slope
from shoal.mixtures.targets import Targets
from shoal.mixtures.views import Fitted, Schooling, View
from shoal.shapes import Array

Y = np.array([0.0, 1.0, 2.0, 3.0])
SERIES = Sequences.of([[1.0]] * 4)


@dataclass(frozen=True)
class Off(View, Fitted):
    """A view that is always off by the same amounts."""

    kind = "off"
    by: tuple[float, ...]

    @property
    def words(self) -> str:
        return f"off by {self.by[0]:g}"

    def fit(self, schooling: Schooling) -> Off | None:
        return self if np.isfinite(self.by).all() else None

    @property
    def held_out(self) -> Array:  # type: ignore[override]
        return (Y + self.by)[:, None]

    def predict(self, series: Sequences, n_jobs: int | None = None) -> Array:
        return np.full((len(series), 1), self.by[0])


def mixture(*views: View) -> Mixture:
    return Mixture.fit(views, Schooling(SERIES, Targets(Y), [], 0, 1))


def test_views_are_mixed_as_their_errors_cancel() -> None:
    mixed = mixture(Off((1, 1, 1, 1)), Off((-2, -2, -2, -2)), Off((9, 9, 9, -9)))
    np.testing.assert_allclose([share.weight for share in mixed.shares], [2 / 3, 1 / 3, 0])
    assert [share.loss for share in mixed.shares] == [0.5, 2, 40.5]
    assert mixed.loss < 1e-20
    np.testing.assert_allclose(mixed.held_out[:, 0], Y, atol=1e-12)
    np.testing.assert_allclose(mixed.predict(SERIES), 0, atol=1e-12)
    assert len(mixed.members) == 2
    assert mixed.sentence.startswith("67% off by 1 (0.5), 33% off by -2 (2): loss held out ")
    assert mixed.sentence.endswith("; without off by 9 (40.5).")


def test_a_view_that_came_to_nothing_is_left_out() -> None:
    mixed = mixture(Off((np.nan,) * 4), Off((1, 1, 1, 1)))
    assert [share.words for share in mixed.shares] == ["off by 1"]


def test_a_mixture_is_trusted_as_far_as_it_is_surely_better_than_the_constant() -> None:
    gains = np.array([3.0, 1.0, 2.0, 2.0])
    error = gains.std(ddof=1) / 2
    assert trust(np.zeros(4), gains) == pytest.approx(1 - (error / 2) ** 2)
    assert trust(gains, np.zeros(4)) == 0
    assert trust(np.zeros(4), np.array([3.0, -2.5, 2.0, -2.0])) == 0  # better by less than its error
    assert trust(np.zeros(1), np.ones(1)) == 0


def test_what_the_constant_is_not_surely_worse_than_is_drawn_to_it() -> None:
    @dataclass(frozen=True)
    class Plain(Off):
        kind = "constant"

    mixed = mixture(Plain((2, -2, 1, 1)), Off((-1, 1, 1, -1)))
    predicted, actual = np.array([-3.0, 3, 0, -2]), -np.array([2.0, -2, 1, 1])
    b = predicted @ actual / (predicted @ predicted)
    variance = np.square(actual - b * predicted).sum() / 3 / (predicted @ predicted)
    kept = b - variance / b
    assert [share.weight for share in mixed.shares] == pytest.approx([1 - kept, kept])
    assert 0 < kept < 1
    assert trusted_slope(predicted, -actual) == 0
    assert trusted_slope(np.ones(1), np.ones(1)) == 0


def test_the_losses_of_classes_are_those_of_their_probabilities() -> None:
    targets = Targets(np.array([0, 1]), 2)
    np.testing.assert_allclose(targets.losses(np.array([[0.5, 0.5], [0.9, 0.1]])), -np.log([0.5, 0.1]))
    np.testing.assert_array_equal(targets.signs(), [[1, -1], [-1, 1]])
    assert targets.outputs == 2
    assert Targets(Y).outputs == 1
    np.testing.assert_array_equal(Targets(Y).signs(), Y[:, None])


@pytest.mark.parametrize("scale", [0.2, 1.0])
def test_a_mixture_of_classes_has_one_temperature(scale: float) -> None:
    rng = np.random.default_rng(0)
    codes = rng.integers(2, size=2000)
    z = scale * np.where(codes == 1, 1, -1) + rng.normal(size=2000)  # its log odds are 2 scale z

    @dataclass(frozen=True)
    class Certain(Off):
        @property
        def held_out(self) -> Array:  # type: ignore[override]
            p = 1 / (1 + np.exp(-z))
            return np.stack([1 - p, p], axis=1)

    schooling = Schooling(Sequences.of([[1.0]] * 2000), Targets(codes, 2), [], 0, 1)
    temperature = Mixture.fit([Certain((0,))], schooling).temperature
    np.testing.assert_allclose(temperature, 1 / (2 * scale), rtol=0.2)
