"""Training error against test error: over capacity, decay, epochs and the number of points."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from shoal.lecture.capacity import GRID, regression_network
from shoal.lecture.data import NOISE, sinusoid, truth
from shoal.lecture.marks import error_axis, panel
from shoal.lecture.study import Study, Table
from shoal.plots import drawing
from shoal.plots.scales import log_axis
from shoal.plots.text import number
from shoal.populations.trainer import TrainingResult, train
from shoal.shapes import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Sweep:
    """Errors (draws, settings) over one setting; mean squares, on the training points and on all others."""

    settings: Array
    train: Array
    test: Array

    @property
    def best(self) -> int:
        """The place of the setting with the smallest median test error."""
        return int(np.argmin(np.median(self.test, axis=0)))


@dataclass(frozen=True)
class Found:
    """Errors over the number of hidden units M, the strength λ, the epochs and the number of points m."""

    capacity: Sweep
    decay: Sweep
    epochs: Sweep
    points: Sweep

    def sweeps(self) -> dict[str, Sweep]:
        """Return the sweeps by the letters of what they vary."""
        return {"M": self.capacity, "λ": self.decay, "epochs": self.epochs, "m": self.points}


@dataclass(frozen=True)
class Generalization(Study[Found]):
    """What is learned by heart and what generalises, over everything that bounds a network's freedom."""

    name: ClassVar[str] = "generalization"
    title: ClassVar[str] = "Training error always falls; test error turns"
    slides: ClassVar[str] = "What is regularization? · Goals of Regularization · Why regularization?"
    size: ClassVar[tuple[float, float]] = (900, 620)

    seed: int = 0
    draws: int = 8
    samples: int = 15
    hidden: tuple[int, ...] = (1, 2, 3, 5, 8, 12)
    strengths: tuple[float, ...] = (1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0)
    sizes: tuple[int, ...] = (6, 12, 25, 50, 100, 200)
    many: int = 12
    starts: int = 3
    iterations: int = 300
    epochs: int = 10_000

    def compute(self) -> Found:
        draws = range(self.draws)
        here = [sinusoid(self.samples, self.seed, draw) for draw in draws]
        more = [[sinusoid(m, self.seed, draw) for m in self.sizes] for draw in draws]
        by_capacity = [[self._fit(M, *here[d], d) for M in self.hidden] for d in draws]
        by_points = [[self._fit(self.many, *points, d) for points in more[d]] for d in draws]
        return Found(
            Sweep(np.array(self.hidden), *_stacked(by_capacity)),
            Sweep(np.array(self.strengths), *_stacked([self._strengths(*here[d], d) for d in draws])),
            self._epochs(here),
            Sweep(np.array(self.sizes), *_stacked(by_points)),
        )

    def _fit(self, M: int, x: Array, t: Array, draw: int) -> tuple[float, float]:
        """Return the errors of the best of a few starts, by its objective."""
        network = regression_network(M, sigma=1.0)
        result = train(network, x, t, starts=self.starts, seed=draw, solver="scg", epochs=self.iterations)
        return _errors(result, x, t, slice(0, self.starts))

    def _strengths(self, x: Array, t: Array, draw: int) -> list[tuple[float, float]]:
        """Return the errors for every λ: all of them in one population, each member with its own."""
        network = regression_network(self.many, sigma=1.0)
        first = network.population(self.starts, seed=draw, dtype="float64")
        everybody = first.members(np.tile(np.arange(self.starts), len(self.strengths)))
        l2 = np.repeat(self.strengths, self.starts)
        result = train(everybody, x, t, solver="scg", epochs=self.iterations, l2=l2)
        groups = [slice(k * self.starts, (k + 1) * self.starts) for k in range(len(self.strengths))]
        return [_errors(result, x, t, group) for group in groups]

    def _epochs(self, here: list[tuple[Array, Array]]) -> Sweep:
        """Follow one network a draw through its training by Adam."""
        network = regression_network(self.many, sigma=1.0)
        seen = np.unique(np.geomspace(1, self.epochs, 80).astype(int))
        train_errors, test_errors = [], []
        for draw, (x, t) in enumerate(here):
            history = train(
                network,
                x,
                t,
                seed=draw,
                learning_rate=0.01,
                epochs=self.epochs,
                dtype="float64",
                validation=(GRID, truth(GRID)),
            ).history
            assert history.validation_loss is not None
            train_errors.append(2 * history.loss[0, seen - 1])
            test_errors.append(2 * history.validation_loss[0, seen - 1] + NOISE**2)
        return Sweep(seen, np.array(train_errors), np.array(test_errors))

    def words(self, found: Found) -> str:
        capacity, decay, epochs, points = found.sweeps().values()
        lowest = {name: np.median(sweep.test, axis=0).min() for name, sweep in found.sweeps().items()}
        best = {name: number(float(error), 2) for name, error in lowest.items()}
        last = np.median(epochs.test, axis=0)[-1]
        gaps = np.median(points.test - points.train, axis=0)
        return f"""
            Each panel gives a network more freedom, or less, in another way, and shows the median of
            {self.draws} draws of the sinusoid with noise of variance {NOISE**2:g} (lines; dots are single
            draws). Training error is what the network was told to make small; test error is the expected
            square error on new points of the same sinusoid, which cannot be less than {NOISE**2:g}. With
            {self.samples} points, training error falls with every hidden unit, from
            {number(float(np.median(capacity.train, axis=0)[0]), 2)} to
            {number(float(np.median(capacity.train, axis=0)[-1]), 2)}, and the test error is smallest at M =
            {self.hidden[capacity.best]} ({best["M"]}). A penalty on {self.many} units does the same in steps
            as fine as one likes: the training error rises with λ, and the test error is smallest at λ =
            {number(float(decay.settings[decay.best]), 2)} ({best["λ"]}). Time is capacity too: the test error
            of {self.many} units under Adam is smallest after {epochs.settings[epochs.best]:,} epochs
            ({best["epochs"]}) and is {number(float(last), 2)} after {self.epochs:,}, which is why one stops
            early.

            More data closes the gap from both sides: with {self.sizes[0]} points the same {self.many} units
            have a gap of {number(float(gaps[0]), 2)} between test and training error, with {self.sizes[-1]}
            one of {number(float(gaps[-1]), 2)}. Regularization is what one does for want of data.
        """

    def tables(self, found: Found) -> dict[str, Table]:
        files = {"M": "", "λ": "decay", "epochs": "epochs", "m": "points"}
        return {
            files[name]: Table(
                {
                    name: sweep.settings,
                    "training error": np.median(sweep.train, axis=0),
                    "test error": np.median(sweep.test, axis=0),
                    "test error, lower quartile": np.quantile(sweep.test, 0.25, axis=0),
                    "test error, upper quartile": np.quantile(sweep.test, 0.75, axis=0),
                }
            )
            for name, sweep in found.sweeps().items()
        }

    def draw(self, figure: Figure, found: Found) -> None:
        titles = {
            "M": (f"over capacity, {self.samples} points", "hidden units M"),
            "λ": (f"over the penalty, M = {self.many}", "strength λ"),
            "epochs": (f"over training, M = {self.many}", "epochs of Adam"),
            "m": (f"over data, M = {self.many}", "training points m"),
        }
        grid = figure.subplots(2, 2, sharey=True)
        for axes, (name, sweep) in zip(grid.ravel(), found.sweeps().items(), strict=True):
            panel(axes, *titles[name], "mean squared error" if axes in grid[:, 0] else "")
            _draw(axes, sweep, dots=name != "epochs")
            log_axis(axes.xaxis) if name in ("λ", "epochs") else None
            if name in ("M", "m"):
                axes.set_xscale("log")
                axes.set_xticks(sweep.settings, [str(int(v)) for v in sweep.settings], minor=False)
                axes.minorticks_off()
            error_axis(axes.yaxis)
            axes.set_ylim(0.005, 1)
        handles, labels = grid[0, 0].get_legend_handles_labels()
        drawing.legend(figure, [list(zip(handles, labels, strict=True))])


def _stacked(errors: list[list[tuple[float, float]]]) -> tuple[Array, Array]:
    """Return training and test errors (draws, settings), one array of each."""
    both = np.array(errors)
    return both[:, :, 0], both[:, :, 1]


def _errors(result: TrainingResult, x: Array, t: Array, group: slice) -> tuple[float, float]:
    """Return training and test error of the member with the smallest J among ``group``."""
    J = np.nanmin(result.history.loss[group], axis=1)
    best = result.population.members(group.start + int(np.argmin(J)))
    train_error = float(np.square(best.predict(x)[0, :, 0] - t).mean())
    return train_error, NOISE**2 + float(np.square(best.predict(GRID)[0, :, 0] - truth(GRID)).mean())


def _draw(axes: Axes, sweep: Sweep, dots: bool) -> None:
    for errors, colour, style, name in (
        (sweep.train, drawing.BLUE, "-", "training error"),
        (sweep.test, drawing.VERMILLION, (0, (6, 2)), "test error"),
    ):
        if dots:
            settings = np.broadcast_to(sweep.settings, errors.shape)
            axes.plot(settings.ravel(), errors.ravel(), ".", color=colour, alpha=0.35, markersize=5)
        median = np.median(errors, axis=0)
        axes.plot(sweep.settings, median, color=colour, linestyle=style, linewidth=2, label=name)
    axes.axhline(NOISE**2, color=drawing.GREY, linewidth=1, linestyle=(0, (1, 2)), label="noise")
