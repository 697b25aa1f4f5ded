"""What is on the screen as the end of an address: ``#data=moons&n=40``, to send to somebody or to keep.

Only what differs from the defaults is in it, never a path and never a token. What somebody writes there by
hand is taken as far as it goes: unknown keys are ignored, numbers out of range brought into it, which a note
says.
"""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import numpy as np

from shoal.activations import ACTIVATIONS
from shoal.errors import ConfigurationError
from shoal.lab.design import INITIALS, LIMITS, NATURAL, Design, Knobs
from shoal.lab.material import SETS
from shoal.solvers import SOLVERS

LONGEST = 1000
"""Characters of an address that is looked at."""
OF_DESIGN = {
    "data": "data",
    "seed": "seed",
    "m": "hidden",
    "starts": "starts",
    "depth": "depth",
    "act": "activation",
    "init": "initial",
    "solver": "solver",
    "epochs": "epochs",
}
OF_KNOBS = {
    "n": "samples",
    "noise": "noise",
    "l2": "l2",
    "decay": "weight_decay",
    "rate": "learning_rate",
    "drop": "dropout",
}
"""What settings are called in an address."""
NAMES: dict[str, Container[str]] = {
    "data": SETS,
    "activation": ACTIVATIONS,
    "initial": INITIALS,
    "solver": SOLVERS,
}


@dataclass(frozen=True)
class Asked:
    """What an address asks for: settings of the design and of the knobs, a network, a lesson, and notes."""

    design: dict[str, Any]
    knobs: dict[str, Any]
    network: int | None
    lesson: str | None
    notes: tuple[str, ...]


def address(design: Design, knobs: Knobs, picked: int, lesson: str | None = None) -> str:
    """Return what differs from the defaults, as the end of an address; of a lesson its name alone.

    >>> address(Design(data="moons", hidden=(1, 2, 3, 8)), Knobs(samples=100, noise=0.2, l2=0.5), 3)
    'data=moons&m=1-3,8&l2=0.5&net=3'
    """
    if lesson is not None:
        return f"lesson={lesson}"
    first, usual = Design(), Knobs(**NATURAL[design.data])
    told = [(key, getattr(design, name), getattr(first, name)) for key, name in OF_DESIGN.items()]
    told += [(key, getattr(knobs, name), getattr(usual, name)) for key, name in OF_KNOBS.items()]
    told += [("net", picked, 0)]
    return "&".join(
        f"{key}={_ranges(value) if key == 'm' else value}"
        for key, value, default in told
        if value != default and value != "table"  # a table is nobody else's
    )


def asked(text: str, lessons: Container[str]) -> Asked:
    """Return what an address asks for, of these lessons; raise ``ConfigurationError`` for too long a one.

    >>> asked("n=5000&colour=red", ()).knobs, asked("n=5000", ()).notes
    ({'samples': 1000}, ('n is from 2 to 1000: 5000 became 1000',))
    """
    if len(text) > LONGEST:
        raise ConfigurationError(
            f"the address has {len(text):,} characters after #, and {LONGEST:,} are read"
        )
    found = dict(parse_qsl(text.removeprefix("#"), keep_blank_values=True))
    notes: list[str] = []
    design = _settings(OF_DESIGN, found, notes)
    knobs = _settings(OF_KNOBS, found, notes)
    network = _number("net", found["net"], 0, 10**6, True, notes) if "net" in found else None
    lesson = found.get("lesson")
    if lesson is not None and lesson not in lessons:
        notes.append("there is no such lesson")
        lesson = None
    return Asked(design, knobs, None if network is None else int(network), lesson, tuple(notes))


def _settings(names: dict[str, str], found: dict[str, str], notes: list[str]) -> dict[str, Any]:
    """Return the settings of these names, as far as they mean something."""
    told: dict[str, Any] = {}
    for key, name in names.items():
        if key not in found:
            continue
        value = _value(key, name, found[key], notes)
        if value is not None:
            told[name] = value
    return told


def _value(key: str, name: str, text: str, notes: list[str]) -> Any:
    if name in NAMES:
        if text in NAMES[name]:
            return text
        notes.append(f"there is no {key} of that name")
        return None
    if name == "hidden":
        return _sizes(text, notes)
    least, most, whole = LIMITS[name]
    return _number(key, text, least, most, whole, notes)


def _number(key: str, text: str, least: float, most: float, whole: bool, notes: list[str]) -> float | None:
    """Return the number nearest to what a text says that is within the limits; None for no number."""
    try:
        value = float(text) if len(text) < 40 and "_" not in text else np.nan
    except ValueError:
        value = np.nan
    if np.isnan(value):
        notes.append(f"{key} is a number")
        return None
    near = min(max(value, least), most)
    near = round(near) if whole else near
    if near != value:
        notes.append(f"{key} is from {least:g} to {most:g}: {value:g} became {near:g}")
    return near


def _sizes(text: str, notes: list[str]) -> tuple[int, ...] | None:
    """Return the sizes that ``1-3,8`` stands for."""
    least, most, _ = LIMITS["hidden"]
    sizes: list[int] = []
    for part in text.split(",")[: int(most)]:
        first, dash, last = part.partition("-")
        ends = [_number("m", end, least, most, True, notes) for end in ((first, last) if dash else (first,))]
        if None in ends:
            return None
        low, high = int(ends[0] or 0), int(ends[-1] or 0)
        sizes += [size for size in range(low, high + 1) if size not in sizes]
    return tuple(sizes) or None


def _ranges(sizes: tuple[int, ...]) -> str:
    """Return sizes as ``1-3,8``, in their order.

    >>> _ranges((1, 2, 3, 8, 5, 6))
    '1-3,8,5-6'
    """
    runs: list[list[int]] = []
    for size in sizes:
        if runs and size == runs[-1][-1] + 1:
            runs[-1].append(size)
        else:
            runs.append([size])
    return ",".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs)
