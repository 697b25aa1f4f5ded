"""The three files of a saved model: JSON and safetensors, checked when read, never executable.

``model.json`` is written last and holds the checksums of the rest, so a folder that has one is whole.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict, cast

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError

from shoal.errors import ModelFolderError, OutputError, reason
from shoal.files import as_json, read_regular, write_atomically
from shoal.jobs.saved.layout import MODEL, PREPROCESSING, WEIGHTS
from shoal.schema import MismatchError, parse_json, require_type
from shoal.shapes import Array
from shoal.words import setting

FORMAT = 4
"""1 is the same without a temperature, which was 1; 2 without the loss of a regression, the squared error; 3
without a decision, which was the likeliest class."""
REMEDY = "restore the folder as shoal wrote it, or fit again"


class _Format(TypedDict):
    format: int


class _Description(_Format):
    """What every ``model.json`` says."""

    sha256: dict[str, str]


@dataclass(frozen=True)
class Saved:
    """What the files in ``folder`` say, as they were written; ``arrays`` are by their names."""

    folder: Path
    description: dict[str, Any]
    preprocessing: dict[str, Any]
    arrays: dict[str, Array]

    def describes(self, kind: Any) -> dict[str, Any]:
        """Return the description, of this type (a ``TypedDict``); raise ``ModelFolderError`` if it is not."""
        return _of_type(self.description, kind, self.folder / MODEL)


def write_saved(
    folder: Path,
    description: Mapping[str, Any],
    preprocessing: Mapping[str, Any],
    arrays: Mapping[str, Array],
    overwrite: bool = False,
) -> None:
    """Write a model's three files into ``folder``; raise ``OutputError`` if that is not possible.

    Files of these names are replaced with ``overwrite`` only.
    """
    try:
        for name in () if overwrite else (WEIGHTS, PREPROCESSING, MODEL):
            if os.path.lexists(folder / name):
                raise OutputError(
                    f"{folder / name} exists already; name another folder, or give "
                    f"{setting('overwrite', True)}"
                )
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MODEL).unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{folder} cannot be written ({reason(error)}); give another folder") from None
    plain = {name: np.ascontiguousarray(array) for name, array in arrays.items()}
    files = {WEIGHTS: safetensors.numpy.save(plain), PREPROCESSING: as_json(dict(preprocessing))}
    for name, content in files.items():
        write_atomically(folder / name, content)
    whole: dict[str, Any] = {
        "format": FORMAT,
        **description,
        "sha256": {name: _sha256(content) for name, content in files.items()},
    }
    whole["sha256"][MODEL] = _sha256(as_json(whole))
    write_atomically(folder / MODEL, as_json(whole))


def read_saved(folder: Path) -> Saved:
    """Return what ``write_saved`` wrote.

    Raises ``ModelFolderError`` if a file is missing, truncated, altered, or of a newer format.
    """
    description = _description(folder)
    contents = {name: _read(folder, name) for name in (WEIGHTS, PREPROCESSING)}
    for name, content in contents.items():
        if _sha256(content) != description["sha256"].get(name):
            raise ModelFolderError(f"{folder / name} is truncated or was altered; {REMEDY}")
    preprocessing = _parse(PREPROCESSING, contents[PREPROCESSING], folder, dict[str, object])
    try:
        arrays = safetensors.numpy.load(contents[WEIGHTS])
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise ModelFolderError(f"{folder / WEIGHTS} holds no weights ({reason(error)}); {REMEDY}") from None
    return Saved(folder, description, preprocessing, arrays)


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Have an error of what a file describes say which file that is."""
    try:
        yield
    except ModelFolderError as error:
        raise ModelFolderError(f"{path}: {error}") from None


def _read(folder: Path, name: str) -> bytes:
    try:
        return read_regular(folder / name)
    except (FileNotFoundError, NotADirectoryError):
        what = "is no model folder" if name == MODEL or not folder.is_dir() else "is incomplete"
        raise ModelFolderError(
            f"{folder} {what}: it has no {name}; give a folder that shoal fit wrote"
        ) from None
    except OSError as error:
        raise ModelFolderError(f"{folder / name} cannot be read ({reason(error)}); {REMEDY}") from None


def _parse(name: str, content: bytes, folder: Path, kind: Any) -> dict[str, Any]:
    """Return what a file says, of this kind; raise ``ModelFolderError`` if it does not say that."""
    try:
        value = parse_json(content)
    except MismatchError as mismatch:
        raise _altered(folder / name, mismatch) from None
    return _of_type(value, kind, folder / name)


def _of_type(value: object, kind: Any, path: Path) -> dict[str, Any]:
    try:
        require_type(value, kind)
    except MismatchError as mismatch:
        raise _altered(path, mismatch) from None
    return cast("dict[str, Any]", value)


def _altered(path: Path, mismatch: MismatchError) -> ModelFolderError:
    return ModelFolderError(f"{path} is truncated or was altered; {REMEDY} ({mismatch})")


def _description(folder: Path) -> dict[str, Any]:
    """Return what ``model.json`` says, if that is what was written."""
    content = _read(folder, MODEL)
    found = _parse(MODEL, content, folder, _Format)["format"]
    if found > FORMAT:
        raise ModelFolderError(
            f"{folder} holds a model of format {found}, this version of shoal reads up to {FORMAT}; "
            "install a newer shoal"
        )
    description = _parse(MODEL, content, folder, _Description)
    stated = description["sha256"].pop(MODEL, None)
    if found < 1 or stated != _sha256(as_json(description)):
        raise ModelFolderError(f"{folder / MODEL} is truncated or was altered; {REMEDY}")
    return description


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
