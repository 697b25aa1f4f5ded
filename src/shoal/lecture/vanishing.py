"""How long the gradient still is so many steps back, for cells and for what they begin with."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from shoal.explanation.reach import lengths_back, relative
from shoal.initializers import Initializer, Normal, Orthogonal
from shoal.layers import GRU, LSTM, RNN
from shoal.layers.recurrent import Recurrent
from shoal.lecture.marks import panel
from shoal.lecture.study import Study, Table
from shoal.plots import drawing
from shoal.plots.scales import log_axis, plain_ticks, power_of_ten
from shoal.populations.network import Network
from shoal.randomness import Purpose, stream
from shoal.shapes import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class InSquareRoot(Initializer):
    """Uniform numbers as PyTorch's recurrent layers begin with, U(−1/√n, 1/√n); n is the number of units."""

    name: ClassVar[str] = "in square root"

    def weights(self, rng: np.random.Generator, m: int, n: int) -> Array:
        return rng.uniform(-1 / np.sqrt(n), 1 / np.sqrt(n), (m, n))


@dataclass(frozen=True)
class Identity(Initializer):
    """The identity: a state that stays as it is."""

    name: ClassVar[str] = "identity"

    def weights(self, rng: np.random.Generator, m: int, n: int) -> Array:
        return np.eye(m, n)


@dataclass(frozen=True)
class Start:
    """A recurrent layer, what each m × m of its R begins with, and how it is drawn."""

    name: str
    layer: Recurrent
    recurrent: Initializer
    colour: str
    dashes: tuple[float, ...] = ()

    @property
    def cell(self) -> str:
        """The cell, which is the panel."""
        return self.layer.name.upper()


def starts(units: int) -> list[Start]:
    """Return every start of the study, cell by cell."""
    rnn, uniform, orthogonal = RNN(units), InSquareRoot(), Orthogonal()
    shades = drawing.shades(4)
    return [
        Start("N(0, 0.1)", rnn, Normal(0.1), drawing.ORANGE),
        Start("uniform ±1/√H", rnn, uniform, drawing.BLACK, (2, 2)),
        Start("orthogonal", rnn, orthogonal, drawing.BLUE),
        Start("identity", rnn, Identity(), drawing.GREEN),
        Start("1.5 × orthogonal", rnn, Orthogonal(1.5), drawing.VERMILLION, (6, 2)),
        Start("uniform ±1/√H, f-bias 0", LSTM(units, forget_bias=0.0), uniform, drawing.BLACK, (2, 2)),
        *(
            Start(f"orthogonal, f-bias {bias}", LSTM(units, forget_bias=bias), orthogonal, shades[bias])
            for bias in range(3)
        ),
        *(
            Start(f"orthogonal, z-bias {bias}", GRU(units, update_bias=bias), orthogonal, shades[bias])
            for bias in range(4)
        ),
    ]


@dataclass(frozen=True)
class Vanishing(Study[Array]):
    """The length of ∂J/∂h_t against t before any training; found is (starts, T), relative to the last step.

    Of a network with ``units`` recurrent units and one linear output, half the squared error of which is J,
    on ``samples`` sequences of noise, the median of ``draws`` draws of its weights.
    """

    name: ClassVar[str] = "vanishing"
    title: ClassVar[str] = "How far back in time a gradient reaches"
    slides: ClassVar[str] = "DL Architectures: recurrent nets"
    size: ClassVar[tuple[float, float]] = (960, 440)

    seed: int = 0
    units: int = 64
    steps: int = 100
    samples: int = 8
    draws: int = 3
    back: tuple[int, ...] = (10, 20, 50, 99)

    def compute(self) -> Array:
        return np.array([self.reach(start) for start in starts(self.units)])

    def reach(self, start: Start) -> Array:
        """Return ‖∂J/∂h_(T−k)‖ / ‖∂J/∂h_T‖ for k = 0 … T − 1 (T,)."""
        rng, m = stream(self.seed, purpose=Purpose.OTHER), self.units
        x = rng.normal(size=(1, 1, self.steps, self.samples))
        error = rng.normal(size=(1, 1, self.samples)) / self.samples
        out = rng.normal(size=(self.draws, m, 1)) / np.sqrt(m)
        network = Network((1, self.steps), [start.layer], "squared_error")
        population = network.population(self.draws, self.seed, dtype="float64")
        (parameters,) = network.views(population.theta)
        gates = [start.recurrent.weights(rng, m, m) for _ in range(self.draws * start.layer.gates)]
        parameters["R"][...] = np.reshape(gates, parameters["R"].shape)
        median: Array = np.median(relative(lengths_back(start.layer, parameters, x, out * error)), axis=0)
        return median

    def words(self, found: Array) -> str:
        ends = dict(zip([(s.cell, s.name) for s in starts(self.units)], found[:, -1], strict=True))
        last = self.steps - 1
        said = {
            key: about(ends[key])
            for key in (
                ("RNN", "N(0, 0.1)"),
                ("RNN", "orthogonal"),
                ("RNN", "1.5 × orthogonal"),
                ("LSTM", "orthogonal, f-bias 0"),
                ("LSTM", "orthogonal, f-bias 1"),
                ("GRU", "orthogonal, z-bias 0"),
                ("GRU", "orthogonal, z-bias 3"),
            )
        }
        small, orthogonal, grown, forgets, keeps, leaves, holds = said.values()
        return f"""
            A recurrent network is as deep as its sequence is long, and every layer of that depth has the
            same weights. So ∂L/∂h of a step k steps before the last is a product of k factors, Rᵀ diag(g′)
            of a plain RNN, and a product of many like factors shrinks or grows with its length. The figure
            has that length for {self.units} units and {self.steps} steps of noise before any training,
            relative to the last step, the median of {self.draws} draws of the weights.

            With R from N(0, 0.1) the first step receives about {small} of what the last does. An orthogonal
            R keeps lengths, and only the slopes of tanh are left to shrink the gradient: {orthogonal}. With
            one and a half times as much it explodes: {grown}, {last} steps back. In an LSTM the gradient
            goes from cell to cell through the forget gate alone: with a bias of 0 that gate stands at
            one half and {forgets} arrives; with a bias of 1, {keeps}. The update gate of a GRU does the
            same: {leaves} with a bias of 0, and {holds} with 3. What does not arrive cannot be learnt,
            however long one trains; so shoal's R begins orthogonal, gate by gate, and both biases at 1.
        """

    def tables(self, found: Array) -> dict[str, Table]:
        every = starts(self.units)
        names = {"cell": [start.cell for start in every], "start": [start.name for start in every]}
        columns = {f"−{k}": [about(value) for value in found[:, k]] for k in self.back}
        return {
            "": Table(
                {
                    "steps back": np.arange(self.steps),
                    **{f"{start.cell} {start.name}": row for start, row in zip(every, found, strict=True)},
                }
            ),
            "values": Table(
                {**names, **columns},
                f"‖∂J/∂h‖ so many steps before the last, relative to the last; {self.units} units",
            ),
        }

    def draw(self, figure: Figure, found: Array) -> None:
        every = starts(self.units)
        cells = dict.fromkeys(start.cell for start in every)
        panels = figure.subplots(1, len(cells), sharey=True)
        for axes, cell in zip(panels, cells, strict=True):
            panel(axes, cell, "steps before the last", "" if axes is not panels[0] else "length of ∂J/∂h")
            for start, row in zip(every, found, strict=True):
                if start.cell == cell:
                    _draw(axes, start, row)
            axes.axhline(1, color=drawing.GREY, linewidth=1, zorder=1)
            axes.set_xlim(self.steps - 1, 0)
            plain_ticks(axes.xaxis, most=6, whole=True)
            log_axis(axes.yaxis)
            axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.2), borderaxespad=0)
        panels[0].set_ylim(1e-24, 1e4)


def _draw(axes: Axes, start: Start, row: Array) -> None:
    style = (0, start.dashes) if start.dashes else "-"
    axes.plot(np.arange(len(row)), row, color=start.colour, linewidth=1.8, linestyle=style, label=start.name)


def about(value: float) -> str:
    """Return a number of any size with two digits, as a power of ten where it is far from one.

    >>> about(0.0174), about(2.04e-13), about(512.0), about(4e-31)
    ('0.017', '2.0·10⁻¹³', '510', '4.0·10⁻³¹')
    """
    if 1e-3 <= value < 1e4:
        return f"{float(f'{value:.2g}'):g}"
    digits, exponent = f"{value:.1e}".split("e")
    return f"{digits}·{power_of_ten(float(f'1e{exponent}'))}"
