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
from shoal.layers.conv1d import Conv1D
from shoal.layers.conv2d import Conv2D
from shoal.layers.recurrent import Recurrent
from shoal.layers.weighted import Activated

if TYPE_CHECKING:
    from shoal.layers.base import Layer, Parameters
    from shoal.shapes import Array, Shape


_WEIGHTS = {"W": "weight", "b": "bias"}
_SCALES = {"gamma": "weight", "beta": "bias"}
PARAMETER_NAMES: dict[str, dict[str, str]] = {
    "dense": _WEIGHTS,
    "conv1d": _WEIGHTS,
    "conv2d": _WEIGHTS,
    "layer_norm": _SCALES,
    "batch_norm": _SCALES | {"mean": "running_mean", "variance": "running_var"},
    "embedding": {"E": "weight"},
    **{
        name: {}
        for name in ("dropout", "flatten", "max_pool1d", "max_pool2d", "average_pool1d", "average_pool2d")
    },
    **{
        name: {}
        for name in ("global_max_pool1d", "global_average_pool1d", "global_average_pool2d", "last_step")
    },
}
"""PyTorch's names for the parameters of each layer that it has modules for."""


def torch_state(model: Any) -> dict[str, Array]:
    """Return the parameters under PyTorch's names for them: ``"0.weight"`` (m, n), ``"0.bias"`` (m,), ….

    Numbers count the modules of the ``Sequential`` that is the network: each ``Dense`` is a ``Linear`` and,
    but for the identity, an activation; each ``Dropout`` is a ``Dropout``, and so on with ``Conv1d`` and
    ``2d``, pools, ``Flatten``, ``BatchNorm1d`` or ``2d`` and ``LayerNorm``; a ``GlobalAveragePool2D`` is two
    of them, ``AdaptiveAvgPool2d(1)`` and ``Flatten``, and those over time likewise. An ``Embedding`` is one,
    too, and recurrent layers are ``RNN``, ``GRU`` and ``LSTM``, of whose outputs the code between takes what
    goes on; that is all of a ``LastStep``.

    Over the steps of a sequence a ``Dense`` is a ``Conv1d`` of one step, ``"0.weight"`` (m, C, 1). A
    ``Conv1D`` whose zeros before and behind are not equally many, and that moves by more than a step or sees
    nothing ahead, is a ``ZeroPad1d`` and a ``Conv1d``. None of them knows of lengths: they see the padding
    of sequences that differ in length. Likewise a ``Conv2D`` that moves by more than a pixel is a
    ``ZeroPad2d`` and a ``Conv2d`` where its zeros above and below, or left and right, are not equally many.

    From P > 1 members a first number says which, as in a ``ModuleList`` of them: ``"2.0.weight"``. The loss's
    link is none of the modules.

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
            module += _is_padded(layer, shape)
            place = f"{p}.{module}" if population.size > 1 else str(module)
            own = _state(layer, parameters, p, over_time=len(shape) > 1)
            state |= {f"{place}.{name}": np.ascontiguousarray(array) for name, array in own.items()}
            module += _count(layer)
    return state


_MODULES = {"last_step": 0, "global_max_pool1d": 2, "global_average_pool1d": 2, "global_average_pool2d": 2}
"""How many modules a layer is, where it is not one; what stands before it and its activation count apart."""


def _count(layer: Layer) -> int:
    """Return how many modules a layer and its activation are; a recurrent layer's is inside its module."""
    count = _MODULES.get(layer.name, 1)
    if isinstance(layer, Recurrent) or not isinstance(layer, Activated):
        return count
    return count + (not isinstance(layer.g, Identity))


def _state(layer: Layer, parameters: Parameters, p: int, over_time: bool) -> dict[str, Array]:
    """Return the parameters of member p of one layer under the names of the module that has them."""
    if isinstance(layer, Recurrent | Bidirectional):
        return recurrent_state(layer, parameters, p)
    if layer.name not in PARAMETER_NAMES:
        raise ConfigurationError(
            f"PyTorch has no module for the layer {layer.name!r}; export to ONNX instead"
        )
    own = {
        theirs: parameters[name][p] if name in "WE" else parameters[name][p, ..., 0]
        for name, theirs in PARAMETER_NAMES[layer.name].items()
    }
    if layer.name == "dense" and over_time:
        own["weight"] = own["weight"][..., None]
    return own


def _is_padded(layer: Layer, shape: Shape) -> bool:
    """Return whether a module must put zeros around what a convolution of samples of a shape sees.

    ``Conv1d`` and ``Conv2d`` put as many behind as before; their ``padding="same"`` has the odd one behind,
    too, but moves by one place only. How many an image has depends on its rows and columns.
    """
    if isinstance(layer, Conv2D):
        uneven = any(before != behind for before, behind in layer.window.padding(shape[1:]))
        return uneven and any(stride > 1 for stride in layer.window.stride)
    if not isinstance(layer, Conv1D) or layer.padding == "valid":
        return False
    around = layer.window.extent[0] - 1
    if layer.padding == "causal":
        return around > 0
    return layer.stride > 1 and around % 2 > 0


def export_torch(model: Any, path: str | os.PathLike[str], overwrite: bool = False) -> None:
    """Write ``torch_state(model)`` to ``path`` as safetensors, the architecture in its metadata.

    The file is there whole or not at all. Raises ``OutputError`` if the place cannot be written to, or holds
    a file already and ``overwrite`` is not given.
    """
    population = as_population(model)
    metadata = {"format": "pt", "network": json.dumps(population.network.to_config())}
    write_new(path, safetensors.numpy.save(torch_state(population), metadata), overwrite)
