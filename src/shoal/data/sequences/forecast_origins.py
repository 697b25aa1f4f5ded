"""How series are read again for a forecast: from ``.tsf`` files, or from the columns of a table."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shoal.data.cells.notation import NOTHING_KNOWN, Notation, notations_from_config, notations_to_config
from shoal.data.cells.remembered import known_numbers, numbers_written
from shoal.data.database_names import is_duckdb
from shoal.data.places import place
from shoal.data.sequences.calendars import Calendar
from shoal.data.sequences.forecast_tables import ForecastColumns, read_timed
from shoal.data.sequences.recognised import is_tsf
from shoal.data.sequences.timed import TimedSeries
from shoal.data.sequences.tsf import read_tsf
from shoal.data.tables import read_marked, read_table
from shoal.errors import ConfigurationError, DataError, ModelFolderError, reason


@dataclass(frozen=True)
class ForecastOrigin:
    """What a source must hold: the ``columns`` of a table (None: a ``.tsf`` file), on a ``calendar``.

    ``notations`` are how the numbers of the table were written; None where that was not noted.
    """

    columns: ForecastColumns | None
    calendar: Calendar
    notations: Mapping[str, Notation] | None = None

    def read(self, source: str) -> TimedSeries:
        """Return the series of another source than the one fitted.

        Raises ``DataError`` for what cannot be used, and for steps of another length.
        """
        if (self.columns is None) != _is_tsf(source):
            kind = "a .tsf file" if self.columns is None else "a table"
            raise DataError(f"{source} is of another kind than what the forecast was fitted to, {kind}")
        if self.columns is None:
            data = _tsf(source, strict=False)
        else:
            with _naming(source):
                known = known_numbers(self.columns.numbers, self.notations).with_names((self.columns.id,))
                data = read_timed(read_table(source, known=known), self.columns, False, self.calendar)
        if data.calendar.words != self.calendar.words:
            raise DataError(
                f"{source} has steps of {data.calendar.words}, the forecast was fitted to steps of "
                f"{self.calendar.words}; give those"
            )
        return TimedSeries(**vars(data) | {"calendar": self.calendar})

    def to_config(self) -> dict[str, Any]:
        """Return the origin as plain JSON."""
        columns = None
        if self.columns is not None:
            lists = {name: list(getattr(self.columns, name)) for name in ("channels", "future")}
            columns = {**vars(self.columns), **lists}
        config = {"columns": columns, "calendar": self.calendar.to_config()}
        written = notations_to_config(self.notations)
        return config if written is None else config | {"notations": written}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> ForecastOrigin:
        """Return the origin that was described; raise ``ModelFolderError`` if none was."""
        columns, calendar = config.get("columns"), config.get("calendar")
        if not isinstance(calendar, Mapping):
            raise ModelFolderError("it has no calendar")
        try:
            notations = notations_from_config(config.get("notations"))
        except ConfigurationError as error:
            raise ModelFolderError(str(error)) from None
        found = None if columns is None else _columns(columns)
        return cls(found, Calendar.from_config(calendar), notations)


def read_origin(
    source: str,
    asked: Mapping[str, Any],
    strict: bool,
) -> tuple[ForecastOrigin, TimedSeries]:
    """Return the series of a source, and how others are read as these were.

    ``asked`` are the arguments of ``ForecastColumns.settle`` besides the table; of files all are None.
    """
    if _is_tsf(source):
        data = _tsf(source, strict)
        return ForecastOrigin(None, data.calendar), data
    table = read_marked(source, known=NOTHING_KNOWN.with_names((asked["id"],)))
    with _naming(source):
        columns = ForecastColumns.settle(table.frame, **asked)
        data = read_timed(table.frame, columns, strict)
    table.tell_of_thousands(columns.numbers)
    written = numbers_written(table.frame, columns.numbers, table.notations)
    return ForecastOrigin(columns, data.calendar, written), data


def _columns(config: Any) -> ForecastColumns:
    try:
        id_, order, channels = config["id"], config["order"], tuple(config["channels"])
        future = tuple(config.get("future", ()))
    except (TypeError, KeyError, AttributeError):
        raise ModelFolderError("it has no columns of series") from None
    texts = [name for name in (id_, order) if name is not None]
    if not channels or not all(isinstance(name, str) for name in (*texts, *channels, *future)):
        raise ModelFolderError("it has columns of series without names")
    return ForecastColumns(id_, order, channels, future)


def _is_tsf(source: str) -> bool:
    return not is_duckdb(source) and is_tsf(Path(source))


def _tsf(source: str, strict: bool) -> TimedSeries:
    path = place(source, "series")
    try:
        if path.is_dir():
            raise DataError(f"{path} is a directory, expected a file of series; name a file in it")
        return read_tsf(path, strict)
    except OSError as error:
        raise DataError(f"{path} cannot be read ({reason(error)}); check it") from None


@contextmanager
def _naming(source: str) -> Iterator[None]:
    """Have an error say which source it is about."""
    try:
        yield
    except DataError as error:
        said = str(error)
        raise DataError(said if said.startswith(source) else f"{source}: {said}") from None
