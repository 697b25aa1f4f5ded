"""What a job on a table holds in memory: told before it is read, and made less where it is too much."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from shoal.data.columns import ColumnSummary
from shoal.data.features.encoders import CIRCLES, MAX_LEVELS, PIECES, PLAIN, WAVES
from shoal.data.memory import available_bytes, readable, resident_bytes
from shoal.data.names import names_shown
from shoal.errors import CapacityError
from shoal.jobs.judging.calibrated import TOLD
from shoal.jobs.recipes import Method
from shoal.jobs.request import FitRequest
from shoal.words import plural, setting

PROGRAM = 320 * 2**20
"""Bytes of the program with all that it loads for a table, whatever the data."""
FREE_SHARE = 0.75
"""Of the memory that is free, what a job takes where nobody says how much it may."""
WORKING = 2**27
"""Bytes that encoding columns some at a time takes at most, and what one thread holds besides samples."""
AT_ONCE = 2**25
"""Bytes of networks' outputs that are on their way to predictions."""
LARGE = 2**28
"""Bytes of a job's data below which nobody looks whether they fit."""
LEAST = 2**25
"""Bytes of data that are not worth being made fewer."""
MANY = 10
"""Categories of a column that are many."""
_COPIES_OF_COLUMN = 6


@dataclass(frozen=True)
class Allowance:
    """How many bytes the process may hold, and a half sentence that says so; None is no limit."""

    most: int | None
    told: str = ""

    @classmethod
    def of(cls, request: FitRequest) -> Allowance:
        """Return what the request allows, or else a share of what is free beside what the process holds."""
        if request.memory is not None:
            return cls(request.memory, f"{setting('memory')} allows {readable(request.memory)}")
        free = available_bytes()
        if free is None:
            return cls(None)
        most = int(FREE_SHARE * free) + (resident_bytes() or 0)
        return cls(most, f"{readable(free)} are free, of which {FREE_SHARE:.0%} may be taken")

    def left(self) -> float:
        """Return how many bytes more than now the process may hold; infinitely many without a limit."""
        return math.inf if self.most is None else self.most - (resident_bytes() or PROGRAM)

    def holds(self, need: int) -> bool:
        """Whether so many bytes may be held."""
        return self.most is None or need <= self.most


@dataclass(frozen=True)
class Width:
    """How many features columns become: in ``all``, and what a network is given ``at_once``."""

    all: int
    at_once: int

    @classmethod
    def of(cls, columns: Sequence[ColumnSummary], method: Method) -> Width:
        """Return at most how many features the columns become under a method.

        >>> from shoal.jobs.recipes import CLASSES
        >>> x = ColumnSummary("x", "numeric", True, missing=0, distinct=90, summary="")
        >>> Width.of([x], CLASSES)
        Width(all=9, at_once=9)
        """
        counts = {PLAIN: 0, PIECES: 0, WAVES: 0}
        for column in columns:
            if column.used:
                for form, count in _features(column, method).items():
                    counts[form] += count
        every, known = sum(counts.values()), [form for form in method.forms if counts[form]]
        if len(known) < 2:
            return cls(every, every)
        given = (counts[PLAIN] + (counts[form] if form != PLAIN else 0) for form in known)
        return cls(every, max(given))


def _features(column: ColumnSummary, method: Method) -> dict[str, Any]:
    """Return at most how many features of each form a column becomes."""
    missing = int(column.missing > 0)
    if column.kind == "categorical":
        return {PLAIN: min(column.distinct, MAX_LEVELS) + 1 + missing}
    if column.kind == "date":
        return {PLAIN: 1 + 2 * len(CIRCLES) + missing}
    if column.kind != "numeric" or column.distinct <= 2:  # of two values any feature says all
        return {PLAIN: 1 + missing}
    pieces = min(method.pieces, column.distinct - 1) if method.pieces > 1 else 0
    return {PLAIN: 1 + missing, PIECES: pieces, WAVES: 2 * method.waves}


@dataclass(frozen=True)
class Brought:
    """A table that is brought along, to choose by or to test on: its rows, and what reading it takes."""

    rows: int = 0
    reading: int = 0


NONE_BROUGHT = Brought()


@dataclass(frozen=True)
class Footprint:
    """What decides how much memory a job on a table takes.

    ``reading`` and ``used`` are the bytes of the table while it is read, and of what is used of it then;
    ``test_rows`` of its ``rows`` are for testing alone, and ``copied`` says whether a validation part is
    put together with the others once more. ``validation`` and ``test`` are read one after the other once the
    features of the table are there.
    """

    rows: int
    test_rows: int
    columns: tuple[ColumnSummary, ...]
    used: int
    n_outputs: int
    reading: int = 0
    copied: bool = False
    validation: Brought = NONE_BROUGHT
    test: Brought = NONE_BROUGHT

    def bytes(self, method: Method, workers: int = 1) -> int:
        """Return about the most that the process holds at once: reading, encoding, or training on."""
        width, itemsize = Width.of(self.columns, method), np.dtype(method.recipe.rule.dtype).itemsize
        X = itemsize * (self.rows + self.validation.rows + self.test.rows) * width.all
        development, working = self.rows - self.test_rows + self.validation.rows, min(WORKING, 8 * X)
        # the rows of a fold, and those trained on once more as the engine keeps them
        a_worker = 2 * itemsize * development * (width.at_once + self.n_outputs) + working
        if (
            self.n_outputs > 1
        ):  # a column for each class, in double precision before it is in that of the solver
            a_worker += 8 * development * self.n_outputs
        copies = itemsize * development * width.all if self.copied else 0
        others = max(self.validation.reading, self.test.reading)
        encoding = self.used + X + max(8 * _COPIES_OF_COLUMN * self.rows, others) + working
        after = bytes_of_predictions(development, self.test_rows + self.test.rows, self.n_outputs)
        return PROGRAM + max(self.reading, encoding, X + max(copies + workers * a_worker, after))


def bytes_of_predictions(held: int, test: int, outputs: int) -> int:
    """Return about what predictions take once networks are trained, of rows held out and for testing.

    In double precision: those of the rows held out, with copies of some to find a temperature on and as it
    changes them; and those of the test by ours as it is, at its temperature, and by the linear model.
    """
    classes = max(outputs, 2)
    under_way = min(AT_ONCE, 32 * classes * max(held, test))
    return 8 * (classes * (held + 3 * test) + 3 * min(held * classes, TOLD)) + under_way


def plainer(request: FitRequest, method: Method) -> Iterator[dict[str, Any]]:
    """Yield settings of the method that may be 0 as nobody asked for them: first none, then more and more."""
    yield {}
    without: dict[str, Any] = {}
    for name in ("waves", "pieces"):
        if getattr(method, name) and getattr(request, name) is None:
            without = {**without, name: 0}
            yield without


def fitting(
    footprint: Footprint, request: FitRequest, method: Method, allowance: Allowance
) -> tuple[dict[str, Any], str]:
    """Return which settings are to be 0 for a job to fit into memory, and a sentence of it; mostly neither.

    Raises ``CapacityError`` where nothing that the request leaves open would do.
    """
    wished = footprint.bytes(method)
    if wished < PROGRAM + LARGE and request.memory is None:
        return {}, ""
    for less in plainer(request, method):
        need = footprint.bytes(replace(method, **less))
        if allowance.holds(need):
            return less, _sentence(less, wished, allowance) if less else ""
    width = Width.of(footprint.columns, replace(method, **less))
    raise CapacityError(
        f"fitting {footprint.rows:,} rows of {plural(width.all, 'feature')}{_with_others(footprint)} "
        f"needs about {readable(need)} of memory, {readable(PROGRAM)} of it for the program itself, and "
        f"{allowance.told}; {_advice(footprint, request, method, need)}"
    )


def require_reading(source: str, reading: int, request: FitRequest, allowance: Allowance) -> None:
    """Raise ``CapacityError`` for a table of which reading alone takes more bytes than there may be."""
    need = PROGRAM + reading
    if not allowance.holds(need):
        ways = [_more(need)] if request.memory is not None else []
        raise CapacityError(
            f"reading {source} needs at least {readable(need)} of memory, {readable(PROGRAM)} of it "
            f"for the program itself, and {allowance.told}; "
            f"{', '.join([*ways, 'or use a part of the table'])}"
        )


def _more(need: int) -> str:
    more = f"{math.ceil(1.05 * need / 10**6)}MB"
    return f"allow more, as with {setting('memory', more)}"


def _with_others(footprint: Footprint) -> str:
    named = (("valid", footprint.validation), ("test", footprint.test))
    told = [f"{plural(each.rows, 'row')} of {setting(name)}" for name, each in named if each.rows]
    return f" with {' and '.join(told)}" if told else ""


def _sentence(less: dict[str, Any], wished: int, allowance: Allowance) -> str:
    names = sorted(less)
    return (
        f"Numbers are told without {' and '.join(names)}, as with "
        f"{' '.join(setting(name, 0) for name in names)}: with them the job needs about {readable(wished)} "
        f"of memory, and {allowance.told}"
    )


def _advice(footprint: Footprint, request: FitRequest, method: Method, need: int) -> str:
    """Return what would help: of columns those that the most features come from."""
    ways = []
    if request.memory is not None:
        ways.append(_more(need))
    if need < PROGRAM + LEAST or not Allowance.of(request).holds(PROGRAM):  # no table is small enough
        return ways[0] if ways else "use a machine with more memory"
    if footprint.reading >= need - PROGRAM:
        return ", ".join([*ways, "or use a part of the table"])
    named = (("valid", footprint.validation), ("test", footprint.test))
    brought = [setting(name) for name, each in named if each.rows > footprint.rows]
    if brought:
        return ", ".join([*ways, f"or use a part of the rows of {' and '.join(brought)}"])
    ways += [f"leave out {setting(name)}" for name in ("pieces", "waves") if getattr(request, name)]
    features = {c.name: sum(_features(c, method).values()) for c in footprint.columns if c.used}
    many = [c.name for c in footprint.columns if c.used and c.kind == "categorical" and c.distinct > MANY]
    if 2 * sum(features[name] for name in many) > sum(features.values()):
        many.sort(key=lambda name: -features[name])
        ways.append(f"{setting('drop')} columns of many categories, such as {names_shown(many[:3])}")
    elif len(features) > 1:
        ways.append(f"take fewer columns, with {setting('columns')} or {setting('drop')}")
    return ", ".join([*ways, "or use fewer rows"])
