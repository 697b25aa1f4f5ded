"""What a penalty does to a decision boundary: several λ and M on two moons."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from shoal.layers import Dense
from shoal.lecture.data import moons
from shoal.lecture.marks import draw_classes, draw_regions, panel
from shoal.lecture.study import Study, Table
from shoal.plots.text import number, percent, plain
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.populations.trainer import train
from shoal.shapes import Array, IntArray

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Found:
    """The chosen network of every M and λ, its errors (sizes, strengths), and the length of its weights."""

    X: Array
    y: IntArray
    networks: list[list[Population]]
    train_error: Array
    test_error: Array
    norm: Array


@dataclass(frozen=True)
class DecisionBoundary(Study[Found]):
    """Boundaries between two moons for several numbers of hidden units and strengths of the penalty."""

    name: ClassVar[str] = "decision-boundary"
    title: ClassVar[str] = "A penalty smooths the boundary, until nothing is left of it"
    slides: ClassVar[str] = "Effect of Regularization"
    size: ClassVar[tuple[float, float]] = (960, 620)

    seed: int = 0
    samples: int = 60
    noise: float = 0.35
    hidden: tuple[int, ...] = (2, 5, 20)
    strengths: tuple[float, ...] = (0.0, 0.01, 0.1, 1.0, 10.0)
    starts: int = 4
    iterations: int = 400

    def compute(self) -> Found:
        X, y = moons(self.samples, self.seed, noise=self.noise)
        unseen = moons(2000, self.seed, number=1, noise=self.noise)
        networks = [self._trained(M, X, y) for M in self.hidden]
        return Found(
            X,
            y,
            networks,
            np.array([[_error(network, X, y) for network in row] for row in networks]),
            np.array([[_error(network, *unseen) for network in row] for row in networks]),
            np.array([[_norm(network) for network in row] for row in networks]),
        )

    def _trained(self, M: int, X: Array, y: IntArray) -> list[Population]:
        """Return for every λ the start with the smallest J; all of them are one population."""
        network = Network(2, [Dense(M, "tanh"), Dense(1)], loss="log_loss")
        first = network.population(self.starts, seed=self.seed, candidate=M, dtype="float64")
        everybody = first.members(np.tile(np.arange(self.starts), len(self.strengths)))
        l2 = np.repeat(self.strengths, self.starts)
        result = train(everybody, X, y, solver="scg", epochs=self.iterations, l2=l2)
        J = np.nanmin(result.history.loss, axis=1).reshape(len(self.strengths), self.starts)
        best = J.argmin(axis=1) + self.starts * np.arange(len(self.strengths))
        return [result.population.members(int(member)) for member in best]

    def words(self, found: Found) -> str:
        row, column = np.unravel_index(int(found.test_error.argmin()), found.test_error.shape)
        wide = found.test_error[-1]
        best = int(wide.argmin())
        return f"""
            {self.samples} points of two moons that overlap, and the class that the best of {self.starts}
            starts finds likelier, for M hidden units (rows) and λ (columns) in J = mean log loss + λ/2m Σ w².
            Without a penalty {self.hidden[-1]} units draw a line around single points:
            {percent(float(found.train_error[-1, 0]))} of the training points on the wrong side and
            {percent(float(wide[0]))} of 2,000 unseen ones. With λ = {plain(self.strengths[best])} they err on
            {percent(float(wide[best]))} of the unseen ones; with λ = {plain(self.strengths[-1])} weights are
            so small (their length falls from {number(float(found.norm[-1, 0]), 3)} to
            {number(float(found.norm[-1, -1]), 2)}) that the network is hardly more than linear. The smallest
            error on unseen points here is that of M = {self.hidden[row]} with λ =
            {plain(self.strengths[column])}, {percent(float(found.test_error[row, column]))}. A large network
            with the right λ is as smooth as a small one, and λ can be turned more finely than M.
        """

    def tables(self, found: Found) -> dict[str, Table]:
        shape = found.train_error.shape
        columns = {
            "M": np.repeat(self.hidden, shape[1]),
            "λ": np.tile(self.strengths, shape[0]),
            "training error": found.train_error.ravel(),
            "test error": found.test_error.ravel(),
            "length of the weights": found.norm.ravel(),
        }
        points = {"x₁": found.X[:, 0], "x₂": found.X[:, 1], "class": found.y}
        return {"": Table(columns), "points": Table(points)}

    def draw(self, figure: Figure, found: Found) -> None:
        grid = np.atleast_2d(figure.subplots(len(self.hidden), len(self.strengths)))
        for i, M in enumerate(self.hidden):
            for k, strength in enumerate(self.strengths):
                axes = grid[i, k]
                panel(axes, f"M = {M}, λ = {plain(strength)}")
                draw_regions(axes, found.networks[i][k], found.X)
                draw_classes(axes, found.X, found.y)
                errors = (percent(float(e[i, k])) for e in (found.train_error, found.test_error))
                told = "train {}, test {}".format(*errors)
                axes.text(0.5, -0.04, told, transform=axes.transAxes, ha="center", va="top", fontsize=9)


def _error(network: Population, X: Array, y: IntArray) -> float:
    """Return the share of points on the wrong side."""
    return float(((network.outputs(X)[0, :, 0] > 0) != (y == 1)).mean())


def _norm(network: Population) -> float:
    """Return the Euclidean length of all weights."""
    return float(np.sqrt(sum(np.square(W).sum() for W in network.weights)))
