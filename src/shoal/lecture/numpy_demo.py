"""A hundred lines of plain NumPy against the engine: the same network, the same numbers."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from shoal.lecture import plain_numpy
from shoal.lecture.backprop import lecture_network
from shoal.lecture.data import moons
from shoal.lecture.marks import panel, say
from shoal.lecture.study import Study, Table
from shoal.plots import drawing
from shoal.plots.scales import log_axis
from shoal.plots.text import number
from shoal.populations.trainer import train
from shoal.shapes import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Found:
    """The losses of both before every update (updates,), and how far their last parameters are apart."""

    plain: Array
    engine: Array
    parameter_difference: float


@dataclass(frozen=True)
class NumpyDemo(Study[Found]):
    """The lecture's network in a file of plain NumPy, beside the engine from the same start."""

    name: ClassVar[str] = "numpy-demo"
    title: ClassVar[str] = "The lecture's network in a hundred lines of NumPy"
    slides: ClassVar[str] = "NumPy Demo"
    size: ClassVar[tuple[float, float]] = (860, 300)

    seed: int = 0
    samples: int = 80
    learning_rate: float = 0.5
    updates: int = 8000

    def compute(self) -> Found:
        X, y = moons(self.samples, self.seed, noise=0.15)
        start = lecture_network().population(1, seed=self.seed, dtype="float64")
        targets = y[None, :].astype(np.float64)
        layers = enumerate(zip(start.weights, start.biases, strict=True), start=1)
        first: plain_numpy.Parameters = {
            f"{kind}{i}": value[0] for i, pair in layers for kind, value in zip("Wb", pair, strict=True)
        }
        last, losses = plain_numpy.train(first, X.T, targets, self.learning_rate, self.updates)
        result = train(
            start,
            X,
            y,
            solver="gradient_descent",
            learning_rate=self.learning_rate,
            epochs=self.updates,
            tolerance=0.0,
        )
        trained = result.population
        difference = max(
            float(np.abs(value[0] - last[f"{kind}{i}"]).max())
            for kind, values in (("W", trained.weights), ("b", trained.biases))
            for i, value in enumerate(values, start=1)
        )
        return Found(np.array(losses), result.history.loss[0], difference)

    def words(self, found: Found) -> str:
        lines = len((self.listing() or "").splitlines())
        return f"""
            The program below, {lines} lines of plain NumPy, is the slides read aloud: forward, loss, the
            six boxed formulas, and w ← w − α ∂L/∂w. Beside it the engine, which trains whole populations in
            C++, began at the same weights and took the same {self.updates:,} updates. Their losses never
            differ by more than {number(float(np.abs(found.plain - found.engine).max()), 2)}, and at the end
            no weight or bias differs by more than {number(found.parameter_difference, 2)}. Both compute in
            64-bit floating point, whose numbers just above 1 are 2e-16 apart: they add up the same terms in
            another order, and that is all.
        """

    def tables(self, found: Found) -> dict[str, Table]:
        every = np.unique(np.geomspace(1, self.updates, 200).astype(int)) - 1
        return {
            "": Table(
                {
                    "updates": every,
                    "plain NumPy": found.plain[every],
                    "engine": found.engine[every],
                    "difference": np.abs(found.plain - found.engine)[every],
                }
            )
        }

    def draw(self, figure: Figure, found: Found) -> None:
        left, right = figure.subplots(1, 2)
        _draw_losses(left, found)
        panel(
            right, "difference of the two losses, where they differ", "updates", "absolute difference (nats)"
        )
        updates = np.arange(1, found.plain.size + 1)
        differences = np.abs(found.plain - found.engine)
        some = differences > 0  # a logarithmic axis has no place for zero
        some &= np.isin(updates, np.geomspace(1, updates.size, 1500).astype(int))
        right.plot(updates[some], differences[some], ".", markersize=3, color=drawing.BLUE)
        right.axhline(1e-12, color=drawing.VERMILLION, linewidth=1.4, linestyle=(0, (4, 3)))
        say(right, "what the tests allow", 1, 1e-12, drawing.VERMILLION, ha="left", xytext=(2, 4))
        right.set_ylim(1e-17, 1e-11)
        log_axis(right.xaxis)
        log_axis(right.yaxis)

    def listing(self) -> str:
        return resources.files("shoal.lecture").joinpath("plain_numpy.py").read_text(encoding="utf-8")


def _draw_losses(axes: Axes, found: Found) -> None:
    panel(axes, "loss", "updates", "mean log loss (nats)")
    updates = np.arange(1, found.plain.size + 1)
    axes.plot(updates, found.plain, color=drawing.SKY, linewidth=5, label="plain NumPy")
    axes.plot(updates, found.engine, color=drawing.INK, linewidth=1.2, linestyle=(0, (5, 3)), label="engine")
    log_axis(axes.xaxis)
    axes.set_ylim(bottom=0)
    axes.legend(loc="lower left")
