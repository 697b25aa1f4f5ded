"""``shoal predict``: a saved model's predictions for a table, or for images."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from shoal.cli.options import Debug, Overwrite
from shoal.cli.output import say
from shoal.cli.streams import files_come_first


def predict(
    folder: Annotated[Path, typer.Argument(help="A folder that shoal fit wrote.")],
    out: Annotated[Path, typer.Option(help="The file to write: .csv, .tsv (either .gz) or .parquet.")],
    source: Annotated[
        str | None,
        typer.Argument(
            help="The table, images or series to predict for, in any format that shoal fit reads; else what "
            "was fitted."
        ),
    ] = None,
    ignore_extra: Annotated[
        bool, typer.Option("--ignore-extra", help="Allow columns that the model was not trained on.")
    ] = False,
    interval: Annotated[
        float | None,
        typer.Option(help="Add the ends of intervals that hold this share of numbers, as in 0.9."),
    ] = None,
    overwrite: Overwrite = False,
    debug: Debug = False,
) -> None:
    """Predict the target of every row of a table, the class of every image, or what comes after series."""
    files_come_first()
    from shoal.jobs.predict import predict_data
    from shoal.words import plural

    rows = predict_data(folder, source, out, ignore_extra, interval, overwrite)
    say(f"{plural(rows, 'prediction')}: {out}")
