"""What recurrent networks remember: two numbers among many, to be added at the end."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from shoal.layers import GRU, LSTM, RNN, Dense
from shoal.layers.recurrent import Recurrent
from shoal.lecture.marks import error_axis, panel
from shoal.lecture.study import Study, Table
from shoal.plots import drawing
from shoal.plots.text import number
from shoal.populations.network import Network
from shoal.populations.trainer import train
from shoal.randomness import Purpose, stream
from shoal.shapes import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure

CELLS: dict[type[Recurrent], tuple[str, str, str]] = {
    RNN: ("plain RNN", drawing.VERMILLION, "^"),
    GRU: ("GRU", drawing.BLUE, "o"),
    LSTM: ("LSTM", drawing.GREEN, "s"),
}
"""The cells, what they are called, and how they are drawn."""

CONSTANT = 1 / 6
"""The mean squared error of always saying 1: the variance of a sum of two uniform numbers."""

BATCH = 64


@dataclass(frozen=True)
class Found:
    """``errors`` (cells, lengths, starts, epochs) are mean squared errors on unseen sequences."""

    errors: Array

    @property
    def last(self) -> Array:
        """The errors after training (cells, lengths, starts)."""
        last: Array = self.errors[..., -1]
        return last


@dataclass(frozen=True)
class Remembering(Study[Found]):
    """The adding problem for a plain recurrent network, a GRU and an LSTM, for short and long sequences."""

    name: ClassVar[str] = "sequences"
    title: ClassVar[str] = "What a recurrent network remembers"
    slides: ClassVar[str] = "DL Architectures: recurrent nets"
    size: ClassVar[tuple[float, float]] = (860, 400)

    seed: int = 0
    steps: tuple[int, ...] = (10, 20, 50)
    units: int = 16
    starts: int = 3
    updates: int = 800
    samples: int = 6400
    learning_rate: float = 0.01

    def compute(self) -> Found:
        return Found(np.array([[self._errors(cell, T) for T in self.steps] for cell in CELLS]))

    def _errors(self, cell: type[Recurrent], T: int) -> Array:
        """Return the error of every start after every epoch (starts, epochs)."""
        result = train(
            Network((2, T), [cell(self.units), Dense(1)]),
            *adding(self.samples, T, self.seed, 0),
            validation=adding(1000, T, self.seed, 1),
            starts=self.starts,
            seed=self.seed,
            batch_size=BATCH,
            epochs=max(1, round(self.updates * BATCH / self.samples)),
            learning_rate=self.learning_rate,
            schedule="cosine",
            clip_norm=1.0,
        )
        losses = result.history.validation_loss
        assert losses is not None
        return 2 * losses

    def words(self, found: Found) -> str:
        T = self.steps[-1]
        medians = [number(float(error), 2) for error in np.median(found.last[:, -1], axis=-1)]
        plain, gru, lstm = medians
        short = number(float(np.median(found.last[0, 0])), 2)
        mean = np.median(found.last[0, -1]) > 0.9 * CONSTANT
        return f"""
            A sequence of numbers between 0 and 1, and beside it a second channel that marks two of them, one
            in either half. The network, which sees one step at a time, is to give the sum of the two at the
            end. Nothing but memory is asked for: who always says 1 has a mean squared error of
            {number(CONSTANT, 3)}. Each network has {self.units} recurrent units and is trained by Adam, with
            gradients of length 1 at most, for {self.updates:,} updates of {BATCH} sequences, from
            {self.starts} starts; errors are those of 1,000 other sequences.

            With {self.steps[0]} steps the plain network comes down to an error of {short}. With {T} it ends
            at {plain} in the median of its starts{": it has learnt the mean" if mean else ""}. The GRU comes
            down to {gru} and the LSTM to {lstm} there. All three could keep a number; but to learn that it
            should be kept, the gradient has to arrive at a step that may be {T - 1} steps back, and through
            a plain network little of it does: see the study of how far back a gradient reaches.
        """

    def tables(self, found: Found) -> dict[str, Table]:
        names = [name for name, *_ in CELLS.values()]
        epochs = found.errors.shape[-1]
        course = {
            f"{name}, start {start}": found.errors[k, -1, start]
            for k, name in enumerate(names)
            for start in range(self.starts)
        }
        medians = dict(zip(names, np.median(found.last, axis=-1), strict=True))
        caption = f"Mean squared error after {self.updates:,} updates, median of {self.starts} starts"
        updates = np.arange(1, epochs + 1) * self.samples // BATCH
        return {
            "": Table({"steps": self.steps, **medians}, caption),
            "course": Table({"updates": updates, **course}),
        }

    def draw(self, figure: Figure, found: Found) -> None:
        left, right = figure.subplots(1, 2, sharey=True)
        updates = np.arange(1, found.errors.shape[-1] + 1) * self.samples // BATCH
        panel(left, f"every start, {self.steps[-1]} steps", "updates", "mean squared error, unseen sequences")
        panel(right, f"after {self.updates:,} updates", "steps of a sequence")
        for k, (name, colour, marker) in enumerate(CELLS.values()):
            for errors in found.errors[k, -1]:
                left.plot(updates, errors, color=colour, linewidth=1.4)
            right.plot(self.steps, found.last[k], marker, color=colour, markersize=4, alpha=0.6)
            median = np.median(found.last[k], axis=-1)
            right.plot(self.steps, median, color=colour, marker=marker, linewidth=1.8, label=name)
        for axes in (left, right):
            axes.axhline(CONSTANT, color=drawing.GREY, linewidth=1, linestyle=(0, (4, 3)))
        right.plot([], [], color=drawing.GREY, linewidth=1, linestyle=(0, (4, 3)), label="always 1")
        right.set_xticks(self.steps)
        error_axis(left.yaxis)
        left.set_xlim(left=0)
        handles, labels = right.get_legend_handles_labels()
        drawing.legend(figure, [list(zip(handles, labels, strict=True))])


def adding(n: int, T: int, seed: int, part: int) -> tuple[Array, Array]:
    """Return ``n`` sequences (n, 2, T), numbers and marks, and the sums (n,) of the two numbers marked.

    Source: Hochreiter & Schmidhuber 1997, "Long short-term memory", experiment 4, with one mark in each half.

    >>> X, y = adding(3, 4, seed=0, part=0)
    >>> X[:, 1].sum(axis=-1), np.abs(y - (X[:, 0] * X[:, 1]).sum(axis=-1)).max() < 1e-12
    (array([2., 2., 2.]), np.True_)
    """
    rng = stream(seed, part, Purpose.OTHER)
    X = np.zeros((n, 2, T))
    X[:, 0] = rng.uniform(size=(n, T))
    row = np.arange(n)
    places = rng.integers(0, T // 2, n), rng.integers(T // 2, T, n)
    for place in places:
        X[row, 1, place] = 1
    return X, X[row, 0, places[0]] + X[row, 0, places[1]]
