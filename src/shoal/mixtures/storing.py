"""Views and mixtures as plain JSON and arrays, for a file of safetensors to hold: nothing is pickled."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from shoal.mixtures.mixture import Mixture, Share
from shoal.mixtures.views import Fitted, Kept, below
from shoal.registry import LazyFamily
from shoal.shapes import Array

FITTED: LazyFamily[Any] = LazyFamily(
    constant="shoal.mixtures.constant_view:FittedConstant",
    random="shoal.mixtures.random_view:FittedRandom",
    kernel="shoal.mixtures.kernel_view:FittedKernel",
    networks="shoal.mixtures.trained_view:FittedNetworks",
    linear_text="shoal.mixtures.text_linear:FittedLinearText",
    text_networks="shoal.mixtures.text_networks:FittedTextNetworks",
)
"""What a stored view is made again by, its ``of``, by its kind."""


def kept_views(views: Iterable[Fitted[Any]]) -> tuple[list[dict[str, Any]], dict[str, Array]]:
    """Return all that views predict by: plain JSON, and arrays whose names begin with the view's number."""
    told: list[dict[str, Any]] = []
    arrays: dict[str, Array] = {}
    for number, view in enumerate(views):
        config, own = view.kept()
        told.append({"kind": view.kind, **config})
        arrays |= {f"{number}.{name}": np.ascontiguousarray(array) for name, array in own.items()}
    return told, arrays


def views_of(
    config: Sequence[Mapping[str, Any]], arrays: Mapping[str, Array], outputs: int
) -> tuple[Any, ...]:
    """Return the views, of so many ``outputs``, that ``kept_views`` described.

    Raises ``ValueError``, ``KeyError``, ``TypeError`` or a ``ShoalError`` for what describes none.
    """
    views = tuple(
        FITTED[described["kind"]].of(described, below(arrays, number))
        for number, described in enumerate(config)
    )
    temperatures = [view.temperature for view in views if hasattr(view, "temperature")]
    if (
        not views
        or any(view.held_out.shape[1] != outputs for view in views)
        or not all(isinstance(each, float) and math.isfinite(each) and each > 0 for each in temperatures)
    ):
        raise ValueError("its views are none")
    return views


def kept(mixture: Mixture[Any]) -> Kept:
    """Return all that a mixture predicts by, and what its sentence says: plain JSON, and arrays by name.

    What it said of samples held out is not kept.
    """
    members, arrays = kept_views(mixture.members)
    shares = [vars(share) for share in mixture.shares]
    config = {"members": members, "temperature": mixture.temperature, "loss": mixture.loss, "shares": shares}
    return config, {"weights": mixture.weights} | arrays


def mixture_of(config: Mapping[str, Any], arrays: Mapping[str, Array], outputs: int) -> Mixture[Any]:
    """Return the mixture, of so many ``outputs``, that ``kept`` described; errors as ``views_of``."""
    weights, members = arrays["weights"], views_of(config["members"], arrays, outputs)
    shares = tuple(Share(share["words"], share["loss"], share["weight"]) for share in config["shares"])
    temperature = config["temperature"]
    numbers = [temperature, config["loss"], *(x for share in shares for x in (share.loss, share.weight))]
    if (
        weights.shape != (len(members),)
        or not (np.isfinite(weights) & (weights > 0)).all()
        or not math.isclose(float(weights.sum()), 1, rel_tol=1e-9)
        or not all(isinstance(number, float) and math.isfinite(number) for number in numbers)
        or temperature <= 0
        or not all(isinstance(share.words, str) for share in shares)
    ):
        raise ValueError("its mixture is none")
    held_out = np.zeros((0, outputs))
    return Mixture(members, weights, temperature, shares, config["loss"], held_out)
