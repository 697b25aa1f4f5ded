"""The trials of a study that has ended, and the weights of each: read, and never written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path
from urllib.parse import quote

import numpy as np

from shoal.errors import ModelFolderError, OutputError, reason
from shoal.schema import MismatchError
from shoal.selection.cohorts.cohort import CohortResult
from shoal.selection.store import records
from shoal.selection.trials import Trials

MOST_OPEN = 8
"""Cohorts whose weights are kept at hand."""


class ReadOnlyStore:
    """What a ``TrialStore`` kept in ``folder``, also where that cannot be written to.

    ``trials`` has a row for every network, in the order of candidates, starts and folds; ``network(row)``
    gives its cohort and its place there. Raises ``OutputError`` while another process writes the study, and
    ``ModelFolderError`` for a folder that holds none, or one that was damaged.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        if not (folder / records.DATABASE).is_file():
            raise ModelFolderError(f"{folder} holds no trials: it has no {records.DATABASE}; fit again")
        require_idle(folder)
        with self._open() as database:
            records.require_schema(database)
            cohorts = database.execute("SELECT cohort FROM cohorts ORDER BY cohort").fetchall()
            parts, places = [], []
            for (index,) in cohorts:
                rows = database.execute("SELECT * FROM trials WHERE cohort = ? ORDER BY member", (index,))
                parts.append(records.read_trials(rows.fetchall()))
                places += [(int(index), member) for member in range(len(parts[-1]))]
        if not places:
            raise ModelFolderError(f"{folder} holds a study without a network; fit again")
        trials = Trials.concatenate(parts)
        order = np.lexsort([trials[name] for name in ("fold", "start", "candidate")])
        self.trials = trials.take(order)
        self._places = [places[k] for k in order]
        self._cohort = lru_cache(MOST_OPEN)(self._read)

    def network(self, row: int) -> tuple[CohortResult, int]:
        """Return the cohort of the network in this row of the trials, and which member of it that is.

        Raises ``ModelFolderError`` where the file of its weights is missing or was altered.
        """
        index, member = self._places[row]
        return self._cohort(index), member

    def _read(self, index: int) -> CohortResult:
        with self._open() as database:
            found = records.read_cohort(database, self.folder, index)
        if found is None:
            raise ModelFolderError(
                f"cohort {index} of {self.folder} is missing or altered; fit again, or restore its file"
            )
        return found

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        path = self.folder / records.DATABASE
        try:
            with closing(_to_read(path)) as database:
                database.row_factory = sqlite3.Row
                yield database
        except (sqlite3.Error, UnicodeDecodeError, MismatchError) as error:
            raise ModelFolderError(f"{path} is damaged ({reason(error)}); restore it, or fit again") from None


def require_idle(folder: Path) -> None:
    """Raise ``OutputError`` while another process has the study in ``folder`` open to write."""
    lock = folder / records.LOCK
    if not lock.exists():
        return
    try:
        with closing(_to_read(lock)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        if getattr(error, "sqlite_errorcode", 0) & 0xFF != sqlite3.SQLITE_BUSY:
            return  # no lock, or one that says nothing
        raise OutputError(
            f"{folder} is being written by another process; open it when that has ended"
        ) from None
    except sqlite3.Error:
        return


def _to_read(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode=ro", uri=True, timeout=0, check_same_thread=False
    )
