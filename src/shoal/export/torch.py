"""``export_torch``: the weights of networks as a state dict that ``torch.nn.Sequential`` loads."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors.numpy

from shoal.activations import Identity
from shoal.export.weights import as_population
from shoal.files import write_atomically
from shoal.layers import Dense

if TYPE_CHECKING:
    from shoal.shapes import Array


def torch_state(model: Any) -> dict[str, Array]:
    """Return the parameters under PyTorch's names for them: ``"0.weight"`` (m, n), ``"0.bias"`` (m,), ….

    Numbers count the modules of the ``Sequential`` that is the network: each ``Dense`` is a ``Linear`` and,
    but for the identity, an activation; each ``Dropout`` is a ``Dropout``. From P > 1 members a first number
    says which, as in a ``ModuleList`` of them: ``"2.0.weight"``. The loss's link is none of the modules.

    >>> from shoal.layers import Dense
    >>> from shoal.network import Network
    >>> network = Network(4, [Dense(8, "tanh"), Dense(3)], "cross_entropy")
    >>> {name: tensor.shape for name, tensor in torch_state(network.population(1)).items()}
    {'0.weight': (8, 4), '0.bias': (8,), '2.weight': (3, 8), '2.bias': (3,)}
    """
    population = as_population(model)
    members = range(population.size)
    views = population.network.views(population.theta)
    state: dict[str, Array] = {}
    for p in members:
        module = 0
        for layer, parameters in zip(population.network.layers, views, strict=True):
            if isinstance(layer, Dense):
                name = f"{p}.{module}" if population.size > 1 else str(module)
                state[f"{name}.weight"] = np.ascontiguousarray(parameters["W"][p])
                state[f"{name}.bias"] = np.ascontiguousarray(parameters["b"][p, :, 0])
                module += not isinstance(layer.g, Identity)
            module += 1
    return state


def export_torch(model: Any, path: str | os.PathLike[str]) -> None:
    """Write ``torch_state(model)`` to ``path`` as safetensors, the architecture in its metadata.

    The file is there whole or not at all. Raises ``OutputError`` if the place cannot be written to.
    """
    population = as_population(model)
    metadata = {"format": "pt", "network": json.dumps(population.network.to_config())}
    write_atomically(path, safetensors.numpy.save(torch_state(population), metadata))
