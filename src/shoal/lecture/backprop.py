"""Backpropagation in the lecture's network: every boxed formula against the engine, all the way down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from shoal.explanation.gradient_check import check_gradients
from shoal.layers import Dense
from shoal.lecture.data import moons
from shoal.lecture.formulas import BOXED, boxed
from shoal.lecture.marks import draw_classes, draw_regions, panel, say
from shoal.lecture.study import Study, Table
from shoal.plots import drawing
from shoal.plots.scales import log_axis, power_of_ten
from shoal.plots.text import number
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.populations.trainer import train
from shoal.shapes import Array, IntArray

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


TOLERANCE = 1e-4
"""Training has converged when no entry of the gradient is larger."""


def lecture_network(hidden: int = 5) -> Network:
    """Return the slides' network: three layers, a sigmoid in each, log loss, everything from N(0, 0.1)."""
    layers = [
        Dense(hidden, "sigmoid", "normal"),
        Dense(hidden, "sigmoid", "normal"),
        Dense(1, initializer="normal"),  # its sigmoid belongs to the loss
    ]
    return Network(2, layers, loss="log_loss")


@dataclass(frozen=True)
class Found:
    """The course of every start, and how far formulas, engine and differences are from each other.

    ``loss`` (starts, epochs), NaN after the end. ``shown`` is the start that came lowest.
    ``checked`` (C,) are the epochs after which the formulas were compared; ``engine_error`` and
    ``numerical_error`` (C, 6) are the largest relative errors, by formula. ``step_error`` is that of the
    parameters after one update, w − α ∂L/∂w, by the engine that trains.
    """

    X: Array
    y: IntArray
    loss: Array
    epochs: IntArray
    shown: int
    trained: Population
    checked: list[int]
    engine_error: Array
    numerical_error: Array
    step_error: float


@dataclass(frozen=True)
class Backprop(Study[Found]):
    """The three-layer classifier from N(0, 0.1), by gradient descent to convergence, each formula checked."""

    name: ClassVar[str] = "backprop"
    title: ClassVar[str] = "Every boxed formula is what the engine computes"
    slides: ClassVar[str] = (
        "Backpropagation · Learning with gradient descent · Finding ∂L/∂W₃, ∂L/∂W₂, ∂L/∂W₁"
    )
    size: ClassVar[tuple[float, float]] = (960, 330)

    seed: int = 0
    samples: int = 80
    starts: int = 6
    learning_rate: float = 0.5
    epochs: int = 40_000

    def compute(self) -> Found:
        X, y = moons(self.samples, self.seed, noise=0.15)
        network = lecture_network()
        settings: dict[str, Any] = {
            "solver": "gradient_descent",
            "learning_rate": self.learning_rate,
            "tolerance": TOLERANCE,
        }
        first = network.population(self.starts, seed=self.seed, dtype="float64")
        result = train(first, X, y, epochs=self.epochs, **settings)
        final = np.array(
            [row[n - 1] for row, n in zip(result.history.loss, result.history.epochs, strict=True)]
        )
        shown = int(np.argmin(final))
        start, end = first.members(shown), result.population.members(shown)
        # Compared at the start, on the way down, and where training ended.
        middle = int(np.nanargmin(np.abs(result.history.loss[shown] - np.log(2) / 2)))
        between = train(start, X, y, epochs=max(middle, 1), **settings).population
        places = {0: start, max(middle, 1): between, int(result.history.epochs[shown]): end}
        errors = [_errors(place, X, y) for place in places.values()]
        return Found(
            X,
            y,
            result.history.loss,
            result.history.epochs,
            shown,
            end,
            list(places),
            np.array([engine for engine, _ in errors]),
            np.array([numerical for _, numerical in errors]),
            max(_step_error(place, X, y, self.learning_rate) for place in places.values()),
        )

    def words(self, found: Found) -> str:
        last = [row[n - 1] for row, n in zip(found.loss, found.epochs, strict=True)]
        stuck = sum(loss > 0.9 * np.log(2) for loss in last)
        escaped = "none of them stayed on it" if not stuck else f"{stuck} of them stayed on it"
        step = "to the last bit" if found.step_error == 0 else f"to {number(found.step_error, 2)}"
        return f"""
            A network of three layers with a sigmoid in each begins with weights and biases from N(0, 0.1)
            and follows gradient descent, w ← w − α ∂L/∂w with α = {self.learning_rate:g}, until no entry of
            the gradient exceeds {power_of_ten(TOLERANCE)}. At first it sees nothing: small weights give
            every sample a probability near ½ and a loss near ln 2 = 0.693, and the gradient of the first
            layer is a product with two matrices of small weights and two factors g′ ≤ ¼. Then it falls, in
            steps. All {len(last)} random starts cross the same plateau, and {escaped}; the one that came
            lowest ended at {number(last[found.shown], 3)} after {found.epochs[found.shown]:,} updates.

            At its first weights, half-way down and at its end, the six boxed formulas of the slides,
            written out in NumPy, were compared with what backpropagation computes: the largest relative
            error is {number(float(found.engine_error.max()), 2)}, which is rounding. One update of the
            engine that trains agrees with w − α ∂L/∂w {step}. Central differences, which know nothing of
            the chain rule, agree to {number(float(found.numerical_error.max()), 2)}: as far as differences
            can.
        """

    def tables(self, found: Found) -> dict[str, Table]:
        columns = {
            "derivative": list(BOXED),
            "formula for one sample": list(BOXED.values()),
            "error against the engine": found.engine_error.max(axis=0),
            "error against differences": found.numerical_error.max(axis=0),
        }
        caption = "The largest relative error of each formula, over the places compared"
        updates = np.unique(np.geomspace(1, found.loss.shape[1], 400).astype(int))
        losses = {f"start {k}": row[updates - 1] for k, row in enumerate(found.loss)}
        return {"": Table(columns, caption), "loss": Table({"updates": updates - 1, **losses})}

    def draw(self, figure: Figure, found: Found) -> None:
        left, middle, right = figure.subplots(1, 3, width_ratios=(1.15, 1, 1))
        _draw_losses(left, found)
        panel(middle, "what it learned")
        draw_regions(middle, found.trained, found.X)
        draw_classes(middle, found.X, found.y)
        _draw_errors(right, found)


def _errors(network: Population, X: Array, y: IntArray) -> tuple[Array, Array]:
    """Return the relative error of each formula (6,) against backpropagation, and against differences."""
    check = check_gradients(network, X, y)
    formulas = boxed([W[0] for W in network.weights], [b[0] for b in network.biases], X.T, y[None, :] * 1.0)
    pairs = []
    for gradient in (check.analytic, check.numerical):
        layers = network.network.views(gradient[None])
        blocks = [layer[name][0] for layer in reversed(layers) for name in ("W", "b")]
        pairs.append(
            np.array(
                [relative_error(block, value) for block, value in zip(blocks, formulas.values(), strict=True)]
            )
        )
    return pairs[0], pairs[1]


def relative_error(a: Array, b: Array) -> float:
    """Return ‖a − b‖ / max(‖a‖, ‖b‖).

    >>> relative_error(np.array([1.0, 0.0]), np.array([0.0, 0.0]))
    1.0
    """
    scale = max(float(np.linalg.norm(a)), float(np.linalg.norm(b)), float(np.finfo(np.float64).tiny))
    return float(np.linalg.norm(a - b)) / scale


def _step_error(network: Population, X: Array, y: IntArray, alpha: float) -> float:
    """Return the relative error of the parameters after one update of the engine against w − α ∂L/∂w."""
    W, b = [W[0] for W in network.weights], [b[0] for b in network.biases]
    gradients = list(boxed(W, b, X.T, y[None, :] * 1.0).values())
    after = train(network, X, y, solver="gradient_descent", learning_rate=alpha, epochs=1).population
    before = [value for layer in reversed(range(3)) for value in (W[layer], b[layer])]
    got = [value[0] for layer in reversed(range(3)) for value in (after.weights[layer], after.biases[layer])]
    wanted = [value - alpha * gradient for value, gradient in zip(before, gradients, strict=True)]
    return max(relative_error(value, want) for value, want in zip(got, wanted, strict=True))


def _draw_losses(axes: Axes, found: Found) -> None:
    panel(axes, "log loss of every start", "updates", "mean log loss (nats)")
    for k, row in enumerate(found.loss):
        shown = k == found.shown
        axes.plot(
            np.arange(1, row.size + 1),
            row,
            color=drawing.BLUE if shown else drawing.UNCLEAR,
            linewidth=2.0 if shown else 1.2,
            zorder=3 if shown else 2,
        )
    axes.axhline(np.log(2), color=drawing.GREY, linewidth=1, linestyle=(0, (4, 3)))
    say(axes, "ln 2", 1, np.log(2), drawing.GREY, xytext=(2, 3), ha="left")
    log_axis(axes.xaxis)
    axes.set_ylim(bottom=0)


def _draw_errors(axes: Axes, found: Found) -> None:
    panel(axes, "relative error of the formulas", "relative error")
    rows = np.arange(len(BOXED))[::-1]
    unit = float(np.finfo(np.float64).eps)
    for errors, marker, colour, name in (
        (found.engine_error, "o", drawing.BLUE, "backpropagation"),
        (found.numerical_error, "D", drawing.VERMILLION, "differences"),
    ):
        axes.plot(errors.max(axis=0), rows, marker, color=colour)
        say(axes, name, errors.max(axis=0)[0], rows[0], colour, xytext=(0, 9))
    axes.axvline(unit, color=drawing.GREY, linewidth=1, linestyle=(0, (4, 3)))
    say(axes, "rounding unit", unit, -0.6, drawing.GREY, xytext=(4, -3), ha="left")
    axes.set_yticks(rows, list(BOXED))
    log_axis(axes.xaxis)
    axes.set_ylim(-0.9, len(BOXED) - 0.3)
    axes.set_xlim(left=unit / 3)
    axes.grid(visible=False, axis="y")
