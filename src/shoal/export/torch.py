"""``export_torch``: the weights of networks as a state dict that ``torch.nn.Sequential`` loads."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors.numpy

from shoal.activations import Identity
from shoal.errors import ConfigurationError
from shoal.export.torch_recurrent import recurrent_state
from shoal.export.weights import as_population, warn_of_overflow
from shoal.files import write_new
from shoal.layers.bidirectional import Bidirectional
from shoal.layers.recurrent import Recurrent
from shoal.layers.weighted import Activated

if TYPE_CHECKING:
    from shoal.shapes import Array


_WEIGHTS = {"W": "weight", "b": "bias"}
_SCALES = {"gamma": "weight", "beta": "bias"}
PARAMETER_NAMES: dict[str, dict[str, str]] = {
    "dense": _WEIGHTS,
    "conv2d": _WEIGHTS,
    "layer_norm": _SCALES,
    "batch_norm": _SCALES | {"mean": "running_mean", "variance": "running_var"},
    "embedding": {"E": "weight"},
    **{name: {} for name in ("dropout", "flatten", "max_pool2d", "average_pool2d", "global_average_pool2d")},
}
"""PyTorch's names for the parameters of each layer that it has modules for."""


def torch_state(model: Any) -> dict[str, Array]:
    """Return the parameters under PyTorch's names for them: ``"0.weight"`` (m, n), ``"0.bias"`` (m,), ….

    Numbers count the modules of the ``Sequential`` that is the network: each ``Dense`` is a ``Linear`` and,
    but for the identity, an activation; each ``Dropout`` is a ``Dropout``, and so on with ``Conv2d``, pools,
    ``Flatten``, ``BatchNorm1d`` or ``2d`` and ``LayerNorm``; a ``GlobalAveragePool2D`` is two of them,
    ``AdaptiveAvgPool2d(1)`` and ``Flatten``. An ``Embedding`` is one, too, and recurrent layers are ``RNN``,
    ``GRU`` and ``LSTM``, of whose outputs the code between takes what goes on. From P > 1 members a first
    number says which, as in a ``ModuleList`` of them: ``"2.0.weight"``. The loss's link is none of the
    modules.

    Raises ``ConfigurationError`` for layers that PyTorch has no module of.

    >>> from shoal.layers.dense import Dense
    >>> from shoal.populations.network import Network
    >>> network = Network(4, [Dense(8, "tanh"), Dense(3)], "cross_entropy")
    >>> {name: tensor.shape for name, tensor in torch_state(network.population(1)).items()}
    {'0.weight': (8, 4), '0.bias': (8,), '2.weight': (3, 8), '2.bias': (3,)}
    """
    population = as_population(model)
    warn_of_overflow(population)
    network, members = population.network, range(population.size)
    views = population.network.views(population.theta)
    state: dict[str, Array] = {}
    for p in members:
        module = 0
        for layer, shape, parameters in zip(network.layers, network.shapes, views, strict=False):
            place = f"{p}.{module}" if population.size > 1 else str(module)
            if isinstance(layer, Recurrent | Bidirectional):
                own = recurrent_state(layer, parameters, p)
                state |= {f"{place}.{name}": array for name, array in own.items()}
                module += 1
                continue
            if layer.name == "dense" and len(shape) > 1:
                raise ConfigurationError(
                    "PyTorch has no module for a dense layer over the steps of a sequence; leave it out"
                )
            if layer.name not in PARAMETER_NAMES:
                raise ConfigurationError(
                    f"PyTorch has no module for the layer {layer.name!r}; export to ONNX instead"
                )
            for name, theirs in PARAMETER_NAMES[layer.name].items():
                array = parameters[name][p] if name in "WE" else parameters[name][p, ..., 0]
                state[f"{place}.{theirs}"] = np.ascontiguousarray(array)
            module += 2 if layer.name == "global_average_pool2d" else 1
            module += isinstance(layer, Activated) and not isinstance(layer.g, Identity)
    return state


def export_torch(model: Any, path: str | os.PathLike[str], overwrite: bool = False) -> None:
    """Write ``torch_state(model)`` to ``path`` as safetensors, the architecture in its metadata.

    The file is there whole or not at all. Raises ``OutputError`` if the place cannot be written to, or holds
    a file already and ``overwrite`` is not given.
    """
    population = as_population(model)
    metadata = {"format": "pt", "network": json.dumps(population.network.to_config())}
    write_new(path, safetensors.numpy.save(torch_state(population), metadata), overwrite)
