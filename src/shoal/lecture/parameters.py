"""Dense, locally connected and convolutional networks of equal accuracy, their parameters side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from shoal.lecture import sharing
from shoal.lecture.images import Images, digits
from shoal.lecture.marks import panel, percent_axis
from shoal.lecture.sharing import CONVOLUTIONAL, DENSE, KINDS, LOCAL
from shoal.lecture.study import Study, Table
from shoal.plots import drawing
from shoal.plots.scales import log_axis
from shoal.plots.text import percent, plain
from shoal.shapes import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Found:
    """Of each kind and width: ``parameters``, and the mean error on validation and on test images.

    ``aim`` is the lowest validation error that every kind reaches; ``chosen`` the place of the smallest
    network of each kind that reaches it.
    """

    parameters: dict[str, Array]
    validation: dict[str, Array]
    test: dict[str, Array]
    aim: float
    chosen: dict[str, int]


@dataclass(frozen=True)
class Parameters(Study[Found]):
    """Three kinds of network from narrow to wide, and the smallest that reach what all of them reach."""

    name: ClassVar[str] = "parameters"
    title: ClassVar[str] = "What shared weights save"
    slides: ClassVar[str] = "Key Ideas · Comparison with Regular NNs · Basic Mechanisms in CNNs"
    size: ClassVar[tuple[float, float]] = (960, 380)

    seed: int = 0
    data: str | None = None
    train: int = 1000
    validation: int = 300
    dense: tuple[int, ...] = (8, 16, 32, 64, 128, 256)
    local: tuple[int, ...] = (1, 2, 4)
    convolutional: tuple[int, ...] = (2, 4, 6, 8, 12, 16)
    starts: int = 4
    updates: int = 1500

    def compute(self) -> Found:
        images = digits(self.seed, self.train, self.validation, self.data)
        parameters, validation, test = {}, {}, {}
        for kind, widths in self._widths().items():
            parameters[kind] = np.array([self._parameters(kind, images, width) for width in widths])
            wrong = np.array([self._errors(kind, images, width) for width in widths])
            validation[kind], test[kind] = wrong.T
        aim = max(float(wrong.min()) for wrong in validation.values())
        chosen = {kind: int((validation[kind] <= aim).argmax()) for kind in KINDS}
        return Found(parameters, validation, test, aim, chosen)

    def _widths(self) -> dict[str, tuple[int, ...]]:
        return {DENSE: self.dense, LOCAL: self.local, CONVOLUTIONAL: self.convolutional}

    def _parameters(self, kind: str, images: Images, width: int) -> int:
        return sharing.network(kind, images.shape, width).n_parameters

    def _errors(self, kind: str, images: Images, width: int) -> list[float]:
        """Return the mean error of the starts on validation and on test images."""
        population = sharing.trained(kind, images, width, self.starts, self.seed, self.updates)
        return [float(sharing.errors(population, part).mean()) for part in (images.validation, images.test)]

    def words(self, found: Found) -> str:
        sizes = {kind: int(found.parameters[kind][found.chosen[kind]]) for kind in KINDS}
        wrong = {kind: percent(float(found.test[kind][found.chosen[kind]])) for kind in KINDS}
        best = {kind: percent(float(found.test[kind][found.validation[kind].argmin()])) for kind in KINDS}
        return f"""
            Three networks see the same {self.train:,} images. In a dense network every unit sees every
            pixel. In a locally connected one a unit sees a small window, and the units of the next layer
            a window of those: nearby pixels belong together. In a convolutional one the units of all
            places share their weights besides: what is worth knowing at one place is worth knowing at
            another. Each is trained in several widths, {self.starts} starts of each.

            All three reach a mean error of {percent(found.aim)} on {self.validation} validation images.
            The smallest dense network that does has {sizes[DENSE]:,} parameters, the smallest locally
            connected one {sizes[LOCAL]:,}, the smallest convolutional one {sizes[CONVOLUTIONAL]:,}; on
            test images they mistake {wrong[DENSE]}, {wrong[LOCAL]} and {wrong[CONVOLUTIONAL]}. At the
            width that suits each best the numbers are {best[DENSE]}, {best[LOCAL]} and
            {best[CONVOLUTIONAL]}. Local
            connections by themselves save nothing on images as small as these, for every place has weights of
            its own; shared weights are as many whatever the size of the image.
        """

    def tables(self, found: Found) -> dict[str, Table]:
        rows = [
            (kind, width, int(found.parameters[kind][i]), found.validation[kind][i], found.test[kind][i])
            for kind, widths in self._widths().items()
            for i, width in enumerate(widths)
        ]
        names = ("kind", "width", "parameters", "validation error", "test error")
        chosen = [
            (kind, int(found.parameters[kind][i]), found.test[kind][i]) for kind, i in found.chosen.items()
        ]
        caption = f"The smallest networks with a validation error of {percent(found.aim)} or less"
        return {
            "": Table(dict(zip(names, zip(*rows, strict=True), strict=True))),
            "equal": Table(
                dict(zip(("kind", "parameters", "test error"), zip(*chosen, strict=True), strict=True)),
                caption,
            ),
        }

    def draw(self, figure: Figure, found: Found) -> None:
        left, right = figure.subplots(1, 2)
        panel(left, "validation error and size", "parameters", "mean share of mistakes")
        for kind, (colour, marker) in KINDS.items():
            left.plot(
                found.parameters[kind],
                found.validation[kind],
                color=colour,
                marker=marker,
                linewidth=1.8,
                label=kind,
            )
            at = found.chosen[kind]
            left.plot(found.parameters[kind][at], found.validation[kind][at], **drawing.RING)
        left.axhline(found.aim, color=drawing.GREY, linewidth=1, linestyle=(0, (4, 3)))
        log_axis(left.xaxis)
        percent_axis(left)
        panel(right, f"the smallest with {percent(found.aim)} or less", "parameters")
        sizes = [int(found.parameters[kind][found.chosen[kind]]) for kind in KINDS]
        bars = right.barh(list(KINDS), sizes, height=0.55, color=[colour for colour, _ in KINDS.values()])
        right.bar_label(bars, [plain(size) for size in sizes], padding=4)
        right.invert_yaxis()
        right.margins(x=0.18)
        right.grid(visible=False, axis="y")
        right.tick_params(axis="y", length=0)
        handles, labels = left.get_legend_handles_labels()
        drawing.legend(figure, [list(zip(handles, labels, strict=True))])
