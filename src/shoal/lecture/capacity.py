"""How much a network can say: the sinusoid with 1, 3 and 10 hidden units (Bishop's figure 5.9)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from shoal.initializers import Normal
from shoal.layers import Dense
from shoal.lecture.data import NOISE, sinusoid, truth
from shoal.lecture.marks import draw_sinusoid, panel
from shoal.lecture.study import Study, Table
from shoal.plots import drawing
from shoal.plots.text import number
from shoal.populations.network import Network
from shoal.populations.trainer import train
from shoal.shapes import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure

GRID = np.linspace(0, 1, 201)


def regression_network(hidden: int, sigma: float) -> Network:
    """Return the network of Bishop's figures: one input, tanh units, one linear output, from N(0, σ²)."""
    initializer = Normal(sigma)
    return Network(1, [Dense(hidden, "tanh", initializer), Dense(1, initializer=initializer)])


@dataclass(frozen=True)
class Found:
    """The fits of every start, by number of hidden units M.

    ``train_error`` and ``test_error`` (sizes, starts) are root mean squares, against the training targets
    and, over the whole interval, against sin 2πx; ``fits`` (sizes, starts, grid); ``best`` (sizes,) is the
    start of smallest training error.
    """

    x: Array
    t: Array
    train_error: Array
    test_error: Array
    fits: Array

    @property
    def best(self) -> list[int]:
        return [int(start) for start in self.train_error.argmin(axis=1)]


@dataclass(frozen=True)
class Capacity(Study[Found]):
    """Ten points, and networks with M = 1, 3 and 10 hidden units by scaled conjugate gradients."""

    name: ClassVar[str] = "capacity"
    title: ClassVar[str] = "One unit says too little, ten say too much"
    slides: ClassVar[str] = "Limiting Number of Neurons · Sinusoidal Regression Problem"
    size: ClassVar[tuple[float, float]] = (960, 320)

    seed: int = 1
    samples: int = 10
    hidden: tuple[int, ...] = (1, 3, 10)
    starts: int = 10
    sigma: float = 1.0
    epochs: int = 1500

    def compute(self) -> Found:
        x, t = sinusoid(self.samples, self.seed, evenly=True)
        fits, errors = [], []
        for hidden in self.hidden:
            network = regression_network(hidden, self.sigma)
            result = train(
                network, x, t, starts=self.starts, seed=self.seed, solver="scg", epochs=self.epochs
            )
            fits.append(result.population.predict(GRID)[:, :, 0])
            errors.append(result.population.predict(x)[:, :, 0] - t)
        return Found(
            x,
            t,
            train_error=np.sqrt(np.square(errors).mean(axis=2)),
            test_error=np.sqrt(np.square(np.array(fits) - truth(GRID)).mean(axis=2)),
            fits=np.array(fits),
        )

    def words(self, found: Found) -> str:
        chosen = list(zip(self.hidden, range(len(self.hidden)), found.best, strict=True))
        train_errors = ", ".join(number(float(found.train_error[k, s]), 2) for _, k, s in chosen)
        test_errors = ", ".join(number(float(found.test_error[k, s]), 2) for _, k, s in chosen)
        sizes = ", ".join(str(hidden) for hidden in self.hidden)
        return f"""
            {self.samples} points of sin 2πx with noise from N(0, {NOISE}²), and networks with M = {sizes}
            tanh units trained on the sum of squares by scaled conjugate gradients (Bishop's figure 5.9).
            The thick line is the best of {self.starts} random starts by training error, the thin ones are
            the others. The root mean square error on the points falls with M: {train_errors}. The distance
            from the curve that made them does not: {test_errors}. With one unit the network cannot bend
            twice; with ten it spends its freedom on the noise, whose standard deviation is {NOISE}. Where
            thin lines leave the thick one, a start ended in another local minimum or had not arrived after
            {self.epochs:,} iterations. This is one draw of the noise (seed {self.seed}); on another the
            order of the sizes can be another, and the next study counts how often.
        """

    def tables(self, found: Found) -> dict[str, Table]:
        shape = found.train_error.shape
        fits = {
            f"M={M}": found.fits[k, s] for k, (M, s) in enumerate(zip(self.hidden, found.best, strict=True))
        }
        return {
            "": Table(
                {
                    "M": np.repeat(self.hidden, shape[1]),
                    "start": np.tile(np.arange(shape[1]), shape[0]),
                    "training error": found.train_error.ravel(),
                    "distance from sin 2πx": found.test_error.ravel(),
                }
            ),
            "fits": Table({"x": GRID, "sin 2πx": truth(GRID), **fits}),
            "points": Table({"x": found.x, "t": found.t}),
        }

    def draw(self, figure: Figure, found: Found) -> None:
        panels = np.atleast_1d(figure.subplots(1, len(self.hidden), sharey=True))
        for k, (axes, hidden) in enumerate(zip(panels, self.hidden, strict=True)):
            panel(axes, f"M = {hidden}", "x", "t" if k == 0 else "")
            for fit in found.fits[k]:
                axes.plot(GRID, fit, color=drawing.SKY, linewidth=0.8, alpha=0.8, zorder=1)
            draw_sinusoid(axes, found.x, found.t)
            axes.plot(
                GRID, found.fits[k, found.best[k]], color=drawing.BLUE, linewidth=2.4, label="best start"
            )
        handles, labels = panels[0].get_legend_handles_labels()
        drawing.legend(figure, [list(zip(handles, labels, strict=True))])
