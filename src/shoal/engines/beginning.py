"""How members begin: each with draws of its own stream, the same whoever its companions are."""

from __future__ import annotations

import ctypes
import functools
import itertools
from importlib import import_module

import numpy as np
import numpy.typing as npt

from shoal.draws import Constant, Gaussian, Orthogonal, Uniform, parts
from shoal.networks.chain import Chain
from shoal.randomness import streams
from shoal.shapes import Array

try:
    _draw = import_module("shoal._native").draw
except (ImportError, AttributeError):  # none, or built from older sources, which the choice of an engine says
    _draw = None

_NORMAL = {Uniform: False, Gaussian: True, Orthogonal: True}
"""What the compiled module draws: whether it is made of normal numbers, or else of uniform ones."""


def initial_parameters(network: Chain, seed: int, keys: npt.NDArray[np.uint64]) -> Array:
    """Return the first parameters (P, D) of members with ``keys`` (P, 2), all of one seed, in float64.

    They are ``Chain.initialize_all``'s. The compiled module draws uniform and normal numbers of all members
    at once, the latter by NumPy's own function.
    """
    draws = network.draws()
    each = [
        (place.start, place.stop, type(draw))
        for place, draw in itertools.chain.from_iterable(parts(place, draw) for place, draw in draws)
        if type(draw) is not Constant
    ]
    known = _draw is not None and all(kind in _NORMAL for *_, kind in each)
    fill = _numpys_fill() if known and any(_NORMAL[kind] for *_, kind in each) else 0
    if not known or fill is None:
        return network.initialize_all(streams(seed, keys[:, 1].tolist()), len(keys))
    drawn = [(start, stop, _NORMAL[kind]) for start, stop, kind in each]
    theta = np.empty((len(keys), network.n_parameters))
    _draw(keys, np.array(drawn, np.int64).reshape(-1, 3), fill, theta)
    for place, draw in draws:
        draw.finish(theta[:, place])
    return theta


@functools.cache
def _numpys_fill() -> int | None:
    """Return the address of NumPy's ``random_standard_normal_fill``, None where its library shows none.

    Only NumPy itself has the tables that its normal numbers go by. Its manual finds functions in the same way
    (Random sampling, Extending, "CFFI").
    """
    try:
        library = ctypes.CDLL(import_module("numpy.random._generator").__file__)
        return ctypes.cast(library.random_standard_normal_fill, ctypes.c_void_p).value
    except (ImportError, OSError, AttributeError):
        return None
