"""What ``shoal fit`` does where a study chooses networks: from samples to a saved model with its evidence."""

from __future__ import annotations

import warnings
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np

from shoal.calibration.costs import Costs
from shoal.calibration.decision import require_decidable
from shoal.clusters.lending import lent
from shoal.data.frames import Frame
from shoal.errors import ShoalWarning
from shoal.files import as_json, write_atomically
from shoal.jobs.baselines.fitting import Predictor
from shoal.jobs.baselines.timely import timely_baselines
from shoal.jobs.deadline import Deadline
from shoal.jobs.evidence import Examined, assemble
from shoal.jobs.job import FinishedJob, Job
from shoal.jobs.judging.calibrated import calibrated, calibration
from shoal.jobs.judging.examination import examine
from shoal.jobs.judging.held import Held
from shoal.jobs.kinds.base import KindFindings, StudyKind
from shoal.jobs.memory.footprint import PROGRAM, Allowance
from shoal.jobs.memory.housing import housed
from shoal.jobs.memory.room import LATER
from shoal.jobs.model import Model, TableModel
from shoal.jobs.place import begin, end, occupied, require_free, taken_back
from shoal.jobs.plan import read_plainer, read_plan, read_streamed
from shoal.jobs.prepared import Prepared
from shoal.jobs.recipes import Method, for_rows, patience_for
from shoal.jobs.replacing import published
from shoal.jobs.report import write_pages
from shoal.jobs.reproduction import command as command_of
from shoal.jobs.reproduction import repeated
from shoal.jobs.request import FitRequest
from shoal.jobs.saved.layout import AGAIN, EVIDENCE, STUDY
from shoal.jobs.saved.studies import save_model
from shoal.jobs.searching import asked_of, hidden_of, space_settings, told
from shoal.jobs.sizing.study import AskedSize, Sizing, size_study
from shoal.jobs.sizing.workload import Workload
from shoal.jobs.tables.prepare import prepare_frame
from shoal.plots.promises import Calibration
from shoal.plots.tested import HeldOut
from shoal.selection.cohorts.design import StudyPlan
from shoal.selection.rules import BY_EVIDENCE
from shoal.selection.running.runner import ProgressCallback
from shoal.selection.samples.study_samples import Validation
from shoal.selection.study import CapacityStudy
from shoal.sequences import Rows, width
from shoal.shapes import Array
from shoal.workers import count_workers

REPORT_SECONDS, REPORT_SECONDS_A_COLUMN = 2.0, 2e-4
SECONDS_AN_OUTPUT = 1e-7
"""Of every row and output of a network, for what is chosen by, calibrated and examined."""
FINISHING_SHARE, LEAST_SECONDS = 0.13, 0.1
"""Of the time that the user allows, what the examination takes besides; what a study gets at least."""


MEMORY = 2**28
"""Bytes of a worker for the networks that it trains together, where none are asked for."""
COPIES = 4
"""As the samples came, those of a fold's two parts, and one as an engine lays them out (`Cost`)."""


def fit_study(kind: StudyKind[Any, Any], job: Job) -> FinishedJob:
    """Choose by a study among the networks of one kind of data, and do what ``fit_data`` says."""
    request, folder, listener, overwrite = job.request, job.folder, job.listener, job.overwrite
    deadline = Deadline(request.time, job.began)
    begun = require_free(folder, request, job.resume, overwrite)
    asked, allowance = request, Allowance.of(request)
    if begun:
        request = replace(request, **read_plainer(folder))
    prepared: Prepared = (
        kind.prepare_again(request, read_streamed(folder)) if begun else kind.prepare(request)
    )
    listener.prepared(prepared)
    workers = _workers(request)
    method = for_rows(prepared.method(request), prepared.n_train)
    seconds = _seconds_for(deadline, _finishing(request, prepared))
    sizing = read_plan(folder, asked) if begun else _sizing(request, prepared, method, workers, seconds)
    method = _sized(method, request, prepared, sizing)
    # before the clock runs for networks
    baselines, hurried = timely_baselines(prepared, request.seed, deadline, allowance.left() - LATER)
    seconds = _seconds_for(deadline, _finishing(request, prepared))
    place = folder / STUDY, listener.progress, seconds
    planned = partial(_planned, request, prepared, sizing, place)
    home = housed(planned, method, request, prepared, allowance, workers)
    study, method = home.study, home.method
    kept = replace(sizing, sentences=(*sizing.sentences, *method.told))
    told = replace(kept, sentences=(*kept.sentences, *home.told))
    listener.sized(told, home.plan, home.workers, home.memory)
    with occupied(folder):
        if not begun:
            begin(folder, request, kept, overwrite, prepared.less | home.less, prepared.streamed)
        with taken_back(folder, begun):
            study.blocks = prepared.lay_out(folder)
            study.fit(*_samples(prepared), resume=begun, **prepared.train.attributes.arguments)
        job = replace(job, request=request)
        with taken_back(folder, begun=False):
            return _finished(kind, job, deadline, prepared, (sizing, method, study), (baselines, hurried))


def _finished(
    kind: StudyKind[Any, Any],
    job: Job,
    deadline: Deadline,
    prepared: Prepared,
    settled: tuple[Sizing, Method, CapacityStudy],
    baselines: tuple[dict[str, Predictor], str],
) -> FinishedJob:
    """Examine what a study has chosen, and keep it with the evidence and the report.

    ``baselines`` come with what was hurried about them.
    """
    (sizing, method, study), (others, hurried) = settled, baselines
    request, folder = job.request, job.folder
    model, held = prepared.learnt(request, study)
    model = calibrated(model, held, prepared, request.metric, _costs(request, prepared))
    test = examine(model, prepared, others, request.seed, request.decided_by)
    if hurried:
        test["hurried"] = hurried
    before_the_report = deadline.sooner(_reporting(prepared))
    found = kind.findings(model, prepared, request.seed, before_the_report)
    examined = _examined(model, calibration(model, held, prepared), test, found)
    sizing = _noted(_noted(sizing, f"The linear model {hurried}." if hurried else ""), found.note)
    again = command_of(repeated(request, prepared, sizing, method, study), folder, job.overwrite)
    evidence = assemble(
        request, job.command, again, prepared, sizing, method, study, examined, deadline.elapsed
    )
    with published(folder) as new:
        save_model(model, new, overwrite=True)
        write_atomically(new / EVIDENCE, as_json(evidence))
        write_atomically(new / AGAIN, f"{again}\n".encode())
        write_pages(evidence, new, overwrite=True)
    end(folder)
    return FinishedJob(model, cast("dict[str, Any]", evidence), folder, study.ended_by)


def _examined(model: Model, held: Calibration | None, test: HeldOut, found: KindFindings) -> Examined:
    """Return all that was found out about a model."""
    return Examined(
        calibration=held,
        test=test,
        importances=found.importances,
        seen=found.seen,
        examples=found.examples,
        in_time=found.in_time,
        mixture=model.shown,
        texts=found.texts,
    )


def fit_frame(frame: Frame, name: str, request: FitRequest) -> tuple[TableModel, CapacityStudy]:
    """Return the model that ``shoal fit`` makes of a table's rows, and its study, which nothing is kept of.

    ``name`` is the target's column. No rows are set aside for a test. Raises a ``ShoalError`` for whatever
    the user can put right.
    """
    deadline = Deadline(request.time)
    prepared = prepare_frame(frame, name, request, divide_test=False)
    method = for_rows(prepared.method(request), len(prepared.train))
    workers, seconds = _workers(request), _seconds_for(deadline, _predicting(prepared))
    sizing = _sizing(request, prepared, method, workers, seconds)
    method = _sized(method, request, prepared, sizing)
    seconds = _seconds_for(deadline, _predicting(prepared))
    study = _study(request, prepared, sizing, method, None, None, seconds)
    study.fit(prepared.train.X, prepared.train.y, **prepared.train.attributes.arguments)
    costs = _costs(request, prepared)
    model = calibrated(prepared.model(study.best), Held.of(study), prepared, request.metric, costs)
    return model, study


def _samples(prepared: Prepared) -> tuple[Rows, Array, Validation | None]:
    """Return what a study is fitted to: X and y to train on, and the samples that validate."""
    judged = prepared.validation
    return prepared.train.X, prepared.train.y, None if judged is None else judged.weighed


def _planned(
    request: FitRequest,
    prepared: Prepared,
    sizing: Sizing,
    place: tuple[Path, ProgressCallback, float | None],
    method: Method,
) -> tuple[CapacityStudy, StudyPlan]:
    """Return the study of a method, and what it is about to do."""
    study = _study(request, prepared, sizing, method, *place)
    return study, study.plan(*_samples(prepared), **prepared.train.attributes.arguments)


def _costs(request: FitRequest, prepared: Prepared) -> Costs:
    return require_decidable(request.metric, request.cost, prepared.target.labels)


def _workers(request: FitRequest) -> int:
    """Return how many networks' cohorts are trained at a time: here, or by the workers elsewhere."""
    crew = lent(request.on)
    return count_workers(request.jobs) if crew is None else max(crew.count(), 1)


def _sizing(
    request: FitRequest, prepared: Prepared, method: Method, workers: int, left: float | None
) -> Sizing:
    """Return how large the study is: by operations alone where the data are such, else as there is time."""
    goal = prepared.goal(request)
    if isinstance(goal, Sizing):
        return goal
    load = _workload(request, prepared, method)
    asked = _asked_size(request, method)
    if request.search is not None:
        asked = replace(asked, hidden=asked.hidden or hidden_of(request))
    # what the solver cannot do is said before what is too large
    load.recipe.require(load.network(asked.filled(goal.ladder[-1]).hidden[0]))
    goal, views = replace(goal, left=left), max(len(load.views), 1)
    if request.search is None:
        return size_study(asked, load, workers, goal)
    sizing = size_study(asked_of(request, asked, goal.ladder[0], views), load, workers, goal)
    size = replace(sizing.size, starts=asked.starts or views)
    sentence = told(request, size.epochs, prepared.streamed)
    return replace(sizing, size=size, sentences=(*sizing.sentences, sentence))


def _asked_size(request: FitRequest, method: Method) -> AskedSize:
    """Return the size asked for; a solver that finds the strength of its penalty is given none to try."""
    given = method.recipe.rule.estimates_l2 and request.size.l2 is None
    return replace(request.size, l2=(0.0,)) if given else request.size


def _sized(method: Method, request: FitRequest, prepared: Prepared, sizing: Sizing) -> Method:
    """Return the method with its epochs and patience; the evidence wants networks at the bottom."""
    epochs, patience = sizing.size.epochs, method.recipe.patience
    if prepared.rule(request) == BY_EVIDENCE:
        patience = None
    elif method.watched:
        patience = patience_for(method.recipe, epochs)
    return replace(method, recipe=replace(method.recipe, epochs=epochs, patience=patience))


def _seconds_for(deadline: Deadline, finishing: float) -> float | None:
    """Return the time that a study has, where the user says how long all shall take."""
    return None if deadline.seconds is None else max(deadline.left(finishing), LEAST_SECONDS)


def _finishing(request: FitRequest, prepared: Prepared) -> float:
    """Return the seconds that are kept for what comes after the study, where there is an end to it all."""
    told = _reporting(prepared) + _predicting(prepared) + prepared.afterwards(request)
    return told + FINISHING_SHARE * (request.time or 0.0)


def _predicting(prepared: Prepared) -> float:
    """Return the seconds that predictions for all rows take once the networks are trained."""
    return SECONDS_AN_OUTPUT * prepared.n_rows * prepared.loss[1]


def _reporting(prepared: Prepared) -> float:
    """Return the seconds that the evidence and its report take; every column has its line."""
    return REPORT_SECONDS + REPORT_SECONDS_A_COLUMN * len(prepared.columns)


def _noted(sizing: Sizing, note: str) -> Sizing:
    """Return what was decided, with what there was no time for, which is told at once."""
    if not note:
        return sizing
    warnings.warn(note, ShoalWarning, stacklevel=3)
    return replace(sizing, sentences=(*sizing.sentences, note))


def memory_of(request: FitRequest, prepared: Prepared) -> int:
    """Return how much memory a worker may take: ``MEMORY`` besides the samples, or what is left of all."""
    rows = len(prepared.train) + (0 if prepared.validation is None else len(prepared.validation))
    samples: int = (
        rows * (width(prepared.train.X) + max(prepared.n_classes, 1)) * np.dtype(np.float64).itemsize
    )
    usual = MEMORY + COPIES * samples
    return usual if request.memory is None else max(min(usual, request.memory - PROGRAM - prepared.bytes), 1)


def _workload(request: FitRequest, prepared: Prepared, method: Method) -> Workload:
    folds = prepared.folds or 1
    n = prepared.n_train
    loss, n_outputs = prepared.loss
    return Workload(
        X=prepared.train.X,
        y=prepared.train.y,
        n_train=n - n // folds if folds > 1 else n,
        n_judged=len(prepared.train) // folds if prepared.validation is None else len(prepared.validation),
        folds=folds,
        n_outputs=n_outputs,
        loss=loss,
        architecture=method.architecture,
        recipe=method.recipe,
        views=prepared.views,
        by_evidence=prepared.rule(request) == BY_EVIDENCE,
        finishing=prepared.finishing,
    )


def _study(
    request: FitRequest,
    prepared: Prepared,
    sizing: Sizing,
    method: Method,
    store: Path | None,
    progress: ProgressCallback | None,
    seconds: float | None,
) -> CapacityStudy:
    size, rule = sizing.size, prepared.rule(request)
    sources = prepared.sources if rule == "ensemble" and request.search is None else ()
    views = max(len(prepared.views), 1)
    # where there is time for a start of each view alone, another pays if many columns are useless
    sparing = bool(sources) and request.size.starts is None and size.starts == views
    return CapacityStudy(
        size.hidden,
        2 * views if sparing else size.starts,
        size.l2,
        recipe=method.recipe,
        architecture=method.architecture,
        views=prepared.views,
        sources=sources,
        sparing=sparing,
        loss=prepared.loss[0],
        folds=prepared.folds,
        choose=rule,
        n_jobs=request.jobs,
        on=request.on,
        progress=progress,
        store=store,
        memory=memory_of(request, prepared),
        seconds=seconds,
        anytime=True,
        networks=request.networks,
        **space_settings(request, method.recipe.epochs, prepared.streamed),
    )
