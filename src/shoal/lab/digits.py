"""Images: a digit drawn by hand, and what every layer of a network makes of it, also when it is moved."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cache
from typing import Any

import numpy as np

from shoal.errors import ConfigurationError, UnknownNameError
from shoal.explanation.as_json import numbers
from shoal.explanation.vision import receptive_field
from shoal.lab.design import require_between
from shoal.lab.learners import best_start
from shoal.layers import Conv2D, Dense, Flatten, LocallyConnected2D, MaxPool2D, stack
from shoal.layers.base import Context, Layer
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.shapes import Array

SIDE, INK = 8, 16
"""Rows and columns of an image, and the darkest pixel, as in the set of digits."""
TRAINED = 1300
"""Of the set's 1797 digits; the others choose the start, and say how often it is right."""
STARTS, EPOCHS = 3, 20
FARTHEST = 3
"""Pixels of a shift."""
TURNED = 90
"""Degrees of a turn."""
NETWORKS: dict[str, tuple[str, tuple[Layer, ...]]] = {
    "dense": ("dense: every unit sees all pixels", (Flatten(), Dense(32, "relu"), Dense(10))),
    "local": (
        "local: every unit sees 3 × 3 pixels, by weights of its own",
        (LocallyConnected2D(4, 3, "relu"), MaxPool2D(2), Flatten(), Dense(10)),
    ),
    "shared": (
        "shared: all units of a map have the same weights",
        (Conv2D(8, 3, "relu", padding="same"), MaxPool2D(2), Flatten(), Dense(10)),
    ),
}
"""What each network is in words, and its layers."""


@dataclass(frozen=True)
class Trained:
    """A network that has learnt the digits: the best of its starts, and its share of right answers."""

    population: Population
    accuracy: float


@dataclass(frozen=True)
class Place:
    """A unit of a layer's maps: the layer from 1, its map, row and column from 0."""

    layer: int
    map: int
    row: int
    column: int


@dataclass(frozen=True)
class Digits:
    """A drawing of 8 × 8 pixels from 0 to 16, row after row, moved, and a network that looks at it.

    It is turned clockwise by so many ``degrees`` about its middle, then shifted ``across`` and ``down``.

    Raises ``UnknownNameError`` for another network than those of ``NETWORKS``, ``ConfigurationError`` for
    pixels, shifts and turns out of range.
    """

    network: str = "shared"
    pixels: tuple[float, ...] = (0.0,) * SIDE * SIDE
    across: int = 0
    down: int = 0
    degrees: float = 0.0
    place: Place | None = None

    def __post_init__(self) -> None:
        if self.network not in NETWORKS:
            raise UnknownNameError("network of digits", self.network, NETWORKS)
        if len(self.pixels) != SIDE * SIDE:
            raise ConfigurationError(f"a digit has {SIDE * SIDE} pixels, got {len(self.pixels)}")
        for pixel in self.pixels:
            require_between("pixel", pixel, 0, INK)
        for name in ("across", "down"):
            require_between(name, getattr(self, name), -FARTHEST, FARTHEST, whole=True)
        require_between("degrees", self.degrees, -TURNED, TURNED)

    def drawn(self, pixels: tuple[float, ...]) -> Digits:
        """Return another drawing, as it was drawn."""
        return replace(self, pixels=pixels, across=0, down=0, degrees=0.0)

    def example(self, number: int) -> Digits:
        """Return the digit of the set with this number, among those that nothing was trained on."""
        X, _ = digits()
        require_between("number", number, 0, len(X) - TRAINED - 1, whole=True)
        pixels = tuple(float(pixel * INK) for pixel in X[TRAINED + number].ravel())
        return self.drawn(pixels)

    def looked_at(self, place: Place) -> Digits:
        """Return the same with a unit to look at; raise ``ConfigurationError`` for one that there is not."""
        shapes = [a.shape for a in layers_of(self.network, self.image())]
        require_between("layer", place.layer, 1, len(shapes), whole=True)
        shape = shapes[place.layer - 1]
        if len(shape) < 3:
            raise ConfigurationError("this layer has no maps, and its units see the whole image")
        for name, most in zip(("map", "row", "column"), shape, strict=True):
            require_between(name, getattr(place, name), 0, most - 1, whole=True)
        return replace(self, place=place)

    def image(self) -> Array:
        """Return the drawing as it was drawn (1, 8, 8), from 0 to 1."""
        return np.reshape(self.pixels, (1, SIDE, SIDE)) / INK

    def moved(self) -> Array:
        """Return the drawing turned and shifted (1, 8, 8); what leaves the frame is gone.

        A pixel that is turned between others is their mean, weighed by how near they are (bilinear).
        """
        from scipy.ndimage import rotate

        drawn, across, down = self.image()[0], self.across, self.down
        if self.degrees:
            drawn = rotate(drawn, -self.degrees, reshape=False, order=1)
        image = np.zeros((1, SIDE, SIDE))
        rows, columns = (np.arange(max(0, by), min(SIDE, SIDE + by)) for by in (down, across))
        image[0][np.ix_(rows, columns)] = drawn[np.ix_(rows - down, columns - across)]
        return image

    def state(self) -> dict[str, Any]:
        """Return all that a page shows of it, as plain values for JSON.

        ``change`` of a layer is ‖a(moved) − a(as drawn)‖ / ‖a(as drawn)‖.
        """
        image, trained = self.moved(), learnt(self.network)
        layers, still = layers_of(self.network, image), layers_of(self.network, self.image())
        shift = np.exp(layers[-1] - layers[-1].max())
        network = trained.population.network
        return {
            "kind": "digits",
            "network": self.network,
            "networks": {name: words for name, (words, _) in NETWORKS.items()},
            "parameters": network.n_parameters,
            "accuracy": trained.accuracy,
            "pixels": list(self.pixels),
            "across": self.across,
            "down": self.down,
            "degrees": self.degrees,
            "image": numbers(image[0].ravel().round(4)),
            "probabilities": numbers((shift / shift.sum()).round(5)),
            "layers": [
                {
                    "name": layer.name,
                    "number": k,
                    "shape": list(a.shape),
                    "values": numbers(a.ravel().round(4)),
                    "change": numbers(_change(a, before)),
                }
                for k, (layer, a, before) in enumerate(zip(network.layers, layers, still, strict=True), 1)
                if a.ndim == 3 or layer.name == "dense"
            ],
            "looked": self.place and self._looked(self.place, image, layers),
            "examples": len(digits()[0]) - TRAINED,
        }

    def _looked(self, place: Place, image: Array, layers: list[Array]) -> dict[str, Any] | None:
        """Return a unit's receptive field and, in the first layer, the dot product that it is.

        ``rows`` and ``columns`` are the field within the image, ends not among them.
        """
        network = learnt(self.network).population.network
        if place.layer > len(layers) or layers[place.layer - 1].ndim < 3:
            return None
        rows, columns = receptive_field(network, place.layer - 1, place.row, place.column)
        told: dict[str, Any] = {
            "layer": place.layer,
            "map": place.map,
            "row": place.row,
            "column": place.column,
            "rows": [rows.start, rows.stop],
            "columns": [columns.start, columns.stop],
            "value": numbers(layers[place.layer - 1][place.map, place.row, place.column]),
            "product": None,
        }
        if place.layer == 1:
            told["product"] = self._product(place, image)
        return told

    def _product(self, place: Place, image: Array) -> dict[str, Any]:
        """Return the weights of a unit of the first layer, what each of them sees, and z = Σ w x + b."""
        population = learnt(self.network).population
        layer, own = population.network.layers[0], population.network.views(population.theta)[0]
        assert isinstance(layer, Conv2D | LocallyConnected2D)
        if isinstance(layer, Conv2D):
            weights, bias, padded = own["W"][0, place.map, 0], own["b"][0, place.map, 0], np.pad(image[0], 1)
        else:
            at = (0, place.row, place.column, place.map, 0)
            weights, bias, padded = own["W"][at], own["b"][at], image[0]
        seen = padded[place.row : place.row + 3, place.column : place.column + 3]
        return {
            "weights": numbers(weights.ravel()),
            "seen": numbers(seen.ravel()),
            "bias": numbers(bias),
            "z": numbers((weights * seen).sum() + bias),
        }


@cache
def digits() -> tuple[Array, Array]:
    """Return scikit-learn's 1797 digits (N, 1, 8, 8) from 0 to 1, and what they are (N,).

    Source: Alpaydin & Kaynak 1998, "Optical Recognition of Handwritten Digits", UCI repository.
    """
    from sklearn.datasets import load_digits

    known = load_digits()
    return known.data.reshape(-1, 1, SIDE, SIDE) / INK, known.target


@cache
def learnt(name: str) -> Trained:
    """Return a network of ``NETWORKS``, trained on the digits: the best of its starts by validation."""
    X, y = digits()
    network = Network((1, SIDE, SIDE), list(NETWORKS[name][1]), "cross_entropy")
    held = X[TRAINED:], y[TRAINED:]
    population = network.population(STARTS, seed=0, dtype="float64")
    best = best_start(population, X[:TRAINED], y[:TRAINED], held, batch_size=64, epochs=EPOCHS)
    right = best.outputs(held[0], n_jobs=1)[0].argmax(axis=1) == held[1]
    return Trained(best, float(right.mean()))


def layers_of(name: str, image: Array) -> list[Array]:
    """Return what every layer of a network makes of an image (1, 8, 8): maps (C, H, W), or units (m,)."""
    population = learnt(name).population
    network, views = population.network, population.network.views(population.theta)
    found, a = [], image[None, ..., None]
    for layer, own in zip(network.layers, views, strict=True):
        a, _ = stack.forward([layer], [own], a, Context())
        found.append(a[0, ..., 0])
    return found


def _change(a: Array, before: Array) -> float:
    size = float(np.linalg.norm(before))
    return float(np.linalg.norm(a - before)) / size if size else 0.0
