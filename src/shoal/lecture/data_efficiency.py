"""Test error against the number of training images, with and without shared weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from shoal.lecture import sharing
from shoal.lecture.images import digits
from shoal.lecture.marks import enumerated, panel, percent_axis
from shoal.lecture.sharing import CONVOLUTIONAL, DENSE, KINDS, LOCAL
from shoal.lecture.study import Study, Table
from shoal.plots import drawing
from shoal.plots.text import percent, plain
from shoal.shapes import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Found:
    """``errors`` (kinds, sizes, starts) are shares of test images mistaken; ``parameters`` (kinds,)."""

    errors: Array
    parameters: tuple[int, ...]


@dataclass(frozen=True)
class DataEfficiency(Study[Found]):
    """Three kinds of network, each trained on few to many images, and judged by the same unseen ones."""

    name: ClassVar[str] = "data-efficiency"
    title: ClassVar[str] = "How many images it takes"
    slides: ClassVar[str] = "Comparison with Regular NNs"
    size: ClassVar[tuple[float, float]] = (760, 400)

    seed: int = 0
    data: str | None = None
    sizes: tuple[int, ...] = (30, 100, 300, 1000)
    dense: int = 128
    local: int = 4
    convolutional: int = 16
    starts: int = 3
    updates: int = 1000

    def compute(self) -> Found:
        images = digits(self.seed, max(self.sizes), 0, self.data)
        widths = {DENSE: self.dense, LOCAL: self.local, CONVOLUTIONAL: self.convolutional}
        populations = {
            kind: [
                sharing.trained(kind, images.first(size), width, self.starts, self.seed, self.updates)
                for size in self.sizes
            ]
            for kind, width in widths.items()
        }
        errors = np.array([[sharing.errors(p, images.test) for p in populations[kind]] for kind in KINDS])
        return Found(errors, tuple(populations[kind][0].network.n_parameters for kind in KINDS))

    def words(self, found: Found) -> str:
        mean = found.errors.mean(axis=-1)
        few, many = ([percent(float(error)) for error in mean[:, at]] for at in (0, -1))
        parameters = enumerated(f"{count:,}" for count in found.parameters)
        needs = [size for size, e in zip(self.sizes, mean[2], strict=True) if e <= mean[0, -1]]
        enough = (
            f"With {needs[0]:,} images the convolutional network does at least as well as the dense one with "
            f"{self.sizes[-1]:,}."
            if needs
            else f"With {self.sizes[-1]:,} images the dense network is still ahead of it."
        )
        return f"""
            "Regular networks need a substantial number of training samples", say the slides. Here a
            dense, a locally connected and a convolutional network, of {parameters} parameters, are
            trained on the first {self.sizes[0]} to {self.sizes[-1]:,} images, with as many updates
            whatever the number, and judged by the same unseen ones: lines are means of {self.starts}
            starts, bands reach from the best to the worst.

            With {self.sizes[0]} images they mistake {few[0]}, {few[1]} and {few[2]}; with
            {self.sizes[-1]:,}, {many[0]}, {many[1]} and {many[2]}. {enough} A filter sees as many patches
            of an image as there are places, so that each image teaches it many times over; a unit of a
            dense or locally connected layer has to learn at every place anew.
        """

    def tables(self, found: Found) -> dict[str, Table]:
        mean = dict(zip(KINDS, found.errors.mean(axis=-1), strict=True))
        caption = f"Mean share of mistakes of {self.starts} starts"
        return {"": Table({"training images": self.sizes, **mean}, caption)}

    def draw(self, figure: Figure, found: Found) -> None:
        axes = figure.subplots()
        panel(axes, "unseen digits mistaken", "training images", "share of digits")
        for (kind, (colour, marker)), errors in zip(KINDS.items(), found.errors, strict=True):
            low, high, mean = errors.min(axis=-1), errors.max(axis=-1), errors.mean(axis=-1)
            axes.fill_between(self.sizes, low, high, color=colour, alpha=0.15)
            axes.plot(self.sizes, mean, color=colour, marker=marker, linewidth=1.8, label=kind)
        axes.set_xscale("log")
        axes.set_xticks(self.sizes, [plain(size) for size in self.sizes])
        axes.minorticks_off()
        percent_axis(axes)
        handles, labels = axes.get_legend_handles_labels()
        drawing.legend(figure, [list(zip(handles, labels, strict=True))])
