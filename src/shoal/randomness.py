"""Counter-based random streams: every member of a population draws from streams that are its own.

A stream is Philox4x64 (Salmon et al. 2011, "Parallel random numbers: as easy as 1, 2, 3") with

    key = (seed, member),   counter = (position, index, purpose, 0)

so that two streams never overlap, any of them can be opened at any place at once, and a compiled
engine draws the same numbers with twenty lines of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import IntEnum
from typing import Any

import numpy as np
import numpy.typing as npt

from shoal.errors import ConfigurationError
from shoal.shapes import Array, BoolArray, IntArray, whole_number

SHARED = 2**64 - 1
"""The member number of streams that all members share, such as a common order of minibatches."""


class Purpose(IntEnum):
    """What a stream is for; streams of different purposes never overlap."""

    WEIGHTS = 0
    ORDER = 1
    DROPOUT = 2
    SPLIT = 3
    PERMUTATION = 4
    OTHER = 5
    AUGMENTATION = 6


def check_seed(seed: int) -> int:
    """Return ``seed`` if it is an integer in [0, 2⁶⁴); raise ``ConfigurationError`` otherwise."""
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or not 0 <= seed < 2**64:
        raise ConfigurationError(f"seed must be an integer from 0 to 2**64 - 1, got {seed!r}")
    return int(seed)


def member_id(candidate: int, start: int, fold: int = 0) -> int:
    """Return the number of a member within its seed: of ``start`` the upper 16 bits, ``candidate`` (16 bits),
    ``fold`` (16), and of ``start`` the lower 16.

    >>> member_id(candidate=1, start=2, fold=3) == (1 << 32) + (3 << 16) + 2
    True
    """
    for label, value, bits in (("candidate", candidate, 16), ("fold", fold, 16), ("start", start, 32)):
        if whole_number(value, label, least=0) >= 2**bits:
            raise ConfigurationError(f"{label} must be from 0 to {2**bits - 1}, got {value}")
    return (int(start) >> 16 << 48) | int(candidate) << 32 | int(fold) << 16 | int(start) % 2**16


def member_ids(candidate: int, starts: range, fold: int = 0) -> npt.NDArray[np.uint64]:
    """Return the numbers of a candidate's members, one for each of its ``starts``.

    >>> [int(number) for number in member_ids(1, range(2, 4))] == [member_id(1, start) for start in (2, 3)]
    True
    """
    first, _ = (member_id(candidate, start, fold) for start in (starts[0], starts[-1]))  # or an error
    numbers = np.arange(starts.start, starts.stop, dtype=np.uint64)
    upper, lower = numbers >> np.uint64(16) << np.uint64(48), numbers % np.uint64(2**16)
    return upper | lower | np.uint64(first & 0xFFFF_FFFF_0000)


def stream(
    seed: int, member: int = 0, purpose: Purpose = Purpose.WEIGHTS, index: int = 0
) -> np.random.Generator:
    """Return the random stream of one member for one purpose; ``index`` numbers streams of a purpose.

    >>> float(stream(0, member=3).random()) == float(stream(0, member=3).random())
    True
    >>> float(stream(0, member=3).random()) == float(stream(0, member=4).random())
    False
    """
    key = np.array([seed, member], dtype=np.uint64)
    counter = np.array([0, index, int(purpose), 0], dtype=np.uint64)
    return np.random.Generator(np.random.Philox(key=key, counter=counter))


def streams(
    seed: int, members: Iterable[int], purpose: Purpose = Purpose.WEIGHTS
) -> Iterator[np.random.Generator]:
    """Yield the stream of one member after the other, each to be done with before the next is asked for.

    They are those of ``stream``, from one generator whose key is changed: a new one takes ten times as long.

    >>> [float(rng.random()) for rng in streams(0, [3, 4])] == [float(stream(0, m).random()) for m in (3, 4)]
    True
    """
    rng = stream(seed, 0, purpose)
    bits = rng.bit_generator
    state: Any = bits.state
    for member in members:
        state["state"]["key"][1] = member
        bits.state = state
        yield rng


def permutation(n: int, seed: int, member: int, purpose: Purpose, index: int = 0) -> IntArray:
    """Return a random order of ``0 … n-1``: the order that sorts n raw 64-bit draws.

    Sorting is stated instead of left to a library's shuffle so that every engine gets the same order.
    """
    draws = stream(seed, member, purpose, index).bit_generator.random_raw(n)
    return np.argsort(draws, kind="stable")


class Noise:
    """The random draws of one training step, from each member's own stream.

    ``keys`` (P, 2) holds seed and member number, ``step`` counts updates since training began.
    """

    def __init__(self, keys: npt.NDArray[np.uint64], step: int, layer: int = 0) -> None:
        self.keys, self.step, self.layer = keys, step, layer

    def at(self, layer: int) -> Noise:
        """Return the draws for another layer of the same step."""
        return Noise(self.keys, self.step, layer)

    def keep(self, probability: float, shape: tuple[int, ...]) -> BoolArray:
        """Return a mask (P, \\*shape) that is True with the given probability."""
        index = (self.step << 16) | self.layer
        uniform: Array = np.stack(
            [
                stream(int(seed), int(member), Purpose.DROPOUT, index).random(shape)
                for seed, member in self.keys
            ]
        )
        return uniform < probability
