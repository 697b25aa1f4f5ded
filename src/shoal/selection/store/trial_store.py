"""Where a study keeps its trials: in a folder that survives a kill at any moment, or in memory."""

from __future__ import annotations

import hashlib
import json
import os
import re
import sqlite3
import warnings
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np
import safetensors.numpy

from shoal.errors import ConfigurationError, ModelFolderError, OutputError, ShoalWarning, reason
from shoal.files import Contents, remove_leftovers, write_atomically
from shoal.schema import MismatchError, require_type
from shoal.selection.cohorts.cohort import CohortResult
from shoal.selection.store import records
from shoal.selection.store.locking import OF_SQLITE, OF_THE_PLACE, code_of, locked
from shoal.selection.trials import COLUMNS, Trials

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CONTENTS: Contents = {
    r"study\.lock": None,
    r"(trials\.sqlite|study\.lock)-(journal|wal|shm)": None,
    re.escape(records.DATABASE): None,
    "cohorts": {r"\d+\.(safetensors|writing)": None},
}
"""Every name that a store gives; ``.writing`` was that of a cohort half written, once."""


class Store(Protocol):
    """What a study asks of the place that keeps its cohorts."""

    def begin(self, settings: Mapping[str, Any], resume: bool, engine: str) -> dict[int, Trials]:
        """Return the trials of the cohorts already done under these settings, on whatever engine."""

    def engines(self) -> list[str]:
        """Return the labels of the engines that have trained here, in turn."""

    def save(self, result: CohortResult) -> None:
        """Keep a cohort for good."""

    def load(self, index: int) -> CohortResult:
        """Return a cohort that was kept."""

    def close(self) -> None:
        """Let others use the place."""


def open_store(folder: str | os.PathLike[str] | None) -> Store:
    """Return the store in a folder, or one in memory where there is none; raises what ``TrialStore`` does."""
    return MemoryStore() if folder is None else TrialStore(folder)


class MemoryStore:
    """Keeps the cohorts for as long as the process lives."""

    def __init__(self) -> None:
        self._results: dict[int, CohortResult] = {}
        self._engines: list[str] = []

    def begin(self, settings: Mapping[str, Any], resume: bool, engine: str) -> dict[int, Trials]:
        if resume:
            raise ConfigurationError("resume=True needs a store to resume from; give store='a folder'")
        self._engines = [engine]
        return {}

    def engines(self) -> list[str]:
        return self._engines

    def save(self, result: CohortResult) -> None:
        self._results[result.index] = result
        if result.engine not in ("", *self._engines):
            self._engines.append(result.engine)

    def load(self, index: int) -> CohortResult:
        return self._results[index]

    def close(self) -> None:
        pass


class TrialStore:
    """A folder with ``trials.sqlite`` and, for every cohort, one safetensors file of parameters.

    A cohort's file is written under another name, flushed to the disk and renamed; only then is one
    transaction made of its rows and its file's SHA-256. So a cohort is either done, or was never there.
    ``study.lock`` is held while the store is open, and let go by the operating system after a kill.

    Raises ``OutputError`` if the folder is in use, read-only or full, ``ModelFolderError`` if what it
    holds is damaged or of a newer format.
    """

    def __init__(self, folder: str | os.PathLike[str]) -> None:
        self.folder = Path(folder)
        with ExitStack() as stack, self._one_line_errors():
            (self.folder / "cohorts").mkdir(parents=True, exist_ok=True)
            stack.enter_context(locked(self.folder / records.LOCK))
            remove_leftovers(self.folder / "cohorts")
            database = sqlite3.connect(self.folder / records.DATABASE, timeout=60)
            stack.enter_context(closing(database))
            database.row_factory = sqlite3.Row
            records.require_schema(database)
            with database:
                records.create(database)
            self._database, self._open = database, stack.pop_all()

    def begin(self, settings: Mapping[str, Any], resume: bool, engine: str) -> dict[int, Trials]:
        """Return the trials of the cohorts already done, if the study there has the same settings.

        A cohort whose file is missing or altered does not count as done, and another engine than before
        gives other bits: a ``ShoalWarning`` says so.
        Raises ``OutputError`` for networks that would be lost without ``resume``, ``ConfigurationError``
        for other settings or data, naming what differs.
        """
        text = json.dumps(settings, sort_keys=True)
        with self._one_line_errors(), self._database:
            rows = self._database.execute("SELECT format, settings FROM study").fetchall()
            found = records.read_settings(rows)
            done = self._database.execute("SELECT count(*) FROM cohorts").fetchone()[0]
            if found is not None and found[0] > records.FORMAT:
                raise ModelFolderError(
                    f"{self.folder} holds a study of format {found[0]}, this version of shoal reads up "
                    f"to {records.FORMAT}; install a newer shoal"
                )
            if done and not resume:
                raise OutputError(
                    f"{self.folder} already holds {done} cohorts of a study; resume it, or give "
                    "another folder"
                )
            if not done:
                self._database.execute("DELETE FROM study")
                self._database.execute("INSERT INTO study VALUES (?, ?)", (records.FORMAT, text))
                self._database.execute("DELETE FROM engines")
                self._database.execute("INSERT INTO engines VALUES (?)", (engine,))
                return {}
            if found is None:
                raise MismatchError("it has networks without a study")
            self._require_same(found[1], json.loads(text))
            self._go_on_with(engine)
            return self._intact()

    def engines(self) -> list[str]:
        rows = self._database.execute("SELECT label FROM engines ORDER BY rowid")
        return [row["label"] for row in rows]

    def save(self, result: CohortResult) -> None:
        """Write a cohort's file, which names its engine, then its rows and checksum in one transaction."""
        tensors = {"theta": np.ascontiguousarray(result.theta)}
        if result.losses is not None:
            tensors["losses"] = np.ascontiguousarray(result.losses)
        content = safetensors.numpy.save(tensors, {records.ENGINE: result.engine})
        name = records.file_name(result.index)
        columns = ["cohort", "member", *COLUMNS]
        rows = [
            (result.index, member, *(row[column] for column in COLUMNS))
            for member, row in enumerate(result.trials.rows())
        ]
        with self._one_line_errors():
            write_atomically(self.folder / "cohorts" / name, content)
            with self._database:
                self._forget(result.index)
                self._database.executemany(
                    f"INSERT INTO trials ({', '.join(columns)}) VALUES ({', '.join('?' * len(columns))})",  # noqa: S608
                    rows,
                )
                self._database.execute(
                    "INSERT INTO cohorts VALUES (?, ?, ?)",
                    (result.index, name, hashlib.sha256(content).hexdigest()),
                )
                if result.engine not in ("", *self.engines()):
                    self._database.execute("INSERT INTO engines VALUES (?)", (result.engine,))

    def load(self, index: int) -> CohortResult:
        """Return a cohort; raise ``ModelFolderError`` if its file is no longer what was written."""
        with self._one_line_errors():
            found = self._read(index)
        if found is None:
            raise ModelFolderError(f"cohort {index} of {self.folder} is missing or altered; resume the study")
        return found

    def close(self) -> None:
        """Close the files and let the lock go."""
        self._open.close()

    def _go_on_with(self, engine: str) -> None:
        labels = self.engines()
        require_type(labels, list[str], "engines.label")
        before = labels[-1] if labels else engine
        if engine == before:
            return
        self._database.execute("INSERT INTO engines VALUES (?)", (engine,))
        warnings.warn(
            f"the study in {self.folder} was begun on the engine {before} and goes on with {engine}: the "
            "networks still to train are as good, but not the same bits as without the interruption",
            ShoalWarning,
            stacklevel=4,
        )

    def _intact(self) -> dict[int, Trials]:
        rows = self._database.execute("SELECT cohort FROM cohorts ORDER BY cohort").fetchall()
        intact = {row["cohort"]: found.trials for row in rows if (found := self._read(row["cohort"]))}
        damaged = [row["cohort"] for row in rows if row["cohort"] not in intact]
        for index in damaged:
            self._forget(index)
        if damaged:
            warnings.warn(
                f"{len(damaged)} of {len(rows)} cohorts in {self.folder} have a weights file, or rows in "
                f"{records.DATABASE}, that are missing or altered; their networks are trained again",
                ShoalWarning,
                stacklevel=2,
            )
        return intact

    def _forget(self, index: int) -> None:
        for table in ("cohorts", "trials"):
            self._database.execute(f"DELETE FROM {table} WHERE cohort = ?", (index,))  # noqa: S608

    def _read(self, index: int) -> CohortResult | None:
        return records.read_cohort(self._database, self.folder, index)

    def _require_same(self, kept: Mapping[str, Any], asked: Mapping[str, Any]) -> None:
        differences = [
            f"{name} was {_brief(kept.get(name))}, now {_brief(asked.get(name))}"
            for name in sorted({*kept, *asked})
            if kept.get(name) != asked.get(name)
        ]
        if differences:
            raise ConfigurationError(
                f"{self.folder} holds a study with other settings: {'; '.join(differences)}; "
                "give the same ones to resume, or another folder"
            )

    @contextmanager
    def _one_line_errors(self) -> Iterator[None]:
        """Turn what the operating system and SQLite report into this package's errors."""
        try:
            yield
        except (*OF_SQLITE, MismatchError) as error:
            if code_of(error) in OF_THE_PLACE:
                raise OutputError(
                    f"{self.folder} cannot be written to: {error}; free space, check its permissions, "
                    "or give another folder"
                ) from None
            raise ModelFolderError(
                f"{self.folder / records.DATABASE} is damaged ({reason(error)}); remove the folder and fit "
                "again"
            ) from None
        except OSError as error:
            raise OutputError(
                f"{error.filename or self.folder} cannot be written: {reason(error)}; free space, check "
                "permissions, or give another folder"
            ) from None


def _brief(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= 60 else text[:59] + "…"
