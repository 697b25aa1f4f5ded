"""What a model of images sees, as pictures for its report: mistakes, filters, responses, exciting images."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from shoal.data.images.image_set import ImageSet, shown
from shoal.explanation import vision
from shoal.explanation.vision import LayerUnit
from shoal.jobs.images.model import ImageModel
from shoal.jobs.images.prepare import PreparedImages
from shoal.layers import Conv2D, Dense, Layer
from shoal.networks.chain import Chain
from shoal.plots.png import encoded, signed
from shoal.randomness import Purpose, permutation, stream
from shoal.selection.samples.splits import some_rows
from shoal.shapes import Array, IntArray, Shape
from shoal.words import plural
from shoal.workers import one_thread

if TYPE_CHECKING:
    from shoal.plots.seen import (
        Ideal,
        ImageExample,
        LayerOfNetwork,
        Responses,
        Salient,
        Seen,
        Unit,
        UnitsOfLayer,
    )

MISTAKES, FILTERS, MAPS, UNITS, PATCHES, CLASSES = 40, 32, 16, 8, 6, 10
"""Pictures of each kind at most."""
PROBES, PROBED = 1000, 2**24
"""Images that are looked for patches in, at most, and numbers that their responses may have."""
WORK, RATE = 2e11, 5e9
"""Operations that gradient ascent may take, in about half a minute, and in a second."""
ROW = 16
"""Units of a dense layer that stand side by side."""
_STARTS = 3


def look(model: ImageModel, prepared: PreparedImages, seed: int, seconds: float = math.inf) -> Seen:
    """Return the pictures of a model, of its first network where it has several; fewer in a few seconds."""
    work = min(WORK, RATE * max(seconds, 0.0))
    with one_thread():  # a few images at a time: threads would wait for each other
        return _Sight(model, prepared, seed, work).evidence()


class _Sight:
    def __init__(self, model: ImageModel, prepared: PreparedImages, seed: int, work: float) -> None:
        self.model, self.prepared, self.seed, self.work = model, prepared, seed, work
        first = model.population.members(0)
        self.network, self.theta = first.network, first.theta
        self.labels = model.target.labels
        self.scores = model.predict_features(prepared.test.X)
        self.called = model.decision.classes(self.scores)
        self.actual = prepared.test.y

    def evidence(self) -> Seen:
        wrong = np.flatnonzero(self.called != self.actual)
        right = np.flatnonzero(self.called == self.actual)
        examples = self.shuffled(right if right.size else np.arange(len(self.actual)))
        return {
            "wrong": int(wrong.size),
            "mistakes": self.mistakes(wrong),
            "layers": layers(self.network),
            "filters": self.filters(),
            "example": self.example(int(examples[0])),
            "responses": self.responses(int(examples[0])),
            "units": [self.units(layer) for layer in vision.convolutions(self.network)],
            "classes": self.classes(),
            "saliency": self.saliency(examples),
        }

    def shuffled(self, rows: IntArray) -> IntArray:
        """Return rows in random order: those that stand side by side are often alike."""
        return rows[permutation(len(rows), self.seed, 0, Purpose.PERMUTATION)]

    def mistakes(self, wrong: Array) -> list[ImageExample]:
        """Return the wrong answers that were most sure."""
        sure = self.scores[wrong, self.called[wrong]]
        return [self.example(int(row)) for row in wrong[np.argsort(-sure, kind="stable")][:MISTAKES]]

    def example(self, row: int) -> ImageExample:
        """Return a test image with its class and what it is called."""
        called, actual = int(self.called[row]), int(self.actual[row])
        return {
            "name": self.prepared.test_images.names[row],
            "actual": self.labels[actual],
            "called": self.labels[called],
            "sure": round(float(self.scores[row, called]), 4),
            "picture": encoded(as_bytes(self.prepared.test_images, row)),
        }

    def filters(self) -> list[str]:
        """Return the filters of a first convolutional layer, signed where images are grey."""
        W = vision.filters(self.network, self.theta)
        if W is None:
            return []
        largest = float(np.abs(W).max())
        return [encoded(_weights(w, largest)) for w in W[:FILTERS]]

    def responses(self, row: int) -> list[Responses]:
        """Return the maps of every layer that changes an image, for one test image."""
        maps = vision.responses(self.network, self.theta, np.asarray(self.prepared.test.X)[row : row + 1])
        told: list[Responses] = []
        for layer, response in zip(self.network.layers[:-1], maps, strict=False):
            if isinstance(layer, Conv2D | Dense) or hasattr(layer, "window"):
                planes = response[0][:MAPS] if response.ndim == 4 else _folded(response[0])[None]
                largest = float(np.abs(response).max())
                pictures = [encoded(signed(plane, largest)) for plane in planes]
                told.append({"layer": title(layer, response.shape[1:]), "pictures": pictures})
        return told

    def units(self, layer: int) -> UnitsOfLayer:
        """Return the strongest units of a convolutional layer, and what excites each of them most."""
        shape = self.network.shapes[layer + 1]
        count = PROBED // sum(int(np.prod(shape)) for shape in self.network.shapes[1:])
        train = self.prepared.train
        probes = some_rows(len(train), max(min(PROBES, count), 1), self.seed, train.y)
        response = vision.responses(self.network, self.theta, np.asarray(train.X)[probes])[layer]
        strongest = np.argsort(-response.mean(axis=(0, 2, 3)), kind="stable")[: self._affordable()]
        return {
            "layer": title(self.network.layers[layer], shape),
            "field": shown(_extent(self.network, layer)),
            "units": [self.unit(layer, int(unit), response[:, unit], probes) for unit in strongest],
        }

    def unit(self, layer: int, unit: int, response: Array, probes: IntArray) -> Unit:
        highest = response.reshape(len(response), -1)
        order = np.argsort(-highest.max(axis=1), kind="stable")
        patches = []
        for row in order[:PATCHES]:
            place = divmod(int(highest[row].argmax()), response.shape[2])
            patches.append(encoded(self.patch(int(probes[row]), layer, *place)))
        middle = (response.shape[1] // 2, response.shape[2] // 2)
        ideal = self.ideal(LayerUnit(layer, (unit, *middle)), int(probes[order[0]]))
        field = vision.receptive_field(self.network, layer, *middle)
        return {"unit": unit, "ideal": encoded(_ideal_pixels(ideal[:, *field])), "patches": patches}

    def patch(self, row: int, layer: int, y: int, x: int) -> Array:
        """Return what a unit sees of a training image, on white where it looks over the edge."""
        rows, columns = vision.receptive_field(self.network, layer, y, x)
        pixels = as_bytes(self.prepared.train_images, row)[rows, columns]
        full = _extent(self.network, layer)
        canvas = np.full((*full, *pixels.shape[2:]), 255, np.uint8)
        top = full[0] - pixels.shape[0] if rows.start == 0 else 0
        left = full[1] - pixels.shape[1] if columns.start == 0 else 0
        canvas[top : top + pixels.shape[0], left : left + pixels.shape[1]] = pixels
        return canvas

    def ideal(self, place: LayerUnit, row: int) -> Array:
        """Return the image that excites a unit most, found from a training image and from noise."""
        noise = stream(self.seed, place.layer, Purpose.OTHER, place.unit[0])
        starts = noise.normal(size=(_STARTS, self.network.n_inputs))
        starts[0] = np.asarray(self.prepared.train.X)[row]
        return vision.most_exciting(self.network, self.theta, place, starts)

    def classes(self) -> list[Ideal]:
        """Return for each class the image that speaks for it most."""
        last = len(self.network.layers) - 1
        outputs = range(min(self.network.n_outputs, CLASSES))
        labels = self.labels[1:] if self.network.n_outputs == 1 else self.labels
        rows = [
            int(np.flatnonzero(self.prepared.train.y == self.labels.index(labels[k]))[0]) for k in outputs
        ]
        return [
            {"label": labels[k], "ideal": encoded(_ideal_pixels(self.ideal(LayerUnit(last, (k,)), rows[k])))}
            for k in outputs
        ]

    def saliency(self, examples: Array) -> list[Salient]:
        """Return a test image of each class that is called right, and where its score depends on it."""
        _, first = np.unique(self.actual[examples], return_index=True)
        rows = examples[first][:CLASSES]
        X, classes = np.asarray(self.prepared.test.X)[rows], self.called[rows]
        gradient = np.abs(vision.saliency(self.network, self.theta, X, classes)).max(axis=1)
        return [
            {**self.example(int(row)), "saliency": encoded(signed(here))}
            for row, here in zip(rows, gradient, strict=True)
        ]

    def _affordable(self) -> int:
        """Return how many units of each layer gradient ascent may be spent on."""
        one = 6.0 * self.network.operations * _STARTS * vision.STEPS
        every = one * max(len(vision.convolutions(self.network)), 1)
        return int(np.clip(self.work // every, 2, UNITS))


def layers(network: Chain) -> list[LayerOfNetwork]:
    """Return what each layer is, its shape, parameters and operations for one image."""
    return [
        {
            "layer": title(layer, after),
            "parameters": sum(int(np.prod(extent)) for extent in layer.parameter_shapes(before).values()),
            "operations": layer.operations(before),
        }
        for layer, before, after in zip(network.layers, network.shapes, network.shapes[1:], strict=False)
    ]


def title(layer: Layer, shape: Shape) -> str:
    """Return a layer in words.

    >>> title(Conv2D(8, 5), (8, 28, 28))
    'convolution 5×5: 8 maps of 28×28'
    """
    window = getattr(layer, "window", None)
    name = "convolution" if isinstance(layer, Conv2D) else layer.name.replace("_", " ").replace("2d", "")
    seen = "" if window is None else f" {shown(window.size)}"
    if len(shape) == 1:
        return f"{name}: {plural(shape[0], 'number' if name == 'flatten' else 'unit')}"
    return f"{name}{seen}: {plural(shape[0], 'map')} of {shown((shape[1], shape[2]))}"


def as_bytes(images: ImageSet, row: int) -> Array:
    """Return the pixels of an image as bytes: (H, W), or (H, W, 3) where it has colours."""
    pixels = images.pixels[row]
    if pixels.dtype != np.uint8:
        pixels = np.rint(255 * pixels.clip(0, 1)).astype(np.uint8)
    plain: Array = pixels[..., 0] if pixels.shape[2] == 1 else pixels
    return plain


def _extent(network: Chain, layer: int) -> tuple[int, int]:
    """Return the rows and columns of a layer's largest receptive field."""
    _, rows, columns = network.shapes[layer + 1]
    field = vision.receptive_field(network, layer, rows // 2, columns // 2)
    return field[0].stop - field[0].start, field[1].stop - field[1].start


def _weights(w: Array, largest: float) -> Array:
    """Return a filter (C, kh, kw) as colours: signed for one channel, else an image around grey."""
    if len(w) != 3:
        return signed(w[0], largest)
    return np.rint(127.5 * (1 + np.moveaxis(w, 0, -1) / largest)).astype(np.uint8)


def _ideal_pixels(x: Array) -> Array:
    """Return a standardised image (C, H, W) as colours, of which white or grey is the mean pixel."""
    return _weights(x, max(float(np.abs(x).max()), 1e-12))


def _folded(units: Array) -> Array:
    """Return the units (m,) of a dense layer as rows of ``ROW``."""
    rows = -(-len(units) // ROW)
    padded = np.zeros(rows * ROW, units.dtype)
    padded[: len(units)] = units
    return padded.reshape(rows, ROW) if rows > 1 else units[None]
