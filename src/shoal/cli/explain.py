"""``shoal explain``: the chain rule with a network's own shapes and numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shoal.cli.options import Debug, Overwrite
from shoal.cli.streams import files_come_first
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


def explain(
    folder: Folder = None,
    table: SomeTable = None,
    row: Row = 1,
    batch: Annotated[int, typer.Option(min=1, help="Rows in the batch, from --row on.")] = 8,
    member: Member = 1,
    layers: Layers = None,
    activation: ActivationName = "sigmoid",
    loss: LossName = None,
    initializer: InitializerName = None,
    seed: Seed = 0,
    format_: Annotated[str, typer.Option("--format", help="terminal, markdown, html or json.")] = "terminal",
    out: Annotated[Path | None, typer.Option(help="The file to write; the terminal if left out.")] = None,
    every: Every = False,
    overwrite: Overwrite = False,
    debug: Debug = False,
) -> None:
    """Write out the chain rule for every parameter of a network, and check it."""
    from shoal.cli.terminal import counting, plain_console
    from shoal.explanation.sampling import SAMPLE
    from shoal.jobs.explain import explain_subject, formatted, require_format, write_explanation

    require_format(format_)
    if out is not None:
        files_come_first()
        require_output(out, overwrite, folder, table)
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
    with counting(plain_console(stderr=True), "taking differences", "parameters") as told:
        explanation = explain_subject(subject, None if every else SAMPLE, told)
    console = plain_console()
    if out is not None:
        write_explanation(explanation, format_, out, overwrite)
        console.print(f"Explanation: {out}")
    elif format_ == "terminal":
        console.print(explanation, soft_wrap=False)
    else:
        typer.echo(formatted(explanation, format_), nl=False)
