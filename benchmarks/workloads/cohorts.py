"""Cohorts of shoal's networks: its initial weights, and the orders of rows that it will draw."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from benchmarks.peers.shoal import network
from benchmarks.task import Array, Cohort, Convolution
from shoal.randomness import SHARED, Purpose, permutation


def cohort(
    units: tuple[int, ...],
    starts: int = 1,
    *,
    activation: str = "tanh",
    dtype: str = "float32",
    l2: Iterable[float] = (0.0,),
    folds: int = 1,
    rows: int,
    epochs: int,
    order: str | None = None,
    seed: int = 0,
    image: tuple[int, ...] = (),
    convolutions: tuple[Convolution, ...] = (),
    cell: str = "",
) -> Cohort:
    """Return ``starts`` networks for each of the L2 strengths and folds, which share a start's weights.

    ``order`` is None for full batch, ``shared`` by all members, or each member's ``own``.
    """
    like = network(units, activation, image, convolutions, cell=cell)
    begin = like.population(starts, seed=seed, dtype=dtype)
    axes = np.arange(starts), np.array([*l2]), np.arange(folds)
    start, strength, fold = (axis.ravel() for axis in np.meshgrid(*axes, indexing="ij"))
    member = np.arange(len(start))
    keys = np.stack([np.full_like(member, seed), member], axis=1).astype(np.uint64)
    weights = np.ones((1, rows), dtype) if folds == 1 else (np.arange(rows) % folds != fold[:, None])
    return Cohort(
        units,
        begin.theta[start],
        keys,
        strength.astype(dtype),
        weights.astype(dtype),
        _orders(order, seed, len(member), rows, epochs),
        image,
        convolutions,
        cell,
    )


def _orders(order: str | None, seed: int, members: int, rows: int, epochs: int) -> Array:
    if order is None:
        return np.empty(0)
    streams = [SHARED] if order == "shared" else range(members)
    orders = [[permutation(rows, seed, k, Purpose.ORDER, epoch) for epoch in range(epochs)] for k in streams]
    return np.array(orders, dtype=np.int32)
