"""The same weights at every step: a motif that stands anywhere, in sequences longer than any seen."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from shoal.layers import GRU, Conv1D, Dense, Flatten, GlobalMaxPool1D, Layer
from shoal.lecture.marks import enumerated, panel, percent_axis
from shoal.lecture.study import Study, Table
from shoal.plots import drawing
from shoal.plots.text import percent
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.populations.trainer import train
from shoal.randomness import Purpose, stream
from shoal.sequences import Sequences
from shoal.shapes import Array, IntArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DENSE, CONVOLUTIONAL, RECURRENT = "dense", "convolutional", "recurrent"
KINDS = {
    DENSE: (drawing.BLUE, "o"),
    CONVOLUTIONAL: (drawing.GREEN, "s"),
    RECURRENT: (drawing.PURPLE, "D"),
}
"""The kinds of network, and how they are drawn."""

MOTIF = 8
"""Steps of a motif: one period of a sine."""
BATCH = 50


@dataclass(frozen=True)
class Series:
    """Series X (N, 1, T), zeros beyond their ends, of ``lengths`` (N,); which motif is where."""

    X: Array
    lengths: IntArray
    y: IntArray
    place: IntArray

    def given_to(self, kind: str) -> Array | Sequences:
        """Return what a network takes: to a dense one what lies beyond an end is data as well."""
        return self.X if kind == DENSE else Sequences(self.X, self.lengths)


@dataclass(frozen=True)
class Found:
    """``wrong`` (kinds, lengths, starts) are shares of series mistaken, of every length of the test.

    ``by_place`` (kinds, places) are those of the longest series, by where the motif is, all starts together.
    """

    wrong: Array
    by_place: Array
    parameters: tuple[int, ...]


@dataclass(frozen=True)
class SharingInTime(Study[Found]):
    """A dense, a convolutional and a recurrent network of one size, on series of unequal lengths."""

    name: ClassVar[str] = "sharing-in-time"
    title: ClassVar[str] = "The same weights at every step"
    slides: ClassVar[str] = "Comparison with Regular NNs · DL Architectures: recurrent nets"
    size: ClassVar[tuple[float, float]] = (860, 400)

    seed: int = 0
    train: int = 1000
    test: int = 400
    shortest: int = 20
    longest: int = 40
    lengths: tuple[int, ...] = (20, 30, 40, 50, 60, 80)
    places: int = 8
    starts: int = 3
    updates: int = 600

    def compute(self) -> Found:
        rng, T = stream(self.seed, purpose=Purpose.OTHER), max(self.lengths)
        seen = motifs(rng, rng.integers(self.shortest, self.longest + 1, self.train), T)
        tests = [motifs(rng, np.full(self.test, L), T) for L in self.lengths]
        populations = {kind: self._trained(kind, seen, T) for kind in KINDS}
        wrong = [[mistaken(p, kind, test) for test in tests] for kind, p in populations.items()]
        part = (tests[-1].place * self.places) // (T - MOTIF + 1)
        by_place = [[mistakes[-1][:, part == k].mean() for k in range(self.places)] for mistakes in wrong]
        shares = np.array([[each.mean(axis=-1) for each in mistakes] for mistakes in wrong])
        parameters = tuple(population.network.n_parameters for population in populations.values())
        return Found(shares, np.array(by_place), parameters)

    def _trained(self, kind: str, seen: Series, T: int) -> Population:
        return train(
            network(kind, T),
            seen.given_to(kind),
            seen.y,
            starts=self.starts,
            seed=self.seed,
            learning_rate=0.01,
            schedule="cosine",
            clip_norm=1.0,
            batch_size=BATCH,
            epochs=math.ceil(self.updates * BATCH / self.train),
        ).population

    def words(self, found: Found) -> str:
        mean = found.wrong.mean(axis=-1)
        known = [percent(float(share)) for share in mean[:, self.lengths.index(self.longest)]]
        beyond = [percent(float(share)) for share in mean[:, -1]]
        return f"""
            Noise with one period of a sine somewhere in it, upwards first or downwards first: which is it?
            Training has {self.train:,} series of {self.shortest} to {self.longest} steps, the test series of
            up to {self.lengths[-1]}. Three networks of about as many parameters,
            {enumerated(found.parameters)}, see them: a dense one, to which every series is
            {self.lengths[-1]} numbers, zeros beyond its end; convolutions and the largest answer over time;
            and a GRU with the largest state over time. The last two have the same weights at every step, see
            none beyond a series' end, and do not know how long series are. Lines are means of {self.starts}
            starts.

            Of series of {self.longest} steps the dense network mistakes {known[0]}, the convolutional
            {known[1]} and the recurrent {known[2]}: a dense network has to learn the motif at each place
            anew, of a network that shares its weights every series teaches all places. Of series of
            {self.lengths[-1]} steps they mistake {beyond[0]}, {beyond[1]} and {beyond[2]}. Where training
            had no steps, on the right, a dense network has weights that nothing has taught, and guesses.
        """

    def tables(self, found: Found) -> dict[str, Table]:
        mean = dict(zip(KINDS, found.wrong.mean(axis=-1), strict=True))
        caption = f"Share of series mistaken by their steps, mean of {self.starts} starts"
        return {
            "": Table({"steps": self.lengths, **mean}, caption),
            "places": Table({"from step": self._middles(), **dict(zip(KINDS, found.by_place, strict=True))}),
        }

    def _middles(self) -> Array:
        """Return the middle of each part that places are counted in, as a step from 1 (places,)."""
        last = self.lengths[-1] - MOTIF + 1
        return 1 + (np.arange(self.places) + 0.5) * last / self.places

    def draw(self, figure: Figure, found: Found) -> None:
        left, right = figure.subplots(1, 2, sharey=True)
        panel(left, "series of every length", "steps of a series", "share of series mistaken")
        panel(right, f"series of {self.lengths[-1]} steps", "step at which the motif begins")
        for k, (name, (colour, marker)) in enumerate(KINDS.items()):
            wrong, style = found.wrong[k], {"color": colour, "marker": marker, "linewidth": 1.8}
            left.fill_between(self.lengths, wrong.min(axis=-1), wrong.max(axis=-1), color=colour, alpha=0.15)
            left.plot(self.lengths, wrong.mean(axis=-1), label=name, **style)
            right.plot(self._middles(), found.by_place[k], **style)
        for axes in (left, right):
            beyond = axes.axvspan(self.longest, self.lengths[-1], color=drawing.GREY, alpha=0.12, linewidth=0)
            guess = axes.axhline(0.5, color=drawing.GREY, linewidth=1, linestyle=(0, (4, 3)))
        percent_axis(left)
        handles, labels = left.get_legend_handles_labels()
        further = [(guess, "a guess"), (beyond, "steps that training did not have")]
        drawing.legend(figure, [[*zip(handles, labels, strict=True), *further]])


def network(kind: str, T: int) -> Network:
    """Return a network of a kind for series of at most T steps, of about as many parameters as the others.

    >>> [network(kind, 80).n_parameters for kind in KINDS]
    [998, 992, 1022]
    """
    layers: dict[str, list[Layer]] = {
        DENSE: [Flatten(), Dense(12, "relu")],
        CONVOLUTIONAL: [
            Conv1D(16, 9, activation="relu", padding="same"),
            Conv1D(10, 5, activation="relu", padding="same"),
            GlobalMaxPool1D(),
        ],
        RECURRENT: [GRU(17, return_sequences=True), GlobalMaxPool1D()],
    }
    return Network((1, T), [*layers[kind], Dense(2)], "cross_entropy")


def motifs(rng: np.random.Generator, lengths: IntArray, T: int) -> Series:
    """Return a series for each of ``lengths`` (N,): noise, and one period of a sine or of its mirror image.

    The period is of amplitude 1.5, the noise of standard deviation 0.5, and every place is as likely.

    >>> series = motifs(np.random.default_rng(0), np.array([8, 20]), 20)
    >>> series.X.shape, series.place[0], series.X[0, 0, 8:].any()
    ((2, 1, 20), np.int64(0), np.False_)
    """
    N = len(lengths)
    y, place = rng.integers(0, 2, N), rng.integers(0, lengths - MOTIF + 1)
    X = np.where(np.arange(T) < lengths[:, None], 0.5 * rng.normal(size=(N, T)), 0.0)
    at = place[:, None] + np.arange(MOTIF)
    X[np.arange(N)[:, None], at] += 1.5 * (1 - 2 * y)[:, None] * np.sin(2 * np.pi * np.arange(MOTIF) / MOTIF)
    return Series(X[:, None], lengths, y, place)


def mistaken(population: Population, kind: str, series: Series) -> Array:
    """Return which series each network mistakes (P, N)."""
    called = population.outputs(series.given_to(kind)).argmax(axis=-1)
    return np.asarray(called != series.y)
