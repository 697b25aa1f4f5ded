"""Views of texts that have learnt, as plain JSON: arrays are float32 in base64, and nothing is pickled."""

from __future__ import annotations

import base64
import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from shoal.calibration.temperature import COLDEST, HOTTEST
from shoal.mixtures.sparse_linear import SparseLinear
from shoal.mixtures.text_linear import FittedLinearText
from shoal.mixtures.text_networks import FittedTextNetworks
from shoal.mixtures.trained_view import FittedNetworks
from shoal.mixtures.views import Fitted
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.shapes import Array
from shoal.texts.tf_idf import TfIdf
from shoal.texts.vocabulary import Vocabulary

LINEAR, NETWORKS = "linear", "networks"
_NUMBER = np.dtype("<f4")


def view_to_config(view: Fitted[Sequence[str]]) -> dict[str, Any]:
    """Return what a view predicts by."""
    if isinstance(view, FittedLinearText):
        return {
            "view": LINEAR,
            "terms": [part.to_config() for part in view.parts],
            "W": _packed(view.layer.W),
            "b": _packed(view.layer.b),
            "temperature": view.temperature,
        }
    assert isinstance(view, FittedTextNetworks)
    population = view.networks.population
    return {
        "view": NETWORKS,
        "vocabulary": view.vocabulary.to_config(),
        "network": population.network.to_config(),
        "theta": _packed(population.theta),
        "keys": population.keys.tolist(),
        "temperature": view.networks.temperature,
    }


def view_from_config(config: Mapping[str, Any], n_classes: int) -> Fitted[Sequence[str]]:
    """Return the view that was described, of so many classes; ``ValueError`` or the like for none."""
    K, temperature = max(n_classes, 1), config["temperature"]
    if not isinstance(temperature, float) or not COLDEST <= temperature <= HOTTEST:
        raise ValueError("a temperature is none")
    nothing = np.zeros((0, K))
    if config["view"] == LINEAR:
        parts = tuple(TfIdf.from_config(part) for part in config["terms"])
        F = sum(len(part.terms) for part in parts)
        W, b = (_unpacked(config[name]).astype(np.float64) for name in ("W", "b"))
        if W.shape != (F, K) or b.shape != (K,):
            raise ValueError("a linear view is none")
        return FittedLinearText(parts, SparseLinear(W, b, n_classes > 0), temperature, nothing)
    if config["view"] != NETWORKS:
        raise ValueError("a view of texts is unknown")
    vocabulary = Vocabulary.from_config(config["vocabulary"])
    network = Network.from_config(config["network"])
    population = Population(network, _unpacked(config["theta"]), np.array(config["keys"], dtype=np.uint64))
    if network.n_outputs != K or network.input_shape != (1, vocabulary.steps):
        raise ValueError("networks of texts do not fit")
    return FittedTextNetworks(vocabulary, FittedNetworks(population, temperature, nothing))


def _packed(array: Array) -> dict[str, Any]:
    plain = np.ascontiguousarray(array, dtype=_NUMBER)
    return {"shape": list(array.shape), "base64": base64.b64encode(plain.tobytes()).decode("ascii")}


def _unpacked(config: Mapping[str, Any]) -> Array:
    content = base64.b64decode(config["base64"], validate=True)
    shape = config["shape"]
    if not all(type(extent) is int and extent >= 0 for extent in shape):
        raise ValueError("a shape is none")
    if len(content) != math.prod(shape) * _NUMBER.itemsize:
        raise ValueError("an array is cut off")
    array: Array = np.frombuffer(content, dtype=_NUMBER).reshape(shape).astype(np.float32)
    if not np.isfinite(array).all():
        raise ValueError("an array holds what is no number")
    return array
