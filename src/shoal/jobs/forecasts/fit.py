"""The job of a forecast: read, fit without the last steps, test on them, fit with them, save and report."""

from __future__ import annotations

import dataclasses
import datetime
from typing import Any, cast

from shoal.data.predictions import write_predictions
from shoal.data.tables import title_of
from shoal.engines import require_usable
from shoal.files import as_json, remove_leftovers, write_atomically
from shoal.forecasting.keeping import Keeper
from shoal.forecasting.mixture import ForecastMixture
from shoal.jobs.deadline import Deadline
from shoal.jobs.evidence import versions
from shoal.jobs.forecasts.examination import ExaminedForecasts, examine
from shoal.jobs.forecasts.model import ForecastModel
from shoal.jobs.forecasts.prepare import PreparedForecasts, prepare_forecasts
from shoal.jobs.forecasts.usable import panel_of
from shoal.jobs.job import FinishedJob, Job
from shoal.jobs.place import begin, occupied, remove_tried, require_free, taken_back
from shoal.jobs.plan import require_same
from shoal.jobs.replacing import published
from shoal.jobs.report import write_pages
from shoal.jobs.reproduction import command as command_of
from shoal.jobs.request import FitRequest
from shoal.jobs.saved.layout import AGAIN, EVIDENCE, TESTED, TRIED
from shoal.plots.evidence import FORMAT
from shoal.plots.forecasts import KIND, ForecastEvidence
from shoal.words import plural

REPORT_SECONDS = 2.0
"""What the evidence and its report take."""
AGAIN_SHARE = 1.3
"""Times what the first fit took, the second one takes at most."""


def fit_forecasts(job: Job) -> FinishedJob:
    """Do for series to forecast what ``shoal.jobs.fit.fit_data`` says.

    What has learnt is kept until the end, so that a job that is resumed goes on from there.
    """
    request, folder = job.request, job.folder
    deadline = Deadline(request.time, job.began)
    begun = require_free(folder, request, job.resume, job.overwrite)
    if begun:
        require_same(folder, request)
    prepared = prepare_forecasts(request)
    for warning in prepared.warnings:
        job.listener.say(f"note: {warning}", style="yellow")
    job.listener.say(prepared.sentence)
    panel = panel_of(prepared.data, prepared.settings.horizon)
    prepared.settings.require(panel)
    require_usable()
    with occupied(folder):
        if not begun:
            begin(folder, request, None, overwrite=job.overwrite)
        keeper = Keeper(folder / TRIED)
        before = deadline.elapsed
        with taken_back(folder, begun):
            mixture = ForecastMixture.fit(panel, prepared.settings, keeper)
        took = deadline.elapsed - before
        with taken_back(folder, begun=False):
            return _finished(job, deadline, prepared, mixture, keeper, took, begun)


def _finished(
    job: Job,
    deadline: Deadline,
    prepared: PreparedForecasts,
    mixture: ForecastMixture,
    keeper: Keeper,
    took: float,
    begun: bool,
) -> FinishedJob:
    """Test a mixture, which ``took`` so many seconds to fit, fit it again, and keep it with its evidence."""
    request, folder = job.request, job.folder
    examined = examine(mixture, prepared)
    late = deadline.seconds is not None and deadline.left(REPORT_SECONDS) < AGAIN_SHARE * took
    final, told = _final(mixture, prepared, request.tested, late, keeper)
    if begun:
        known = plural(keeper.found, "model")
        job.listener.say(f"note: the job went on from {known} that had learnt before", style="yellow")
    again = command_of(repeated(request, prepared, mixture, final is mixture), folder, job.overwrite)
    model = ForecastModel(prepared.origin, final)
    evidence = _evidence(job, again, prepared, mixture, examined, told, deadline.elapsed)
    with published(folder) as new:
        model.save(new)
        write_predictions(new / TESTED, examined.columns, overwrite=True)
        write_atomically(new / EVIDENCE, as_json(evidence))
        write_atomically(new / AGAIN, f"{again}\n".encode())
        write_pages(evidence, new, overwrite=True)
    remove_tried(folder)
    remove_leftovers(folder)
    return FinishedJob(model, cast("dict[str, Any]", evidence), folder)


def repeated(
    request: FitRequest, prepared: PreparedForecasts, mixture: ForecastMixture, kept: bool
) -> FitRequest:
    """Return the request that leaves nothing open which the data, or a clock, have decided.

    ``kept`` says whether the mixture that was tested is the model.
    """
    columns = prepared.origin.columns
    hurried = request.time is not None
    return dataclasses.replace(
        request,
        horizon=mixture.horizon,
        season=request.season if kept else mixture.season,  # the tested one tells who found its season
        order=None if columns is None else columns.order,
        time=None,
        budget=prepared.settings.budget if hurried else request.budget,
        tested=kept and prepared.test is None,
    )


def _final(
    mixture: ForecastMixture, prepared: PreparedForecasts, tested: bool, late: bool, keeper: Keeper
) -> tuple[ForecastMixture, str]:
    """Return the mixture that is fitted to every step; as asked, or where it is late, the ``tested`` one.

    What steps of a test of their own say, no model is fitted to.
    """
    settings = dataclasses.replace(prepared.settings, season=mixture.season)
    if prepared.test is not None:
        return (
            mixture,
            f"The model is the one that was tested: no step of {prepared.test} has a part in it.",
        )
    if tested or late:
        why = "It was asked not" if tested else "There was no time left"
        told = (
            f"{why} to fit again with the last {settings.horizon} steps: the model is the "
            "one that was tested, and forecasts from all that it is given."
        )
        return mixture, told
    told = "After the test everything was fitted again with the steps that had been held out."
    return ForecastMixture.fit(panel_of(prepared.data), settings, keeper), told


def _evidence(
    job: Job,
    again: str,
    prepared: PreparedForecasts,
    mixture: ForecastMixture,
    examined: ExaminedForecasts,
    final: str,
    seconds: float,
) -> ForecastEvidence:
    request, data, found = job.request, prepared.data, mixture.evidence
    table, lengths = title_of(request.table), data.lengths
    stamps = data.stamps(0, 0, int(lengths[0])).to_list()
    values = data.channels[0] if len(data.channels) == 1 else f"{len(data.channels)} channels"
    return {
        "format": FORMAT,
        "kind": KIND,
        "title": f"{values} of {table}, {mixture.horizon} steps ahead",
        "created": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        "seconds": round(seconds, 2),
        "asked": {
            "command": job.command,
            "again": again,
            "table": table,
            "horizon": mixture.horizon,
            "quality": request.quality,
            "time": request.time,
            "seed": request.seed,
        },
        "data": {
            "series": len(data),
            "channels": list(data.channels),
            "shortest": int(lengths.min()),
            "longest": int(lengths.max()),
            "step": "" if data.time == "step" else data.calendar.words,
            "first": str(stamps[0]),
            "last": str(stamps[-1]),
            "warnings": [*prepared.warnings, *found["notes"]],
        },
        "choice": {
            "season": mixture.season,
            "season_found": found["season_found"],
            "origins": found["origins"],
            "sentence": mixture.sentence,
            "candidates": found["candidates"],
        },
        "test": examined.test,
        "final": final,
        "shown": examined.shown,
        "versions": versions(),
    }
