"""The compiled module draws NumPy's very numbers: of many members, in any order, at any scale."""

from __future__ import annotations

import ctypes
from importlib import import_module
from typing import Any

import numpy as np
import pytest

from shoal.initializers import Initializer, Normal, Orthogonal
from shoal.layers import Dense
from shoal.populations.network import Network
from shoal.randomness import member_ids, stream

native: Any = pytest.importorskip("shoal._native", reason="this installation has no compiled module")

SEED = 2**64 - 5
MANY = 70_000
"""Members, more than 65 536; among so many numbers are some of the tail of the ziggurat."""


def numpys(name: str) -> int:
    """The address of one of NumPy's own functions."""
    try:
        function = getattr(ctypes.CDLL(import_module("numpy.random._generator").__file__), name)
    except (OSError, AttributeError):
        pytest.skip(f"NumPy's library does not show {name} here")
    return int(ctypes.cast(function, ctypes.c_void_p).value or 0)


def drawn(parts: list[tuple[int, int, bool]], members: np.ndarray, D: int, function: int = 0) -> np.ndarray:
    keys = np.stack([np.full(len(members), SEED, np.uint64), members], axis=1)
    theta = np.full((len(members), D), np.nan)
    native.draw(keys, np.array(parts, np.int64).reshape(-1, 3), function, theta)
    return theta


def test_they_are_those_of_numpys_generator() -> None:
    """Of uniform and normal parts in turn; what is no part is left alone."""
    members = member_ids(2, range(MANY))
    theta = drawn(
        [(4, 7, True), (0, 2, False), (8, 13, True), (13, 14, False)],
        members,
        14,
        numpys("random_standard_normal_fill"),
    )
    assert np.isnan(theta[:, [2, 3, 7]]).all()
    expected = np.empty((MANY, 11))
    for row, member in zip(expected, members.tolist(), strict=True):
        rng = stream(SEED, member)
        row[:3], row[3:5] = rng.standard_normal(3), rng.random(2)
        row[5:10], row[10:] = rng.standard_normal(5), rng.random(1)
    assert np.abs(expected[:, [0, 1, 2, 5, 6, 7, 8, 9]]).max() > 3.6542  # where the tail begins
    found = theta[:, [4, 5, 6, 0, 1, 8, 9, 10, 11, 12, 13]]
    assert found.tobytes() == expected.tobytes()


@pytest.mark.parametrize(
    ("name", "draw"),
    [
        ("random_standard_uniform_fill", lambda rng, n: rng.random(n)),
        ("random_standard_exponential_fill", lambda rng, n: rng.standard_exponential(n)),
        ("random_standard_normal_fill", lambda rng, n: rng.standard_normal(n)),
    ],
)
def test_any_function_of_numpys_draws_from_a_members_stream(name: str, draw: Any) -> None:
    """A later version may draw normal numbers in another way, from the same generator."""
    theta = drawn(
        [(0, 500, True), (500, 503, False), (503, 700, True)],
        np.arange(3, dtype=np.uint64),
        700,
        numpys(name),
    )
    for member, row in enumerate(theta):
        rng = stream(SEED, member)
        expected = np.concatenate([draw(rng, 500), rng.random(3), draw(rng, 197)])
        assert row.tobytes() == expected.tobytes()


@pytest.mark.parametrize(
    ("name", "draw"),
    [
        ("random_standard_uniform_fill_f", lambda rng, n: rng.random(n, np.float32)),
        ("random_standard_normal_fill_f", lambda rng, n: rng.standard_normal(n, np.float32)),
    ],
)
def test_half_a_raw_number_waits_for_the_next_that_is_drawn_by_halves(name: str, draw: Any) -> None:
    """Functions that write float32 fill half of the room of as many float64."""
    theta = drawn(
        [(0, 5, True), (5, 7, False), (7, 12, True)], np.arange(3, dtype=np.uint64), 12, numpys(name)
    )
    for member, row in enumerate(theta):
        rng = stream(SEED, member)
        halves = row.view(np.float32)
        assert halves[:5].tobytes() == draw(rng, 5).tobytes()
        assert row[5:7].tobytes() == rng.random(2).tobytes()
        assert halves[14:19].tobytes() == draw(rng, 5).tobytes()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("initializer", ["normal", "he", "lecun", Normal(3e-5), Normal(1e5), Orthogonal(0.7)])
def test_a_population_is_drawn_as_its_members_alone(initializer: str | Initializer, dtype: str) -> None:
    network = Network(
        7, [Dense(5, "tanh", initializer), Dense(4, "tanh", "glorot"), Dense(2, "identity", initializer)]
    )
    theta = network.population(40, seed=3, dtype=dtype).theta
    alone = [network.initialize(stream(3, member)).astype(dtype) for member in range(40)]
    assert theta.dtype == dtype
    assert theta.tobytes() == np.stack(alone).tobytes()


@pytest.mark.parametrize("part", [(-1, 2, False), (2, 1, False), (0, 6, False), (0, 5, True)])
def test_what_lies_outside_or_lacks_numpys_function_is_refused(part: tuple[int, int, bool]) -> None:
    with pytest.raises(ValueError, match="draw takes keys"):
        drawn([(0, 1, False), part], np.arange(2, dtype=np.uint64), 5)
