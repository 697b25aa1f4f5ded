"""A penalty that finds its own strength: Foresee & Hagan's sine, by networks of every size."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from shoal.layers import Dense
from shoal.lecture.marks import panel
from shoal.lecture.study import Study, Table
from shoal.plots import drawing
from shoal.plots.scales import plain_ticks
from shoal.plots.text import number
from shoal.populations.network import Network
from shoal.populations.trainer import TrainingResult, train
from shoal.randomness import Purpose, stream
from shoal.shapes import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

GRID = np.linspace(-1, 1, 201)
NOISE = 0.1


@dataclass(frozen=True)
class Found:
    """What became of every network (sizes, starts).

    ``gamma`` (sizes, starts, epochs) is the effective number of parameters; ``distance`` and ``plain`` are
    root mean squares from the sine with the penalty and without; ``fits`` (2, starts, grid) are those of the
    largest network, with it and without.
    """

    x: Array
    t: Array
    gamma: Array
    strength: Array
    noise: Array
    distance: Array
    plain: Array
    fits: Array


@dataclass(frozen=True)
class Regularization(Study[Found]):
    """A noisy sine, networks of each size, and Levenberg-Marquardt with a penalty of its own and without."""

    name: ClassVar[str] = "regularization"
    title: ClassVar[str] = "A penalty that finds its own strength"
    slides: ClassVar[str] = "Parameter Norm Penalty · Limiting Number of Neurons"
    size: ClassVar[tuple[float, float]] = (960, 340)

    seed: int = 0
    samples: int = 21
    hidden: tuple[int, ...] = (1, 2, 3, 4, 5, 8, 12, 20)
    starts: int = 5
    epochs: int = 200

    def compute(self) -> Found:
        x = np.linspace(-1, 1, self.samples)
        t = np.sin(np.pi * x) + NOISE * stream(self.seed, 0, Purpose.OTHER).normal(size=self.samples)
        rows, fits = [], []
        for hidden in self.hidden:
            pair = [self._trained(hidden, solver, x, t) for solver in ("bayesian_regularization", "lm")]
            fits = [result.population.outputs(GRID)[..., 0] for result in pair]
            distances = [np.sqrt(np.square(fit - np.sin(np.pi * GRID)).mean(axis=1)) for fit in fits]
            history = pair[0].history
            alpha, beta = history.last_told("alpha"), history.last_told("beta")
            rows.append((_held(history.told["gamma"]), alpha / beta, beta**-0.5, *distances))
        gamma, strength, noise, distance, plain = (np.array(part) for part in zip(*rows, strict=True))
        return Found(x, t, gamma, strength, noise, distance, plain, np.array(fits))

    def _trained(self, hidden: int, solver: str, x: Array, t: Array) -> TrainingResult:
        network = Network(1, [Dense(hidden, "tanh"), Dense(1)])
        return train(network, x, t, starts=self.starts, seed=self.seed, solver=solver, epochs=self.epochs)

    def words(self, found: Found) -> str:
        last = found.gamma[..., -1]
        most, D = np.median(last[-1]), 3 * self.hidden[-1] + 1
        few = int(np.argmin(np.median(found.distance, axis=1)))
        return f"""
            {self.samples} points of sin πx on [−1, 1] with noise of standard deviation {NOISE}, and networks
            with up to {self.hidden[-1]} tanh units by Levenberg and Marquardt's method: the example by which
            Foresee and Hagan showed in 1997 what MATLAB calls trainbr. Before every step the evidence
            re-estimates the strength of the penalty from γ, the number of parameters that the data
            determine: λ = α/β with α = γ / 2E_W and β = (n − γ) / 2E_D. No point is held out for it, and
            there is nothing to choose.

            The largest network has {D} parameters for {self.samples} points, of which
            γ = {number(float(most), 2)} are determined: γ grows with the network only until it is large
            enough, and then stays. So does the distance from the sine, in the median
            {number(float(np.median(found.distance[-1])), 2)} for {self.hidden[-1]} units and
            {number(float(np.median(found.distance[few])), 2)} for {self.hidden[few]}, the best of them.
            Without the penalty the same steps go on into the noise, to a distance of
            {number(float(np.median(found.plain[-1])), 2)}. The noise is estimated on the way, β^−½ =
            {number(float(np.median(found.noise[-1])), 2)} with {self.hidden[-1]} units. A start may find less
            than another: γ then differs, and the evidence says which of them to believe.
        """

    def tables(self, found: Found) -> dict[str, Table]:
        sizes, starts = found.distance.shape
        median = [np.median(part, axis=1) for part in (found.gamma[..., -1], found.distance, found.plain)]
        return {
            "": Table(
                {
                    "M": np.repeat(self.hidden, starts),
                    "start": np.tile(np.arange(starts), sizes),
                    "gamma": found.gamma[..., -1].ravel(),
                    "lambda": found.strength.ravel(),
                    "noise": found.noise.ravel(),
                    "distance from sin πx": found.distance.ravel(),
                    "without a penalty": found.plain.ravel(),
                }
            ),
            "sizes": Table(
                {
                    "M": self.hidden,
                    "parameters": [3 * hidden + 1 for hidden in self.hidden],
                    "γ": median[0],
                    "distance from the sine": median[1],
                    "without a penalty": median[2],
                },
                caption="Medians over the starts, for every number of hidden units",
            ),
        }

    def draw(self, figure: Figure, found: Found) -> None:
        left, middle, right = figure.subplots(1, 3)
        panel(left, "Parameters that count", "hidden units M", "γ")
        parameters = [3 * hidden + 1 for hidden in self.hidden]
        left.plot(self.hidden, parameters, color=drawing.GREY, linewidth=1.2, label="all parameters")
        left.plot(self.hidden, found.gamma[..., -1], "o", color=drawing.BLUE, markeredgecolor="white")
        left.set_ylim(0, 2.5 * np.nanmax(found.gamma[..., -1]))
        left.set_xticks([hidden for hidden in self.hidden if hidden % 4 == 0 or hidden == 1])
        plain_ticks(left.yaxis, most=6)
        panel(middle, f"γ in the course, M = {self.hidden[-1]}", "epoch", "γ")
        middle.plot(np.arange(1, self.epochs + 1), found.gamma[-1].T, color=drawing.BLUE, linewidth=1.0)
        middle.set_xscale("log")
        plain_ticks(middle.xaxis)
        self._fits(right, found)
        handles, labels = (
            [*a, *b]
            for a, b in zip(left.get_legend_handles_labels(), right.get_legend_handles_labels(), strict=True)
        )
        drawing.legend(figure, [list(zip(handles, labels, strict=True))])

    def _fits(self, axes: Axes, found: Found) -> None:
        """Draw what the starts of the largest network say, with the penalty and without."""
        panel(axes, f"Fits, M = {self.hidden[-1]}", "x", "t")
        axes.plot(GRID, np.sin(np.pi * GRID), color=drawing.GREEN, linestyle=(0, (5, 2)), label="sin πx")
        for k, (fit, colour, label) in enumerate(
            zip(found.fits, (drawing.BLUE, drawing.SKY), ("with the penalty", "without"), strict=True)
        ):
            axes.plot(GRID, fit[0], color=colour, linewidth=2.0 - k, zorder=2 - k, label=label)
            axes.plot(GRID, fit[1:].T, color=colour, linewidth=0.8, zorder=2 - k)
        axes.plot(found.x, found.t, "o", markerfacecolor="none", markeredgecolor=drawing.INK, markersize=5)
        axes.set_ylim(-1.7, 1.7)
        axes.set_xticks([-1, 0, 1])


def _held(course: Array) -> Array:
    """Return a course (starts, epochs) in which members that have ended stay where they were."""
    known = np.maximum.accumulate(np.where(np.isnan(course), 0, np.arange(course.shape[1])), axis=1)
    held: Array = np.take_along_axis(course, known, axis=1)
    held[:, 0] = held[:, 1]  # before the first step nothing is known
    return held
