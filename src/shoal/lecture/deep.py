"""One to twenty layers on the same task, and what it takes for the deep ones to learn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from shoal.explanation.gradient_check import check_gradients
from shoal.layers import Dense
from shoal.lecture.marks import panel
from shoal.lecture.study import Study, Table
from shoal.plots import drawing
from shoal.plots.scales import log_axis, plain_ticks
from shoal.plots.text import number
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.populations.trainer import train
from shoal.randomness import Purpose, stream
from shoal.shapes import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

RECIPES = {
    "sigmoid, N(0, 0.1)": ("sigmoid", "normal", drawing.VERMILLION, "o"),
    "tanh, N(0, 0.1)": ("tanh", "normal", drawing.ORANGE, "s"),
    "tanh, Glorot": ("tanh", "glorot", drawing.BLUE, "^"),
    "ReLU, He": ("relu", "he", drawing.GREEN, "D"),
}
"""Activation and initialiser of all layers, and how they are drawn."""


@dataclass(frozen=True)
class Found:
    """``share`` (recipes, depths, starts) is the loss after training over that of the best constant.

    ``gradients`` (recipes, layers) are the root mean squares of ∂J/∂W by layer of the deepest network at its
    start.
    """

    share: Array
    gradients: Array


@dataclass(frozen=True)
class Deep(Study[Found]):
    """Networks of 1 … 20 layers on one task: which of them learn, and the gradient at each layer."""

    name: ClassVar[str] = "deep"
    title: ClassVar[str] = "Deep networks learn if the gradient reaches the first layer"
    slides: ClassVar[str] = "What is Deep Learning? · DL Architectures"
    size: ClassVar[tuple[float, float]] = (960, 380)

    seed: int = 0
    depths: tuple[int, ...] = tuple(range(1, 21))
    width: int = 8
    samples: int = 32
    starts: int = 8
    epochs: int = 300

    def compute(self) -> Found:
        X, y = self.task()
        share = np.array(
            [[self._share(self.network(recipe, depth), X, y) for depth in self.depths] for recipe in RECIPES]
        )
        deepest = [self.network(recipe, max(self.depths)) for recipe in RECIPES]
        return Found(share, np.array([_gradient_sizes(network, X, y, self.seed) for network in deepest]))

    def task(self) -> tuple[Array, Array]:
        """Return the points (N, 2) and the smooth surface over them, y = sin(3 x₁) x₂."""
        X = stream(self.seed, purpose=Purpose.OTHER).uniform(-1, 1, size=(self.samples, 2))
        return X, np.sin(3 * X[:, 0]) * X[:, 1]

    def network(self, recipe: str, depth: int) -> Network:
        """Return ``depth`` layers with weights, the last of them linear."""
        activation, initializer, *_ = RECIPES[recipe]
        hidden = [Dense(self.width, activation, initializer) for _ in range(depth - 1)]
        return Network(2, [*hidden, Dense(1, initializer=initializer)])

    def _share(self, network: Network, X: Array, y: Array) -> Array:
        result = train(
            network, X, y, starts=self.starts, seed=self.seed, learning_rate=3e-3, epochs=self.epochs
        )
        last: Array = result.history.loss[:, -1] / (np.var(y) / 2)
        return last

    def words(self, found: Found) -> str:
        names = list(RECIPES)
        median = np.median(found.share, axis=2)
        learned = [[d for d, share in zip(self.depths, row, strict=True) if share < 0.1] for row in median]
        reached = "; ".join(
            f"{name}: {f'up to {max(depths)} layers' if depths else 'none'}"
            for name, depths in zip(names, learned, strict=True)
        )
        first, glorot = found.gradients[0], found.gradients[names.index("tanh, Glorot")]
        return f"""
            The same small task, y = sin(3x₁) x₂ on {self.samples} points, for networks of {self.depths[0]} to
            {self.depths[-1]} layers of {self.width} units, {self.epochs} epochs of Adam, {self.starts} starts
            each. One layer is linear and cannot do it. Which of the others leave less than a tenth of the
            error that a constant makes, in the median of the starts? {reached}. The reason stands on the
            right: ∂L/∂W of layer l is a product of as many factors Wᵀ and g′ as there are layers above it.
            With sigmoids (g′ ≤ ¼) and weights from N(0, 0.1) every layer makes it smaller: from the last
            layer to the first it falls by a factor of {number(float(first[-1] / first[0]), 2)} in the deepest
            network, and the lower layers hear nothing. Tanh with weights as Glorot and Bengio draw them, or
            rectifiers with He's, keep the size of signal and gradient from layer to layer: with tanh and
            Glorot the same ratio is {number(float(glorot[-1] / glorot[0]), 2)}.
        """

    def tables(self, found: Found) -> dict[str, Table]:
        median = np.median(found.share, axis=2)
        shares = dict(zip(RECIPES, median, strict=True))
        sizes = dict(zip(RECIPES, found.gradients, strict=True))
        layers = np.arange(1, found.gradients.shape[1] + 1)
        return {
            "": Table({"layers": self.depths, **shares}),
            "gradients": Table({"layer": layers, **sizes}),
        }

    def draw(self, figure: Figure, found: Found) -> None:
        left, right = figure.subplots(1, 2)
        panel(left, f"error left after {self.epochs} epochs", "layers", "share of a constant's error")
        _draw(left, np.array(self.depths), np.median(found.share, axis=2))
        left.axhline(1, color=drawing.GREY, linewidth=1, linestyle=(0, (4, 3)))
        deepest = max(self.depths)
        panel(
            right,
            f"gradient at the start, {deepest} layers",
            "layer (1 is nearest the data)",
            "root mean square of ∂J/∂W",
        )
        _draw(right, np.arange(1, deepest + 1), found.gradients)
        for axes in (left, right):
            plain_ticks(axes.xaxis, most=10, whole=True)
            log_axis(axes.yaxis)
        handles, labels = left.get_legend_handles_labels()
        drawing.legend(figure, [list(zip(handles, labels, strict=True))])


def _gradient_sizes(network: Network, X: Array, y: Array, seed: int) -> Array:
    """Return the root mean square of ∂J/∂W of every layer, at a random start."""
    start: Population = network.population(1, seed=seed, dtype="float64")
    gradient = check_gradients(start, X, y).analytic
    return np.array([np.sqrt(np.square(layer["W"]).mean()) for layer in network.views(gradient[None])])


def _draw(axes: Axes, x: Array, rows: Array) -> None:
    for (name, (*_, colour, marker)), row in zip(RECIPES.items(), rows, strict=True):
        axes.plot(x, row, color=colour, marker=marker, markersize=4.5, linewidth=1.6, label=name)
