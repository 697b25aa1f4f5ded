"""The place that a job works in: free to use, begun, resumed."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import shutil
from pathlib import Path
from typing import Any

from shoal.errors import ConfigurationError, ModelFolderError, OutputError
from shoal.files import as_json, leftovers, read_regular, remove_leftovers, write_atomically
from shoal.jobs.layout import EVIDENCE, MODEL, PLAN, PREPROCESSING, REPORT, STUDY, WEIGHTS
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing import Sizing, StudySize
from shoal.selection.candidates import hidden_label
from shoal.selection.store import TrialStore

_OURS = {EVIDENCE, REPORT, PLAN, STUDY, MODEL, PREPROCESSING, WEIGHTS}
_MAY_DIFFER = {"table", "valid", "test", "jobs"}
"""Settings that a resumed job may change: where the data lie (their content is checked) and how many work."""


def require_free(folder: Path, resume: bool, overwrite: bool) -> bool:
    """Return whether ``folder`` holds a study to go on with; raise ``OutputError`` if it must not be used."""
    if resume and overwrite:
        raise ConfigurationError(
            "--resume and --overwrite were given; go on with the one, or begin anew with the other"
        )
    try:
        _require_writable(folder)
        names = {path.name for path in folder.iterdir()} if folder.exists() else set()
        names -= {path.name for path in leftovers(folder)}
    except OSError as error:
        raise OutputError(f"{folder} cannot be used ({error.strerror}); give another --out") from None
    if not names:
        return False
    if PLAN not in names:
        raise OutputError(f"{folder} holds other files; give a new or empty folder as --out")
    if STUDY in names:
        TrialStore(folder / STUDY).close()  # raises if another job is at work in it
    if resume:
        return True
    if overwrite:
        return False
    if MODEL in names:
        raise OutputError(
            f"{folder} already holds a model; begin anew with --overwrite, or give another --out"
        )
    raise OutputError(
        f"{folder} holds an unfinished study; go on with it with --resume, begin anew with --overwrite, or "
        "give another --out"
    )


def _require_writable(folder: Path) -> None:
    """Raise ``OutputError`` if nothing can be written in ``folder``, or nothing made where it is to be."""
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is a file; --out needs a folder, new or empty")
    ground = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not ground.is_dir():
        raise OutputError(f"{ground} is a file, so {folder} cannot be made in it; give another --out")
    if not os.access(ground, os.W_OK | os.X_OK):
        raise OutputError(f"{ground} is read-only; give another --out, or change its permissions")


def begin(folder: Path, request: FitRequest, sizing: Sizing, overwrite: bool = False) -> None:
    """Make ``folder``, clear it of an earlier job, and note the plan that a resumed job goes by.

    The earlier plan goes last, so that after a kill at any moment the folder is still known as a job's.
    Raises ``OutputError`` if that is not possible, or if another job has begun there by now.
    """
    require_free(folder, resume=False, overwrite=overwrite)
    new = not folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / STUDY).exists():
            shutil.rmtree(folder / STUDY)
        for name in _OURS - {STUDY, PLAN}:
            (folder / name).unlink(missing_ok=True)
        remove_leftovers(folder)
        plan = {"request": dataclasses.asdict(request), "sizing": dataclasses.asdict(sizing)}
        write_atomically(folder / PLAN, as_json(plan))
    except (OSError, OutputError) as error:
        if new:
            with contextlib.suppress(OSError):
                folder.rmdir()
        if isinstance(error, OutputError):
            raise
        raise OutputError(f"{folder} cannot be written ({error.strerror}); give another --out") from None


def read_plan(folder: Path, request: FitRequest) -> Sizing:
    """Return the sizing of the study begun in ``folder``.

    Raises ``ConfigurationError`` if it was begun with another request, naming what differs, and
    ``ModelFolderError`` if the plan was damaged.
    """
    try:
        plan = json.loads(read_regular(folder / PLAN))
        begun, sizing = _options(plan["request"]), plan["sizing"]
        size = StudySize(
            hidden=tuple(tuple(hidden) for hidden in sizing["size"]["hidden"]),
            starts=sizing["size"]["starts"],
            l2=tuple(sizing["size"]["l2"]),
            epochs=sizing["size"]["epochs"],
        )
        restored = Sizing(size, sizing["seconds"], tuple(sizing["sentences"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelFolderError(
            f"{folder / PLAN} was damaged ({type(error).__name__}); begin anew with --overwrite"
        ) from None
    asked = _options(json.loads(as_json(dataclasses.asdict(request))))
    told = [
        f"{option} was {_shown(begun.get(option))}, now {_shown(value)}"
        for option, value in asked.items()
        if value != begun.get(option)
    ]
    if told:
        raise ConfigurationError(
            f"--resume goes on with the same settings, but {'; '.join(told)}; repeat those, or --overwrite"
        )
    return restored


def _options(request: dict[str, Any]) -> dict[str, Any]:
    """Return a request by the options of the command line, without those that may differ."""
    flat = {**request, **request["size"]}
    return {
        f"--{name.replace('_', '-')}": value
        for name, value in flat.items()
        if name not in {*_MAY_DIFFER, "size"}
    }


def _shown(value: Any) -> str:
    """Return a setting as one would write it on the command line."""
    if isinstance(value, list):
        return ",".join(hidden_label(tuple(v)) if isinstance(v, list) else f"{v:g}" for v in value)
    return "left out" if value is None else str(value)
