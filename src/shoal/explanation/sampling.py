"""Which parameters of a large network are compared with central differences."""

from __future__ import annotations

import numpy as np

from shoal.networks.chain import Chain, Slot
from shoal.randomness import Purpose, stream
from shoal.shapes import Array, IntArray, whole_number

SAMPLE = 1000
"""Parameters of a network that commands compare, unless they are asked to compare all of them."""
LEAST = 20
"""Entries that are compared of each array at least, or all of an array that has no more."""


def draw_parameters(network: Chain, sample: int | None, seed: int) -> IntArray:
    """Return the numbers of the parameters to compare, in ascending order: all of them for ``None``.

    Of more than ``sample`` parameters, each array has ``LEAST`` or all of its entries in the sample, and the
    rest of ``sample`` is shared out in proportion to what the arrays have besides. An array's entries, row by
    row, are cut into as many equal parts as are drawn of it, and one is drawn from each part. Statistics,
    on which J does not depend, are no parameters here.

    >>> from shoal.populations.network import Network
    >>> from shoal.layers import Dense
    >>> network = Network(300, [Dense(100, "tanh"), Dense(1)])
    >>> drawn = draw_parameters(network, 1000, seed=0)
    >>> [int(((slot.start <= drawn) & (drawn < slot.stop)).sum()) for slot in network.slots]
    [954, 23, 22, 1]
    """
    slots = learnt(network)
    sizes = np.array([slot.stop - slot.start for slot in slots])
    if sample is None or sizes.sum() <= whole_number(sample, "sample"):
        return np.flatnonzero(np.logical_not(network.statistic_mask))
    rng = stream(seed, purpose=Purpose.OTHER, index=1)
    quotas = _quotas(sizes, sample)
    return np.concatenate(
        [
            slot.start + _stratified(rng, int(size), int(quota))
            for slot, size, quota in zip(slots, sizes, quotas, strict=True)
        ]
    )


def draw_direction(slot: Slot, seed: int) -> Array:
    """Return a direction (size,) of an array, in which every entry has an equal part, ±1/√size."""
    size = slot.stop - slot.start
    signs = stream(seed, member=slot.start, purpose=Purpose.OTHER, index=2).integers(2, size=size) * 2 - 1
    return np.asarray(signs / np.sqrt(size))


def learnt(network: Chain) -> list[Slot]:
    """Return the arrays that have a gradient: all but statistics."""
    return [slot for slot in network.slots if not network.statistic_mask[slot.start]]


def _quotas(sizes: IntArray, sample: int) -> IntArray:
    """Return how many entries are drawn of each array."""
    quotas = np.minimum(sizes, LEAST)
    left, free = sizes - quotas, max(0, sample - int(quotas.sum()))
    shares = left * free / max(int(left.sum()), 1)  # of small arrays all are drawn, and none is left
    quotas += shares.astype(np.intp)
    missing = free - int(shares.astype(np.intp).sum())
    quotas[np.argsort(shares.astype(np.intp) - shares, kind="stable")[:missing]] += 1
    return quotas


def _stratified(rng: np.random.Generator, size: int, quota: int) -> IntArray:
    """Return one number from each of ``quota`` equal parts of ``0 … size-1``."""
    bounds = np.arange(quota + 1) * size // quota
    return rng.integers(bounds[:-1], bounds[1:])
