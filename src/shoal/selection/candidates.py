"""The grid of candidates that a study compares: hidden sizes × L2 strengths."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from shoal.errors import ConfigurationError
from shoal.selection.architectures import Hidden
from shoal.solvers.base import Solver


@dataclass(frozen=True)
class Candidate:
    """One point of the grid: the units of each hidden layer and an L2 strength.

    ``index`` is its place in the grid, which keys the random streams of its members.
    """

    index: int
    hidden: Hidden
    l2: float

    @property
    def label(self) -> str:
        """The hidden layers in words, such as ``"8"``, ``"16x16"``, or ``"0"`` for none.

        >>> Candidate(0, (16, 16), 0.0).label
        '16x16'
        """
        return hidden_label(self.hidden)


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
    strengths = [_strength(value) for value in _listed(l2)]
    _require_distinct("hidden", [hidden_label(size) for size in sizes])
    _require_distinct("l2", strengths)
    pairs = [(size, strength) for size in sizes for strength in strengths]
    return [Candidate(index, size, strength) for index, (size, strength) in enumerate(pairs)]


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


def _strength(value: object) -> float:
    try:
        strength = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        strength = math.nan
    if not (math.isfinite(strength) and strength >= 0):
        raise ConfigurationError(f"an L2 strength must be a number ≥ 0, got {value!r}")
    return strength


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
