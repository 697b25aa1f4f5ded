"""L2 as a Gaussian prior: the penalised optimum is the most probable network."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
from scipy import optimize, stats

from shoal.lecture.capacity import GRID, regression_network
from shoal.lecture.data import NOISE, sinusoid
from shoal.lecture.marks import draw_sinusoid, panel
from shoal.lecture.study import Study, Table
from shoal.plots import drawing
from shoal.plots.text import number, plain
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.populations.trainer import train
from shoal.randomness import Purpose, stream
from shoal.shapes import Array

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Found:
    """For every λ: functions from the prior, the penalised optimum, and the most probable network.

    ``functions`` (strengths, draws, grid), ``fits`` (strengths, grid). ``constancy`` (strengths,) is how much
    −log p(θ | data) − (m/σ²) J(θ) varies over random θ, relative to how much J does; ``apart`` (strengths,)
    the largest |z_MAP − z_penalised| over the interval; ``slope`` (strengths,) the largest |∂ log p/∂θ| at
    the penalised optimum.
    """

    x: Array
    t: Array
    functions: Array
    fits: Array
    constancy: Array
    apart: Array
    slope: Array


@dataclass(frozen=True)
class Prior(Study[Found]):
    """MAP under a Gaussian prior equals the penalised optimum; functions drawn from the prior."""

    name: ClassVar[str] = "prior"
    title: ClassVar[str] = "The penalty is a belief: small weights are more probable"
    slides: ClassVar[str] = "Why regularization? · Regularizer is equivalent to a Gaussian prior over w"
    size: ClassVar[tuple[float, float]] = (960, 560)

    seed: int = 0
    samples: int = 10
    hidden: int = 3
    strengths: tuple[float, ...] = (0.001, 0.01, 0.1)
    draws: int = 12
    many: int = 30
    starts: int = 5
    iterations: int = 2000

    def compute(self) -> Found:
        x, t = sinusoid(self.samples, self.seed, evenly=True)
        checks = [self._check(x, t, strength) for strength in self.strengths]
        constancy, apart, slope, fits = zip(*checks, strict=True)
        functions = [self._functions(strength) for strength in self.strengths]
        return Found(
            x, t, np.array(functions), np.array(fits), np.array(constancy), np.array(apart), np.array(slope)
        )

    def _functions(self, strength: float) -> Array:
        """Draw networks with w ~ N(0, σ²/λ), each unit's middle −b/w somewhere in the interval."""
        rng = stream(self.seed, purpose=Purpose.OTHER)
        spread = NOISE / np.sqrt(strength)
        W1, W2 = spread * rng.normal(size=(2, self.draws, self.many))
        middle = rng.uniform(size=(self.draws, self.many))
        a = np.tanh(W1[:, :, None] * (GRID - middle[:, :, None]))
        return np.asarray((W2[:, :, None] * a).sum(axis=1))

    def _check(self, x: Array, t: Array, strength: float) -> tuple[float, float, float, Array]:
        """Return what is left of the difference between posterior and J, the two optima's, and the fit."""
        network = regression_network(self.hidden, sigma=1.0)
        result = train(
            network,
            x,
            t,
            starts=self.starts,
            seed=self.seed,
            solver="scg",
            epochs=self.iterations,
            tolerance=1e-9,
            l2=strength,
        )
        best = result.population.members(int(np.nanmin(result.history.loss, axis=1).argmin()))
        posterior = Posterior(network, x, t, strength)
        rng = stream(self.seed, purpose=Purpose.OTHER, index=1)
        somewhere = best.theta + rng.normal(size=(20, network.n_parameters))
        probes = Population(network, somewhere, np.repeat(best.keys, 20, axis=0))
        J = train(probes, x, t, solver="gradient_descent", epochs=1, l2=strength).history.loss[:, 0]
        scaled = len(x) / NOISE**2 * J
        constancy = float(np.ptp([posterior(theta) for theta in somewhere] - scaled) / np.ptp(scaled))
        nudged = best.theta[0] + 0.01 * rng.normal(size=network.n_parameters)
        found = optimize.minimize(
            posterior, nudged, jac=posterior.slope, method="BFGS", options={"gtol": 1e-6}
        )
        probable = Population(network, found.x[None], best.keys)
        fit, other = (one.predict(GRID)[0, :, 0] for one in (best, probable))
        slope = float(np.abs(posterior.slope(best.theta[0])).max())
        return constancy, float(np.abs(fit - other).max()), slope, fit

    def words(self, found: Found) -> str:
        scales = ", ".join(number(NOISE / np.sqrt(strength), 2) for strength in self.strengths)
        strengths = ", ".join(map(plain, self.strengths))
        return f"""
            Say that targets scatter around the network's output with variance σ² = {NOISE**2:g}, and that
            before seeing data each weight is Gaussian with mean 0 and variance σ²/λ. Then −log p(θ | data) is
            Σ (z − t)²/2σ² + λ/2σ² Σ w² and a constant, which is m/σ² times J with the penalty λ/2m Σ w²: the
            smallest J is the most probable network, MAP. Written with SciPy's normal densities, which know
            nothing of penalties, the two differ over 20 random networks by a constant to
            {number(float(found.constancy.max()), 2)} of their range. Climbing the posterior from beside the
            engine's optimum leads back to it: the two functions nowhere differ by more than
            {number(float(found.apart.max()), 2)}, for λ = {strengths}.

            The upper row shows what such beliefs look like: functions of {self.many} tanh units with weights
            drawn from the prior, of standard deviation {scales}. A small λ believes in steep and large
            functions, a large one in gentle ones. (Biases are not penalised: their prior is flat, and nothing
            can be drawn from it. Here the middle of each unit lies somewhere in the interval.) The lower row
            is what is left of these beliefs after {self.samples} points: the penalised optimum of
            {self.hidden} units.
        """

    def tables(self, found: Found) -> dict[str, Table]:
        checks: dict[str, Any] = {
            "λ": self.strengths,
            "prior's standard deviation": [NOISE / float(np.sqrt(strength)) for strength in self.strengths],
            "variation of the difference": found.constancy,
            "largest difference of the functions": found.apart,
            "slope of log p at the optimum": found.slope,
        }
        functions = {
            f"λ={strength:g} draw {k}": row
            for strength, rows in zip(self.strengths, found.functions, strict=True)
            for k, row in enumerate(rows)
        }
        fits = {f"λ={strength:g}": row for strength, row in zip(self.strengths, found.fits, strict=True)}
        return {
            "": Table(checks, "MAP against the penalised optimum"),
            "functions": Table({"x": GRID, **functions}),
            "fits": Table({"x": GRID, **fits}),
        }

    def draw(self, figure: Figure, found: Found) -> None:
        upper, lower = figure.subplots(2, len(self.strengths), sharex=True)  # each with a scale of its own
        for k, strength in enumerate(self.strengths):
            panel(upper[k], f"prior, λ = {plain(strength)}", y="z" if k == 0 else "")
            for row, colour in zip(found.functions[k], drawing.shades(self.draws), strict=True):
                upper[k].plot(GRID, row, color=colour, linewidth=1.2)
            panel(lower[k], f"most probable, λ = {plain(strength)}", "x", "t" if k == 0 else "")
            draw_sinusoid(lower[k], found.x, found.t)
            lower[k].plot(GRID, found.fits[k], color=drawing.VERMILLION, linewidth=2.2)


class Posterior:
    """−log p(θ | data), without the constant p(data), of the network's weights under a Gaussian prior.

    >>> from shoal.layers import Dense
    >>> line = Network(1, [Dense(1)])
    >>> posterior = Posterior(line, np.array([1.0]), np.array([0.0]), strength=0.09)
    >>> round(posterior(np.array([1.0, 0.0])) - posterior(np.array([0.0, 0.0])), 4)  # ½/0.09 + ½
    6.0556
    """

    def __init__(self, network: Network, x: Array, t: Array, strength: float) -> None:
        self.network, self.x, self.t = network, x, t
        self.spread = NOISE / np.sqrt(strength)

    def __call__(self, theta: Array) -> float:
        return float(self.all(theta[None])[0])

    def all(self, theta: Array) -> Array:
        """Return the value at each row of theta (P, D)."""
        keys = np.zeros((len(theta), 2), dtype=np.uint64)
        z = Population(self.network, theta, keys).outputs(self.x)[:, :, 0]
        likelihood = np.sum(stats.norm.logpdf(self.t, loc=z, scale=NOISE), axis=1)
        prior = np.sum(stats.norm.logpdf(theta[:, self.network.weight_mask], scale=self.spread), axis=1)
        return np.asarray(-likelihood - prior)

    def slope(self, theta: Array) -> Array:
        """Return the derivatives (D,) by central differences."""
        step = 1e-5
        shifts = step * np.eye(theta.size)
        return (self.all(theta + shifts) - self.all(theta - shifts)) / (2 * step)
