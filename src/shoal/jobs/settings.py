"""Which settings are for which data: what nothing would come of is refused, and never passed over."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from shoal.errors import ConfigurationError
from shoal.words import setting

if TYPE_CHECKING:
    from shoal.jobs.request import FitRequest

TABLE, TEXTS, SEQUENCES, IMAGES, FORECASTS = "table", "texts", "sequences", "images", "forecasts"
"""Kinds of data, by their names in ``shoal.jobs.kinds.KINDS``."""
LONG = "long tables"
"""Sequences that are read from a table by the ``id`` of each row."""
_CALLED = {TABLE: "tables", LONG: "sequences with {id}"}
_BY_STUDY = (TABLE, TEXTS, SEQUENCES, IMAGES)

FOR: Mapping[str, tuple[str, ...]] = {
    "target": (TABLE, TEXTS, LONG, FORECASTS),
    **dict.fromkeys(("drop", "columns"), (TABLE, LONG, FORECASTS)),
    **dict.fromkeys(("task", "loss"), (TABLE, TEXTS, SEQUENCES)),
    **dict.fromkeys(("categorical", "pieces", "waves"), (TABLE,)),
    **dict.fromkeys(("search", "draws", "halving"), (TABLE,)),
    **dict.fromkeys(("metric", "cost"), _BY_STUDY),
    "group": _BY_STUDY,
    **dict.fromkeys(("time_order", "weight"), (TABLE, TEXTS, SEQUENCES)),
    **dict.fromkeys(("hidden", "starts", "l2", "epochs"), _BY_STUDY),
    **dict.fromkeys(("folds", "valid", "validation_share", "test_share", "choose", "score"), _BY_STUDY),
    **dict.fromkeys(("solver", "learning_rate", "batch_size", "patience", "networks", "rare"), _BY_STUDY),
    "on": _BY_STUDY,
    "activation": (TABLE, TEXTS, IMAGES),
    **dict.fromkeys(("id", "order"), (LONG, FORECASTS)),
    **dict.fromkeys(("horizon", "season", "future", "tested"), (FORECASTS,)),
    **dict.fromkeys(("text", "characters"), (TEXTS,)),
    "features": (TEXTS, SEQUENCES),
    "budget": (TEXTS, SEQUENCES, FORECASTS),
    **dict.fromkeys(("image_size", "augment"), (IMAGES,)),
    "strict": (SEQUENCES, IMAGES, FORECASTS),
}
"""The kinds that each setting is for; one that is not here is for all of them."""


def require_settings_of(kind: str, noun: str, request: FitRequest) -> None:
    """Raise ``ConfigurationError`` for what is asked for and is for other kinds of data alone.

    ``noun`` is what the data are read as.
    """
    kinds = {kind, LONG} if kind == SEQUENCES and request.id is not None else {kind}
    for name in _asked(request):
        meant = FOR.get(name)
        if meant is not None and not kinds & set(meant):
            raise ConfigurationError(
                f"{setting(name)} is for {_listed(meant)}, and {request.table} is read as {noun}; leave it "
                "out"
            )


def _asked(request: FitRequest) -> list[str]:
    """Return the settings that are not as they are where nobody asks for anything."""
    return [
        field.name
        for part in (request, request.size)
        for field in dataclasses.fields(part)
        if field.default is not dataclasses.MISSING and getattr(part, field.name) != field.default
    ]


def _listed(kinds: Iterable[str]) -> str:
    """Return kinds as a sentence has them.

    >>> _listed((TABLE, LONG, FORECASTS))
    'tables, sequences with id and forecasts'
    """
    *others, last = (_CALLED.get(kind, kind).format(id=setting("id")) for kind in kinds)
    return f"{', '.join(others)} and {last}" if others else last
