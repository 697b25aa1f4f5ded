"""How often a network stands in its own space of weights."""

from __future__ import annotations

import numpy as np

from shoal.activations import Tanh
from shoal.errors import ConfigurationError
from shoal.layers import Dense
from shoal.networks.chain import Chain
from shoal.shapes import Array, IntArray


def unit_places(network: Chain) -> list[IntArray]:
    """Return for each hidden layer which parameters are a unit's own (M, q): into it, its bias, out of it.

    Raises ``ConfigurationError`` for layers other than dense ones.

    >>> from shoal.populations.network import Network
    >>> from shoal.layers import Dense
    >>> unit_places(Network(1, [Dense(2), Dense(1)]))  # of w₁ w₂, b₁ b₂, v₁ v₂, c
    [array([[0, 2, 4],
           [1, 3, 5]])]
    """
    hidden = [require_dense(layer) for layer in network.layers[:-1]]
    slots = {(slot.layer, slot.name): slot for slot in network.slots}
    numbers = {key: np.arange(slot.start, slot.stop).reshape(slot.shape) for key, slot in slots.items()}
    return [
        np.hstack([numbers[index, "W"], numbers[index, "b"], numbers[index + 1, "W"].T])
        for index in range(len(hidden))
    ]


def units_at_work(mean: Array, covariance: Array, places: IntArray) -> int:
    """Return how many units of a layer one member's posterior N(mean (D,), covariance (D, D)) needs.

    With u the parameters of a unit (``places`` (M, q)), the Gaussian reaches u = 0, the others making up for
    it, at the distance uᵀ Σ_u⁻¹ u. The unit for which that is least is taken out, if it is no more than one
    standard deviation, and the Gaussian conditioned on it; and so on with the rest.

    Source: Hassibi & Stork 1993, "Second order derivatives for network pruning: optimal brain surgeon".
    """
    mean, covariance, left = mean.copy(), covariance.copy(), list(places)
    while left:
        own = np.array(left)
        u = mean[own][:, :, None]
        pull = np.linalg.solve(covariance[own[:, :, None], own[:, None, :]], u)
        distance = (u * pull).sum(axis=(1, 2))
        least = int(distance.argmin())
        if not distance[least] <= 1:
            break
        unit = left.pop(least)
        across = covariance[:, unit]
        mean -= across @ pull[least, :, 0]
        covariance -= across @ np.linalg.solve(covariance[np.ix_(unit, unit)], across.T)
    return len(left)


def log_symmetries(network: Chain, units: IntArray) -> Array:
    """Return the logarithm of how many modes of the posterior are one function (P,)::

        Σ_l  ln M_l!  +  M_l ln 2          ``units`` M (P, L): of each hidden layer, those at work

    The units of a layer can change places, and where g(−z) = −g(z), as for tanh, the signs of all weights
    into and out of a unit can change together. A Gaussian at one of the modes does not see the others. Units
    that the network could do without are not counted: the modes that they would make overlap, and counting
    them would raise the evidence with every idle unit.

    Source: Bishop 2006, PRML, 5.1.1 and the paragraph after eq. 5.175.

    >>> from shoal.populations.network import Network
    >>> from shoal.layers import Dense
    >>> np.exp(log_symmetries(Network(1, [Dense(3, "tanh"), Dense(1)]), np.array([[3], [1]]))).round()
    array([48.,  2.])
    """
    from scipy.special import gammaln  # longer to import than NumPy: only for the evidence

    signs = [2 if isinstance(require_dense(layer).g, Tanh) else 1 for layer in network.layers[:-1]]
    total: Array = (gammaln(units + 1) + units * np.log(signs)).sum(axis=1)
    return total


def require_dense(layer: object) -> Dense:
    """Return a dense layer, or raise ``ConfigurationError`` for any other."""
    if not isinstance(layer, Dense):
        raise ConfigurationError(
            f"the evidence is for networks of dense layers, got {layer!r}; leave that "
            "layer out, or choose by validation"
        )
    return layer
