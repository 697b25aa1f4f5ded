"""Thirty random starts of every size, and which size wins (Bishop's figure 5.10)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from shoal.lecture.capacity import GRID, regression_network
from shoal.lecture.data import sinusoid
from shoal.lecture.live import live_figure
from shoal.lecture.marks import draw_sinusoid, enumerated, error_axis, panel
from shoal.lecture.study import Study, Table
from shoal.plots import drawing
from shoal.plots.networks import units
from shoal.plots.scales import plain_ticks
from shoal.plots.text import number
from shoal.populations.trainer import TrainingResult, train
from shoal.shapes import Array, IntArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

SIGMA = float(np.sqrt(10))
"""Of all first weights and biases: a variance of 10, as in Bishop's figure."""
GOLDEN = 0.6180339887  # multiples of it, modulo one, never come close to each other


@dataclass(frozen=True)
class Race:
    """Every start of every size on one draw of the points; errors are mean squares (sizes, starts)."""

    points: tuple[Array, Array]
    results: list[TrainingResult]
    train_error: Array
    validation_error: Array

    @property
    def winner(self) -> tuple[int, int]:
        """The place of the size, and the start, with the smallest validation error."""
        size, start = np.unravel_index(int(np.argmin(self.validation_error)), self.validation_error.shape)
        return int(size), int(start)

    def fits(self) -> Array:
        """Return what every network makes of the interval: (sizes · starts, grid)."""
        return np.concatenate([result.population.predict(GRID)[:, :, 0] for result in self.results])


@dataclass(frozen=True)
class Found:
    """The race that is shown, and of every race the smallest validation error of each size (races, sizes)."""

    shown: Race
    best: Array

    @property
    def wins(self) -> IntArray:
        """In how many races each size had the smallest validation error (sizes,)."""
        return np.bincount(self.best.argmin(axis=1), minlength=self.best.shape[1])


@dataclass(frozen=True)
class Starts(Study[Found]):
    """30 starts for each M = 1 … 10, the choice by a validation set, and how often which M is chosen."""

    name: ClassVar[str] = "starts"
    title: ClassVar[str] = "Which M wins is mostly luck"
    slides: ClassVar[str] = "Using Validation Set to fix no. of hidden units"
    size: ClassVar[tuple[float, float]] = (960, 440)

    seed: int = 0
    samples: int = 20
    validation: int = 100
    hidden: tuple[int, ...] = tuple(range(1, 11))
    starts: int = 30
    epochs: int = 300
    races: int = 20

    def compute(self) -> Found:
        races = [self.race(number) for number in range(self.races)]
        return Found(races[0], np.array([race.validation_error.min(axis=1) for race in races]))

    def race(self, number: int) -> Race:
        """Train every start of every size on draw ``number`` of the points, from starts of its own."""
        x, t = sinusoid(self.samples, self.seed, 2 * number)
        xv, tv = sinusoid(self.validation, self.seed, 2 * number + 1)
        results, train_errors, validation_errors = [], [], []
        for M in self.hidden:
            first = regression_network(M, SIGMA).population(
                self.starts, self.seed, candidate=M, fold=number, dtype="float64"
            )
            result = train(first, x, t, solver="scg", epochs=self.epochs)
            results.append(result)
            train_errors.append(np.square(result.population.predict(x)[:, :, 0] - t).mean(axis=1))
            validation_errors.append(np.square(result.population.predict(xv)[:, :, 0] - tv).mean(axis=1))
        return Race((x, t), results, np.array(train_errors), np.array(validation_errors))

    def words(self, found: Found) -> str:
        size, start = found.shown.winner
        error = found.shown.validation_error
        M, wins = self.hidden[size], found.wins
        often = enumerated(self.hidden[k] for k in np.flatnonzero(wins == wins.max()))
        losers = enumerated(M for M, count in zip(self.hidden, wins, strict=True) if not count)
        never = f", M = {losers} never" if losers else ""
        worst = float((error.max(axis=1) / error.min(axis=1)).max())
        lead = np.sort(found.best, axis=1)
        margin = float(np.median(lead[:, 1] / lead[:, 0] - 1))
        above = float(np.median(np.median(error, axis=1) / error.min(axis=1) - 1))
        return f"""
            {self.starts} random starts for each M, weights and biases from N(0, variance 10), trained on
            {self.samples} noisy points of the sinusoid by at most {self.epochs} iterations of scaled
            conjugate gradients, and judged by {self.validation} others (Bishop's figure 5.10). Every point
            is a network. The spread within a column is the work of the start alone: half the starts of a
            size end at least {number(100 * above, 2)} % above its best, and the worst at {number(worst, 2)}
            times it. Here M = {M} wins, from start {start}, with a mean squared error of
            {number(float(error.min()), 3)}; the noise alone makes 0.09.

            The slides chose M = 8. How often does M = 8 win? Points and starts were drawn {len(found.best)}
            times in all: M = {often} won most often, {wins.max()} of {len(found.best)} times{never}. In the
            median race the runner-up was only {number(100 * margin, 2)} % behind the winner. Once M is
            large enough to bend as the sinusoid does, which size wins is decided by the draw of the data
            and by luck among the starts, not by M: the procedure finds a good network, it does not find the
            right number of hidden units. Hundreds of iterations amplify even rounding, so that another
            processor may see another winner. These counts are for this many points and this much noise, and
            say nothing about other data.
        """

    def tables(self, found: Found) -> dict[str, Table]:
        race, (S, M) = found.shown, (self.starts, len(self.hidden))
        wins: dict[str, Any] = {
            "M": self.hidden,
            "races won": found.wins,
            "best start, median of races": np.median(found.best, axis=0),
            "median start, race shown": np.median(race.validation_error, axis=1),
        }
        return {
            "": Table(
                {
                    "M": np.repeat(self.hidden, S),
                    "start": np.tile(np.arange(S), M),
                    "training error": race.train_error.ravel(),
                    "validation error": race.validation_error.ravel(),
                    "iterations": np.concatenate([result.history.epochs for result in race.results]),
                }
            ),
            "wins": Table(
                wins, f"Which M wins in {len(found.best)} races, and mean squared validation errors"
            ),
            "races": Table(
                {
                    "race": np.arange(len(found.best)),
                    "winner": np.array(self.hidden)[found.best.argmin(axis=1)],
                    **{f"M={M}": found.best[:, k] for k, M in enumerate(self.hidden)},
                }
            ),
        }

    def draw(self, figure: Figure, found: Found) -> None:
        scatter, fit, wins = _panels(figure)
        _draw_starts(scatter, self.hidden, found.shown)
        _draw_fit(fit, found.shown, "the fit of the choice")
        size, start = found.shown.winner
        chosen = found.shown.fits()[size * self.starts + start]
        fit.plot(GRID, chosen, color=drawing.VERMILLION, linewidth=2.2)
        _draw_wins(wins, self.hidden, found)

    def interactive(self, found: Found) -> str | None:
        race, fits = found.shown, found.shown.fits()
        with drawing.sheet(*self.size) as figure:
            scatter, fit, wins = _panels(figure)
            _draw_starts(scatter, self.hidden, race)
            _draw_fit(fit, race, "the fit of the start pointed at")
            for k, values in enumerate(fits):
                fit.plot(GRID[::2], values[::2], color=drawing.VERMILLION, linewidth=2.2, gid=f"fit-{k}")
            _draw_wins(wins, self.hidden, found)
            picture = drawing.svg(figure, "live-starts", f"{self.title}: every start, and its fit")
        size, start = race.winner
        names = [
            f"{units(str(M))}, start {s}: training error {number(float(race.train_error[k, s]), 3)}, "
            f"validation error {number(float(race.validation_error[k, s]), 3)}"
            for k, M in enumerate(self.hidden)
            for s in range(self.starts)
        ]
        return live_figure(
            picture, "live-starts", names, columns=self.starts, first=size * self.starts + start
        )


def _panels(figure: Figure) -> tuple[Axes, Axes, Axes]:
    axes = figure.subplot_mosaic([["starts", "fit"], ["starts", "wins"]], width_ratios=(1.5, 1))
    return axes["starts"], axes["fit"], axes["wins"]


def _draw_starts(axes: Axes, hidden: tuple[int, ...], race: Race) -> None:
    """Draw a point a network, those of a size side by side, and ring the choice."""
    size, start = race.winner
    starts = np.arange(race.validation_error.shape[1])
    aside = 0.7 * (((starts + 1) * GOLDEN) % 1 - 0.5)
    panel(axes, f"{race.validation_error.size} networks, {starts.size} starts a size", "hidden units M")
    axes.plot(
        (np.arange(len(hidden))[:, None] + aside).ravel(),
        race.validation_error.ravel(),
        "o",
        color=drawing.BLUE,
        markersize=5,
        markeredgewidth=0.4,
        markeredgecolor="white",
        gid="points",
    )
    axes.plot([size + aside[start]], [race.validation_error[size, start]], **drawing.RING, label="the choice")
    axes.set_xticks(range(len(hidden)), list(map(str, hidden)))
    axes.tick_params(axis="x", length=0)
    axes.grid(visible=False, axis="x")
    axes.set_ylabel("mean squared validation error")
    error_axis(axes.yaxis)
    axes.legend(loc="upper right", borderaxespad=0)


def _draw_fit(axes: Axes, race: Race, title: str) -> None:
    panel(axes, title, "x", "t")
    draw_sinusoid(axes, *race.points)
    axes.set_ylim(-2, 2)


def _draw_wins(axes: Axes, hidden: tuple[int, ...], found: Found) -> None:
    panel(axes, f"which M wins in {len(found.best)} races", "hidden units M", "races won")
    axes.bar(range(len(hidden)), found.wins, color=drawing.BLUE, width=0.6)
    axes.set_xticks(range(len(hidden)), list(map(str, hidden)))
    axes.tick_params(axis="x", length=0)
    axes.grid(visible=False, axis="x")
    plain_ticks(axes.yaxis, most=5, whole=True)
