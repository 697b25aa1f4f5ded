"""How members begin: each with draws of its own stream, the same whoever its companions are."""

from __future__ import annotations

import itertools
from importlib import import_module

import numpy as np
import numpy.typing as npt

from shoal.draws import Constant, Uniform, parts
from shoal.networks.chain import Chain
from shoal.randomness import streams
from shoal.shapes import Array

try:
    _uniforms = import_module("shoal._native").uniforms
except (ImportError, AttributeError):  # none, or built from older sources, which the choice of an engine says
    _uniforms = None


def initial_parameters(network: Chain, seed: int, keys: npt.NDArray[np.uint64]) -> Array:
    """Return the first parameters (P, D) of members with ``keys`` (P, 2), all of one seed, in float64.

    They are ``Chain.initialize_all``'s. The compiled module draws uniform numbers of all members at once.
    """
    draws = network.draws()
    each = list(itertools.chain.from_iterable(parts(place, draw) for place, draw in draws))
    if _uniforms is None or any(type(draw) not in (Uniform, Constant) for _, draw in each):
        return network.initialize_all(streams(seed, keys[:, 1].tolist()), len(keys))
    drawn = [np.arange(place.start, place.stop) for place, draw in each if type(draw) is Uniform]
    theta = np.empty((len(keys), network.n_parameters))
    _uniforms(keys, np.concatenate([np.empty(0, np.int64), *drawn]), theta)
    for place, draw in draws:
        draw.finish(theta[:, place])
    return theta
