"""The part of ``evidence.json`` that shows what a network of images sees: see ``shoal.plots.evidence``."""

from __future__ import annotations

from typing import TypedDict


class ImageSize(TypedDict):
    """What images were brought to; one channel is grey, three are colours."""

    rows: int
    columns: int
    channels: int


class ImageExample(TypedDict):
    """A test image, its class, what it is called and how surely; ``picture`` is a PNG file in base64."""

    name: str
    actual: str
    called: str
    sure: float
    picture: str


class Salient(ImageExample):
    """A test image and the size of the gradient of its score, pixel by pixel."""

    saliency: str


class LayerOfNetwork(TypedDict):
    """A layer in words, its parameters, and its multiplications and additions for one image."""

    layer: str
    parameters: int
    operations: int


class Responses(TypedDict):
    """What a layer makes of the example, a picture a map."""

    layer: str
    pictures: list[str]


class Unit(TypedDict):
    """A unit of a layer's maps: the image that excites it most, and patches of images that do."""

    unit: int
    ideal: str
    patches: list[str]


class UnitsOfLayer(TypedDict):
    """Units of a convolutional layer; ``field`` is how much of the image one sees."""

    layer: str
    field: str
    units: list[Unit]


class Ideal(TypedDict):
    """The image that speaks for a class most."""

    label: str
    ideal: str


class Seen(TypedDict):
    """What a network of images sees: ``wrong`` test images, and pictures."""

    wrong: int
    mistakes: list[ImageExample]
    layers: list[LayerOfNetwork]
    filters: list[str]
    example: ImageExample
    responses: list[Responses]
    units: list[UnitsOfLayer]
    classes: list[Ideal]
    saliency: list[Salient]
