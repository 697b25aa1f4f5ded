"""The parameters of recurrent layers under PyTorch's names: two biases, of which ours is one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from shoal.errors import ConfigurationError
from shoal.layers.bidirectional import SUFFIX, Bidirectional
from shoal.layers.recurrent import Recurrent
from shoal.layers.rnn import RNN

if TYPE_CHECKING:
    from shoal.layers.base import Parameters
    from shoal.shapes import Array


def recurrent_state(layer: Recurrent | Bidirectional, parameters: Parameters, p: int) -> dict[str, Array]:
    """Return the parameters of member p as ``torch.nn.RNN``, ``GRU`` and ``LSTM`` name them.

    A GRU's c is the second bias of its n; docs/conventions.md has the rest. Raises ``ConfigurationError`` for
    settings that these modules do not have.

    >>> from shoal.layers import GRU
    >>> views = {name: np.ones((1, *shape)) for name, shape in GRU(2).parameter_shapes((3, 5)).items()}
    >>> recurrent_state(GRU(2), views, 0)["bias_hh_l0"].tolist()
    [0.0, 0.0, 0.0, 0.0, 1.0, 1.0]
    """
    cell = layer.layer if isinstance(layer, Bidirectional) else layer
    _require_module(cell)
    state: dict[str, Array] = {}
    for suffix in ("", SUFFIX) if isinstance(layer, Bidirectional) else ("",):
        W, R, b = (parameters[f"{name}{suffix}"][p] for name in "WRb")
        second = np.zeros_like(b)
        if f"c{suffix}" in parameters:
            second[2 * cell.units :] = parameters[f"c{suffix}"][p]
        arrays = {"weight_ih": W, "weight_hh": R, "bias_ih": b[:, 0], "bias_hh": second[:, 0]}
        state |= {f"{name}_l0{suffix}": np.ascontiguousarray(array) for name, array in arrays.items()}
    return state


def _require_module(cell: Recurrent) -> None:
    lacks = {
        "layer norm": cell.layer_norm,
        "a learnt initial state": cell.initial_state == "learnt",
        "reverse without forward": cell.reverse,
        "that activation": isinstance(cell, RNN) and cell.g.name not in ("tanh", "relu"),
    }
    for setting, there in lacks.items():
        if there:
            raise ConfigurationError(
                f"PyTorch's module for the layer {cell.name!r} does not have {setting}, got {cell!r}; "
                "leave it out"
            )
