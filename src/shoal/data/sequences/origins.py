"""How series are read again for a model: from files, from the columns of a long table, from sounds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Self

from shoal.data.cells.notation import NOTHING_KNOWN, Known, notations_from_config, notations_to_config
from shoal.data.cells.remembered import known_numbers, numbers_written
from shoal.data.frames import Frame, pl
from shoal.data.places import place
from shoal.data.roles import Roles
from shoal.data.sequences.log_mel import LogMel, bands_for
from shoal.data.sequences.long_tables import LongColumns, series_of
from shoal.data.sequences.metadata import metadata_in_names, metadata_in_npz, metadata_in_table
from shoal.data.sequences.npz import read_npz
from shoal.data.sequences.recognised import is_ts
from shoal.data.sequences.series_set import SequenceData
from shoal.data.sequences.sounds import common_rate, read_sounds
from shoal.data.sequences.ts import read_one, read_ts
from shoal.data.tables import MarkedTable, read_table
from shoal.errors import ConfigurationError, DataError, reason
from shoal.registry import Named, family, from_config, to_config
from shoal.words import setting


class Origin(Named, ABC):
    """What a source must hold, and how it becomes series."""

    @property
    @abstractmethod
    def identifier(self) -> str:
        """What the names of series are called."""

    @abstractmethod
    def read(self, source: str, strict: bool = False, parts: bool = False) -> SequenceData:
        """Return the series of a source, with the test part beside it if ``parts``.

        Raises ``DataError`` for what cannot be used; what is odd is a note, an error if ``strict``.
        """

    @abstractmethod
    def metadata(self, source: str, roles: Roles, names: Sequence[str], test: bool = False) -> pl.DataFrame:
        """Return a row for each series of these ``names``, with what is known beside it: the roles' columns.

        Columns are arrays of NPZ files, and a pattern of the names of others. What the source has not is left
        out; ``test`` asks of its own test part. Raises ``DataError`` and ``ConfigurationError`` for what says
        nothing, or two things, of a series.
        """


@dataclass(frozen=True)
class Files(Origin):
    """Files whose every entry is a series: ``.ts`` and ``.npz``."""

    name: ClassVar[str] = "files"

    @property
    def identifier(self) -> str:
        return "series"

    def read(self, source: str, strict: bool = False, parts: bool = False) -> SequenceData:
        path = place(source, "series")
        try:
            if path.is_dir():
                raise DataError(f"{path} is a directory, expected a file of series; name a file in it")
            if is_ts(path):
                return read_ts(path, strict) if parts else read_one(path, strict)
            if path.suffix.lower() == ".npz":
                return read_npz(path)
        except OSError as error:
            raise DataError(f"{path} cannot be read ({reason(error)}); check it") from None
        raise DataError(
            f"{path} has the extension {path.suffix!r}, expected series in .ts, .ts.gz or .npz; convert it"
        )

    def metadata(self, source: str, roles: Roles, names: Sequence[str], test: bool = False) -> pl.DataFrame:
        path = place(source, "series")
        if path.suffix.lower() != ".npz":
            column, role = next(iter(roles.of_columns.items()))
            raise ConfigurationError(
                f"{source} has no place for what {setting(role, column)} names; leave "
                "it out, or give the series as NPZ or as a table"
            )
        return metadata_in_npz(
            path, roles, [int(name) for name in names], ["_test"] if test else ["", "_train"]
        )


@dataclass(frozen=True)
class LongTables(Origin):
    """Tables of any format with a row for every step."""

    name: ClassVar[str] = "long table"
    id: str
    order: str | None
    channels: tuple[str, ...]
    target: str
    notations: Mapping[str, Mapping[str, Any]] | None = None
    """How the numbers of the channels were written, as plain JSON; None where that was not noted."""
    labels: bool = False
    """Whether the target holds labels, which stay as they are written."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "channels", tuple(self.channels))
        self.known  # noqa: B018 (which is refused here if it is none)

    @classmethod
    def of(cls, columns: LongColumns, table: MarkedTable, labels: bool = False) -> LongTables:
        """Return the origin of tables with such columns, written as those of this one."""
        notations = numbers_written(table.frame, columns.channels, table.notations)
        written = notations_to_config(notations)
        return cls(columns.id, columns.order, columns.channels, columns.target, written, labels)

    @property
    def known(self) -> Known:
        """How the channels were written; ``ConfigurationError`` for what is no notation."""
        names = (self.id, self.target if self.labels else None)
        return known_numbers(self.channels, notations_from_config(self.notations)).with_names(names)

    @property
    def identifier(self) -> str:
        return self.id

    def read(self, source: str, strict: bool = False, parts: bool = False) -> SequenceData:
        return self.series(read_table(source, known=self.known), source, strict)

    def series(self, frame: Frame, source: str, strict: bool) -> SequenceData:
        """Return the series of a table that was read from a source."""
        columns = LongColumns(self.id, self.order, self.channels, self.target)
        try:
            series = series_of(frame, columns, strict)
        except DataError as error:
            said = str(error)
            raise DataError(said if said.startswith(source) else f"{source}: {said}") from None
        return SequenceData(series, self.channels, self.target)

    def metadata(self, source: str, roles: Roles, names: Sequence[str], test: bool = False) -> pl.DataFrame:
        known = NOTHING_KNOWN.with_names((self.id, roles.group))
        return metadata_in_table(read_table(source, known=known), self.id, roles, names)


@dataclass(frozen=True)
class Sounds(Origin):
    """Folders of WAV files, told by bands of pitch: see ``LogMel``, whose numbers these are."""

    name: ClassVar[str] = "sounds"
    rate: int
    bands: int
    window: float = 0.025
    hop: float = 0.01

    def __post_init__(self) -> None:
        self.analysis()

    @classmethod
    def of(cls, folder: Path) -> Self:
        """Return how the sounds of a folder become series where nothing says it: at the rate of most."""
        rate = common_rate(folder)
        return cls(rate, bands_for(rate))

    @property
    def identifier(self) -> str:
        return "sound"

    def analysis(self) -> LogMel:
        """Return how sounds become bands; raise ``ConfigurationError`` for what is none."""
        return LogMel(self.rate, self.bands, self.window, self.hop)

    def read(self, source: str, strict: bool = False, parts: bool = False) -> SequenceData:
        path = place(source, "sounds")
        try:
            return read_sounds(path, self.analysis(), strict)
        except OSError as error:
            raise DataError(f"{path} cannot be read ({reason(error)}); check it") from None

    def metadata(self, source: str, roles: Roles, names: Sequence[str], test: bool = False) -> pl.DataFrame:
        return metadata_in_names(names, roles)


ORIGINS: dict[str, type[Origin]] = family(Files, LongTables, Sounds)


def origin_to_config(origin: Origin) -> dict[str, Any]:
    """Return an origin as plain JSON."""
    config = to_config(origin)
    if config.get("notations", {}) is None:  # models of before noted none
        del config["notations"]
    if config.get("labels") is False:  # nor labels
        del config["labels"]
    return config


def origin_from_config(config: Mapping[str, Any]) -> Origin:
    """Return the origin that was described; a ``ShoalError`` or ``ValueError`` if none was."""
    return from_config("origin", config, ORIGINS)
