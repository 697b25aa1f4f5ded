"""The place that a job works in: free to use, begun, resumed."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from shoal.data.tables import files_of
from shoal.errors import ConfigurationError, DataError, ModelFolderError, OutputError, ShoalError, reason
from shoal.files import (
    as_json,
    clear,
    leftovers,
    read_regular,
    remove_leftovers,
    strangers,
    write_atomically,
)
from shoal.jobs.replacing import REPLACES, is_aside, mend, put_back, set_aside
from shoal.jobs.request import FitRequest
from shoal.jobs.saved.contents import CONTENTS, OF_LOCK, OF_TRIED, WORKINGS
from shoal.jobs.saved.layout import EARLIER, LOCK, MODEL, PLAN, ROWS, STUDY, TRIED
from shoal.jobs.sizing.study import Sizing
from shoal.selection.store.locking import OF_SQLITE, locked
from shoal.selection.store.records import DATABASE
from shoal.selection.store.trial_store import TrialStore
from shoal.words import setting


def require_free(folder: Path, request: FitRequest, resume: bool, overwrite: bool) -> bool:
    """Return whether ``folder`` holds a study to go on with; raise ``OutputError`` if it must not be used.

    Nothing but what a job made itself is ever replaced, so a folder with anything else in it is refused.
    What a kill has left half done is mended.
    """
    begun = _require_free(folder, request, resume, overwrite)
    if os.path.lexists(folder / LOCK) or (folder / EARLIER).is_dir():
        with occupied(folder):
            mend(folder)
    return begun


def _require_free(folder: Path, request: FitRequest, resume: bool, overwrite: bool) -> bool:
    """Do so for who may hold the lock of ``folder``."""
    if resume and overwrite:
        raise ConfigurationError(
            f"{setting('resume', True)} and {setting('overwrite', True)} were given; go on with the one, or "
            "begin anew with the other"
        )
    try:
        _require_writable(folder)
        _require_apart(folder, request)
        others = strangers(folder, CONTENTS) if folder.exists() else []
        torn = leftovers(folder) if folder.exists() else []
        names = {path.name for path in folder.iterdir() if path not in torn} if folder.exists() else set()
        names -= {name for name in names if any(re.fullmatch(lock, name) for lock in OF_LOCK)}
    except ShoalError:  # which says itself what is wrong, maybe with the table
        raise
    except (OSError, RuntimeError, ValueError) as error:  # a loop of links, a name that no system knows
        raise OutputError(f"{folder} cannot be used ({reason(error)}); give another folder") from None
    if not names:
        return False
    if PLAN not in names or not _is_ours(folder / PLAN):
        raise OutputError(f"{folder} holds other files; give a new or empty folder")
    if others and not resume:
        raise OutputError(
            f"{folder} holds {others[0].relative_to(folder)}, which no job wrote; move it away, or give "
            "another folder"
        )
    _require_idle(folder / STUDY, damaged=overwrite)
    if resume:
        return True
    if overwrite:
        return False
    if MODEL in names and not is_aside(folder):
        raise OutputError(
            f"{folder} already holds a model; begin anew with {setting('overwrite', True)}, or give another "
            "folder"
        )
    raise OutputError(
        f"{folder} holds an unfinished study; go on with it with {setting('resume', True)}, begin anew with "
        f"{setting('overwrite', True)}, or give another folder"
    )


def _require_idle(study: Path, damaged: bool) -> None:
    """Raise ``OutputError`` if another job is at work in a study, ``ModelFolderError`` unless it is whole."""
    if not (study / DATABASE).exists():
        return
    try:
        TrialStore(study).close()
    except ModelFolderError:
        if not damaged:
            raise


def _require_writable(folder: Path) -> None:
    """Raise ``OutputError`` if nothing can be written in ``folder``, or nothing made where it is to be."""
    if folder.is_symlink() and not folder.exists():
        raise OutputError(f"{folder} is a link that leads nowhere; give another folder")
    if folder.exists() and not folder.is_dir():
        raise OutputError(f"{folder} is a file; give a folder, new or empty")
    if folder.resolve() in (Path(folder.resolve().anchor), _home()):
        raise OutputError(f"{folder} is the root or your home; give a folder of the job's own")
    ground = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    if not ground.is_dir():
        raise OutputError(f"{ground} is a file, so {folder} cannot be made in it; give another folder")
    if not os.access(ground, os.W_OK | os.X_OK):
        raise OutputError(f"{ground} is read-only; give another folder, or change its permissions")


def _home() -> Path | None:
    """Return the user's folder, or None for a user without one."""
    try:
        return Path.home().resolve()
    except RuntimeError:
        return None


def _require_apart(folder: Path, request: FitRequest) -> None:
    """Raise ``OutputError`` if the job would write among the data, or was to read what it writes."""
    place = folder.resolve()
    sources = filter(None, (request.table, request.valid, request.test))
    for source, file in ((each, file) for each in sources for file in files_of(each)):
        data = file.resolve()
        if data.is_relative_to(place) and data.exists():
            raise OutputError(f"{folder} holds {source}, which is read; give another folder")
        if place.is_relative_to(data) and data.is_dir():
            raise OutputError(f"{folder} lies in {source}, which is read; give another folder")


def _is_ours(plan: Path) -> bool:
    """Whether a file of this name can be a job's: its keys say so, and one that was torn has none."""
    try:
        content = json.loads(read_regular(plan))
    except OSError as error:
        raise OutputError(f"{plan} cannot be read ({reason(error)}); give another folder") from None
    except (ValueError, RecursionError):
        return True
    return isinstance(content, dict) and {"request", "sizing"} <= content.keys()


@contextlib.contextmanager
def occupied(folder: Path) -> Iterator[bool]:
    """Make ``folder`` and keep other jobs out of it; what is given is whether it is new.

    A folder that is empty at the end and was made here is removed. Raises ``OutputError`` if another job is
    at work there, or nothing can be written.
    """
    new = not folder.exists()
    try:
        with contextlib.ExitStack() as stack:
            try:
                folder.mkdir(parents=True, exist_ok=True)
                stack.enter_context(locked(folder / LOCK))
            except (OSError, *OF_SQLITE) as error:
                raise OutputError(
                    f"{folder} cannot be written ({reason(error)}); give another folder"
                ) from None
            stack.callback(_unlink, folder / LOCK)
            yield new
    finally:
        if new:
            with contextlib.suppress(OSError):
                folder.rmdir()  # or it holds something


def _unlink(path: Path) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)


def begin(
    folder: Path,
    request: FitRequest,
    sizing: Sizing | None,
    overwrite: bool = False,
    plainer: Mapping[str, Any] | None = None,
    streamed: bool = False,
) -> None:
    """Set aside what an earlier job left in ``folder``, which is ``occupied``, and note the plan.

    ``sizing`` is that of the study, None for a job without one.
    ``plainer`` holds settings that memory and time decided, ``streamed`` is whether it trains from the disk:
    a resumed job goes by them, whatever there is of both by then.

    After a kill at any moment the folder is still known as a job's.
    Raises ``OutputError`` if that is not possible, or if another job has begun there by now.
    """
    _require_free(folder, request, resume=False, overwrite=overwrite)
    plan: dict[str, Any] = {
        "request": dataclasses.asdict(request),
        "sizing": None if sizing is None else dataclasses.asdict(sizing),
        "plainer": dict(plainer or {}),
        "streamed": streamed,
    }
    try:
        mend(folder)
        try:
            plan[REPLACES] = set_aside(folder)
            clear(folder, WORKINGS)
            remove_leftovers(folder)
            write_atomically(folder / PLAN, as_json(plan))
        except BaseException:
            mend(folder)
            raise
    except OSError as error:
        raise OutputError(f"{folder} cannot be written ({reason(error)}); give another folder") from None


@contextlib.contextmanager
def taken_back(folder: Path, begun: bool) -> Iterator[None]:
    """Take back what ``begin`` began where it is refused before anything has learnt: nothing is resumed then.

    A job that had ``begun`` earlier stays, and so does one whose place is at fault. What was to be replaced
    is put back, also after an interruption, and after something has learnt if the job is refused for good,
    for its data or what was asked. A model that is whole stays.
    """
    try:
        yield
    except BaseException as error:
        replaces = is_aside(folder)
        refused = isinstance(error, ShoalError) and not isinstance(error, OutputError)
        waits = _has_learnt(folder) and not (replaces and _is_for_good(error))
        whole = (folder / MODEL).exists() and not replaces
        if not begun and (replaces or refused) and not (waits or whole):
            with contextlib.suppress(OutputError, ModelFolderError, OSError):
                _require_idle(folder / STUDY, damaged=True)
                (put_back if replaces else _clear)(folder)
        raise


def _is_for_good(error: BaseException) -> bool:
    """Whether the same job would be refused again: not where a file could not be read for now."""
    said: BaseException | None = error
    while said is not None:
        if isinstance(said, OSError):
            return False
        said = said.__cause__ or said.__context__
    return isinstance(error, (DataError, ConfigurationError))


def _clear(folder: Path) -> None:
    clear(folder, {name: inner for name, inner in CONTENTS.items() if name not in OF_LOCK})


def _has_learnt(folder: Path) -> bool:
    """Return whether a job has kept something in ``folder`` that a resumed one would go on from."""
    return any((folder / TRIED).glob("*.safetensors")) or any((folder / STUDY).glob("**/*.safetensors"))


def remove_tried(folder: Path) -> None:
    """Remove what a job kept to go on from, once nothing can interrupt it any more."""
    if (folder / TRIED).is_dir():
        clear(folder, {TRIED: OF_TRIED})


def end(folder: Path) -> None:
    """Remove what a job has needed only until its end."""
    (folder / ROWS).unlink(missing_ok=True)
    remove_tried(folder)
    remove_leftovers(folder)
