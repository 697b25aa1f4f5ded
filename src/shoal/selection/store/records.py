"""What a store kept, as it is read: a database of one schema, rows of one type, and their weights."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError

from shoal.errors import ModelFolderError, reason
from shoal.files import read_regular
from shoal.schema import MismatchError, parse_json, require, require_type
from shoal.selection.cohorts.cohort import CohortResult
from shoal.selection.trials import COLUMNS, Trials

if TYPE_CHECKING:
    from shoal.shapes import Array

FORMAT = 1
DATABASE, LOCK = "trials.sqlite", "study.lock"
ENGINE = "engine"
"""What the metadata of a cohort's file call the label of the engine that trained it."""
_SQL_TYPES = {int: "INTEGER", bool: "INTEGER", float: "REAL", str: "TEXT"}
TABLES = {
    "study": {"format": "INTEGER NOT NULL", "settings": "TEXT NOT NULL"},
    "engines": {"label": "TEXT NOT NULL"},
    "cohorts": {"cohort": "INTEGER PRIMARY KEY", "file": "TEXT NOT NULL", "sha256": "TEXT NOT NULL"},
    "trials": {
        "cohort": "INTEGER NOT NULL",
        "member": "INTEGER NOT NULL",
        **{name: _SQL_TYPES[kind] for name, kind in COLUMNS.items()},
    },
}
"""Every table of the database, and its columns."""


def create(database: sqlite3.Connection) -> None:
    """Make the tables that are not there, all of them or none."""
    database.execute("BEGIN")  # which the module does by itself for rows only
    for table, columns in TABLES.items():
        listed = [f'"{name}" {kind}' for name, kind in columns.items()]
        listed += ["PRIMARY KEY (cohort, member)"] if table == "trials" else []
        database.execute(f"CREATE TABLE IF NOT EXISTS {table} ({', '.join(listed)})")


def require_schema(database: sqlite3.Connection) -> None:
    """Raise ``MismatchError`` for a database with other tables or columns, triggers, or torn pages.

    Tables may be missing: a study that was killed as it began has few.
    """
    database.execute("PRAGMA trusted_schema = OFF")
    rows = database.execute("SELECT type, name FROM sqlite_master WHERE name NOT LIKE 'sqlite_%'").fetchall()
    found = {(str(row[0]), str(row[1])) for row in rows}
    if not found <= {("table", table) for table in TABLES}:
        raise MismatchError("it has other tables than a study")
    for table in sorted(name for _, name in found):
        names = [row[1] for row in database.execute(f"PRAGMA table_info({table})")]
        if names != list(TABLES[table]):
            raise MismatchError(f"its table {table} has other columns")
    if (said := database.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
        raise MismatchError(" ".join(str(said).split()))


def read_settings(rows: Sequence[sqlite3.Row]) -> tuple[int, Mapping[str, Any]] | None:
    """Return the format and the settings of a study, or None before it has any."""
    if not rows:
        return None
    require(len(rows) == 1, len(rows), "one study", "study")
    number, text = rows[0]["format"], rows[0]["settings"]
    require_type(number, int, "study.format")
    require_type(text, str, "study.settings")
    if number > FORMAT:  # what it holds only a newer version knows
        return number, {}
    require(number == FORMAT, number, str(FORMAT), "study.format")
    settings = parse_json(text.encode(errors="surrogatepass"))
    require_type(settings, dict[str, object], "study.settings")
    return number, settings  # type: ignore[return-value]


def file_name(cohort: int) -> str:
    """Return what the file of a cohort's weights is called."""
    return f"{cohort:06d}.safetensors"


def read_cohort(database: sqlite3.Connection, folder: Path, index: int) -> CohortResult | None:
    """Return a cohort of the study in ``folder``, or None if it is not what was written."""
    row = database.execute("SELECT file, sha256 FROM cohorts WHERE cohort = ?", (index,)).fetchone()
    if row is None or row["file"] != file_name(index):
        return None
    path = folder / "cohorts" / row["file"]
    try:
        content = read_regular(path)
    except FileNotFoundError:
        return None
    except OSError as error:
        raise ModelFolderError(
            f"{path} cannot be read ({reason(error)}); check it, or remove it to train its networks again"
        ) from None
    if hashlib.sha256(content).hexdigest() != row["sha256"]:
        return None
    rows = database.execute("SELECT * FROM trials WHERE cohort = ? ORDER BY member", (index,))
    try:
        trials = read_trials(rows.fetchall())
        return CohortResult(index, trials, *read_weights(content, len(trials)), read_engine(content))
    except MismatchError:
        return None


def read_trials(rows: Sequence[sqlite3.Row]) -> Trials:
    """Return the trials of a cohort; raise ``MismatchError`` unless every member has a row that is whole."""
    for place, row in enumerate(rows):
        require(row["member"] == place, row["member"], str(place), "trials.member")
        for name, kind in COLUMNS.items():
            _require_cell(row[name], kind, f"trials.{name}")
        known = row["diverged"] or isinstance(row["train_loss"], float)
        require(bool(known), row["train_loss"], "a loss where none diverged", "trials.train_loss")
        epochs = (0 <= row["best_epoch"] <= row["epochs"]) and row["epochs"] < 2**31
        require(epochs, [row["best_epoch"], row["epochs"]], "the best epoch among all", "trials.best_epoch")
    require(bool(rows), 0, "a row for every network", "trials")
    return Trials.from_rows(rows)  # type: ignore[arg-type]


def _require_cell(value: object, kind: type, where: str) -> None:
    if kind is bool:
        require(type(value) is int and value in (0, 1), repr(value), "0 or 1", where)
    elif kind is float:
        require(value is None or type(value) is float, repr(value), "a number", where)
    else:
        require(type(value) is kind, repr(value), f"of type {kind.__name__}", where)


def read_weights(content: bytes, n_members: int) -> tuple[Array, Array | None]:
    """Return the parameters (P, D) and the losses (2, P, E) or None, or raise ``MismatchError``."""
    try:
        tensors = safetensors.numpy.load(content)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise MismatchError(f"it holds no weights ({error})") from None
    theta, losses = tensors.get("theta"), tensors.get("losses")
    dtypes = (np.float32, np.float64)
    if theta is None or theta.ndim != 2 or len(theta) != n_members or theta.dtype not in dtypes:
        raise MismatchError(f"it does not hold the weights of {n_members} networks")
    if losses is not None and (
        losses.ndim != 3 or losses.shape[:2] != (2, n_members) or losses.dtype not in dtypes
    ):
        raise MismatchError(f"it holds losses of the shape {losses.shape}")
    return theta, losses


def read_engine(content: bytes) -> str:
    """Return the engine's label in the metadata of a cohort's file, empty where older versions wrote none."""
    size = int.from_bytes(content[:8], "little")
    header = parse_json(content[8 : 8 + size])
    require_type(header, dict[str, object], "header")
    metadata = header.get("__metadata__", {})  # type: ignore[attr-defined]
    require_type(metadata, dict[str, str], "header.__metadata__")
    return str(metadata.get(ENGINE, ""))
