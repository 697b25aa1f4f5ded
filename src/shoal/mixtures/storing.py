"""Mixtures as plain JSON and arrays, for a file of safetensors to hold: nothing is pickled."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from shoal.mixtures.constant_view import FittedConstant
from shoal.mixtures.kernel_view import FittedKernel
from shoal.mixtures.mixture import Mixture, Share
from shoal.mixtures.random_view import FittedRandom
from shoal.mixtures.trained_view import FittedNetworks
from shoal.mixtures.views import Kept, below
from shoal.shapes import Array

_FITTED: tuple[Any, ...] = (FittedConstant, FittedRandom, FittedKernel, FittedNetworks)
_KINDS = {view.kind: view for view in _FITTED}
"""What a stored view is made again by, its ``of``, by its kind."""


def kept(mixture: Mixture[Any]) -> Kept:
    """Return all that a mixture predicts by, and what its sentence says: plain JSON, and arrays by name.

    What it said of samples held out is not kept.
    """
    members, arrays = [], {"weights": mixture.weights}
    for number, member in enumerate(mixture.members):
        config, own = member.kept()
        members.append({"kind": member.kind, **config})
        arrays |= {f"{number}.{name}": np.ascontiguousarray(array) for name, array in own.items()}
    shares = [vars(share) for share in mixture.shares]
    config = {"members": members, "temperature": mixture.temperature, "loss": mixture.loss, "shares": shares}
    return config, arrays


def mixture_of(config: Mapping[str, Any], arrays: Mapping[str, Array], outputs: int) -> Mixture[Any]:
    """Return the mixture, of so many ``outputs``, that ``kept`` described.

    Raises ``ValueError``, ``KeyError``, ``TypeError`` or a ``ShoalError`` for what describes none.
    """
    weights, members = arrays["weights"], []
    for number, described in enumerate(config["members"]):
        members.append(_KINDS[described["kind"]].of(described, below(arrays, number)))
    shares = tuple(Share(share["words"], share["loss"], share["weight"]) for share in config["shares"])
    temperatures = [config["temperature"], *(m.temperature for m in members if hasattr(m, "temperature"))]
    numbers = [*temperatures, config["loss"], *(x for share in shares for x in (share.loss, share.weight))]
    if (
        weights.shape != (len(members),)
        or not (np.isfinite(weights) & (weights > 0)).all()
        or not math.isclose(float(weights.sum()), 1, rel_tol=1e-9)
        or any(member.held_out.shape[1] != outputs for member in members)
        or not all(isinstance(number, float) and math.isfinite(number) for number in numbers)
        or min(temperatures) <= 0
        or not all(isinstance(share.words, str) for share in shares)
    ):
        raise ValueError("its mixture is none")
    held_out = np.zeros((0, outputs))
    return Mixture(tuple(members), weights, config["temperature"], shares, config["loss"], held_out)
