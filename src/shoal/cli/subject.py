"""The options that say which network on which data: a saved one, or one made for the classroom."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from shoal.cli.options import comma_separated
from shoal.errors import ConfigurationError

if TYPE_CHECKING:
    from shoal.jobs.subjects.subject import Subject

Folder = Annotated[Path | None, typer.Argument(help="A folder that shoal fit wrote.")]
SomeTable = Annotated[
    str | None, typer.Argument(help="A table with the target, or images; else those fitted.")
]
Row = Annotated[int, typer.Option(min=1, help="The row, or the image, to begin with, counted from 1.")]
Member = Annotated[int, typer.Option(min=1, help="Which network, if the folder holds an ensemble.")]
Layers = Annotated[
    str | None, typer.Option(help="Instead of a folder: inputs, hidden units and outputs, as in 4,3,2,1.")
]
ActivationName = Annotated[str, typer.Option(help="Of the hidden units of --layers: sigmoid, tanh, relu, …")]
LossName = Annotated[str | None, typer.Option(help="Of --layers: log_loss, cross_entropy, squared_error, …")]
InitializerName = Annotated[
    str | None, typer.Option(help="Of --layers; 'normal' is the lecture's N(0, 0.1).")
]
Every = Annotated[
    bool, typer.Option("--all", help="Take central differences of every parameter, however many there are.")
]
Seed = Annotated[int, typer.Option(help="Seed of the weights and the data of --layers.")]


def require_output(path: Path, overwrite: bool, folder: Path | None, table: str | None) -> None:
    """Raise ``OutputError`` unless a file about a subject may be written and hurts nothing that is read."""
    from shoal.data.tables import files_of
    from shoal.files import require_new
    from shoal.jobs.subjects.saved import table_of

    read = [] if folder is None else files_of(table_of(folder, table))
    require_new(path, overwrite, read, model=folder)


def chosen_subject(
    folder: Path | None,
    table: str | None,
    *,
    row: int,
    batch: int,
    member: int,
    layers: str | None,
    activation: str,
    loss: str | None,
    initializer: str | None,
    seed: int,
) -> Subject:
    """Return what the options ask for; raise ``ConfigurationError`` unless it is one of the two."""
    from shoal.jobs.subjects.saved import saved_subject
    from shoal.jobs.subjects.subject import fresh_subject

    if (folder is None) == (layers is None):
        raise ConfigurationError(
            "a network is needed: give either a folder that shoal fit wrote, or --layers 4,3,2,1"
        )
    if folder is not None:
        return saved_subject(folder, table, row, batch, member)
    sizes = comma_separated(str(layers), "--layers", int)
    return fresh_subject(sizes, activation, loss, batch, seed, initializer)
