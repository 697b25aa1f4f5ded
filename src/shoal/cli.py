"""The command ``shoal``: fit, predict, report."""

from __future__ import annotations

import io
import shlex
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, TypeVar

import typer
from typer import TyperException

from shoal.errors import ConfigurationError, ShoalError, ShoalWarning
from shoal.terminal import TerminalListener, plain_console

# Every command imports its job when it is called: --help and a mistyped option need neither the frame
# libraries nor scikit-learn nor matplotlib, whose import takes seconds.

NAME = "shoal"
app = typer.Typer(
    add_completion=False,
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
    with TerminalListener(plain_console()) as listener:
        try:
            from shoal.jobs.fit import fit_table
            from shoal.jobs.request import FitRequest
            from shoal.jobs.sizing import AskedSize
            from shoal.selection.candidates import parse_hidden

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
            command = shlex.join([NAME, *sys.argv[1:]])
            outcome = fit_table(request, out, listener, command, resume, overwrite)
        except KeyboardInterrupt:
            _complain("interrupted; repeat the command with --resume to go on from the last network kept")
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
    from shoal.jobs.predict import predict_table
    from shoal.report.wording import plural

    rows = predict_table(folder, table, out, ignore_extra)
    plain_console().print(f"{plural(rows, 'prediction')}: {out}")


@app.command()
def report(
    folder: Annotated[Path, typer.Argument(help="A folder that shoal fit wrote.")], debug: Debug = False
) -> None:
    """Write the report of a model again, from its evidence."""
    from shoal.jobs.report import rebuild_report

    plain_console().print(f"Report: {rebuild_report(folder)}")


def main() -> None:
    """Run the command line; an error that the user can put right is one line, with exit code 2."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # show the rest where an encoding lacks a character
            stream.reconfigure(errors="backslashreplace")
    with warnings.catch_warnings():
        warnings.simplefilter("always", ShoalWarning)
        warnings.showwarning = _note
        sys.exit(_run())


def _run() -> int:
    """Run the command that the arguments name, and return the exit code."""
    try:
        code: int | None = app(sys.argv[1:] or ["--help"], prog_name=NAME, standalone_mode=False)
    except Exception as error:
        if "--debug" in sys.argv:
            traceback.print_exc()
        if isinstance(error, ShoalError | TyperException | MemoryError | OSError):
            _complain(_words(error))
            return 2
        _complain(f"internal error ({_words(error)}); please report it with the output of --debug")
        return 1
    return code or 0


def _words(error: Exception) -> str:
    """Return an error on one line: what is wrong, and what to do."""
    if isinstance(error, TyperException):
        context = getattr(error, "ctx", None)
        command = context.command_path if context else NAME
        message = f"{error.format_message().rstrip('.')}; '{command} --help' tells what it takes"
    elif isinstance(error, MemoryError):
        message = f"not enough memory ({error}); use smaller hidden sizes, --batch-size or --jobs"
    elif isinstance(error, ShoalError | OSError):
        message = str(error)
    else:
        message = f"{type(error).__name__}: {error}"
    return " ".join(message.split())


def _list(text: str, option: str, parse: Callable[[str], T]) -> tuple[T, ...]:
    try:
        return tuple(parse(part.strip()) for part in text.split(","))
    except ConfigurationError as error:
        raise ConfigurationError(f"{option} {text}: {error}") from None
    except ValueError:
        raise ConfigurationError(
            f"{option} takes values separated by commas, got {text!r}; write them as in 0.1,1,10"
        ) from None


def _note(message: Warning | str, *_: object, **__: object) -> None:
    plain_console(stderr=True).print(f"note: {message}", style="yellow")


def _complain(message: str) -> None:
    plain_console(stderr=True).print(f"{NAME}: {message}")
