"""What a user asks of ``shoal fit``."""

from __future__ import annotations

import dataclasses
import math
from dataclasses import dataclass

from shoal.activations import ACTIVATIONS
from shoal.calibration.decision import COST, check_metric
from shoal.clusters.lending import check_address
from shoal.data.targets.losses import LOSSES, SQUARED
from shoal.data.targets.rare import RARE
from shoal.data.targets.task import TASKS
from shoal.errors import ConfigurationError, UnknownNameError
from shoal.jobs.images.augment import AUTO, augmentation_of
from shoal.jobs.searching import check_search
from shoal.jobs.sizing.study import QUALITIES, AskedSize
from shoal.randomness import check_seed
from shoal.registry import resolve
from shoal.selection.candidates.candidate import grid
from shoal.selection.cohorts.network_numbers import NetworkNumbers
from shoal.selection.rules import BY_EVIDENCE, RULES
from shoal.shapes import LARGEST
from shoal.solvers import SOLVERS
from shoal.words import setting
from shoal.workers import count_workers

SCORES = ("validation", BY_EVIDENCE)
"""What networks are compared by."""
AT_HAND = ""
"""The table of a request for rows that somebody has at hand, so that there is nothing to read."""
MOST, MOST_STARTS = 2**16 - 1, 2**32 - 1
"""Starts and folds at most: what the numbers of random streams have room for."""


@dataclass(frozen=True)
class FitRequest:
    """The table and its target, or images, and every setting; None leaves a setting to shoal.

    Raises ``ConfigurationError`` for whatever can be known to be wrong before the table is read: unknown
    names, sizes, shares and counts out of range, two ways to validate at once, and settings that the
    solver has no use for.
    """

    table: str
    target: str | None = None
    task: str | None = None
    loss: str | None = None
    drop: tuple[str, ...] | None = None
    columns: tuple[str, ...] | None = None
    categorical: tuple[str, ...] | None = None
    size: AskedSize = dataclasses.field(default_factory=AskedSize)
    folds: int | None = None
    valid: str | None = None
    validation_share: float | None = None
    test: str | None = None
    test_share: float = 0.2
    choose: str | None = None
    score: str = "validation"
    quality: str = "good"
    time: float | None = None
    solver: str | None = None
    activation: str | None = None
    pieces: int | None = None
    waves: int | None = None
    learning_rate: float | None = None
    batch_size: int | None = None
    patience: int | None = None
    search: tuple[str, ...] | None = None
    draws: int | None = None
    halving: int | None = None
    networks: str | None = None
    id: str | None = None
    order: str | None = None
    horizon: int | None = None
    season: int | None = None
    tested: bool = False
    future: tuple[str, ...] | None = None
    text: str | None = None
    characters: bool = False
    features: int | None = None
    budget: float | None = None
    image_size: tuple[int, int] | None = None
    augment: str | None = None
    strict: bool = False
    rare: str | None = None
    group: str | None = None
    time_order: str | None = None
    weight: str | None = None
    metric: str | None = None
    cost: tuple[str, ...] | None = None
    seed: int = 0
    jobs: int | None = None
    on: str | None = None
    memory: int | None = None

    def __post_init__(self) -> None:
        ways = ("folds", "valid", "validation_share")
        given = [setting(name) for name in ways if getattr(self, name) is not None]
        if len(given) > 1:
            raise ConfigurationError(f"{' and '.join(given)} were given; validate in one way only")
        if self.choose is not None and self.choose not in RULES:
            raise UnknownNameError("rule of choice", self.choose, RULES)
        if self.task is not None and self.task not in TASKS:
            raise UnknownNameError("task", self.task, TASKS)
        if self.loss is not None and self.loss not in LOSSES:
            raise UnknownNameError("loss", self.loss, LOSSES)
        if self.rare is not None and self.rare not in RARE:
            raise UnknownNameError("way with rare classes", self.rare, RARE)
        check_metric(self.metric, self.cost)
        if self.quality not in QUALITIES:
            raise UnknownNameError("quality", self.quality, QUALITIES)
        if self.activation is not None:
            resolve("activation", self.activation, ACTIVATIONS)
        grid(
            (1,) if self.size.hidden is None else self.size.hidden,
            (0.0,) if self.size.l2 is None else self.size.l2,
        )
        if self.characters and self.text is None:
            raise ConfigurationError(
                f"{setting('characters')} is for texts; name their column with {setting('text')}"
            )
        if self.future is not None and self.horizon is None:
            raise ConfigurationError(
                f"{setting('future')} is for forecasts; say how far ahead with {setting('horizon')}"
            )
        if self.time_order is not None and self.valid is not None and self.test is None:
            by = setting("time_order", self.time_order)
            raise ConfigurationError(
                f"with {by} the rows of {setting('valid')} are later than all of the table, so that a test "
                "from the table would be earlier than what is chosen by; give "
                f"{setting('test')} with rows that are later still, or one table with all rows"
            )
        check_seed(self.seed)
        if self.on is not None:
            check_address(self.on)
        self._check_score()
        deforms = self.augment not in (None, AUTO) and augmentation_of(self.augment, side=1) is not None
        self._check_numbers()
        if self.networks is not None:
            NetworkNumbers.parse(self.networks)
        check_search(self)
        self._check_solver(deforms)

    @property
    def decided_by(self) -> str | None:
        """The metric that classes are decided by; None where nobody says."""
        return COST if self.cost else self.metric

    def _check_score(self) -> None:
        if self.score not in SCORES:
            raise UnknownNameError("score", self.score, SCORES)
        if self.score == BY_EVIDENCE and self.loss not in (None, SQUARED):
            raise ConfigurationError(
                f"{setting('score', BY_EVIDENCE)} is made for the squared error and for classes, got "
                f"{setting('loss', self.loss)}; leave one of them out"
            )
        for name in "choose", "folds", "patience", "weight":
            if self.score == BY_EVIDENCE and getattr(self, name) is not None:
                raise ConfigurationError(
                    f"{setting('score', BY_EVIDENCE)} chooses without validation, got "
                    f"{setting(name, getattr(self, name))}; leave one of them out"
                )

    def _check_numbers(self) -> None:
        for name in "test_share", "validation_share":
            share = getattr(self, name)
            if share is not None and not 0 < share < 1:
                raise ConfigurationError(
                    f"{setting(name)} must be between 0 and 1, got {share:g}; 0.2 is usual"
                )
        for name, count, least, most in (
            ("starts", self.size.starts, 1, MOST_STARTS),
            ("epochs", self.size.epochs, 1, LARGEST),
            ("draws", self.draws, 1, MOST),
            ("halving", self.halving, 0, LARGEST),
            ("batch_size", self.batch_size, 1, LARGEST),
            ("patience", self.patience, 1, LARGEST),
            ("memory", self.memory, 1, LARGEST),
            ("pieces", self.pieces, 0, MOST),
            ("waves", self.waves, 0, MOST),
            ("features", self.features, 0, LARGEST),
            ("horizon", self.horizon, 1, MOST),
            ("season", self.season, 1, MOST),
            ("folds", self.folds, 2, MOST),
            *(("image_size", side, 1, LARGEST) for side in self.image_size or ()),
        ):
            if count is not None and count < least:
                raise ConfigurationError(f"{setting(name)} must be at least {least}, got {count}")
            if count is not None and count > most:
                raise ConfigurationError(f"{setting(name)} must be at most {most}, got {count}")

        count_workers(self.jobs, setting("jobs"))
        if self.budget is not None and not 0 < self.budget < math.inf:
            raise ConfigurationError(
                f"{setting('budget')} must be a positive number of operations, got {self.budget:g}; 1e11 is "
                "usual"
            )
        if self.time is not None and not 0 < self.time < math.inf:
            raise ConfigurationError(
                f"{setting('time')} must be a positive number of seconds, got {self.time:g}"
            )

    def _check_solver(self, deforms: bool) -> None:
        solver = resolve("solver", self.solver or "adam", SOLVERS)
        if deforms and solver.full_batch:
            raise ConfigurationError(
                f"{solver.name} takes the same images at every step, got "
                f"{setting('augment', self.augment)}; leave it out, or use adam or sgd"
            )
        if self.batch_size is not None and solver.full_batch:
            raise ConfigurationError(
                f"{solver.name} takes all rows at every step, got "
                f"{setting('batch_size', self.batch_size)}; leave it out, or use adam or sgd"
            )
        if solver.estimates_l2 and any(self.size.l2 or ()):
            strengths = ",".join(f"{value:g}" for value in self.size.l2 or ())
            raise ConfigurationError(
                f"{solver.name} finds the strength of its penalty itself, got {setting('l2', strengths)}; "
                "leave it out"
            )
        if solver.estimates_l2 and self.score == BY_EVIDENCE:
            raise ConfigurationError(
                f"{solver.name} re-estimates strengths while it trains, and {setting('score', BY_EVIDENCE)} "
                "between trainings; leave one of them out"
            )
        if self.learning_rate is None:
            return
        if not solver.takes_learning_rate:
            raise ConfigurationError(
                f"{solver.name} finds its own step length, got "
                f"{setting('learning_rate', self.learning_rate)}; leave it out, or use adam or sgd"
            )
        if not 0 < self.learning_rate < math.inf:
            raise ConfigurationError(
                f"{setting('learning_rate')} must be a positive number, got {self.learning_rate:g}; 0.01 is "
                "usual"
            )
