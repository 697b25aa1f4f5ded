"""How many terms the linear view of texts has, where memory has not room for all."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from shoal.data.memory import readable, resident_bytes
from shoal.errors import CapacityError, ConfigurationError, ShoalWarning
from shoal.jobs.memory.footprint import LARGE, PROGRAM, Allowance
from shoal.jobs.memory.room import LATER, MARGIN
from shoal.jobs.request import FitRequest
from shoal.mixtures.text_linear import LinearText
from shoal.mixtures.text_planning import RUNS
from shoal.mixtures.views import Schooling
from shoal.words import setting


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
    left = allowance.most / MARGIN - (resident_bytes() or PROGRAM) - LATER
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
