"""How many terms the linear view of texts has, and by how many threads networks learn, for the memory."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import replace

from shoal.data.memory import readable, resident_bytes
from shoal.errors import CapacityError, ConfigurationError, ShoalWarning
from shoal.jobs.memory.footprint import LARGE, PROGRAM, Allowance
from shoal.jobs.memory.room import LATER, MARGIN
from shoal.jobs.request import FitRequest
from shoal.mixtures.text_linear import LinearText
from shoal.mixtures.text_networks import TextNetworks
from shoal.mixtures.text_planning import RUNS
from shoal.mixtures.views import Schooling, View
from shoal.words import setting
from shoal.workers import count_workers


def terms_within(request: FitRequest, unit: str, schooling: Schooling[Sequence[str]]) -> int | None:
    """Return the terms of each unit that there is memory for; None where what is asked for, or all, fits.

    Fewer are said with a ``ShoalWarning``. Raises ``CapacityError`` where that would not do, or those that
    are asked for are too many.
    """
    if request.features == 0:
        raise ConfigurationError(f"{setting('features', 0)} leaves no terms of texts; give 1 at least")
    view, allowance = LinearText(RUNS[unit], terms=request.features), Allowance.of(request)
    if allowance.most is None or (request.memory is None and view.bytes(schooling) < LARGE):
        return None
    left = _left(allowance.most)
    found = view.within(left, schooling)
    if found is not None and found.terms == request.features:
        return None
    if found is None or request.features is not None:
        raise CapacityError(
            f"the linear view of texts needs more than the {readable(max(left, 0))} that are left, for "
            f"{allowance.told}; allow more, or use fewer {setting('features')} or texts"
        )
    assert found.terms is not None
    warnings.warn(
        f"the linear view of texts has the {found.terms:,} commonest terms of each unit, as with "
        f"{setting('features', found.terms)}, for {allowance.told}; allow more for all of them",
        ShoalWarning,
        stacklevel=2,
    )
    return found.terms


def within_threads(
    request: FitRequest, view: View[Sequence[str]], schooling: Schooling[Sequence[str]]
) -> Schooling[Sequence[str]]:
    """Return the schooling by as many of its threads as there is memory for, to the same bits.

    Raises ``CapacityError`` where the networks of the view are too many for a single one.
    """
    allowance = Allowance.of(request)
    if allowance.most is None or not isinstance(view, TextNetworks):  # the linear view has but one thread
        return schooling
    if request.memory is None and view.bytes(schooling) < LARGE:
        return schooling
    left, asked = _left(allowance.most), count_workers(schooling.n_jobs)
    for jobs in range(asked, 0, -1):
        fewer = schooling if jobs == asked else replace(schooling, n_jobs=jobs)
        need = view.bytes(fewer)
        if need <= left:
            return fewer
    raise CapacityError(
        f"{view.words} need about {readable(need)} besides what is held, of which {readable(max(left, 0))} "
        f"are left, for {allowance.told}; allow more, or use a lower {setting('quality')} or fewer texts"
    )


def _left(most: int) -> float:
    """Return how many of the bytes allowed there are besides what the process holds and will."""
    return most / MARGIN - (resident_bytes() or PROGRAM) - LATER
