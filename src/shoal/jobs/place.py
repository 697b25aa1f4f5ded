"""The place that a job works in: free to use, begun, resumed."""

from __future__ import annotations

import dataclasses
import json
import shutil
from pathlib import Path
from typing import Any

from shoal.errors import ConfigurationError, ModelFolderError, OutputError
from shoal.files import write_atomically
from shoal.jobs.layout import EVIDENCE, MODEL, PLAN, PREPROCESSING, REPORT, STUDY, WEIGHTS
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing import Sizing, StudySize
from shoal.selection.store import TrialStore

_OURS = {EVIDENCE, REPORT, PLAN, STUDY, MODEL, PREPROCESSING, WEIGHTS}
_MAY_DIFFER = {"table", "valid", "jobs"}
"""Settings that a resumed job may change: where the data lie (their content is checked) and how many work."""


def require_free(folder: Path, resume: bool, overwrite: bool) -> bool:
    """Return whether ``folder`` holds a study to go on with; raise ``OutputError`` if it must not be used."""
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is a file; --out needs a folder, new or empty")
    if not folder.exists() or not any(folder.iterdir()):
        return False
    if not (folder / PLAN).exists():
        raise OutputError(f"{folder} holds other files; give a new or empty folder as --out")
    if (folder / STUDY).exists():
        TrialStore(folder / STUDY).close()  # raises if another job is at work in it
    if resume:
        return True
    if overwrite:
        return False
    if (folder / MODEL).exists():
        raise OutputError(
            f"{folder} already holds a model; begin anew with --overwrite, or give another --out"
        )
    raise OutputError(
        f"{folder} holds an unfinished study; go on with it with --resume, begin anew with --overwrite, or "
        "give another --out"
    )


def begin(folder: Path, request: FitRequest, sizing: Sizing) -> None:
    """Make ``folder``, clear it of an earlier job, and note the plan that a resumed job goes by."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / STUDY).exists():
            shutil.rmtree(folder / STUDY)
        for name in _OURS - {STUDY}:
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{folder} cannot be written ({error.strerror}); give another --out") from None
    plan = {"request": dataclasses.asdict(request), "sizing": dataclasses.asdict(sizing)}
    write_atomically(folder / PLAN, json.dumps(plan, indent=1, ensure_ascii=False).encode())


def read_plan(folder: Path, request: FitRequest) -> Sizing:
    """Return the sizing of the study begun in ``folder``.

    Raises ``ConfigurationError`` if it was begun with another request, naming what differs, and
    ``ModelFolderError`` if the plan was damaged.
    """
    try:
        plan = json.loads((folder / PLAN).read_bytes())
        begun, sizing = dict(plan["request"]), plan["sizing"]
        size = StudySize(
            hidden=tuple(tuple(hidden) for hidden in sizing["size"]["hidden"]),
            starts=sizing["size"]["starts"],
            l2=tuple(sizing["size"]["l2"]),
            epochs=sizing["size"]["epochs"],
        )
        restored = Sizing(size, sizing["seconds"], tuple(sizing["sentences"]))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ModelFolderError(
            f"{folder / PLAN} was damaged ({type(error).__name__}); begin anew with --overwrite"
        ) from None
    asked: dict[str, Any] = json.loads(json.dumps(dataclasses.asdict(request)))
    differ = sorted(key for key in asked.keys() - _MAY_DIFFER if asked[key] != begun.get(key))
    if differ:
        told = "; ".join(f"{key} was {begun.get(key)!r}, now {asked[key]!r}" for key in differ)
        raise ConfigurationError(
            f"--resume goes on with the same settings, but {told}; repeat those, or --overwrite"
        )
    return restored
