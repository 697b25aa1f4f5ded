"""What was tried and how good it was, as plain JSON and in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from shoal.forecasting.candidates import ForecastMethod, ForecastSchooling, Tried
from shoal.forecasting.settings import ForecastSettings
from shoal.shapes import Array
from shoal.words import plural

LOSS = "scaled absolute error"


def evidence_of(
    lesson: ForecastSchooling,
    settings: ForecastSettings,
    found: Sequence[tuple[ForecastMethod, Tried]],
    weights: Array,
    mixed: Array | None,
    named: dict[str, int],
) -> dict[str, Any]:
    """Return what there is to tell of a mixture ``mixed`` (N, h) of what was ``found``, in ``weights``."""
    panel, origins = lesson.panel, lesson.origins
    told: dict[str, Any] = {
        "horizon": lesson.horizon,
        "season": lesson.season,
        "season_found": settings.season is None,
        "series": len(panel),
        "channels": panel.channels,
        "origins": origins.count,
        "refits": len(origins.cuts),
        "loss": LOSS,
        "notes": list(panel.notes),
    }
    if mixed is None:
        who = f"last season of {lesson.season} steps" if lesson.season > 1 else "last value"
        sentence = f"The {who} goes on, for the series is too short to try anything else."
        return told | {
            "candidates": [],
            "validation": None,
            "by_step": {},
            "winner": who,
            "sentence": sentence,
        }
    actual, scales = origins.actual(panel), origins.scales(panel, lesson.season)

    def by_step(forecasts: Array) -> Array:
        return np.asarray((np.abs(forecasts - actual) / scales).mean(axis=0))

    candidates: list[dict[str, Any]] = [
        {
            "name": "seasonal naive" if getattr(candidate, "season", 1) > 1 else candidate.family,
            "words": tried.words,
            "validation": float(by_step(tried.forecasts).mean()),
            "weight": float(weight),
        }
        for (candidate, tried), weight in zip(found, weights, strict=True)
    ]
    steps = {"mixture": by_step(mixed).tolist()}
    steps |= {name: by_step(found[index][1].forecasts).tolist() for name, index in named.items()}
    validation = float(by_step(mixed).mean())
    winner = max(candidates, key=lambda each: each["weight"])
    return told | {
        "candidates": candidates,
        "validation": validation,
        "by_step": steps,
        "winner": winner["words"],
        "sentence": _sentence(candidates, validation, origins.count, found[0][1].words),
    }


def _sentence(candidates: list[dict[str, Any]], validation: float, origins: int, naive: str) -> str:
    """Return what the mixture is made of, how good it is, and whether networks are any use."""
    used = sorted((each for each in candidates if each["weight"]), key=lambda each: -each["weight"])
    parts = ", ".join(f"{each['weight']:.0%} {each['words']} ({each['validation']:.3g})" for each in used)
    best: dict[str, float] = {}
    for each in candidates:
        group = each["name"] if each["name"] in ("naive", "seasonal naive", "linear") else "networks"
        best[group] = min(best.get(group, np.inf), each["validation"])
    beside = ", ".join(f"{name} {value:.3g}" for name, value in best.items())
    names = {each["name"] for each in used}
    verdict = ""
    if names <= {"naive", "seasonal naive"}:
        verdict = " Nothing that learns does better than what is naive."
    elif names <= {"naive", "seasonal naive", "linear"}:
        verdict = " A linear map does; networks add nothing."
    return (
        f"{parts}: scaled absolute error {validation:.3g} at {plural(origins, 'rolling origin')}; "
        f"each kind's best: {beside}.{verdict}"
    )
