"""The command ``shoal``: fit, predict, report."""

from __future__ import annotations

import shlex
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from rich.console import Console
from typer import TyperException

from shoal.errors import ConfigurationError, ShoalError
from shoal.jobs.fit import fit_table
from shoal.jobs.predict import predict_table, rebuild_report
from shoal.jobs.request import FitRequest
from shoal.jobs.sizing import AskedSize
from shoal.selection.candidates import parse_hidden
from shoal.terminal import TerminalListener

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    help="Trains a whole shoal of neural networks at once and keeps the one that generalises.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
T = TypeVar("T")

Debug = Annotated[bool, typer.Option("--debug", help="Show the traceback of an error.")]


@app.command()
def fit(
    table: Annotated[
        str, typer.Argument(help="CSV, TSV (either .gz), Parquet or NPZ file, or builtin:NAME.")
    ],
    target: Annotated[str, typer.Option(help="The column to predict.")],
    out: Annotated[Path, typer.Option(help="The folder for model, evidence and report.")],
    task: Annotated[
        str | None, typer.Option(help="classification or regression; inferred if left out.")
    ] = None,
    hidden: Annotated[str | None, typer.Option(help="Hidden sizes, as in 1,2,4,8 or 8,16x16.")] = None,
    starts: Annotated[int | None, typer.Option(help="Random starts of each size and strength.")] = None,
    l2: Annotated[str | None, typer.Option(help="L2 strengths λ of λ/(2m)·Σw², as in 0,0.1,1.")] = None,
    folds: Annotated[int | None, typer.Option(help="Choose by cross-validation in this many folds.")] = None,
    valid: Annotated[str | None, typer.Option(help="Choose by the rows of this table.")] = None,
    validation_share: Annotated[float | None, typer.Option(help="Choose by this share of the rows.")] = None,
    test_share: Annotated[
        float, typer.Option(help="Share of the rows held out for one test at the end.")
    ] = 0.2,
    choose: Annotated[
        str, typer.Option(help="one-se (smallest good network), best, or ensemble.")
    ] = "one-se",
    solver: Annotated[str, typer.Option(help="adam, sgd, scg, lbfgs, …")] = "adam",
    activation: Annotated[str, typer.Option(help="Of the hidden units: tanh, relu, …")] = "tanh",
    learning_rate: Annotated[float | None, typer.Option(help="The solver's step size α.")] = None,
    batch_size: Annotated[int | None, typer.Option(help="Rows of a minibatch.")] = None,
    epochs: Annotated[int | None, typer.Option(help="Passes over the data at most.")] = None,
    patience: Annotated[int, typer.Option(help="Epochs without improvement before a network stops.")] = 10,
    seed: Annotated[int, typer.Option(help="Seed of every random choice.")] = 0,
    jobs: Annotated[int | None, typer.Option(help="Processes; all cores if left out.")] = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with an interrupted study in --out.")
    ] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace what --out holds.")] = False,
    debug: Debug = False,
) -> None:
    """Choose a network for a table, train it, test it once, and report the evidence."""
    request = FitRequest(
        table=table,
        target=target,
        task=task,
        size=AskedSize(
            hidden=None if hidden is None else _list(hidden, "--hidden", parse_hidden),
            starts=starts,
            l2=None if l2 is None else _list(l2, "--l2", float),
            epochs=epochs,
        ),
        folds=folds,
        valid=valid,
        validation_share=validation_share,
        test_share=test_share,
        choose=choose,
        solver=solver,
        activation=activation,
        learning_rate=learning_rate,
        batch_size=batch_size,
        patience=patience,
        seed=seed,
        jobs=jobs,
    )
    command = shlex.join(["shoal", *sys.argv[1:]])
    with TerminalListener(Console()) as listener:
        try:
            outcome = fit_table(request, out, listener, command, resume, overwrite)
        except KeyboardInterrupt as interrupt:
            told = f" {interrupt}" if str(interrupt) else ""
            _complain(f"interrupted{told}; repeat the command with --resume to go on")
            raise typer.Exit(130) from None
        listener.finished(outcome)


@app.command()
def predict(
    folder: Annotated[Path, typer.Argument(help="A folder that shoal fit wrote.")],
    table: Annotated[str, typer.Argument(help="The table to predict for.")],
    out: Annotated[Path, typer.Option(help="The file to write: .csv, .tsv (either .gz) or .parquet.")],
    ignore_extra: Annotated[
        bool, typer.Option("--ignore-extra", help="Allow columns that the model was not trained on.")
    ] = False,
    debug: Debug = False,
) -> None:
    """Predict the target for every row of a table."""
    rows = predict_table(folder, table, out, ignore_extra)
    Console().print(f"{rows:,} predictions: {out}", highlight=False, markup=False, soft_wrap=True)


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(help="A folder that shoal fit wrote.")], debug: Debug = False
) -> None:
    """Write the report of a model again, from its evidence."""
    Console().print(f"Report: {rebuild_report(folder)}", highlight=False, markup=False, soft_wrap=True)


def main() -> None:
    """Run the command line; an error that the user can put right is one line, with exit code 2."""
    try:
        code = app(standalone_mode=False)
    except (ShoalError, TyperException, MemoryError, OSError) as error:
        if "--debug" in sys.argv:
            traceback.print_exc()
        message = error.format_message() if isinstance(error, TyperException) else str(error)
        _complain(" ".join(message.split()) or type(error).__name__)
        code = 2
    except Exception as error:  # a defect of shoal, not of what it was given
        if "--debug" in sys.argv:
            traceback.print_exc()
        _complain(
            f"internal error ({type(error).__name__}: {error}); please report it with the output of --debug"
        )
        code = 1
    sys.exit(code)


def _list(text: str, option: str, parse: Callable[[str], T]) -> tuple[T, ...]:
    try:
        return tuple(parse(part.strip()) for part in text.split(","))
    except ConfigurationError:
        raise
    except ValueError:
        raise ConfigurationError(
            f"{option} takes values separated by commas, got {text!r}; write them as in 0.1,1,10"
        ) from None


def _complain(message: str) -> None:
    Console(stderr=True).print(f"shoal: {message}", highlight=False, markup=False, soft_wrap=True)
