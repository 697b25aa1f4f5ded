from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from shoal.errors import ConfigurationError
from shoal.explanation import differences
from shoal.explanation.gradient_check import check_gradients, estimate_gradient
from shoal.explanation.point import GradientPoint
from shoal.explanation.sampling import LEAST, draw_direction, draw_parameters, learnt
from shoal.layers import BatchNorm, Conv2D, Dense, Flatten
from shoal.layers.base import Cache, Layer, Parameters
from shoal.populations.network import Network
from shoal.shapes import Array

RNG = np.random.default_rng(0)
X, y = RNG.normal(size=(6, 40)), RNG.integers(2, size=6)
LARGE = Network(40, [Dense(30, "tanh"), Dense(25, "sigmoid"), Dense(1)], loss="log_loss")
IMAGES = Network((2, 6, 6), [Conv2D(5, 3, "tanh"), BatchNorm("tanh"), Flatten(), Dense(3)], "cross_entropy")


class Wrong(Dense):
    """A layer that gets one entry of a gradient wrong, or a whole array of it; which, a test says."""

    spoil: Callable[[Parameters], None]

    def backward(
        self, parameters: Parameters, cache: Cache, grad_a: Array, gradients: Parameters, propagate: bool
    ) -> Array | None:
        grad_in = super().backward(parameters, cache, grad_a, gradients, propagate)
        type(self).spoil(gradients)
        return grad_in


def spoilt(where: int, spoil: Callable[[Parameters], None]) -> Network:
    kind = type("Wrong", (Wrong,), {"spoil": staticmethod(spoil)})
    layers: list[Layer] = list(LARGE.layers)
    layers[where] = kind(layers[where].units, layers[where].activation)  # type: ignore[attr-defined]
    return Network(40, layers, loss="log_loss")


def counts(network: Network, sample: int | None, seed: int = 0) -> list[int]:
    drawn = draw_parameters(network, sample, seed)
    assert np.array_equal(drawn, np.unique(drawn))
    return [int(((s.start <= drawn) & (drawn < s.stop)).sum()) for s in network.slots]


def sizes(network: Network) -> list[int]:
    return [slot.stop - slot.start for slot in network.slots]


@pytest.mark.parametrize("sample", [None, 2031, 5000])
def test_all_are_drawn_of_a_network_that_has_no_more(sample: int | None) -> None:
    assert LARGE.n_parameters == 2031
    assert counts(LARGE, sample) == sizes(LARGE)


@pytest.mark.parametrize("sample", [121, 122, 500, 1000, 2030])
def test_as_many_are_drawn_as_were_asked_for_and_enough_of_each_array(sample: int) -> None:
    drawn = counts(LARGE, sample)
    assert sum(drawn) == sample
    for quota, size in zip(drawn, sizes(LARGE), strict=True):
        assert min(size, LEAST) <= quota <= size


@pytest.mark.parametrize("sample", [1, 60])
def test_every_array_has_its_least_even_if_they_are_more_together(sample: int) -> None:
    assert counts(LARGE, sample) == [20, 20, 20, 20, 20, 1]


def test_of_arrays_that_are_all_small_every_entry_is_drawn() -> None:
    network = Network(3, [Dense(4, "tanh"), Dense(1)], loss="log_loss")
    np.testing.assert_array_equal(draw_parameters(network, 20, seed=0), np.arange(21))


def test_entries_are_spread_over_the_rows_of_an_array() -> None:
    drawn = draw_parameters(LARGE, 500, seed=0)
    for slot in LARGE.slots:
        rows = slot.shape[0]
        inside = drawn[(slot.start <= drawn) & (drawn < slot.stop)] - slot.start
        columns = (slot.stop - slot.start) // rows
        if len(inside) >= 2 * rows:
            assert set(inside // columns) == set(range(rows))


def test_statistics_are_not_drawn() -> None:
    assert counts(IMAGES, None) == [90, 5, 5, 5, 0, 0, 240, 3]
    assert counts(IMAGES, 100) == [30, 5, 5, 5, 0, 0, 52, 3]


def test_the_draw_belongs_to_its_seed() -> None:
    first, again, other = (draw_parameters(LARGE, 500, seed) for seed in (0, 0, 1))
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


def test_every_entry_has_the_same_part_in_a_direction() -> None:
    for slot in LARGE.slots:
        v, size = draw_direction(slot, 0), slot.stop - slot.start
        np.testing.assert_allclose(np.abs(v), 1 / np.sqrt(size))
        assert size < 20 or 0.2 < (v > 0).mean() < 0.8


@pytest.mark.parametrize("sample", [0, 1.5, True, "all"])
def test_a_sample_is_a_number_of_parameters(sample: object) -> None:
    with pytest.raises(ConfigurationError, match="sample must be a whole number ≥ 1, got "):
        check_gradients(LARGE, X, y, sample=sample)  # type: ignore[arg-type]


def test_a_right_gradient_is_right_in_a_sample() -> None:
    check = check_gradients(LARGE, X, y, sample=200)
    assert check.relative_error < 1e-7
    assert check.coverage == (200, 2031)
    assert [block.checked for block in check.blocks] == counts(LARGE, 200)
    assert np.array_equal(np.flatnonzero(check.checked), draw_parameters(LARGE, 200, 0))
    assert np.array_equal(np.isnan(check.numerical), np.logical_not(check.checked))
    assert str(check).splitlines()[-1] == (
        "checked 200 of 2,031 parameters: at least 20 of each array, and each array along a direction in "
        "which every entry has a part"
    )


def test_the_differences_of_a_sample_are_those_of_all() -> None:
    every, some = check_gradients(LARGE, X, y, l2=0.3), check_gradients(LARGE, X, y, l2=0.3, sample=150)
    assert np.array_equal(some.numerical[some.checked], every.numerical[some.checked])
    assert np.array_equal(some.analytic, every.analytic)


@pytest.mark.parametrize("where", range(3))
@pytest.mark.parametrize("name", ["W", "b"])
@pytest.mark.parametrize("factor", [0.0, -1.0, 1.001])
def test_an_array_that_is_wrong_is_found_in_any_sample(where: int, name: str, factor: float) -> None:
    def spoil(gradients: Parameters) -> None:
        gradients[name][...] *= factor

    network = spoilt(where, spoil)
    for sample, seed in ((1, 0), (1, 1), (300, 2), (None, 0)):
        check = check_gradients(network, X, y, sample=sample, seed=seed)
        assert {(b.layer, b.name) for b in check.blocks if b.relative_error > 1e-6} == {(where, name)}


@pytest.mark.parametrize(("i", "j"), [(0, 0), (29, 39), (13, 7)])
def test_one_entry_that_is_wrong_is_found_by_all_and_along_a_direction(i: int, j: int) -> None:
    def spoil(gradients: Parameters) -> None:
        gradients["W"][:, i, j] *= 1.5

    network = spoilt(0, spoil)
    at = i * 40 + j
    for sample in (None, 130):
        check = check_gradients(network, X, y, sample=sample)
        assert check.checked[at] == (sample is None)
        assert {(b.layer, b.name) for b in check.blocks if b.relative_error > 1e-6} == {(0, "W")}


def test_inputs_that_are_nearly_always_0_hide_no_mistake() -> None:
    sparse = np.zeros_like(X)
    sparse[:, 17] = X[:, 17]  # the one column that has a gradient

    def spoil(gradients: Parameters) -> None:
        gradients["W"][...] *= 2

    check = check_gradients(spoilt(0, spoil), sparse, y, sample=1)
    assert check.blocks[0].relative_error > 0.1
    assert check_gradients(LARGE, sparse, y, sample=1).relative_error < 1e-6


def test_a_gradient_that_is_no_number_fails() -> None:
    def spoil(gradients: Parameters) -> None:
        gradients["W"][:, 3, 3] = np.nan

    error = check_gradients(spoilt(0, spoil), X, y, sample=1).blocks[0].relative_error
    assert not error <= 1e-6


def test_networks_of_images() -> None:
    images, labels = np.random.default_rng(1).normal(size=(4, 2, 6, 6)), np.array([0, 1, 2, 1])
    check = check_gradients(IMAGES, images, labels, sample=100, l2=0.1)
    assert check.relative_error < 1e-7
    assert check.coverage == (100, 348)
    assert [(b.layer, b.name) for b in check.blocks] == [(s.layer, s.name) for s in learnt(IMAGES)]


def test_a_sample_costs_two_networks_for_each_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[tuple[int, int]] = []
    forward = differences.stack.forward

    def counted(*arguments: object) -> object:
        z, caches = forward(*arguments)  # type: ignore[arg-type]
        seen.append((len(caches), len(z)))
        return z, caches

    point = GradientPoint(LARGE, X, y)
    monkeypatch.setattr(differences.stack, "forward", counted)
    chosen, heard = draw_parameters(LARGE, 150, 0), []
    estimate_gradient(point, 1e-5, chosen, told=lambda done, of: heard.append((done, of)))
    in_part = 5  # the last array, one bias, is checked whole
    assert sum(networks for _, networks in seen) == 2 * (150 + in_part)
    for depth in (3, 2, 1):  # a shift runs the layers from its own on
        assert any(layers == depth for layers, _ in seen)
    assert heard[-1] == (150, 150)
    assert heard == sorted(heard)
