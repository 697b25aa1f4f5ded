"""``shoal check``: numerical against analytic gradient."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shoal.cli.options import Debug, Overwrite, comma_separated
from shoal.cli.output import complain
from shoal.cli.subject import (
    ActivationName,
    Every,
    Folder,
    InitializerName,
    Layers,
    LossName,
    Member,
    Row,
    Seed,
    SomeTable,
    chosen_subject,
    require_output,
)

if TYPE_CHECKING:
    from rich.table import Table

    from shoal.jobs.check import CheckVerdict


def check(
    folder: Folder = None,
    table: SomeTable = None,
    row: Row = 1,
    batch: Annotated[int, typer.Option(min=1, help="Rows in the batch, from --row on.")] = 32,
    member: Member = 1,
    layers: Layers = None,
    activation: ActivationName = "sigmoid",
    loss: LossName = None,
    initializer: InitializerName = None,
    seed: Seed = 0,
    engine: Annotated[str | None, typer.Option(help="native, reference; all if left out.")] = None,
    step: Annotated[float, typer.Option(help="The h of (J(θ + h) − J(θ − h)) / 2h.")] = 1e-5,
    tolerance: Annotated[float, typer.Option(help="The relative error from which the check fails.")] = 1e-6,
    figure: Annotated[Path | None, typer.Option(help="An SVG file for the error against the step.")] = None,
    every: Every = False,
    overwrite: Overwrite = False,
    debug: Debug = False,
) -> None:
    """Compare backpropagation with central differences; exit code 1 where they differ."""
    from shoal.cli.terminal import counting, plain_console, print_whole
    from shoal.explanation.sampling import SAMPLE
    from shoal.jobs.check import check_subject, draw_steps

    if figure is not None:
        require_output(figure, overwrite, folder, table)
    subject = chosen_subject(
        folder,
        table,
        row=row,
        batch=batch,
        member=member,
        layers=layers,
        activation=activation,
        loss=loss,
        initializer=initializer,
        seed=seed,
    )
    engines = None if engine is None else comma_separated(engine, "--engine", str)
    sample, bars = None if every else SAMPLE, plain_console(stderr=True)
    with counting(bars, "taking differences", "parameters") as told:
        verdict = check_subject(subject, engines, step, tolerance, sample, told)
    console = plain_console()
    console.print(f"Relative error of backpropagation, against central differences of ±{step:g}:")
    print_whole(console, _table(verdict))
    checked, of = verdict.checks[0].coverage
    console.print(f"Checked {verdict.checks[0].part}{'; --all checks every one' if checked < of else ''}.")
    if figure is not None:
        with counting(bars, "trying steps", "differences") as told:
            study = draw_steps(subject, verdict, figure, overwrite, sample, told)
        console.print(f"The error against the step: {figure}; the best step is {study.best_step:.1g}.")
    if verdict.failures:
        name, array, error = verdict.failures[0]
        complain(
            f"the gradient of {array} by the {name} engine is off by {error:.1e}, more than {tolerance:g}; a "
            "unit within ±h of a kink (relu, absolute_error) can do that: try another --step or --seed"
        )
        raise typer.Exit(1)
    console.print(f"Every gradient is right to {verdict.largest:.1e}, tolerance {tolerance:g}.")


def _table(verdict: CheckVerdict) -> Table:
    from rich.table import Table

    table = Table()
    table.add_column("parameters")
    table.add_column("shape")
    for check in verdict.checks:
        table.add_column(check.engine, justify="right")
    for i, (name, block) in enumerate(zip(verdict.names, verdict.checks[0].blocks, strict=True)):
        errors = [f"{check.blocks[i].relative_error:.1e}" for check in verdict.checks]
        table.add_row(name, " × ".join(map(str, block.shape)), *errors)
    return table
