"""``shoal fit``: from a table, images or sequences to a model, its evidence and a report."""

from __future__ import annotations

import shlex
import sys
import time as time_module  # for an option is called --time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from shoal.cli.options import NAME, Debug, comma_separated, joined, one_target, parse_bytes, parse_size
from shoal.cli.signals import WATCH
from shoal.cli.streams import files_come_first

if TYPE_CHECKING:
    from shoal.cli.terminal import TerminalListener
    from shoal.jobs.job import FinishedJob
    from shoal.jobs.request import FitRequest
    from shoal.jobs.sizing.study import AskedSize


def fit(
    table: Annotated[
        str,
        typer.Argument(
            help="A table: .csv, .tsv, .jsonl, .arff, .svm, .feather (each also .gz or .zst), .parquet, "
            ".npz, .xlsx or .ods (book.xlsx#Sheet for one sheet), builtin:NAME, duckdb:FILE?table=NAME. Or "
            "images: a folder with a folder for each class, IDX or NPZ files. Or sequences: .ts and WAV "
            "files, NPZ with lengths, or with --id a table with a row for every step.",
        ),
    ],
    out: Annotated[Path, typer.Option(help="The folder for model, evidence and report.")],
    target: Annotated[
        list[str] | None,
        typer.Option(help="The column of a table to predict; of forecasts several.", metavar="COLUMN"),
    ] = None,
    task: Annotated[
        str | None, typer.Option(help="classification or regression; inferred if left out.")
    ] = None,
    loss: Annotated[
        str | None,
        typer.Option(
            help="Of numbers: squared_error (usual), absolute_error (the median), huber (outliers pull less) "
            "or poisson (counts and rates)."
        ),
    ] = None,
    drop: Annotated[
        list[str] | None, typer.Option(help="Columns of a table to leave out.", metavar="COLUMN,…")
    ] = None,
    columns: Annotated[
        list[str] | None, typer.Option(help="Predict from these columns alone.", metavar="COLUMN,…")
    ] = None,
    categorical: Annotated[
        list[str] | None,
        typer.Option(help="Columns whose numbers are codes of categories.", metavar="COLUMN,…"),
    ] = None,
    rare: Annotated[
        str | None,
        typer.Option(help="Classes with too few rows: merge them into one, or drop their rows."),
    ] = None,
    group: Annotated[
        str | None,
        typer.Option(
            help="No two parts of the rows share a value of this column, such as a patient; no feature. Of "
            "WAV files, what '_(.+)_' finds in their names.",
            metavar="COLUMN",
        ),
    ] = None,
    time_order: Annotated[
        str | None,
        typer.Option(
            help="Choose and test by later rows than those trained on, by this column; no feature.",
            metavar="COLUMN",
        ),
    ] = None,
    weight: Annotated[
        str | None,
        typer.Option(
            help="Rows count for the number in this column: in training, choosing and the test; no feature.",
            metavar="COLUMN",
        ),
    ] = None,
    metric: Annotated[
        str | None,
        typer.Option(
            help="Tell this metric of classes too, and decide by it: error (usual), log_loss, auc, "
            "balanced_error or f1; probabilities stay as they are."
        ),
    ] = None,
    cost: Annotated[
        list[str] | None,
        typer.Option(
            help="What a mistake costs, 1 if not said, as in ill:well=50: decide by the least expected cost.",
            metavar="ACTUAL:CALLED=NUMBER",
        ),
    ] = None,
    hidden: Annotated[
        str | None,
        typer.Option(help="Hidden sizes, as in 1,2,4,8 or 8,16x16; of images the filters of each stage."),
    ] = None,
    starts: Annotated[int | None, typer.Option(help="Random starts of each size and strength.")] = None,
    l2: Annotated[str | None, typer.Option(help="L2 strengths λ of λ/(2m)·Σw², as in 0,0.1,1.")] = None,
    folds: Annotated[int | None, typer.Option(help="Choose by cross-validation in this many folds.")] = None,
    valid: Annotated[str | None, typer.Option(help="Choose by the rows of this table.")] = None,
    validation_share: Annotated[float | None, typer.Option(help="Choose by this share of the rows.")] = None,
    test: Annotated[str | None, typer.Option(help="Test at the end on the rows of this table.")] = None,
    test_share: Annotated[
        float, typer.Option(help="Share of the rows held out for one test at the end.")
    ] = 0.2,
    choose: Annotated[
        str | None,
        typer.Option(help="ensemble (usual); or a single network: one-se (the smallest good one), best."),
    ] = None,
    score: Annotated[
        str,
        typer.Option(
            help="Compare networks by validation, or by the evidence: Bayesian, on the rows trained on alone."
        ),
    ] = "validation",
    quality: Annotated[str, typer.Option(help="How long to look for it: fast, good or best.")] = "good",
    time: Annotated[
        float | None, typer.Option(help="Return the best found in this many seconds instead.")
    ] = None,
    solver: Annotated[str | None, typer.Option(help="adam, sgd, scg, lbfgs, bfgs, lm, br, …")] = None,
    activation: Annotated[str | None, typer.Option(help="Of the hidden units: tanh, relu, mish, …")] = None,
    pieces: Annotated[
        int | None, typer.Option(help="Cut the range of every number into pieces; 0 for none.")
    ] = None,
    waves: Annotated[
        int | None, typer.Option(help="Tell the waves of every number, of so many frequencies; 0 for none.")
    ] = None,
    learning_rate: Annotated[float | None, typer.Option(help="The solver's step size α.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Rows of a minibatch.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the data at most.")] = None,
    patience: Annotated[
        int | None, typer.Option(help="Epochs without improvement before a network stops.")
    ] = None,
    search: Annotated[
        list[str] | None,
        typer.Option(
            help="Search these axes of a table's networks: learning-rate, weight-decay, l2, hidden, depth, "
            "activation, solver, dropout, …; as in learning-rate=1e-4..0.1 or hidden=8|16x16.",
            metavar="AXIS,…",
        ),
    ] = None,
    draws: Annotated[
        int | None, typer.Option(help="Points of the search; 32, 64 or 128 by --quality if left out.")
    ] = None,
    halving: Annotated[
        int | None,
        typer.Option(
            help="End the worse half of networks after so many epochs, and twice, four times …; an eighth of "
            "--epochs if left out, 0 for none."
        ),
    ] = None,
    networks: Annotated[
        str | None,
        typer.Option(
            help="Train these networks of the study alone, by number, as in 1-83,90.", metavar="N,…"
        ),
    ] = None,
    id_: Annotated[
        str | None,
        typer.Option(
            "--id", help="Read a table of steps: this column says whose each row is.", metavar="COLUMN"
        ),
    ] = None,
    order: Annotated[
        str | None,
        typer.Option(help="Put the steps of series in the order of this column.", metavar="COLUMN"),
    ] = None,
    horizon: Annotated[
        int | None,
        typer.Option(help="Forecast the columns of a table, or a .tsf file, so many steps ahead."),
    ] = None,
    season: Annotated[
        int | None, typer.Option(help="Steps of a season of forecasts; found if left out, 1 for none.")
    ] = None,
    future: Annotated[
        list[str] | None,
        typer.Option(
            help="Columns of numbers that are known ahead, of forecasts: rows without a value to forecast "
            "tell what comes.",
            metavar="COLUMN,…",
        ),
    ] = None,
    tested: Annotated[
        bool, typer.Option("--tested", help="Of forecasts keep the model that was tested, without its steps.")
    ] = False,
    text: Annotated[
        str | None,
        typer.Option(help="Predict from the texts of this column alone.", metavar="COLUMN"),
    ] = None,
    characters: Annotated[
        bool, typer.Option("--characters", help="Cut texts into characters: names, codes, not sentences.")
    ] = False,
    features: Annotated[
        int | None,
        typer.Option(
            help="About so many random convolutions of sequences; 0 for none, and fewer than half as many "
            "as there are sequences leave likeness out, too. Of texts at most so many terms of each unit."
        ),
    ] = None,
    budget: Annotated[
        float | None,
        typer.Option(
            help="Operations that learning from sequences, forecasting, or a linear view of texts may take; "
            "1e11 is usual."
        ),
    ] = None,
    image_size: Annotated[
        str | None, typer.Option(help="Resize images to 32, or to 24x32 (rows × columns).")
    ] = None,
    augment: Annotated[
        str | None,
        typer.Option(
            help="Deform images anew in every epoch: auto, none, mild, strong, or as in "
            "translate=1,rotate=10,mirror (pixels, degrees; scale, elastic, sigma)."
        ),
    ] = None,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict", help="Refuse images and sequences that would have to be changed or left out."
        ),
    ] = False,
    seed: Annotated[int, typer.Option(help="Seed of every random choice.")] = 0,
    jobs: Annotated[
        int | None, typer.Option(help="Threads or processes; all cores if left out, or -1.")
    ] = None,
    on: Annotated[
        str | None,
        typer.Option(
            help="Train on the workers at this address: tcp://scheduler:8786 (Dask), ray, ray://head:10001, "
            "or mpi under mpiexec.",
            metavar="ADDRESS",
        ),
    ] = None,
    memory: Annotated[
        str | None,
        typer.Option(help="Of the process at most, as in 2GB; three quarters of what is free if left out."),
    ] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted study in --out.")
    ] = False,
    overwrite: Annotated[
        bool,
        typer.Option(
            "--overwrite",
            help="Replace what --out holds, which stays until the new model is whole.",
        ),
    ] = False,
    debug: Debug = False,
) -> None:
    """Choose a network for a table, images or sequences, train it, test it once, and report the evidence."""
    options = dict(locals())
    with _listening() as (listener, began), _lent(on, time) as is_this_one:
        if is_this_one:
            _run(_request(options), out, listener, resume, overwrite, began)


_OF_THE_COMMAND = ("out", "resume", "overwrite", "debug")
"""Options that are no settings of the job."""
_NAMES = ("drop", "columns", "categorical", "future", "search", "cost")
"""Options that may be given more than once."""


def _request(options: dict[str, Any]) -> FitRequest:
    """Return what is asked by the options of `fit`, which are called as the fields of a request."""
    from shoal.jobs.request import FitRequest

    asked = {name: value for name, value in options.items() if name not in _OF_THE_COMMAND}
    asked["size"] = _size(*(asked.pop(name) for name in ("hidden", "starts", "l2", "epochs")))
    asked["id"] = asked.pop("id_")
    for name in _NAMES:
        asked[name] = tuple(asked[name]) if asked[name] else None
    asked["target"] = (one_target if asked["horizon"] is None else joined)(asked["target"])
    if (sides := asked["image_size"]) is not None:
        asked["image_size"] = parse_size(sides, "--image-size")
    if (most := asked["memory"]) is not None:
        asked["memory"] = parse_bytes(most, "--memory")
    return FitRequest(**asked)


def _lent(on: str | None, time: float | None) -> AbstractContextManager[bool]:
    """Lend the workers elsewhere; whether this process does the job, which of MPI's ranks the first does."""
    if on is None:
        return nullcontext(True)
    from shoal.clusters.lending import lend_to_all_ranks

    return lend_to_all_ranks(on, time)


@contextmanager
def _listening() -> Iterator[tuple[TerminalListener, float]]:
    """Tell of a job in the terminal; the number is from when on its time counts."""
    began = time_module.perf_counter()
    files_come_first()
    from shoal.cli.terminal import TerminalListener, plain_console

    with TerminalListener(plain_console()) as listener:
        yield listener, began


def _run(
    request: FitRequest, out: Path, listener: TerminalListener, resume: bool, overwrite: bool, began: float
) -> None:
    """Do the job, with advice for whoever interrupts it, and tell how it ended."""
    from shoal.jobs.fit import fit_data

    resuming = "--resume, in the place of --overwrite," if overwrite else "--resume"
    before = _plan_in(out) if overwrite else None
    WATCH.advice = lambda: _advice(out, request, resuming, before)
    outcome = fit_data(request, out, listener, _typed(), resume, overwrite, began)
    WATCH.advice = lambda: _advice_at_the_end(outcome, resuming)
    listener.finished(outcome)


def _typed() -> str:
    """Return the command as it was typed."""
    return shlex.join([NAME, *sys.argv[1:]])


def _size(hidden: str | None, starts: int | None, l2: str | None, epochs: int | None) -> AskedSize:
    """Return what a study is asked to try."""
    from shoal.jobs.sizing.study import AskedSize
    from shoal.selection.candidates.candidate import parse_hidden

    sizes = None if hidden is None else comma_separated(hidden, "--hidden", parse_hidden)
    strengths = None if l2 is None else comma_separated(l2, "--l2", float)
    return AskedSize(hidden=sizes, starts=starts, l2=strengths, epochs=epochs)


def _plan_in(out: Path) -> bytes | None:
    """Return the plan that a job noted in its folder, as it lies there; None where there is none."""
    from shoal.files import read_regular
    from shoal.jobs.saved.layout import PLAN

    try:
        return read_regular(out / PLAN)
    except (OSError, ValueError):  # which the job itself says in its own words
        return None


def _advice(out: Path, request: FitRequest, resuming: str, before: bytes | None) -> str:
    """Return what somebody can do who interrupted a job, ``before`` which there was that plan to replace."""
    from shoal.jobs.plan import is_resumable

    if before is not None and _plan_in(out) == before:
        return f"{out} is as it was"
    if is_resumable(out, request):
        return f"repeat the command with {resuming} to go on from the last network kept"
    return f"there is nothing yet to go on from in {out}"


def _advice_at_the_end(outcome: FinishedJob, resuming: str) -> str:
    if outcome.ended_by:
        return f"{outcome.folder} holds the best so far, and the same command with {resuming} goes on"
    return f"{outcome.folder} is whole"
