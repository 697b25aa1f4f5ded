"""Schedules of the learning rate: a factor for each update of a training.

The updates of the whole training are counted t = 0 … T − 1 (``step`` and ``n_steps``); every factor is a
plain number that multiplies the learning rate of each member alike.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass

from shoal.errors import ConfigurationError
from shoal.registry import Named, family


class Schedule(Named, ABC):
    """A function from the progress of the training to a factor of the learning rate."""

    @abstractmethod
    def factor(self, step: int, n_steps: int) -> float:
        """Return what the learning rate is multiplied by at update ``step`` of ``n_steps``."""


@dataclass(frozen=True)
class Constant(Schedule):
    """The same learning rate throughout: ``factor = 1`` (the lecture's gradient descent).

    >>> Constant().factor(7, 10)
    1.0
    """

    name = "constant"

    def factor(self, step: int, n_steps: int) -> float:
        return 1.0


@dataclass(frozen=True)
class StepDecay(Schedule):
    """The learning rate times ``drop`` at regular intervals, by default halved at each quarter.

    ``factor = drop^⌊t / s⌋`` where s is ``every · T`` updates, rounded, at least 1; ``every`` is a fraction
    of the training. Raises ``ConfigurationError`` unless ``0 < drop ≤ 1`` and ``0 < every ≤ 1``.
    Source: He et al. 2016, "Deep residual learning", sec. 4.2, where it drops
    tenfold at set updates.

    >>> [StepDecay().factor(t, 8) for t in range(8)]
    [1.0, 1.0, 0.5, 0.5, 0.25, 0.25, 0.125, 0.125]
    """

    drop: float = 0.5
    every: float = 0.25

    name = "step"

    def __post_init__(self) -> None:
        _require(self.name, "drop", self.drop, "0 < drop ≤ 1", 0 < self.drop <= 1)
        _require(self.name, "every", self.every, "0 < every ≤ 1", 0 < self.every <= 1)

    def factor(self, step: int, n_steps: int) -> float:
        interval = max(1, round(self.every * n_steps))
        return float(self.drop ** (step // interval))


@dataclass(frozen=True)
class Cosine(Schedule):
    """Half a cosine from 1 down towards ``final``.

    ``factor = final + ½ (1 − final) (1 + cos(π t / T))``. Raises ``ConfigurationError`` unless
    ``0 ≤ final ≤ 1``. Source: Loshchilov & Hutter 2016 (SGDR), eq. 5, one period without restarts.

    >>> [round(Cosine().factor(t, 4), 3) for t in range(4)]
    [1.0, 0.854, 0.5, 0.146]
    """

    final: float = 0.0

    name = "cosine"

    def __post_init__(self) -> None:
        _require(self.name, "final", self.final, "0 ≤ final ≤ 1", 0 <= self.final <= 1)

    def factor(self, step: int, n_steps: int) -> float:
        return _half_cosine(1.0, self.final, step / n_steps)


@dataclass(frozen=True)
class FlatCosine(Schedule):
    """The full rate for the fraction ``flat`` of the training, then half a cosine down to 0.

    ``factor = 1`` while ``t < f T``, then ``½ (1 + cos(π (t − f T) / (T − f T)))``; f is ``flat``. Raises
    ``ConfigurationError`` unless ``0 ≤ flat < 1``. Source: Howard & Gugger 2020, "fastai: a layered API for
    deep learning", ``fit_flat_cos``, which is flat for 0.75.

    >>> [round(FlatCosine().factor(t, 8), 3) for t in range(8)]
    [1.0, 1.0, 1.0, 1.0, 1.0, 0.854, 0.5, 0.146]
    """

    flat: float = 0.5

    name = "flat_cosine"

    def __post_init__(self) -> None:
        _require(self.name, "flat", self.flat, "0 ≤ flat < 1", 0 <= self.flat < 1)

    def factor(self, step: int, n_steps: int) -> float:
        progress = step / n_steps
        return (
            1.0 if progress < self.flat else _half_cosine(1.0, 0.0, (progress - self.flat) / (1 - self.flat))
        )


@dataclass(frozen=True)
class OneCycle(Schedule):
    """A warm-up from ``initial`` to 1 over the fraction ``warmup`` of the training, then down to ``final``.

    Half a cosine each: ``factor = h(initial, 1, t / (w T))`` while ``t < w T``, then
    ``h(1, final, (t − w T) / (T − w T))``; ``h(a, b, x) = b + ½ (a − b) (1 + cos π x)``, w is ``warmup``.
    Raises ``ConfigurationError`` unless ``0 ≤ warmup < 1``, ``0 < initial ≤ 1`` and ``0 ≤ final ≤ 1``.
    Source: Smith 2018, "A disciplined approach to neural network hyper-parameters", sec. 4.1, whose ramps are
    straight; the cosines are those that became customary.

    >>> [round(OneCycle(warmup=0.5).factor(t, 8), 3) for t in range(8)]
    [0.04, 0.181, 0.52, 0.859, 1.0, 0.854, 0.5, 0.147]
    """

    warmup: float = 0.3
    initial: float = 0.04
    final: float = 1e-4

    name = "one_cycle"

    def __post_init__(self) -> None:
        _require(self.name, "warmup", self.warmup, "0 ≤ warmup < 1", 0 <= self.warmup < 1)
        _require(self.name, "initial", self.initial, "0 < initial ≤ 1", 0 < self.initial <= 1)
        _require(self.name, "final", self.final, "0 ≤ final ≤ 1", 0 <= self.final <= 1)

    def factor(self, step: int, n_steps: int) -> float:
        progress = step / n_steps
        if progress < self.warmup:
            return _half_cosine(self.initial, 1.0, progress / self.warmup)
        return _half_cosine(1.0, self.final, (progress - self.warmup) / (1 - self.warmup))


@dataclass(frozen=True)
class CosineLog(Schedule):
    """Waves from 0 to 1 and back, each twice as long as the one before.

    ``factor = ½ (1 − cos 2πc)`` with ``c = log₂(1 + (2^cycles − 1) (t + ½) / T)``, so that each of the
    ``cycles`` waves ends with small steps: wherever the validation loss is smallest, a minimum was refined
    nearby. Raises ``ConfigurationError`` unless ``cycles`` is a whole number from 1 to 30. Source:
    Holzmüller, Grinsztajn & Steinwart 2024, "Better by default", sec. 3 (``coslog4``), but for the half step.

    >>> [round(CosineLog(cycles=2).factor(t, 6), 3) for t in range(6)]
    [0.718, 0.324, 0.259, 0.984, 0.653, 0.083]
    """

    cycles: int = 4

    name = "cosine_log"

    def __post_init__(self) -> None:
        whole = type(self.cycles) is int and 1 <= self.cycles <= 30
        _require(self.name, "cycles", self.cycles, "a whole number from 1 to 30", whole)

    def factor(self, step: int, n_steps: int) -> float:
        gone = math.log2(1 + (2**self.cycles - 1) * (step + 0.5) / n_steps)
        return 0.5 * (1 - math.cos(2 * math.pi * gone))


def _half_cosine(start: float, end: float, x: float) -> float:
    """Return the point x of [0, 1] on the half cosine from ``start`` to ``end``."""
    return end + 0.5 * (start - end) * (1 + math.cos(math.pi * x))


def _require(schedule: str, field: str, value: float, expected: str, holds: bool) -> None:
    if not holds:
        raise ConfigurationError(
            f"{schedule} got {field}={value!r}, expected {expected}; leave it out for the default"
        )


SCHEDULES: dict[str, type[Schedule]] = family(Constant, StepDecay, Cosine, FlatCosine, OneCycle, CosineLog)
