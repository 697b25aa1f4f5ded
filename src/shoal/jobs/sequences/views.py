"""The views that a job on sequences has besides its study, and as many of their features as memory allows."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from shoal.data.memory import readable, resident_bytes
from shoal.data.targets.losses import SQUARED
from shoal.errors import CapacityError
from shoal.jobs.memory.footprint import LARGE, PROGRAM, Allowance
from shoal.jobs.memory.room import LATER, MARGIN
from shoal.jobs.prepared import Prepared
from shoal.jobs.request import FitRequest
from shoal.mixtures.planning import (
    BUDGET,
    CONVOLUTIONAL,
    FEATURES,
    KINDS,
    LEAST_FEATURES,
    MANY,
    RECURRENT,
    views_for,
)
from shoal.mixtures.targets import Targets
from shoal.mixtures.views import Schooling, View
from shoal.sequences import Sequences
from shoal.shapes import Array
from shoal.words import setting
from shoal.workers import count_workers

BUDGETS = {"fast": 0.2, "good": 1.0, "best": 5.0}
"""Times the operations that the estimators have."""
A_SECOND = 5e8
"""Operations for every second that the user allows, of several times as many that a core does."""
LOSSES = ("log_loss", "cross_entropy", SQUARED)
"""Those that views have."""
FEWER = 0.8
"""Of so many features, the next that are tried."""
FEW = 0.5
"""Of the number of series: fewer features than that leave out what takes a number for each two of them."""


@dataclass(frozen=True)
class Aftermath:
    """What is held ``bytes`` at once after the study, by so many threads (``jobs``).

    ``less`` is what memory decided for it, and ``told`` the sentence of that, or of what the request leaves
    out.
    """

    bytes: int = 0
    jobs: int | None = None
    less: dict[str, Any] = field(default_factory=dict)
    told: tuple[str, ...] = ()


def budget_of(request: FitRequest) -> float:
    """Return how many operations learning may take."""
    if request.budget is not None:
        return request.budget
    return BUDGETS[request.quality] * BUDGET if request.time is None else A_SECOND * request.time


def views_after(request: FitRequest, schooling: Schooling[Sequences]) -> list[View[Sequences]]:
    """Return the views that are asked for, the cheapest first; for no features no random convolutions."""
    asked = request.features
    kinds = (CONVOLUTIONAL, RECURRENT) if asked == 0 else KINDS
    likeness = _has_likeness(asked, len(schooling.series))
    return views_for(schooling, kinds, budget_of(request), asked or FEATURES, likeness=likeness)


def _has_likeness(features: int | None, N: int) -> bool:
    return N <= MANY and (features is None or features >= FEW * N)


def _asked_out(request: FitRequest, N: int) -> tuple[str, ...]:
    """Return the sentence that the features asked for leave likeness out, of N series, if they do."""
    if N > MANY or _has_likeness(request.features, N):
        return ()
    return (
        f"Likeness of statistics is left out, as {setting('features', request.features)} is fewer than half "
        f"of the {N:,} sequences to learn from; {math.ceil(FEW * N):,} or more keep it.",
    )


def aftermath_of(prepared: Prepared, request: FitRequest, channels: int) -> Aftermath:
    """Return what the views of a job take, of series with so many ``channels``; nothing for none."""
    if prepared.rule(request) != "ensemble" or prepared.loss[0] not in LOSSES:
        return Aftermath()
    X, y = prepared.development
    assert isinstance(X, Sequences)
    return aftermath(request, X, y, prepared.n_classes, prepared.folds or 1, channels)


def aftermath(request: FitRequest, X: Sequences, y: Array, n_classes: int, folds: int, C: int) -> Aftermath:
    """Return what the views of series with C channels take, with as many features as there is memory for.

    Raises ``CapacityError`` where none would do, or those that the request asks for are too many.
    """
    empty = np.zeros(0, np.intp)
    targets, ahead = Targets(y, n_classes), request.time_order is not None
    schooling = Schooling(X, targets, [(empty, empty)] * folds, request.seed, C, request.jobs, ahead=ahead)
    allowance, held = Allowance.of(request), (resident_bytes() or PROGRAM + X.X.nbytes) + LATER
    asked = count_workers(request.jobs)
    wished = _bytes(request, schooling, asked)
    if wished < LARGE and request.memory is None:
        return Aftermath(wished, request.jobs, told=_asked_out(request, len(X)))
    for less in _fewer(request, schooling):
        for jobs in range(asked, 0, -1):
            need = _bytes(replace(request, **less), schooling, jobs)
            if allowance.holds(int(MARGIN * (held + need))):
                told = _sentences(less, len(X), held + wished, allowance) or _asked_out(request, len(X))
                return Aftermath(need, request.jobs if jobs == asked else jobs, less, told)
    raise CapacityError(
        f"what is learnt after the study needs about {readable(MARGIN * (held + need))} with the data, and "
        f"{allowance.told}; allow more, or use fewer {setting('features')} or series"
    )


def _bytes(request: FitRequest, schooling: Schooling[Sequences], jobs: int) -> int:
    schooling = replace(schooling, n_jobs=jobs)
    return max(view.bytes(schooling) for view in views_after(request, schooling))


def _fewer(request: FitRequest, schooling: Schooling[Sequences]) -> Iterator[dict[str, Any]]:
    """Yield settings of fewer and fewer features, where nobody asked for any number."""
    yield {}
    if request.features is not None:
        return
    features = float(FEATURES)
    while (features := FEWER * features) > LEAST_FEATURES:
        yield {"features": int(features)}
    yield {"features": LEAST_FEATURES}
    yield {"features": 0}


def _sentences(less: dict[str, Any], N: int, wished: int, allowance: Allowance) -> tuple[str, ...]:
    if not less:
        return ()
    features = less["features"]
    what = f"Random convolutions have {features:,} features"
    if not features:
        what = "There are no random convolutions"
    if N <= MANY and not _has_likeness(features, N):
        what += ", and likeness of statistics is left out"
    return (
        f"{what}, as with {setting('features', features)}: as many as usual need about "
        f"{readable(MARGIN * wished)} of memory, and {allowance.told}.",
    )
