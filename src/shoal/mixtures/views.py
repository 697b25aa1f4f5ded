"""What a mixture is made of: a view is one kind of model, which learns and says how good it is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence, Sized
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar

import numpy as np

from shoal.calibration.temperature import cooled, fit_temperature
from shoal.errors import ConfigurationError, UnknownNameError
from shoal.mixtures.targets import Targets
from shoal.shapes import Array, IntArray

Samples = TypeVar("Samples", bound=Sized)
"""What views look at: ``Sequences``, or a list of texts."""

Folds: TypeAlias = list[tuple[IntArray, IntArray]]
"""Pairs of row numbers (train, held); no sample is held out twice, and mostly each is once."""


@dataclass(frozen=True)
class Schooling(Generic[Samples]):
    """What every view learns from: N samples, their targets, folds, the seed and how many threads.

    Of series (N, C, T) ``channels`` are those that hold values; further ones say where values were there.
    Where samples are ``grouped``, as those of one speaker are, no prediction held out comes of a model that
    knew one of the same fold; where folds go ``ahead`` in time, none comes of a model that knew anything as
    late, and samples that no fold holds out have none.
    """

    series: Samples
    targets: Targets
    folds: Folds
    seed: int
    channels: int = 1
    n_jobs: int | None = None
    grouped: bool = False
    ahead: bool = False

    @property
    def together(self) -> list[IntArray] | None:
        """The samples that are left out of a model together; None where each is left out alone."""
        return [held for _, held in self.folds] if self.grouped else None

    @property
    def later(self) -> Folds | None:
        """The folds where they go ahead in time; None where what is held out may be known around it."""
        return self.folds if self.ahead else None

    @property
    def held(self) -> IntArray:
        """The samples (M,) that folds hold out, in rising order; without folds all of them."""
        if not self.folds:
            return np.arange(len(self.series))
        return np.sort(np.concatenate([held for _, held in self.folds]))


Kept: TypeAlias = tuple[dict[str, Any], dict[str, Array]]
"""What something is made again from: plain JSON, and arrays by name."""


class Fitted(ABC, Generic[Samples]):
    """A view that has learnt."""

    kind: ClassVar[str] = ""
    """What a stored view is known by; nothing where it cannot be stored."""
    held_out: Array
    """Predictions (N, K) for the samples learnt from, each by a model that did not know it; empty for a view
    that was stored, and NaN for samples that no fold holds out."""

    @abstractmethod
    def predict(self, series: Samples, n_jobs: int | None = None) -> Array:
        """Return predictions (N, K): probabilities of classes, or numbers."""

    def kept(self) -> Kept:
        """Return all that predicting takes, without pickling anything.

        Raises ``ConfigurationError`` for a view that cannot be stored.
        """
        raise ConfigurationError(f"a {type(self).__name__} cannot be stored; leave such views out")


class View(ABC, Generic[Samples]):
    """A kind of model of samples, with all that it needs to know but the data."""

    @property
    @abstractmethod
    def words(self) -> str:
        """What a sentence calls it."""

    @abstractmethod
    def fit(self, schooling: Schooling[Samples]) -> Fitted[Samples] | None:
        """Return the view that has learnt; None where nothing came out, as all networks diverged."""

    def bytes(self, schooling: Schooling[Samples]) -> int:
        """Return about the most bytes that ``fit`` holds at once, besides the samples."""
        return 0


def asked_for(kinds: Iterable[str], known: Sequence[str]) -> tuple[str, ...]:
    """Return the kinds of views that are asked for, of those that are known.

    Raises ``UnknownNameError`` for a kind that is none, ``ConfigurationError`` for none at all.
    """
    asked = tuple(kinds)
    for kind in asked:
        if kind not in known:
            raise UnknownNameError("view", kind, known)
    if not asked:
        raise ConfigurationError(f"views must name one kind at least, of {', '.join(known)}")
    return asked


def below(arrays: Mapping[str, Array], place: str | int) -> dict[str, Array]:
    """Return the arrays whose names begin with a place, by what follows.

    >>> below({"0.W": np.ones(1), "10.W": np.ones(1)}, 0)
    {'W': array([1.])}
    """
    beginning = f"{place}."
    return {
        name.removeprefix(beginning): array for name, array in arrays.items() if name.startswith(beginning)
    }


def temperature_of(predictions: Array, targets: Targets) -> float:
    """Return the temperature that predictions held out (N, K) ask for; 1 for numbers.

    >>> import numpy as np
    >>> temperature_of(np.array([[0.5], [0.7]]), Targets(np.array([0.5, 0.6])))
    1.0
    """
    return fit_temperature(predictions, targets.values, targets.weights) if targets.n_classes else 1.0


def held_temperature(predictions: Array, schooling: Schooling[Any]) -> float:
    """Return the same of predictions (N, K) for all samples, by those that folds hold out."""
    if not schooling.ahead:
        return temperature_of(predictions, schooling.targets)
    return temperature_of(predictions[schooling.held], schooling.targets.rows(schooling.held))


def at_temperature(predictions: Array, temperature: float) -> Array:
    """Return probabilities (N, K) at a temperature; at 1 whatever predictions there are."""
    return cooled(predictions, temperature)
