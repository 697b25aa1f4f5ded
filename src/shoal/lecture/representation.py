"""What the layers of a convolutional network see: its filters, and the maps that they make of an image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from shoal.lecture import sharing
from shoal.lecture.images import digits, layer_outputs
from shoal.lecture.marks import panel
from shoal.lecture.sharing import CONVOLUTIONAL, DENSE
from shoal.lecture.study import Study, Table
from shoal.plots import drawing
from shoal.plots.text import percent
from shoal.shapes import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SHOWN = 8
"""Units and maps of a layer that are shown at most."""


@dataclass(frozen=True)
class Found:
    """Weights of units of the dense network and filters of the first convolution, (units, rows, columns).

    ``image`` (H, W) shows ``digit``; ``maps`` are what the layers make of it, (maps, rows, columns) each,
    and ``outputs`` (10,) the probabilities. ``silent`` is the share of map pixels that are 0, of each
    layer over all test images.
    """

    dense: Array
    filters: Array
    image: Array
    digit: int
    maps: dict[str, Array]
    outputs: Array
    silent: dict[str, float]


@dataclass(frozen=True)
class Representation(Study[Found]):
    """A dense and a convolutional network after training, and one image on its way through the second."""

    name: ClassVar[str] = "representation"
    title: ClassVar[str] = "From pixels to maps of features"
    slides: ClassVar[str] = "Example: Images · Automatic Representation Learning"
    size: ClassVar[tuple[float, float]] = (960, 520)

    seed: int = 0
    data: str | None = None
    train: int = 1000
    dense: int = 32
    convolutional: int = 8
    updates: int = 1000

    def compute(self) -> Found:
        images = digits(self.seed, self.train, 0, self.data)
        dense = sharing.trained(DENSE, images, self.dense, 1, self.seed, self.updates)
        network = sharing.trained(CONVOLUTIONAL, images, self.convolutional, 1, self.seed, self.updates)
        X, y = images.test
        outputs = layer_outputs(network, X)
        right = (outputs[-1].argmax(axis=1) == y) & (y == 3)  # a digit with curves, recognised
        chosen = int(right.argmax())
        # conv, pool, conv, pool: the maps before each pooling
        layers = {"layer 1": outputs[0], "layer 2": outputs[2]}
        return Found(
            dense=dense.weights[0][0][:SHOWN].reshape(-1, *images.shape[1:]),
            filters=network.weights[0][0][:SHOWN, 0],
            image=X[chosen].reshape(images.shape[1:]),
            digit=int(y[chosen]),
            maps={name: a[chosen][:SHOWN] for name, a in layers.items()},
            outputs=network.predict(X[chosen : chosen + 1])[0, 0],
            silent={name: float((a == 0).mean()) for name, a in layers.items()},
        )

    def words(self, found: Found) -> str:
        first, second = (percent(share) for share in found.silent.values())
        return f"""
            A unit of a dense layer has a weight for every pixel, and what it looks for is a template of
            the whole image, mostly noise between the strokes. A filter of a convolution has a weight for
            every pixel of a small window: bright next to dark, in some direction, is what most of them
            look for, wherever it is. Nobody has designed them; they come from the digits alone.

            Below, a {found.digit} on its way through the network. The maps of the first layer show where
            each filter found its edge. Those of the second, on half as many rows and columns, show where
            arrangements of edges are, such as ends and bends, and depend less on where exactly; the last
            layer puts them together, and says {found.digit} with a probability of
            {percent(float(found.outputs[found.digit]))}. Over all test images {first} of the first
            layer's maps and {second} of the second's are silent: a rectifier's features are sparse.
        """

    def tables(self, found: Found) -> dict[str, Table]:
        places = np.indices(found.filters.shape).reshape(3, -1)
        return {
            "": Table({"digit": np.arange(10), "probability": found.outputs}),
            "filters": Table(
                {
                    "filter": places[0],
                    "row": places[1],
                    "column": places[2],
                    "weight": found.filters.ravel(),
                }
            ),
        }

    def draw(self, figure: Figure, found: Found) -> None:
        grid = figure.add_gridspec(3, 4)
        _show(figure.add_subplot(grid[0, :]), "weights of units of a dense layer", found.dense, signed=True)
        _show(figure.add_subplot(grid[1, :]), "filters of a convolution", found.filters, signed=True)
        _show(figure.add_subplot(grid[2, 0]), "an image", found.image[None])
        for at, (name, maps) in enumerate(found.maps.items()):
            _show(figure.add_subplot(grid[2, 1 + at]), f"maps of {name}", maps, across=4)
        bars = figure.add_subplot(grid[2, 3])
        panel(bars, "probabilities")
        bars.bar(range(10), found.outputs, color=drawing.BLUE)
        bars.set_xticks(range(10))
        bars.grid(visible=False, axis="x")


def _show(axes: Axes, title: str, images: Array, across: int = SHOWN, signed: bool = False) -> None:
    """Draw images (n, H, W) side by side in one panel; where ``signed``, orange is below 0 and blue above."""
    from matplotlib.colors import LinearSegmentedColormap

    axes.set_title(title, loc="left")
    axes.set_axis_off()
    mosaic = tiled(images, across)
    if signed:
        colours = LinearSegmentedColormap.from_list("signed", [drawing.ORANGE, "#F7F7F7", drawing.BLUE])
        largest = float(abs(images).max())
        axes.imshow(mosaic, cmap=colours, vmin=-largest, vmax=largest)
    else:
        axes.imshow(mosaic, cmap="Greys", vmin=0)


def tiled(images: Array, across: int) -> Array:
    """Return images (n, H, W) side by side, NaN between them and in places without one.

    >>> tiled(np.ones((3, 2, 2)), across=2).shape
    (5, 5)
    """
    n, height, width = images.shape
    rows, columns = -(-n // across), min(n, across)
    mosaic = np.full((rows * (height + 1) - 1, columns * (width + 1) - 1), np.nan)
    for i, image in enumerate(images):
        r, c = i // across * (height + 1), i % across * (width + 1)
        mosaic[r : r + height, c : c + width] = image
    return mosaic
