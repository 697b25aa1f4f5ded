"""The main job: from data of any kind to a saved model with its evidence."""

from __future__ import annotations

from pathlib import Path

from shoal.clusters.lending import lend
from shoal.jobs.job import FinishedJob, Job, Listener
from shoal.jobs.kinds import kind_of
from shoal.jobs.request import FitRequest


def fit_data(
    request: FitRequest,
    folder: Path,
    listener: Listener,
    command: str = "",
    resume: bool = False,
    overwrite: bool = False,
    began: float | None = None,
) -> FinishedJob:
    """Choose, train, examine, save and report; the whole of ``shoal fit``.

    ``began`` is from when on the time that the request allows counts, by ``time.perf_counter``; else now.

    Nothing is written until the table has been read and the study sized. After an interruption at any
    moment, ``resume=True`` goes on with the same request, and ends as an undisturbed job would have.

    Raises a ``ShoalError`` for whatever the user can put right.
    """
    kind = kind_of(request)
    with lend(request.on, seconds=request.time):
        outcome: FinishedJob = kind.fit(Job(request, folder, listener, command, resume, overwrite, began))
    return outcome
