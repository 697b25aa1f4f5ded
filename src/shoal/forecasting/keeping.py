"""What a fit has tried so far, kept in a folder, so that one that was interrupted goes on from there."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError, safe_open

from shoal._version import __version__
from shoal.errors import ShoalError
from shoal.files import require_regular, write_atomically
from shoal.forecasting.candidates import ForecastMethod, ForecastSchooling, Learnt, Tried
from shoal.forecasting.linear import LearntMap
from shoal.forecasting.naive import Repeated
from shoal.forecasting.networks import LearntNetworks
from shoal.forecasting.own import LearntMaps
from shoal.forecasting.panel import Panel
from shoal.forecasting.settings import ForecastSettings
from shoal.registry import family
from shoal.shapes import Array

LEARNT: dict[str, type[Learnt]] = family(Repeated, LearntMap, LearntMaps, LearntNetworks)
_FORECASTS, _TOLD = "forecasts", "tried"


def learnt_of(config: Mapping[str, Any], arrays: Mapping[str, Array]) -> Learnt:
    """Return what has learnt, by its name and what its ``to_config`` and ``arrays`` described.

    Raises ``ValueError``, ``KeyError`` or ``TypeError`` for what describes none.
    """
    fields = dict(config)
    kind = LEARNT.get(fields.pop("name"))
    if kind is None:
        raise ValueError(f"{config['name']!r} is of no kind that is known")
    return kind.from_config(fields, arrays)


class Keeper:
    """Lets candidates learn, one after the other, but for those that a ``folder`` holds already.

    Files are named by all that decides what comes of a candidate: series, settings, and its place in the
    order in which they are tried. Without a folder nothing is kept. ``found`` counts what was there.
    """

    def __init__(self, folder: Path | None = None) -> None:
        self.folder, self.found = folder, 0
        self._key, self._number = "", 0

    def begin(self, panel: Panel, settings: ForecastSettings) -> None:
        """Begin with the first candidate for a panel."""
        self._number = 0
        if self.folder is not None:
            self._key = _key(panel, settings)

    def learn(self, candidate: ForecastMethod, lesson: ForecastSchooling) -> Tried | None:
        """Return what comes of the next candidate."""
        self._number += 1
        if self.folder is None:
            return candidate.learn(lesson)
        path = self.folder / f"{self._key}-{self._number}.safetensors"
        tried = _read(path)
        if tried is not None:
            self.found += 1
            return tried
        tried = candidate.learn(lesson)
        if tried is not None:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomically(path, _written(tried))
        return tried


def _key(panel: Panel, settings: ForecastSettings) -> str:
    """Return a name of all that decides what is tried, and what comes of it."""
    asked = settings.to_config()
    del asked["n_jobs"]
    shapes = [[each.shape for each in arrays] for arrays in (panel.series, panel.future or ())]
    told = json.dumps([__version__, asked, shapes, list(panel.names or ())])
    digest = hashlib.blake2b(told.encode(errors="surrogatepass"), digest_size=16)
    for each in (*panel.series, *(panel.future or ())):
        digest.update(np.ascontiguousarray(each).tobytes())
    return digest.hexdigest()


def _written(tried: Tried) -> bytes:
    told = {"words": tried.words, "learnt": {"name": tried.learnt.name, **tried.learnt.to_config()}}
    arrays = {_FORECASTS: tried.forecasts, **{f"learnt.{n}": a for n, a in tried.learnt.arrays().items()}}
    plain = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    return safetensors.numpy.save(plain, {_TOLD: json.dumps(told)})


def _read(path: Path) -> Tried | None:
    """Return what a file holds; None where there is none, or none that is whole, which is tried anew."""
    try:
        require_regular(path)
        with safe_open(path, framework="np") as file:
            told = json.loads((file.metadata() or {})[_TOLD])
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (it is no dict)
        forecasts = arrays.pop(_FORECASTS)
        own = {name.removeprefix("learnt."): array for name, array in arrays.items()}
        return Tried(learnt_of(told["learnt"], own), str(told["words"]), forecasts)
    except (OSError, SafetensorError, ValueError, LookupError, TypeError, AttributeError, ShoalError):
        return None
