"""The candidates that a study compares: of a grid of hidden sizes × L2 strengths, or of a search."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from shoal.errors import ConfigurationError
from shoal.selection.candidates.architectures import Architecture, Hidden
from shoal.shapes import is_number
from shoal.solvers.base import Solver
from shoal.training.recipe import STRENGTHS, Recipe

OWN = STRENGTHS
"""What every network of a population may have of its own; all else makes networks of another form."""
OF_SIZES = ("hidden", "depth")
"""What a size is made of."""


@dataclass(frozen=True)
class Form:
    """What networks have in common that are trained as one population: their size, and further settings.

    These are fields of the architecture or of the recipe.
    """

    hidden: Hidden
    settings: tuple[tuple[str, Any], ...] = ()

    @property
    def words(self) -> str:
        """The size and the further settings, such as ``"16x16, activation relu"``."""
        return ", ".join(filter(None, [hidden_label(self.hidden), _in_words(self.settings)]))

    def architecture(self, usual: Architecture) -> Architecture:
        """Return what the size stands for, where the study's ``usual`` architecture says the rest."""
        own = self._of(usual)
        return dataclasses.replace(usual, **own) if own else usual  # type: ignore[type-var]

    def recipe(self, usual: Recipe) -> Recipe:
        """Return how the networks are trained, where the study's ``usual`` recipe says the rest."""
        own = self._of(usual)
        solver = Recipe(solver=own["solver"]).rule if "solver" in own else usual.rule
        if not solver.takes_learning_rate:  # what others are trained with, and this one has no use for
            own |= {field.name: field.default for field in dataclasses.fields(Recipe) if needs_rate(field)}
        if solver.full_batch:
            own["batch_size"] = None
        return Recipe.of(own, usual)

    def _of(self, part: Any) -> dict[str, Any]:
        return {name: value for name, value in self.settings if name in _fields(part)}


def needs_rate(field: dataclasses.Field[Any]) -> bool:
    """Return whether a setting of a recipe is for solvers that take a learning rate."""
    return "instead" in field.metadata


def _in_words(settings: Iterable[tuple[str, Any]]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {told(value)}" for name, value in settings)


def _fields(part: Any) -> set[str]:
    return {field.name for field in dataclasses.fields(part)}


@dataclass(frozen=True)
class Candidate:
    """What is compared: the units of each hidden layer and an L2 strength; of a search a ``point`` besides.

    ``index`` is its place among all, which keys the random streams of its members. ``point`` are the values
    of all axes of the search by their names.
    """

    index: int
    hidden: Hidden
    l2: float
    point: tuple[tuple[str, Any], ...] = ()

    @property
    def own(self) -> dict[str, float]:
        """What it has of its own in a population, besides ``l2``."""
        return {name: value for name, value in self.point if name in OWN and name != "l2"}

    @cached_property
    def form(self) -> Form:
        """What it shares with the networks that it may be trained with."""
        shared = tuple((name, value) for name, value in self.point if name not in (*OWN, *OF_SIZES))
        return Form(self.hidden, shared)

    @property
    def words(self) -> str:
        """What it is besides a size and an L2 strength, such as ``"learning rate 0.01, activation relu"``."""
        return _in_words(pair for pair in self.point if pair[0] not in ("l2", *OF_SIZES))

    @property
    def label(self) -> str:
        """The hidden layers in words, such as ``"8"``, ``"16x16"``, or ``"0"`` for none.

        >>> Candidate(0, (16, 16), 0.0).label
        '16x16'
        """
        return hidden_label(self.hidden)


def told(value: object) -> str:
    """Return the value of a setting in words.

    >>> told((16, 16)), told(0.00316), told("relu"), told(None)
    ('16x16', '0.00316', 'relu', 'none')
    """
    if isinstance(value, tuple):
        return hidden_label(value)
    if value is None:
        return "none"
    return f"{value:.6g}" if is_number(value) else str(getattr(value, "name", value))


def hidden_label(hidden: Hidden) -> str:
    """Return ``"16x16"`` for ``(16, 16)`` and ``"0"`` for no hidden layer."""
    return "x".join(map(str, hidden)) or "0"


def parse_hidden(value: object) -> Hidden:
    """Return the units of each hidden layer, from ``8``, ``"8"``, ``"16x16"`` or ``(16, 16)``.

    0 stands for no hidden layer: a linear network. Raises ``ConfigurationError`` for anything else.

    >>> parse_hidden("16x16"), parse_hidden(8), parse_hidden(0)
    ((16, 16), (8,), ())
    """
    parts: list[object]
    if isinstance(value, str):
        parts = list(value.lower().replace("×", "x").split("x"))
    elif isinstance(value, Iterable):
        parts = list(value)
    else:
        parts = [value]
    sizes = tuple(_units(part, value) for part in parts)
    if sizes == (0,):
        return ()
    if 0 in sizes:
        raise ConfigurationError(f"a hidden layer needs at least one unit, got {value!r}")
    return sizes


def grid(hidden: Iterable[object] | str | int, l2: Iterable[float] | float) -> list[Candidate]:
    """Return every combination of hidden sizes and L2 strengths, sizes outermost, in the order given.

    Raises ``ConfigurationError`` for an empty list, a repeated entry, a size that is not a whole
    number ≥ 0, or a strength that is negative or not finite.

    >>> [(c.index, c.label, c.l2) for c in grid([1, "8x8"], [0.0, 1.0])]
    [(0, '1', 0.0), (1, '1', 1.0), (2, '8x8', 0.0), (3, '8x8', 1.0)]
    """
    sizes = [parse_hidden(value) for value in _listed(hidden)]
    strengths = [strength(value) for value in _listed(l2)]
    _require_distinct("hidden", [hidden_label(size) for size in sizes])
    _require_distinct("l2", strengths)
    pairs = [(size, each) for size in sizes for each in strengths]
    return [Candidate(index, size, each) for index, (size, each) in enumerate(pairs)]


def _listed(values: object) -> list[object]:
    return [values] if isinstance(values, str) or not isinstance(values, Iterable) else list(values)


def _units(part: object, value: object) -> int:
    try:
        units = int(part) if isinstance(part, str | int | np.integer) else -1
    except ValueError:
        units = -1
    if units < 0 or isinstance(part, bool):
        raise ConfigurationError(
            f"hidden sizes are whole numbers ≥ 0 such as 8, or '16x16' for two layers, got {value!r}"
        )
    return units


def strength(value: object) -> float:
    """Return a strength of L2; raise ``ConfigurationError`` for what is no number ≥ 0."""
    try:
        found = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        found = math.nan
    if not (math.isfinite(found) and found >= 0):
        raise ConfigurationError(f"an L2 strength must be a number ≥ 0, got {value!r}")
    return found


def _require_distinct(name: str, values: list[str] | list[float]) -> None:
    if not values:
        raise ConfigurationError(f"{name} is empty; give at least one value to try")
    repeated = sorted({value for value in values if values.count(value) > 1})  # type: ignore[arg-type]
    if repeated:
        raise ConfigurationError(f"{name} holds {repeated[0]!r} more than once; give each value once")


def require_unset(candidates: Iterable[Candidate], solver: Solver, by_evidence: bool) -> None:
    """Raise ``ConfigurationError`` for strengths of L2 beside those that the solver finds itself."""
    if not solver.estimates_l2:
        return
    for candidate in candidates:
        if candidate.l2:
            raise ConfigurationError(
                f"{solver.name} finds the strength of its penalty itself, got l2={candidate.l2:g}; leave l2 "
                "out"
            )
    if by_evidence:
        raise ConfigurationError(
            f"{solver.name} re-estimates strengths while it trains, and choosing by the evidence between "
            "trainings; leave one of them out"
        )
