"""Weight decay: what λ does to a network's complexity, and which λ is meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from shoal.lecture.capacity import regression_network
from shoal.lecture.data import sinusoid
from shoal.lecture.marks import panel
from shoal.lecture.study import Study, Table
from shoal.plots import drawing
from shoal.plots.scales import log_axis, plain_ticks
from shoal.plots.text import number, plain
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.populations.trainer import train
from shoal.shapes import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STEP = 1e-5  # of central differences


@dataclass(frozen=True)
class Found:
    """Complexity, differences and lengths.

    - ``with_m``, ``without_m`` (sizes, strengths): effective parameters γ where J has λ/2m Σ w², and λ/2 Σ
      w².
    - ``difference`` (solvers, updates): the largest |θ_decay − θ_penalty|.
    - ``length`` (decays, updates): ‖w‖ along training by w ← w − α∇J − λw.
    """

    with_m: Array
    without_m: Array
    updates: Array
    difference: Array
    length: Array


@dataclass(frozen=True)
class WeightDecay(Study[Found]):
    """Effective complexity against λ, with 1/m and without; decay against penalty; the weights decaying."""

    name: ClassVar[str] = "weight-decay"
    title: ClassVar[str] = "λ sets the complexity, and there are three λ to confuse"
    slides: ClassVar[str] = "Parameter Norm Penalty · Weight Decay"
    size: ClassVar[tuple[float, float]] = (900, 640)

    seed: int = 0
    hidden: int = 8
    samples: tuple[int, ...] = (10, 40, 160)
    strengths: tuple[float, ...] = (1e-4, 1e-3, 1e-2, 0.1, 1.0, 10.0)
    starts: int = 3
    iterations: int = 300
    learning_rate: float = 0.05
    l2: float = 0.5
    decays: tuple[float, ...] = (0.0, 1e-4, 1e-3, 1e-2)
    steps: tuple[int, ...] = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000)

    def compute(self) -> Found:
        complexity = np.array([self._complexity(m) for m in self.samples])
        first = self.network.population(1, seed=self.seed, dtype="float64")
        return Found(
            complexity[:, 0],
            complexity[:, 1],
            np.array(self.steps),
            np.array([self._differences(first, solver) for solver in ("gradient_descent", "adam")]),
            self._lengths(first),
        )

    @property
    def network(self) -> Network:
        """One input, tanh units, one linear output, from N(0, 1)."""
        return regression_network(self.hidden, sigma=1.0)

    def _complexity(self, m: int) -> Array:
        """Return γ (2, strengths) on m points, with 1/m and without: one population, a λ for each member."""
        x, t = sinusoid(m, self.seed)
        l2 = np.concatenate([self.strengths, m * np.array(self.strengths)])
        first = self.network.population(self.starts, seed=self.seed, dtype="float64")
        everybody = first.members(np.tile(np.arange(self.starts), len(l2)))
        result = train(everybody, x, t, solver="scg", epochs=self.iterations, l2=np.repeat(l2, self.starts))
        J = np.nanmin(result.history.loss, axis=1).reshape(len(l2), self.starts)
        best = J.argmin(axis=1) + self.starts * np.arange(len(l2))
        members = [result.population.members(int(member)) for member in best]
        gamma = [effective_parameters(one, x, strength) for one, strength in zip(members, l2, strict=True)]
        return np.array(gamma).reshape(2, -1)

    def _differences(self, first: Population, solver: str) -> Array:
        """Return how far decay by λ = α·l2/m leads from the penalty l2, after each number of updates."""
        m = self.samples[0]
        x, t = sinusoid(m, self.seed)
        apart = []
        for epochs in self.steps:
            penalised, decayed = (
                train(
                    first,
                    x,
                    t,
                    solver=solver,
                    learning_rate=self.learning_rate,
                    epochs=epochs,
                    tolerance=0.0,
                    l2=l2,
                    weight_decay=decay,
                ).population.theta
                for l2, decay in ((self.l2, 0.0), (0.0, self.learning_rate * self.l2 / m))
            )
            apart.append(np.abs(penalised - decayed).max())
        return np.array(apart)

    def _lengths(self, first: Population) -> Array:
        """Return ‖w‖ (decays, updates) under gradient descent, all λ in one population."""
        x, t = sinusoid(self.samples[0], self.seed)
        everybody = first.members(np.zeros(len(self.decays), dtype=np.intp))
        lengths = []
        for epochs in self.steps:
            trained = train(
                everybody,
                x,
                t,
                solver="gradient_descent",
                learning_rate=self.learning_rate,
                epochs=epochs,
                tolerance=0.0,
                weight_decay=self.decays,
            ).population
            weights = np.where(self.network.weight_mask, trained.theta, 0)
            lengths.append(np.linalg.norm(weights, axis=1))
        return np.array(lengths).T

    def words(self, found: Found) -> str:
        low, high = found.with_m[0, 0], found.with_m[0, -1]
        middle = len(self.strengths) // 2
        D, biases = self.network.n_parameters, self.hidden + 1
        spread = [float(np.ptp(gamma[:, middle])) for gamma in (found.with_m, found.without_m)]
        gd, adam = found.difference[:, -1]
        kept, decayed = found.length[0, -1], found.length[-1, -1]
        return f"""
            Effective complexity: of the {D} parameters of {self.hidden} tanh units, how many does the data
            determine? At the optimum of J with strength λ that number is γ = tr[(GᵀG + λI)⁻¹ GᵀG], with G
            the derivatives of the outputs by the parameters and no λ for the {biases} biases. On
            {self.samples[0]} points γ falls from {number(float(low), 3)} at λ = {plain(self.strengths[0])} to
            {number(float(high), 3)} at λ = {plain(self.strengths[-1])}: λ is a knob for complexity that turns
            smoothly.

            Which λ? With the slides' λ/2m Σ w² the pull of the penalty on each sample falls as m grows, so
            that more data may support more complexity: at λ = {plain(self.strengths[middle])} the numbers for
            m = {self.samples[0]} and m = {self.samples[-1]} differ by {number(spread[0], 2)}. Without 1/m,
            λ/2 Σ w², the penalty keeps its weight against the mean loss however many samples there are, and
            they differ by {number(spread[1], 2)}. The two are one formula with λ multiplied by m; a value of
            λ means nothing until one says which.

            w ← w − α∇J − λw, the slides' weight decay, is gradient descent on the penalty when λ = α·l2/m:
            after {self.steps[-1]:,} updates the largest difference of a parameter is {number(float(gd), 2)}.
            Under Adam, which rescales the penalty's gradient but not the decay, the same two settings end
            {number(float(adam), 2)} apart. That decay is a third λ, of the size of α times the second. The
            name is apt: after {self.steps[-1]:,} updates with λ = {plain(self.decays[-1])} the weights have
            the length {number(float(decayed), 2)}, without decay {number(float(kept), 2)}.
        """

    def tables(self, found: Found) -> dict[str, Table]:
        sizes = [f"m = {m}" for m in self.samples]
        with_m = dict(zip([f"γ with 1/m, {name}" for name in sizes], found.with_m, strict=True))
        without = dict(zip([f"γ without, {name}" for name in sizes], found.without_m, strict=True))
        differences = {
            "updates": found.updates,
            "gradient descent": found.difference[0],
            "Adam": found.difference[1],
        }
        lengths = {f"λ = {decay:g}": row for decay, row in zip(self.decays, found.length, strict=True)}
        caption = "The largest difference of a parameter between decay and penalty"
        return {
            "": Table({"λ": self.strengths, **with_m, **without}),
            "differences": Table(differences, caption),
            "lengths": Table({"updates": found.updates, **lengths}),
        }

    def draw(self, figure: Figure, found: Found) -> None:
        (a, b), (c, d) = figure.subplots(2, 2)
        for axes, gamma, form in ((a, found.with_m, "λ/2m Σ w²"), (b, found.without_m, "λ/2 Σ w²")):
            panel(axes, f"effective parameters, penalty {form}", "λ", "γ")
            self._draw_complexity(axes, gamma)
        panel(c, "decay against penalty", "updates", "largest difference of a parameter")
        for row, colour, marker, name in (
            (found.difference[0], drawing.BLUE, "o", "gradient descent"),
            (found.difference[1], drawing.VERMILLION, "s", "Adam"),
        ):
            c.plot(
                found.updates, np.maximum(row, 1e-17), marker=marker, color=colour, markersize=5, label=name
            )
        log_axis(c.xaxis)
        log_axis(c.yaxis)
        c.legend(loc="center right")
        panel(d, "w ← w − α∇J − λw by gradient descent", "updates", "length of the weights ‖w‖")
        shades = drawing.shades(len(self.decays))
        for decay, row, colour in zip(self.decays, found.length, shades, strict=True):
            d.plot(found.updates, row, marker="o", markersize=4, color=colour, label=f"λ = {plain(decay)}")
        log_axis(d.xaxis)
        d.set_ylim(bottom=0)
        d.legend(loc="lower left")

    def _draw_complexity(self, axes: Axes, gamma: Array) -> None:
        for m, row, colour in zip(self.samples, gamma, drawing.shades(len(self.samples)), strict=True):
            axes.plot(self.strengths, row, marker="o", markersize=5, color=colour, label=f"m = {m}")
        axes.set_ylim(0, 12)
        log_axis(axes.xaxis)
        plain_ticks(axes.yaxis, most=6, whole=True)
        axes.legend(loc="upper right")


def effective_parameters(network: Population, x: Array, strength: float) -> float:
    """Return how many parameters of one network the points x (m,) determine, against a penalty λ/2 Σ w²::

        γ = tr[(GᵀG + λ diag(weights))⁻¹ GᵀG],      G = ∂z/∂θ  (m, D), by central differences

    Source: Bishop 2006, PRML, section 3.5.3, eq. 3.91, and section 5.7.2, with the outer-product Hessian
    (5.84).

    >>> from shoal.layers import Dense
    >>> line = Network(1, [Dense(1)]).population(1, dtype="float64")
    >>> [round(effective_parameters(line, np.array([-1.0, 1.0]), strength), 3) for strength in (0.0, 2.0)]
    [2.0, 1.5]
    """
    D = network.network.n_parameters
    shifts = STEP * np.concatenate([np.eye(D), -np.eye(D)])
    shifted = Population(network.network, network.theta + shifts, np.repeat(network.keys, 2 * D, axis=0))
    z = shifted.outputs(x)[:, :, 0]
    G = ((z[:D] - z[D:]) / (2 * STEP)).T
    information = G.T @ G
    penalised = information + strength * np.diag(network.network.weight_mask.astype(np.float64))
    return float(np.trace(np.linalg.pinv(penalised, rcond=1e-12, hermitian=True) @ information))
