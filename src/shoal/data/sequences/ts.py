"""The ``.ts`` format of the UCR, UEA and TSER archives: a header of tags, then a series on every line.

``#`` and ``%`` begin comments, and blank lines mean nothing. A row is ``1,2,3:4,5,6:label``: channels between
colons, values between commas, ``?`` or ``NaN`` where one is missing, then the label or the number to predict.
Source: the archives' own description, timeseriesclassification.com.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from shoal.data.cells.values import LARGEST
from shoal.data.frames import pl, quoted
from shoal.data.names import names_shown
from shoal.data.notes import tell
from shoal.data.readers.contents import file_bytes
from shoal.data.readers.plain_text import text_bytes
from shoal.data.sequences.series_set import SequenceData, SeriesSet, channel_names
from shoal.data.sequences.ts_header import Header, read_header
from shoal.data.sequences.ts_rows import Row, RowReader, cut
from shoal.data.targets.task import CLASSIFICATION, REGRESSION
from shoal.errors import DataError
from shoal.shapes import BoolArray
from shoal.words import plural

TARGETS = {CLASSIFICATION: "class", REGRESSION: "target", None: "label"}
"""What the target is called, which has no name in such a file."""
_COMMENTS = (b"#", b"%")


def read_ts(path: Path, strict: bool = False) -> SequenceData:
    """Return the series of a file, and those of ``X_TEST.ts`` beside ``X_TRAIN.ts`` as its test part.

    What is missing in the header, or contradicts the rows, is a note (``ShoalWarning``), an error if
    ``strict``. Raises ``DataError``, which names file, line and field, for what is no such file.
    """
    data = read_one(path, strict)
    beside = _test_beside(path)
    if beside is None:
        return data
    test = read_one(beside, strict)
    if len(test.channels) != len(data.channels):
        raise DataError(
            f"{beside} has {len(test.channels)} channels and {path} {len(data.channels)}; both are of one set"
        )
    return SequenceData(data.train, data.channels, data.target, test.train, data.task)


def read_one(path: Path, strict: bool = False) -> SequenceData:
    """Return the series of one file, whatever lies beside it; see ``read_ts``."""
    lines = _lines(path)
    header = read_header(lines, path, strict)
    numbered = [(number, line) for number, line in enumerate(lines, 1) if number > header.first and line]
    if not numbered:
        raise DataError(f"{path} has no series; expected one on every line after @data")
    return _File(path, header, numbered, strict).data()


def _lines(path: Path) -> list[str]:
    """Return the lines of a file without its comments, whose letters may be of any encoding."""
    lines = file_bytes(path).removeprefix(b"\xef\xbb\xbf").splitlines()
    kept = [b"" if line.lstrip().startswith(_COMMENTS) else line for line in lines]
    if not b"".join(kept).strip():
        raise DataError(f"{path} is empty; expected tags such as @data, and a series on every line after it")
    text = text_bytes(b"\n".join(kept), str(path)).decode()
    return [line.strip() for line in text.split("\n")]


def _test_beside(path: Path) -> Path | None:
    """Return the file of the test part beside that of the training part, if both are there."""
    stem, dot, suffix = path.name.partition(".")
    for train, test in (("TRAIN", "TEST"), ("train", "test"), ("Train", "Test")):
        if stem.endswith(train):
            beside = path.with_name(stem.removesuffix(train) + test + dot + suffix)
            return beside if beside.is_file() else None
    return None


@dataclass(frozen=True)
class _File:
    path: Path
    header: Header
    lines: Sequence[tuple[int, str]]
    strict: bool

    def data(self) -> SequenceData:
        """Return what the rows hold, checked against the header."""
        reader = RowReader(self.path, self._stamped(), self._labelled())
        rows = [reader.read(line, number) for number, line in self.lines]
        channels = self.header.channels or len(rows[0].values)
        for row in rows:
            self._require_channels(reader, row, channels)
        rows = self._whole(rows)
        self._tell_of_lengths(rows)
        self._tell_of_missing(rows)
        self._tell_of_time(rows)
        task = self.header.task
        series = tuple(row.values for row in rows)
        names = tuple(f"line {row.line}" for row in rows)
        targets = self._targets(rows) if reader.labelled else None
        return SequenceData(
            SeriesSet(series, names, targets), channel_names(channels), TARGETS[task], task=task
        )

    def tell(self, message: str, remedy: str) -> None:
        tell(f"{self.path} {message}", remedy, self.strict)

    def _stamped(self) -> bool:
        seen = self.lines[0][1].startswith("(")
        if seen and not self.header.stamped:
            self.tell("has rows of pairs (time,value) without saying so", "write @timeStamps true")
        return seen or bool(self.header.stamped)

    def _labelled(self) -> bool:
        """Return whether rows end with a label, which the rows tell where the header does not."""
        if self.header.task is not None:
            return True
        if self.header.unlabelled:
            return False
        cuts = [cut(line) for _, line in self.lines]
        alone = [len(pieces) > 1 and "," not in pieces[-1] and "(" not in pieces[-1] for pieces in cuts]
        expected = self.header.channels or (1 if self.header.univariate else None)
        if all(alone) and expected in (None, len(cuts[0]) - 1):
            what = "does not say that rows have labels" if self.header.is_there else "has no header"
            self.tell(
                f"{what}; what stands after the last colon of every row is taken for its label",
                "begin it with @classLabel true and the labels, or with @targetLabel true, and @data",
            )
            return True
        if self.header.is_there:
            return False
        number, _ = self.lines[alone.index(False)] if False in alone else self.lines[0]
        raise DataError(
            f"{self.path}: line {number} has no label after a last colon, and the file has no header; "
            "expected @data before the first row, and @classLabel or @targetLabel where rows have labels"
        )

    def _require_channels(self, reader: RowReader, row: Row, channels: int) -> None:
        found = len(row.values)
        if found != channels:
            stated = "the header says" if self.header.channels else "the first row has"
            label = ", and a label needs @classLabel or @targetLabel in the header"
            remedy = "give every series as many" + ("" if reader.labelled else label)
            raise reader.wrong(
                row.line, f"has {plural(found, 'channel')} where {stated} {channels}; {remedy}"
            )
        if found > 1 and self.header.univariate:
            raise reader.wrong(row.line, f"has {found} channels where the header says @univariate true")

    def _whole(self, rows: list[Row]) -> list[Row]:
        """Return the rows, without what pads them where that is what missing values at their ends are."""
        ends = [int(np.flatnonzero(known)[-1]) + 1 if known.any() else 0 for known in map(_known_steps, rows)]
        for row, end in zip(rows, ends, strict=True):
            if not end:
                raise DataError(f"{self.path}: line {row.line} holds no value at all; leave it out")
        if self.header.equal is not False or self.header.missing:
            return rows
        padded = sum(end < row.values.shape[1] for row, end in zip(rows, ends, strict=True))
        if padded:
            self.tell(
                f"has {padded} of {len(rows)} series with missing values up to their ends, which are taken "
                "for padding",
                "write @missing true if they are not",
            )
        return [
            Row(row.line, row.values[:, :end], row.label, row.order)
            for row, end in zip(rows, ends, strict=True)
        ]

    def _tell_of_lengths(self, rows: list[Row]) -> None:
        lengths = [row.values.shape[1] for row in rows]
        stated = self.header.steps if self.header.equal is not False else None
        expected = stated or (lengths[0] if self.header.equal else None)
        for row, length in zip(rows, lengths, strict=True):
            if expected is not None and length != expected:
                what = (
                    f"@seriesLength {stated}"
                    if stated
                    else f"@equalLength true, and the first has {expected}"
                )
                self.tell(f"says {what}, and line {row.line} has {length} steps", "correct the header")
                return

    def _tell_of_missing(self, rows: list[Row]) -> None:
        gaps = sum(bool(np.isnan(row.values).any()) for row in rows)
        if gaps and self.header.missing is False:
            self.tell(
                f"says @missing false, and {gaps} of {len(rows)} series lack values", "write @missing true"
            )

    def _tell_of_time(self, rows: list[Row]) -> None:
        orders = [row.order for row in rows if row.order is not None]
        unsorted = sum(not order.was_sorted for order in orders)
        uneven = sum(not order.is_even for order in orders)
        if unsorted:
            self.tell(f"has {unsorted} of {len(rows)} series out of the order of time", "sort their values")
        if uneven:
            self.tell(
                f"has {uneven} of {len(rows)} series with steps of unequal time, which are taken for equal",
                "resample them if that matters",
            )

    def _targets(self, rows: list[Row]) -> pl.Series:
        labels = pl.Series(TARGETS[self.header.task], [row.label for row in rows], dtype=pl.String)
        if self.header.task == REGRESSION:
            return self._numbers(labels, rows)
        known, found = self.header.labels, labels.drop_nulls().unique(maintain_order=True).to_list()
        strange = [label for label in found if label not in known]
        if strange and self.header.task is not None:
            listed = f"lists the classes {names_shown(known)}" if known else "lists no classes"
            self.tell(
                f"{listed} in its header, and rows have {names_shown(strange)}", "add them to @classLabel"
            )
        if strange or not known:
            return labels
        return labels.cast(pl.Categorical)  # 3.1 and 3.10 are two classes where both are declared

    def _numbers(self, labels: pl.Series, rows: list[Row]) -> pl.Series:
        numbers = labels.cast(pl.Float64, strict=False)
        numbers = numbers.set(~numbers.is_finite() | (numbers.abs() > LARGEST), None)
        wrong = labels.is_not_null() & numbers.is_null()
        if wrong.any():
            row = int(wrong.arg_max() or 0)
            raise DataError(
                f"{self.path}: line {rows[row].line} has the target {quoted(labels[row])}, expected a finite "
                "number, as @targetLabel says; correct it"
            )
        return numbers


def _known_steps(row: Row) -> BoolArray:
    return np.logical_not(np.isnan(row.values).all(axis=0))
