"""How one job takes the place of another: nothing of the earlier one is lost until the new one is whole.

What came of the earlier job, its model and report, stays where it is until the last moment. Its plan and its
study are set aside when the new job begins, which needs their names, in a folder of their own; that is

- **complete** once the plan of the new job says the checksum of the plan that was set aside: one rename;
- put back where the new job is refused, or interrupted, before anything has learnt;
- put back by the next job here where a kill came in between, that is where it is not complete;
- gone, by one rename, before what came of the new job is moved into its place, and removed after that.

So whatever is set aside belongs to the model in the folder, after a kill at any moment.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

from shoal.errors import OutputError, reason
from shoal.files import clear, flush_folder, read_regular, require_new, write_atomically
from shoal.jobs.saved.contents import OF_EARLIER, OF_RESULTS, WORKINGS
from shoal.jobs.saved.layout import EARLIER, GONE, MODEL, NEW, PLAN, RESULTS, STUDY, TRIED

REPLACES = "replaces"
"""What a plan calls the checksum of the plan in whose place it came."""


def set_aside(folder: Path) -> str | None:
    """Set the plan and the study in ``folder`` aside; return what the new plan has to say of them.

    None where there is no plan. What has been set aside for a job that did not end stays, and that job's
    study is the one that has to go.
    """
    aside = folder / EARLIER
    if not (folder / PLAN).exists():
        return None
    if not is_aside(folder):
        aside.mkdir(exist_ok=True)
        for name in (STUDY, TRIED):
            if (folder / name).is_dir():
                (folder / name).rename(aside / name)
        write_atomically(aside / PLAN, read_regular(folder / PLAN))
    return _checksum(aside / PLAN)


def is_aside(folder: Path) -> bool:
    """Whether the plan in ``folder`` is of a job that is to take the place of the one set aside."""
    try:
        plan = json.loads(read_regular(folder / PLAN))
        return isinstance(plan, dict) and plan.get(REPLACES) == _checksum(folder / EARLIER / PLAN)
    except (OSError, ValueError, RecursionError):
        return False


def put_back(folder: Path) -> None:
    """Have the job in ``folder`` that was set aside be the job there, in the place of another."""
    clear(folder, WORKINGS)
    _return(folder)


def mend(folder: Path) -> None:
    """Put back what a kill has left half set aside, or half put back; remove what was being removed."""
    _remove_gone(folder)
    if (folder / EARLIER).is_dir() and not is_aside(folder):
        _return(folder)


def _return(folder: Path) -> None:
    aside = folder / EARLIER
    if (aside / PLAN).exists():
        write_atomically(folder / PLAN, read_regular(aside / PLAN))
    for name in (STUDY, TRIED):
        if (aside / name).is_dir():
            clear(folder, {name: OF_EARLIER[name]})
            try:
                (aside / name).rename(folder / name)
            except OSError as error:  # what no job wrote
                raise OutputError(
                    f"{folder / name} is in the place of what is to come back ({reason(error)}); move it away"
                ) from None
    clear(folder, {re.escape(EARLIER): OF_EARLIER})


@contextlib.contextmanager
def published(folder: Path) -> Iterator[Path]:
    """Give a folder for all that comes of a job; then move it into its place, the model last.

    Until all of it is written, what ``folder`` holds stays as it was. Raises ``OutputError`` where it cannot
    be moved.
    """
    new, of_new = folder / NEW, {re.escape(NEW): OF_RESULTS}
    try:
        try:
            clear(folder, of_new)
            new.mkdir(exist_ok=True)
            yield new
            for name in RESULTS:
                require_new(folder / name, overwrite=True)
            _forget_earlier(folder)
            _move(new, folder)
            _remove_gone(folder)
        finally:
            clear(folder, of_new)
    except OSError as error:
        raise OutputError(f"{folder} cannot be written ({reason(error)}); give another folder") from None


def _move(new: Path, folder: Path) -> None:
    """Move the files of a folder into their places; what is not among them has no place any more."""
    (folder / MODEL).unlink(missing_ok=True)  # without it nothing of the rest is taken for a model
    for name in RESULTS:  # the model is the last
        if (new / name).exists():
            (new / name).replace(folder / name)
        else:
            (folder / name).unlink(missing_ok=True)
    flush_folder(folder)


def _forget_earlier(folder: Path) -> None:
    """Have nothing set aside any more: by one rename, so that a half of it is never put back."""
    _remove_gone(folder)
    if (folder / EARLIER).is_dir():
        (folder / EARLIER).rename(folder / GONE)


def _remove_gone(folder: Path) -> None:
    if (folder / GONE).is_dir():
        clear(folder, {re.escape(GONE): OF_EARLIER})


def _checksum(path: Path) -> str:
    return hashlib.sha256(read_regular(path)).hexdigest()
