"""What a search tries: points of a space of settings, drawn so that they fall into populations."""

from __future__ import annotations

import dataclasses
import itertools
import math
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from shoal.errors import ConfigurationError, UnknownNameError
from shoal.randomness import SHARED, Purpose, permutation, stream
from shoal.selection.candidates.architectures import Architecture
from shoal.selection.candidates.axes import Axis, Choices, axis_of, together
from shoal.selection.candidates.candidate import (
    OF_SIZES,
    OWN,
    Candidate,
    hidden_label,
    needs_rate,
    parse_hidden,
    strength,
    told,
)
from shoal.selection.rules import BY_EVIDENCE
from shoal.selection.trials import COLUMNS, Trials
from shoal.shapes import is_number, whole_number
from shoal.training.recipe import Recipe

Point: TypeAlias = dict[str, Any]
"""The value of every axis."""
Space: TypeAlias = Mapping[str, object] | Sequence[str] | Sequence[Mapping[str, object]]
"""Axes by name, the names of axes, or the points themselves."""

OF_THE_STUDY = {
    *("epochs", "batch_order", "penalties", "patience", "tolerance", "plateau", "augmentation", "seed"),
}
"""Settings of recipes that all networks of a study have in common."""
MOST_OF_A_FORM = 16
"""Points that differ in nothing but what the networks of a population may have of their own: the lanes of a
vector of float32."""


@dataclass(frozen=True, kw_only=True)
class Search:
    """A space of settings, how many points of it are tried, and when the worse half of networks ends.

    What they mean is told by ``CapacityStudy``.
    """

    space: Space | None = None
    draws: int = 128
    halving: int | None = None

    def __post_init__(self) -> None:
        whole_number(self.draws, "draws")
        if self.halving is not None:
            whole_number(self.halving, "halving")

    def candidates(
        self, grid: Sequence[Candidate], recipe: Recipe, architecture: Architecture
    ) -> list[Candidate]:
        """Return the candidates of a study: the ``grid``, or points of the space.

        Sizes and strengths of the grid are the values of the axes ``hidden`` and ``l2``, unless the space has
        its own. Raises ``UnknownNameError`` for axes that are none, ``ConfigurationError`` for points that no
        network can have.
        """
        if self.space is None:
            return list(grid)
        known = known_axes(architecture)
        usual = {
            "hidden": tuple(dict.fromkeys(candidate.hidden for candidate in grid)),
            "l2": tuple(dict.fromkeys(candidate.l2 for candidate in grid)),
        }
        points = _given(self.space, known, usual)
        if points is None:
            axes = {name: Choices(values) for name, values in usual.items()}
            drawn = draw(axes | _axes(self.space, known), self.draws, recipe.seed)
            points = list(
                {repr(bare): bare for bare in (_applicable(point, recipe) for point in drawn)}.values()
            )
        else:
            points = [_applicable(point, recipe) for point in points]
        return [_candidate(index, point, recipe, architecture) for index, point in enumerate(points)]

    def require(self, rule: str, scaled: bool) -> None:
        """Raise ``ConfigurationError`` for what a study cannot have beside a search."""
        for what, is_there in (("space", self.space is not None), ("halving", self.halving is not None)):
            if is_there and rule == BY_EVIDENCE:
                raise ConfigurationError(
                    f"a search goes by validation losses, got {what} with choose={rule!r}; leave one "
                    "of them out"
                )
            if is_there and scaled:
                raise ConfigurationError(
                    f"sources scale the inputs of a grid, got {what}; leave one of them out"
                )


def widest(candidates: Sequence[Candidate], recipe: Recipe) -> str:
    """Return the precision of all candidates: the one that the most exact of their solvers needs."""
    dtypes = {candidate.form.recipe(recipe).rule.dtype for candidate in candidates}
    return max(dtypes)


def described(trials: Trials, candidates: Sequence[Candidate]) -> Trials:
    """Return the trials of a search with further columns: the values of its axes, and all of them in words.

    ``form`` is what networks have in common with those that they were trained with, in words. Of a grid they
    are returned as they are.
    """
    names = dict.fromkeys(name for candidate in candidates for name, _ in candidate.point)
    if not names:
        return trials
    rows = trials["candidate"].tolist()
    of = [dict(candidate.point) for candidate in candidates]
    further = {name: [of[row].get(name) for row in rows] for name in names if name not in COLUMNS}
    further["form"] = [candidates[row].form.words for row in rows]
    further["settings"] = [candidates[row].words for row in rows]
    columns = {name: np.array(_of_one_kind(values)) for name, values in further.items()}
    return Trials({**trials.columns, **columns})


def _of_one_kind(values: list[Any]) -> list[Any]:
    """Return numbers, NaN for none, or else texts."""
    if all(value is None or is_number(value) for value in values):
        return [math.nan if value is None else float(value) for value in values]
    return [told(value) for value in values]


def known_axes(architecture: Architecture) -> tuple[str, ...]:
    """Return the names of all axes that a study of such networks may have.

    >>> from shoal.selection.candidates.architectures import Perceptron
    >>> known_axes(Perceptron())[:4], known_axes(Perceptron())[-3:]
    (('learning_rate', 'l2', 'l1', 'weight_decay'), ('activation', 'initializer', 'dropout'))
    """
    trained = [field.name for field in dataclasses.fields(Recipe) if field.name not in {*OF_THE_STUDY, *OWN}]
    layers = [field.name for field in dataclasses.fields(architecture)]  # type: ignore[arg-type]
    return (*OWN, *OF_SIZES, *trained, *(name for name in layers if name != "shape"))


def draw(axes: Mapping[str, Axis], draws: int, seed: int) -> list[Point]:
    """Return as many points, or fewer where there are no more, each axis covered evenly.

    Of ``draws`` points every axis has one in each of as many equal parts, in a random order (a Latin
    hypercube). Values of what networks cannot have of their own are shared by as many points as there are
    forms of networks, ``MOST_OF_A_FORM`` at most, so that these are one population.

    Source: McKay, Beckman & Conover 1979, "A comparison of three methods for selecting values of input
    variables", sec. 2.3.

    >>> points = draw({"learning_rate": axis_of("learning_rate", None), "depth": Choices((1, 2))}, 16, seed=0)
    >>> len(points), sorted({point["depth"] for point in points})
    (16, [1, 2])
    """
    free = [name for name in axes if name in OWN and _number_of_values(axes[name]) != 1]
    fixed = [name for name in axes if name not in free]
    forms = math.prod(_number_of_values(axes[name]) for name in fixed)
    kinds = min(forms, max(math.ceil(math.sqrt(draws)), -(-draws // MOST_OF_A_FORM)) if free else draws)
    if forms == kinds:
        products = itertools.product(*(axes[name].values for name in fixed))
        shared = [dict(zip(fixed, values, strict=True)) for values in products]
    else:
        shared = _spread({name: axes[name] for name in fixed}, int(kinds), seed)
    if not free:
        return shared
    own = _spread({name: axes[name] for name in free}, draws, seed)
    points = [{**shared[i % len(shared)], **point} for i, point in enumerate(own)]
    return [{name: point[name] for name in axes} for point in points]


def _spread(axes: Mapping[str, Axis], count: int, seed: int) -> list[Point]:
    """Return points of which every axis has one in each of ``count`` equal parts."""
    columns = {}
    for name, axis in axes.items():
        number = zlib.crc32(name.encode())  # an axis is the same, whatever others there are
        order = permutation(count, seed, SHARED, Purpose.OTHER, number)
        within = stream(seed, SHARED - 1, Purpose.OTHER, number).random(count)
        columns[name] = [axis.at(u) for u in ((order + within) / count).tolist()]
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


def _number_of_values(axis: Axis) -> float:
    return len(axis.values) or math.inf


def _given(space: Space, known: Sequence[str], usual: Mapping[str, tuple[Any, ...]]) -> list[Point] | None:
    """Return the points that a space lists, if it does, with what there is but one value of."""
    listed = [] if isinstance(space, Mapping | str) else [p for p in space if isinstance(p, Mapping)]
    if not listed or len(listed) < len(space):
        return None
    points = []
    for given in listed:
        require_known(given, known)
        point = dict(given)
        for name, values in usual.items():
            if name not in point and len(values) > 1:
                raise ConfigurationError(
                    f"the point {point!r} has no {name}, of which there are several; give each point its own"
                )
            point.setdefault(name, values[0])
        point["hidden"] = parse_hidden(point["hidden"])
        points.append(point)
    return points


def _axes(space: Space, known: Sequence[str]) -> dict[str, Axis]:
    """Return the axes of a space as users write it."""
    if isinstance(space, str):
        space = [space]
    named = space if isinstance(space, Mapping) else dict.fromkeys(space) if _are_names(space) else None
    if not named:
        raise ConfigurationError(
            "space takes axes by name, such as {'learning_rate': (1e-4, 0.1)}, their names alone, or a list "
            f"of points, got {space!r}"
        )
    require_known(named, known)
    return {name: axis_of(name, given) for name, given in together(named).items()}


def _are_names(space: Any) -> bool:
    return isinstance(space, Iterable) and all(isinstance(name, str) for name in space)


def require_known(names: Iterable[object], known: Sequence[str]) -> None:
    """Raise ``UnknownNameError`` for the name of an axis that is none of the known."""
    for name in names:
        if name not in known:
            raise UnknownNameError("axis of a search", str(name), known)


def _applicable(point: Point, recipe: Recipe) -> Point:
    """Return a point without what its solver has no use for."""
    rule = Recipe(solver=point["solver"]).rule if "solver" in point else recipe.rule
    useless = set()
    if not rule.takes_learning_rate:
        useless |= {field.name for field in dataclasses.fields(Recipe) if needs_rate(field)}
        useless |= {"schedule", "dropout"}
    if rule.full_batch:
        useless.add("batch_size")
    if "solver" not in point and useless & set(point):
        raise ConfigurationError(
            f"{rule.name} has no use for the axis {min(useless & set(point))}; search with a solver "
            "such as adam"
        )
    return {name: value for name, value in point.items() if name not in useless}


def _candidate(index: int, point: Point, recipe: Recipe, architecture: Architecture) -> Candidate:
    """Return the candidate at a point, if networks can be trained so."""
    hidden, depth = point["hidden"], whole_number(point.get("depth", 1), "depth")
    if depth != 1 and len(hidden) > 1:
        raise ConfigurationError(
            f"depth repeats a hidden layer, got depth={depth} with the size {hidden_label(hidden)}; give "
            "sizes of one layer, or no depth"
        )
    candidate = Candidate(index, hidden * depth, strength(point["l2"]), tuple(point.items()))
    candidate.form.architecture(architecture)
    Recipe.of(candidate.own, candidate.form.recipe(recipe)).strengths(1, "float64")
    return candidate
