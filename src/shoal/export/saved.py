"""Exporting what ``shoal fit`` saved: the extension of the file says into what."""

from __future__ import annotations

import os
from pathlib import Path

from shoal.errors import ConfigurationError
from shoal.export.c.source import export_c
from shoal.export.onnx import export_onnx
from shoal.export.sql.source import TABLE, export_sql
from shoal.export.torch import export_torch
from shoal.files import require_new
from shoal.jobs.kinds import KINDS
from shoal.jobs.saved.folder import load_model


def export_folder(
    folder: str | os.PathLike[str],
    path: str | os.PathLike[str],
    overwrite: bool = False,
    int8: bool = False,
    table: str | None = None,
) -> None:
    """Write the model in ``folder`` to ``path``.

    - ``.onnx``: the whole model, from columns to predictions (see ``shoal.export.tables``); of images the
      networks alone, which take what ``preprocessing.json`` makes of them; of sequences and forecasts all
      that follows the reading of the series (see ``shoal.export.mixtures`` and ``shoal.export.forecasts``),
      of texts all that follows what cuts them into words (see ``shoal.export.texts``);
    - ``.safetensors``: the weights of its networks for PyTorch (see ``shoal.export.torch``), which take the
      features and give the standardised target of ``preprocessing.json`` and ``model.json``; the temperature
      of probabilities, there too, is for whoever averages them;
    - ``.sql``: the whole model of a table as one SELECT over the rows of the database's ``table``, "data" for
      None (see ``shoal.export.sql.source``);
    - ``.c``: the whole model of a table as one C99 file, with ``int8`` in weights of 8 bits (see
      ``shoal.export.c.source``).

    Raises ``ConfigurationError`` for another extension, and for ``int8`` of another than ``.c``
    or ``table`` of another than ``.sql``,
    ``ModelFolderError`` for a damaged model, ``MissingDependencyError`` without the package onnx,
    ``OutputError`` if ``path`` cannot be written, lies in ``folder``, or is a file already and ``overwrite``
    is not given.
    """
    kind = Path(path).suffix.lower()
    if kind not in (".onnx", ".safetensors", ".c", ".sql"):
        raise ConfigurationError(
            f"{path} has the extension {kind!r}, expected .onnx (the whole model), .c or .sql (the same, "
            "of a table) or .safetensors (the weights for PyTorch)"
        )
    if table is not None and kind != ".sql":
        raise ConfigurationError(f"{path} ends with {kind!r}, a table is named for SQL alone; leave it out")
    if int8 and kind != ".c":
        raise ConfigurationError(f"{path} ends with {kind!r}, weights of 8 bits are for C; drop them")
    model = load_model(Path(folder))
    require_new(path, overwrite, model=folder)
    if kind == ".onnx":
        export_onnx(model, path, overwrite)
    elif kind == ".c":
        export_c(model, path, overwrite, int8)
    elif kind == ".sql":
        export_sql(model, path, overwrite, table or TABLE)
    else:
        export_torch(KINDS[model.kind].networks(model), path, overwrite)
