"""How accuracy and representations change while images are moved, scaled, turned and deformed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from shoal.layers import Flatten
from shoal.lecture import sharing
from shoal.lecture.images import Images, digits, layer_outputs
from shoal.lecture.marks import panel, percent_axis
from shoal.lecture.sharing import CONVOLUTIONAL, DENSE, KINDS, LOCAL
from shoal.lecture.study import Study, Table
from shoal.plots import drawing
from shoal.plots.text import number, percent
from shoal.populations.population import Population
from shoal.shapes import Array, IntArray, Shape
from shoal.training.augmentation import Augmentation, affine_positions, resample

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STEPS = 5
"""Strengths of each transformation, from none on."""
COLOURS = (drawing.BLACK, drawing.PURPLE, drawing.SKY, drawing.GREY)
MARKERS = ("v", "D", "P", "X")

# Where the pixels of an image of a shape (H, W) come from, from a strength between 0 and 1 and the image's
# number: every second image is moved, enlarged or turned the other way.
Positions = Callable[[Shape, float, int], Array]


def _way(sample: int) -> int:
    return 1 - 2 * (sample % 2)


def _moved(shape: Shape, strength: float, sample: int) -> Array:
    return affine_positions(shape, shift=(0.0, _way(sample) * strength * shape[1] / 6))


def _scaled(shape: Shape, strength: float, sample: int) -> Array:
    factor = 1.5 ** (_way(sample) * strength)
    return affine_positions(shape, factors=(factor, factor))


def _turned(shape: Shape, strength: float, sample: int) -> Array:
    return affine_positions(shape, angle=_way(sample) * strength * 45)


def _deformed(shape: Shape, strength: float, sample: int) -> Array:
    # Of a standard deviation up to a twelfth of the width, smooth over a seventh of it.
    sigma, most = shape[1] / 7, shape[1] / 12
    field = Augmentation(elastic=strength * most * sigma * np.sqrt(12 * np.pi), sigma=sigma)
    return field.positions(shape, 0, 0, sample)


TRANSFORMATIONS: dict[str, tuple[Positions, str, float]] = {
    "translation": (_moved, "% of the width", 100 / 6),
    "scaling": (_scaled, "% larger or smaller", 50),
    "rotation": (_turned, "degrees", 45),
    "elastic": (_deformed, "% of the width", 100 / 12),
}
"""What is done to images; the unit and the largest strength on the axis."""


@dataclass(frozen=True)
class Found:
    """``errors`` (kinds, transformations, strengths); ``layers`` the names of each kind's representations.

    ``moves`` of a kind (transformations, layers): how far a layer's representation moves at half the
    strength, as a share of the distance between images of different digits. ``selects`` (layers,): that
    distance, as a multiple of the distance between images of the same digit.
    """

    errors: Array
    layers: dict[str, list[str]]
    moves: dict[str, Array]
    selects: dict[str, Array]


@dataclass(frozen=True)
class Invariance(Study[Found]):
    """Networks trained on images as they are, and judged by images that are transformed more and more."""

    name: ClassVar[str] = "invariance"
    title: ClassVar[str] = "Selective and invariant: what each layer does for it"
    slides: ClassVar[str] = "Selectivity-Invariance dilemma · Comparison with Regular NNs"
    size: ClassVar[tuple[float, float]] = (960, 620)

    seed: int = 0
    data: str | None = None
    train: int = 1000
    dense: int = 128
    local: int = 2
    convolutional: int = 16
    updates: int = 1000
    looked_at: int = 300

    def compute(self) -> Found:
        images = digits(self.seed, self.train, 0, self.data)
        X, y = (part[: self.looked_at] for part in images.test)
        seen = [
            [transformed(X, images.shape, how, step / (STEPS - 1)) for step in range(STEPS)]
            for how, _, _ in TRANSFORMATIONS.values()
        ]
        networks = {kind: self._trained(kind, images) for kind in KINDS}
        errors = [
            [[float(sharing.errors(networks[kind], (Z, y))[0]) for Z in row] for row in seen]
            for kind in KINDS
        ]
        layers, moves, selects = {}, {}, {}
        for kind, network in networks.items():
            layers[kind] = _names(network)
            plain = _representations(network, X)
            apart = [_distances(a, y) for a in plain]
            moves[kind] = np.array(
                [
                    [
                        float(np.linalg.norm(a - b, axis=1).mean()) / other
                        for a, b, (_, other) in zip(
                            plain, _representations(network, row[STEPS // 2]), apart, strict=True
                        )
                    ]
                    for row in seen
                ]
            )
            selects[kind] = np.array([other / same for same, other in apart])
        return Found(np.array(errors), layers, moves, selects)

    def _trained(self, kind: str, images: Images) -> Population:
        widths = {DENSE: self.dense, LOCAL: self.local, CONVOLUTIONAL: self.convolutional}
        return sharing.trained(kind, images, widths[kind], 1, self.seed, self.updates)

    def words(self, found: Found) -> str:
        dense, local, conv = (percent(float(e)) for e in found.errors[:, 0, STEPS // 2])
        plain = [percent(float(e)) for e in found.errors[:, 0, 0]]
        turned = [percent(float(e)) for e in found.errors[:, 2, STEPS // 2]]
        moves, selects = found.moves[CONVOLUTIONAL], found.selects[CONVOLUTIONAL]
        first, pooled, last = (number(float(moves[0, at]), 2) for at in (0, -2, -1))
        other = number(float(found.moves[DENSE][0, -1]), 2)
        return f"""
            The three networks were trained on {self.train:,} upright digits, and none of them has seen a
            transformed one. Their mistakes grow with every transformation; the curves show how fast.
            Moved by a twelfth of the width, test images bring {dense} mistakes of the dense network,
            {local} of the locally connected and {conv} of the convolutional one ({plain[0]}, {plain[1]}
            and {plain[2]} before); turned by 22.5 degrees, {turned[0]}, {turned[1]} and {turned[2]}. A
            convolution moves along with its input, and pooling forgets small movements; neither knows
            anything of rotation. What the connections do not bring, images have to: augmentation shows a
            network what it should not mind.

            Below stands what the layers make of an image and of the same image transformed by half the
            largest strength: their distance, as a share of that between images of different digits.
            Translation moves the pixels by {first} of it, what the last pooling leaves by {pooled}, and the
            outputs of the convolutional network by {last}. A layer that forgot everything would be invariant
            too; but the distance between different digits, as a multiple of that between images of the same
            digit, grows from {number(float(selects[0]), 2)} at the pixels to
            {number(float(selects[-1]), 2)} at the outputs, which are both more selective and more invariant
            than the pixels. Not every layer is a step on that way, least of all the poolings of such small
            images, and the outputs of the dense network, which move by {other}, come as far: what it
            lacks is not invariance but the right answer.
        """

    def tables(self, found: Found) -> dict[str, Table]:
        rows = [
            (kind, how, step / (STEPS - 1) * most, float(found.errors[k, t, step]))
            for k, kind in enumerate(KINDS)
            for t, (how, (_, _, most)) in enumerate(TRANSFORMATIONS.items())
            for step in range(STEPS)
        ]
        names = ("kind", "transformation", "strength", "error")
        layers = [
            (kind, layer, *found.moves[kind][:, at].tolist(), float(found.selects[kind][at]))
            for kind in KINDS
            for at, layer in enumerate(found.layers[kind])
        ]
        caption = "How far each transformation moves each layer, and how far apart different digits are"
        heads = ("kind", "layer", *TRANSFORMATIONS, "different : same")
        return {
            "": Table(dict(zip(names, zip(*rows, strict=True), strict=True))),
            "layers": Table(dict(zip(heads, zip(*layers, strict=True), strict=True)), caption),
        }

    def draw(self, figure: Figure, found: Found) -> None:
        panels = figure.subplots(2, 3).ravel()
        for t, (how, (_, unit, most)) in enumerate(TRANSFORMATIONS.items()):
            panel(panels[t], how, unit, "share of mistakes")
            strengths = np.linspace(0, most, STEPS)
            for (kind, (colour, marker)), errors in zip(KINDS.items(), found.errors[:, t], strict=True):
                panels[t].plot(strengths, errors, color=colour, marker=marker, linewidth=1.8, label=kind)
            percent_axis(panels[t])
        for axes, kind in ((panels[4], DENSE), (panels[5], CONVOLUTIONAL)):
            panel(axes, f"{kind}: how far layers move", y="share of the distance between digits")
            for (how, colour), marker, row in zip(
                zip(TRANSFORMATIONS, COLOURS, strict=True), MARKERS, found.moves[kind], strict=True
            ):
                axes.plot(row, color=colour, marker=marker, linestyle=(0, (4, 2)), linewidth=1.5, label=how)
            axes.set_xticks(range(len(found.layers[kind])), found.layers[kind], fontsize=8.5)
            axes.set_ylim(bottom=0)
        entries = [
            list(zip(*axes.get_legend_handles_labels(), strict=True)) for axes in (panels[0], panels[5])
        ]
        drawing.legend(figure, entries)


def transformed(X: Array, shape: Shape, how: Positions, strength: float) -> Array:
    """Return images X (N, C·H·W), each transformed; what was outside is dark."""
    images = [
        resample(row.reshape(shape), how(shape[1:], strength, sample), 0.0) for sample, row in enumerate(X)
    ]
    return np.stack(images).reshape(X.shape)


def _names(network: Population) -> list[str]:
    kinds = {"conv2d": "conv", "locally_connected2d": "local", "max_pool2d": "pool", "dense": "dense"}
    layers = [layer for layer in network.network.layers if not isinstance(layer, Flatten)]
    return ["pixels", *(kinds[layer.name] for layer in layers[:-1]), "z"]


def _representations(network: Population, X: Array) -> list[Array]:
    """Return the pixels and what each layer but flattening makes of them, each as rows (N, n)."""
    outputs = zip(network.network.layers, layer_outputs(network, X), strict=True)
    return [X, *(a.reshape(len(X), -1) for layer, a in outputs if not isinstance(layer, Flatten))]


def _distances(a: Array, y: IntArray) -> tuple[float, float]:
    """Return the mean distances of rows of the same digit, and of different digits."""
    squares = np.square(a).sum(axis=1)
    distance = np.sqrt(np.maximum(squares[:, None] + squares - 2 * a @ a.T, 0))
    same = y[:, None] == y
    np.fill_diagonal(same, val=False)
    return float(distance[same].mean()), float(distance[y[:, None] != y].mean())
