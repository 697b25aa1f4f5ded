"""What a job searches: the axes as they were asked for, how many points are drawn, and how large that is."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from shoal.errors import ConfigurationError, DataError
from shoal.selection.candidates.architectures import Perceptron
from shoal.selection.candidates.axes import Axis, Span, axis_of, parse_axis, together
from shoal.selection.candidates.space import known_axes, require_known
from shoal.selection.rules import BY_EVIDENCE
from shoal.shapes import whole_number
from shoal.training.recipe import Recipe
from shoal.words import setting

if TYPE_CHECKING:
    from shoal.jobs.sizing.study import AskedSize, StudySize
    from shoal.selection.candidates.architectures import Hidden

DRAWS = {"fast": 32, "good": 64, "best": 128}
"""Points of a search, by the quality asked for."""
RUNGS = 8
"""The worse half of networks ends after one in so many of the epochs."""
SHARE = 4
"""One in so many of the epochs of all networks is trained then, or less."""
KNOWN = known_axes(Perceptron())
"""The axes of tables, whose networks are perceptrons."""


class SearchRequest(Protocol):
    """What a search is asked for by: the fields of a request, which checks itself by these functions."""

    @property
    def search(self) -> tuple[str, ...] | None: ...
    @property
    def draws(self) -> int | None: ...
    @property
    def halving(self) -> int | None: ...
    @property
    def quality(self) -> str: ...
    @property
    def score(self) -> str: ...
    @property
    def size(self) -> AskedSize: ...


def axes_of(request: SearchRequest, check: bool = False) -> dict[str, object]:
    """Return the axes that are asked for, as a request that is made has them checked.

    Raises ``ConfigurationError`` for what is no axis, and for one that is there twice.

    >>> from shoal.jobs.request import FitRequest
    >>> axes_of(FitRequest("t.csv", search=("learning-rate=1e-4..0.1,dropout",)))
    {'learning_rate': (0.0001, 0.1), 'dropout': None}
    """
    found: dict[str, object] = {}
    for text in (part for said in request.search or () for part in said.split(",")):
        try:
            name, given = parse_axis(text)
            if check:
                require_known([name], KNOWN)
                _require_possible(name, axis_of(name, given))
        except (ConfigurationError, DataError) as error:
            raise ConfigurationError(f"{setting('search', text)}: {error}") from None
        if name in found:
            raise ConfigurationError(f"{setting('search', text)}: {name} is an axis already; give it once")
        found[name] = given
    return together(found)


def _require_possible(name: str, axis: Axis) -> None:
    """Raise ``ConfigurationError`` for values that no network can have, before there are any."""
    values = (axis.low, axis.high) if isinstance(axis, Span) else axis.values
    of_layers = {field.name for field in dataclasses.fields(Perceptron)} - {"shape"}
    for value in values:
        if name in of_layers:
            Perceptron(**{name: value}).network((1,), 1, 1, "squared_error")
        elif name == "depth":
            whole_number(value, name)
        elif name != "hidden":
            Recipe(**{name: value}).strengths(1, np.float64)


def check_search(request: SearchRequest) -> None:
    """Raise ``ConfigurationError`` for a search that is none, or beside what goes without one."""
    axes = axes_of(request, check=True)
    if axes and request.score == BY_EVIDENCE:
        raise ConfigurationError(
            f"a search goes by validation, got {setting('score', BY_EVIDENCE)}; leave one of them out"
        )
    for name in ("draws", "halving"):
        if not axes and getattr(request, name) is not None:
            raise ConfigurationError(
                f"{setting(name)} is for searches; name their axes with {setting('search')}, such as "
                "learning-rate,dropout"
            )
    for name in axes:
        given = getattr(request.size if name in ("hidden", "l2") else request, name, None)
        if given is not None:
            raise ConfigurationError(
                f"{setting(name)} was given, and is an axis of {setting('search')}; leave one of them out"
            )


def draws_of(request: SearchRequest) -> int:
    """Return how many points are tried."""
    return DRAWS[request.quality] if request.draws is None else request.draws


def halving_of(request: SearchRequest, epochs: int, streamed: bool) -> int | None:
    """Return after how many epochs the worse half of networks ends first; None where none is ended.

    Samples on disk are trained on without: all of a population see a part of them before another is read.
    """
    if request.halving is not None:
        return request.halving or None
    return None if streamed or epochs < RUNGS else epochs // RUNGS


def asked_of(request: SearchRequest, asked: AskedSize, full: StudySize, views: int) -> AskedSize:
    """Return a study as large as the search, as it is sized: so many starts of each size and strength.

    The networks of a point that are ended early are counted as one in ``SHARE``.
    """
    sizes = asked.hidden or full.hidden
    strengths = asked.l2 or full.l2
    share = 1 if request.halving == 0 else SHARE
    networks = draws_of(request) * (asked.starts or views)
    return dataclasses.replace(asked, starts=max(networks // (share * len(sizes) * len(strengths)), 1))


def space_settings(request: SearchRequest, epochs: int, streamed: bool) -> dict[str, Any]:
    """Return what a study is told of a search; nothing where there is none."""
    axes = axes_of(request)
    if not axes:
        return {}
    halving = halving_of(request, epochs, streamed)
    return {"space": axes, "draws": draws_of(request), "halving": halving}


def told(request: SearchRequest, epochs: int, streamed: bool) -> str:
    """Return what is searched, in a sentence."""
    axes = [name.replace("_", " ") for name in axes_of(request)]
    first = halving_of(request, epochs, streamed)
    ends = f"the worse half of each population ends after {first}, {2 * first} … epochs" if first else ""
    return f"Searches {draws_of(request)} points of {', '.join(axes)}{'; ' + ends if ends else ''}."


def settled(request: SearchRequest, epochs: int, streamed: bool) -> dict[str, Any]:
    """Return what a search leaves open no more, and what its axes say instead, as the job is repeated."""
    axes = axes_of(request)
    if not axes:
        return {}
    known = set(vars(request))
    found = {"draws": draws_of(request), "halving": halving_of(request, epochs, streamed) or 0}
    return found | dict.fromkeys(known & set(axes))


def without_axes(request: SearchRequest, size: AskedSize) -> AskedSize:
    """Return the size of a study without what is an axis of its search."""
    return dataclasses.replace(size, **{name: None for name in vars(size) if name in axes_of(request)})


def hidden_of(request: SearchRequest) -> tuple[Hidden, ...] | None:
    """Return the sizes of a search, where they are an axis."""
    axes = axes_of(request)
    return axis_of("hidden", axes["hidden"]).values if "hidden" in axes else None  # type: ignore[return-value]
