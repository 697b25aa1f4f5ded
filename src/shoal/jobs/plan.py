"""The plan of a job: what was asked and how large the study is, as a resumed job goes by it."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any, Literal, NotRequired, TypedDict, cast

from shoal.errors import ConfigurationError, ModelFolderError, ShoalError, reason
from shoal.files import as_json, read_regular
from shoal.jobs.request import MOST_STARTS, FitRequest
from shoal.jobs.saved.layout import PLAN
from shoal.jobs.sizing.study import Sizing, StudySize
from shoal.schema import MismatchError, parse_json, require, require_type
from shoal.selection.candidates.candidate import grid, hidden_label
from shoal.shapes import LARGEST
from shoal.words import setting

_MAY_DIFFER = {"table", "valid", "test", "jobs", "on"}
"""Settings that a resumed job may change: where the data lie (their content is checked), and who works."""


class _Size(TypedDict):
    hidden: list[list[int]]
    starts: int
    l2: list[float]
    epochs: int


class _Sized(TypedDict):
    size: _Size
    seconds: float
    sentences: list[str]


class _Plainer(TypedDict, total=False):
    pieces: Literal[0]
    waves: Literal[0]
    augment: str
    batch_size: int
    features: int


class _Plan(TypedDict):
    """What ``plan.json`` says; of what was asked it may lack what could not be asked when it was written."""

    request: FitRequest
    sizing: _Sized | None
    plainer: NotRequired[_Plainer]
    streamed: NotRequired[bool]
    replaces: NotRequired[str | None]


def load_plan(folder: Path) -> dict[str, Any]:
    """Return what the plan in ``folder`` says, of the types and in the ranges that it was written with.

    Raises ``ModelFolderError`` if it cannot be read or was damaged.
    """
    try:
        plan = parse_json(read_regular(folder / PLAN))
        require_type(plan, _Plan)
        checked = cast("dict[str, Any]", plan)
        for name in ("table", "size"):
            require(name in checked["request"], checked["request"], f"the {name} too", "request")
        if checked["sizing"] is not None:
            size = checked["sizing"]["size"]
            for name, most in (("starts", MOST_STARTS), ("epochs", LARGEST)):
                require(1 <= size[name] <= most, size[name], "a possible number", f"sizing.size.{name}")
            grid([tuple(hidden) for hidden in size["hidden"]], size["l2"])
    except OSError as error:
        raise ModelFolderError(
            f"{folder / PLAN} cannot be read ({reason(error)}); give a folder of shoal fit"
        ) from None
    except (MismatchError, ConfigurationError) as error:
        raise ModelFolderError(
            f"{folder / PLAN} was damaged ({error}); begin anew with {setting('overwrite', True)}"
        ) from None
    return checked


def read_plan(folder: Path, request: FitRequest) -> Sizing:
    """Return the sizing of the study begun in ``folder``.

    Raises ``ConfigurationError`` if it was begun with another request, naming what differs, and
    ``ModelFolderError`` if the plan was damaged.
    """
    sizing = require_same(folder, request)["sizing"]
    if sizing is None:
        raise ModelFolderError(
            f"{folder / PLAN} is of a job without a study; begin anew with {setting('overwrite', True)}"
        )
    size = StudySize(
        hidden=tuple(tuple(hidden) for hidden in sizing["size"]["hidden"]),
        starts=sizing["size"]["starts"],
        l2=tuple(sizing["size"]["l2"]),
        epochs=sizing["size"]["epochs"],
    )
    return Sizing(size, sizing["seconds"], tuple(sizing["sentences"]))


def require_same(folder: Path, request: FitRequest) -> dict[str, Any]:
    """Return the plan in ``folder``, if it is of the same request; see ``read_plan``."""
    plan = load_plan(folder)
    begun = _settings(plan["request"])
    asked = _settings(json.loads(as_json(dataclasses.asdict(request))))
    told = [
        f"{setting(name)} was {_shown(begun.get(name))}, now {_shown(value)}"
        for name, value in asked.items()
        if value != begun.get(name)
    ]
    if told:
        raise ConfigurationError(
            f"{setting('resume', True)} goes on with the same settings, but {'; '.join(told)}; repeat those, "
            f"or begin anew with {setting('overwrite', True)}"
        )
    return plan


def read_plainer(folder: Path) -> dict[str, Any]:
    """Return the settings that memory and time decided when the study in ``folder`` was begun."""
    known = load_plan(folder).get("plainer", {})
    return {name: value for name, value in known.items() if name in _Plainer.__annotations__}


def read_streamed(folder: Path) -> bool | None:
    """Return whether the study begun in ``folder`` trains from the disk; None if its plan does not say."""
    streamed: bool | None = load_plan(folder).get("streamed")
    return streamed


def is_resumable(folder: Path, request: FitRequest) -> bool:
    """Whether a job with this request, if resumed, would go on with what is in ``folder``."""
    try:
        require_same(folder, request)
    except ShoalError:
        return False
    return True


def _settings(request: dict[str, Any]) -> dict[str, Any]:
    """Return what was asked, setting by setting, without those that may differ."""
    flat = {**request, **request["size"]}
    return {name: value for name, value in flat.items() if name not in {*_MAY_DIFFER, "size"}}


def _shown(value: Any) -> str:
    """Return a value as a sentence has it."""
    if isinstance(value, list):
        return ",".join(hidden_label(tuple(v)) if isinstance(v, list) else _shown(v) for v in value)
    if isinstance(value, float):
        return f"{value:g}"
    return "left out" if value is None else str(value)
