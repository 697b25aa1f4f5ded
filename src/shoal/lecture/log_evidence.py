"""Choosing M without validation data: the log evidence beside the validation error (Bishop 5.7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
from scipy.stats import spearmanr

from shoal.bayes.alternation import train_by_evidence
from shoal.lecture.capacity import GRID, regression_network
from shoal.lecture.data import NOISE, sinusoid, truth
from shoal.lecture.marks import error_axis, panel
from shoal.lecture.study import Study, Table
from shoal.plots import drawing
from shoal.plots.scales import plain_ticks
from shoal.plots.text import number
from shoal.populations.population import Population
from shoal.populations.trainer import TrainingResult, train
from shoal.shapes import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Found:
    """The scores of every network (draws, sizes, starts).

    ``validation_error`` is the root mean square on as many points as trained; ``distance`` that from sin 2πx
    over the whole interval. ``gamma``: the effective number of parameters; ``noise``: β^−½.
    """

    log_evidence: Array
    validation_error: Array
    distance: Array
    gamma: Array
    noise: Array

    def picks(self, draw: int) -> tuple[tuple[int, int], tuple[int, int]]:
        """Return (size, start) of the largest evidence, and of the smallest validation error."""
        shape = self.distance.shape[1:]
        by_evidence = np.unravel_index(np.nanargmax(self.log_evidence[draw]), shape)
        by_validation = np.unravel_index(np.nanargmin(self.validation_error[draw]), shape)
        return (int(by_evidence[0]), int(by_evidence[1])), (int(by_validation[0]), int(by_validation[1]))


@dataclass(frozen=True)
class LogEvidence(Study[Found]):
    """The sinusoid, networks of each size, and two ways to choose: evidence and validation."""

    name: ClassVar[str] = "evidence"
    title: ClassVar[str] = "The evidence chooses without validation data"
    slides: ClassVar[str] = "Sinusoidal Regression Problem · Parameter Norm Penalty"
    size: ClassVar[tuple[float, float]] = (960, 340)

    seed: int = 1
    samples: int = 40
    hidden: tuple[int, ...] = (1, 2, 3, 4, 6, 8, 10)
    starts: int = 5
    draws: int = 5
    sigma: float = 1.0
    epochs: int = 500

    def compute(self) -> Found:
        draws = [[self._networks(draw, hidden) for hidden in self.hidden] for draw in range(self.draws)]
        return Found(*np.moveaxis(np.array(draws), 2, 0))

    def _networks(self, draw: int, hidden: int) -> Array:
        """Return the five scores of every start (5, starts)."""
        x, t = sinusoid(self.samples, self.seed, 2 * draw)
        other_x, other_t = sinusoid(self.samples, self.seed, 2 * draw + 1)

        def fit(population: Population, l2: Array) -> TrainingResult:
            return train(population, x, t, l2=l2, solver="scg", epochs=self.epochs)

        start = regression_network(hidden, self.sigma).population(self.starts, self.seed, dtype="float64")
        result, found = train_by_evidence(fit, start, x, t, l2=0.1)
        errors = [
            np.sqrt(np.square(result.population.predict(points)[:, :, 0] - targets).mean(axis=1))
            for points, targets in ((other_x, other_t), (GRID, truth(GRID)))
        ]
        return np.array([found.log_evidence, *errors, found.gamma, found.beta**-0.5])

    def words(self, found: Found) -> str:
        (size, start), (other, _) = found.picks(0)
        agreement = float(spearmanr(found.log_evidence[0].ravel(), -found.validation_error[0].ravel())[0])
        errors = np.array(
            [[found.distance[(d, *pick)] for pick in found.picks(d)] for d in range(self.draws)]
        )
        typical = np.median(errors, axis=0)
        parameters = 3 * self.hidden[size] + 1
        return f"""
            {self.samples} points of sin 2πx with noise of standard deviation {NOISE}, and {self.starts}
            starts of each size. Training alternates with re-estimation: the prior p(w) = N(0, 1/α) and the
            noise 1/β of the Laplace approximation give the strength of the penalty, λ = α/β, and the log
            evidence ln p(D | α, β, M) says how likely the training targets are under all networks that the
            posterior still allows (Bishop 5.7). No point is held out for it; the validation error beside it
            is that of the same networks on {self.samples} other points.

            On the draw shown the evidence is largest for M = {self.hidden[size]}, whose {parameters}
            parameters are worth γ = {number(float(found.gamma[0, size, start]), 2)} well-determined ones and
            whose noise is estimated as {number(float(found.noise[0, size, start]), 2)}; the validation error
            is smallest for M = {self.hidden[other]}. The two orders of all {found.distance[0].size} networks
            agree with a rank correlation of {number(agreement, 2)}. Both turn away from networks that are too
            small. Beyond that neither has much to say: once λ is re-estimated, γ hardly grows with M, and a
            network with more units than the sinusoid needs is no worse. What is chosen by evidence lies, in
            the median of {self.draws} draws, {number(float(typical[0]), 2)} from the curve; what is chosen by
            validation, with twice as many points spent, {number(float(typical[1]), 2)}.
        """

    def tables(self, found: Found) -> dict[str, Table]:
        draws, sizes, starts = found.distance.shape
        picks = [found.picks(draw) for draw in range(draws)]
        return {
            "": Table(
                {
                    "draw": np.repeat(np.arange(draws), sizes * starts),
                    "M": np.tile(np.repeat(self.hidden, starts), draws),
                    "start": np.tile(np.arange(starts), draws * sizes),
                    "log evidence": found.log_evidence.ravel(),
                    "validation error": found.validation_error.ravel(),
                    "distance from sin 2πx": found.distance.ravel(),
                    "gamma": found.gamma.ravel(),
                    "noise": found.noise.ravel(),
                }
            ),
            "choices": Table(
                {
                    "draw": np.arange(draws),
                    "M by evidence": [self.hidden[evidence[0]] for evidence, _ in picks],
                    "its distance from the curve": [
                        found.distance[d, *evidence] for d, (evidence, _) in enumerate(picks)
                    ],
                    "M by validation": [self.hidden[validation[0]] for _, validation in picks],
                    "its distance": [
                        found.distance[d, *validation] for d, (_, validation) in enumerate(picks)
                    ],
                },
                caption="What each way chooses, draw by draw; validation has had as many points again",
            ),
        }

    def draw(self, figure: Figure, found: Found) -> None:
        left, middle, right = figure.subplots(1, 3)
        evidence, validation = found.picks(0)
        self._scores(left, "Log evidence", "log evidence (nats)", found.log_evidence[0])
        self._scores(middle, "Validation error", "RMSE on other points", found.validation_error[0])
        panel(right, "Every network once", "log evidence (nats)", "RMSE on other points")
        for k, colour in enumerate(drawing.shades(len(self.hidden))):
            right.plot(
                found.log_evidence[0, k],
                found.validation_error[0, k],
                "o",
                color=colour,
                markeredgecolor="white",
            )
        for axes, x, y in (
            (left, self.hidden, found.log_evidence[0]),
            (middle, self.hidden, found.validation_error[0]),
        ):
            axes.plot(x[evidence[0]], y[evidence], **drawing.RING, label="largest evidence")
            axes.plot(x[validation[0]], y[validation], **drawing.DIAMOND, label="smallest validation error")
        for axes in (middle, right):
            error_axis(axes.yaxis)
        for axis in (left.yaxis, right.xaxis):
            plain_ticks(axis, most=6)
        for pick, mark in ((evidence, drawing.RING), (validation, drawing.DIAMOND)):
            right.plot(found.log_evidence[0][pick], found.validation_error[0][pick], **mark)
        handles, labels = left.get_legend_handles_labels()
        drawing.legend(figure, [list(zip(handles, labels, strict=True))])

    def _scores(self, axes: Axes, title: str, label: str, scores: Array) -> None:
        """Draw a point for each start against M, in the shade of its size, and a line through the medians."""
        panel(axes, title, "hidden units M", label)
        axes.plot(self.hidden, np.median(scores, axis=1), color=drawing.GREY, linewidth=1.2, zorder=1)
        for hidden, row, colour in zip(self.hidden, scores, drawing.shades(len(self.hidden)), strict=True):
            axes.plot([hidden] * len(row), row, "o", color=colour, markeredgecolor="white")
        axes.set_xticks(self.hidden)
