"""The feature matrix: every used column of a table, encoded by what was learned from the training rows."""

from __future__ import annotations

import difflib
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from shoal.data.cells.marks import may_have_commas
from shoal.data.cells.notation import (
    NOTHING_KNOWN,
    Known,
    Notation,
    notations_from_config,
    notations_to_config,
)
from shoal.data.cells.numerals import POINT
from shoal.data.cells.plain_numbers import Rows, matrices, plain_numbers
from shoal.data.cells.values import LARGEST
from shoal.data.columns import KINDS, ColumnSummary, describe_columns
from shoal.data.features.encoders import ENCODERS, PLAIN, CategoricalEncoder, ColumnEncoder, NumericEncoder
from shoal.data.features.scales import centre_and_scale, scaled
from shoal.data.features.strange_levels import FEW_VALUES, StrangeLevels
from shoal.data.frames import as_frame, pl, quoted, without
from shoal.data.memory import require_memory
from shoal.errors import ConfigurationError, DataError, ModelFolderError, ShoalWarning
from shoal.registry import from_config, to_config
from shoal.words import setting

FORMAT = 1
ROWS_AT_A_TIME = 2**16
"""Of a column whose numbers take many features, whose making takes several arrays of as many rows."""


@dataclass(frozen=True)
class TablePreprocessor:
    """Turns a table into the matrix X (N, n) that a network takes; made by ``fit`` and fixed from then on.

    ``columns`` summarises every column but the target and those ``dropped``, which may be in a table or not,
    and ``encoders`` has one for each that is used. ``notations`` are how the numbers of columns, the target
    among them, were written if not plainly, None where nothing was remembered.

    >>> table = {"size": [1.0, 2.0, 4.0, None], "sold": ["a", "b", "a", "b"]}
    >>> preprocessor = TablePreprocessor.fit(table, target="sold")
    >>> preprocessor.feature_names
    ('size', 'size is missing')
    >>> preprocessor.transform({"size": [2.0]})
    array([[0., 0.]])
    """

    target: str
    columns: tuple[ColumnSummary, ...]
    encoders: tuple[ColumnEncoder, ...]
    dropped: tuple[str, ...] = ()
    notations: Mapping[str, Notation] | None = None

    @classmethod
    def fit(
        cls,
        frame: Any,
        target: str,
        columns: Sequence[ColumnSummary] | None = None,
        pieces: int = 0,
        waves: int = 0,
        dropped: Sequence[str] = (),
        rows: Rows | None = None,
        notations: Mapping[str, Notation] | None = None,
    ) -> Self:
        """Learn medians, scales and categories from the rows of ``frame``: the training rows, and no others.

        They are all of its rows, or those whose numbers are in ``rows``, which are not copied.

        ``pieces`` > 1 cuts the range of every number into so many, with a feature for each; ``waves`` adds
        sines and cosines of so many frequencies.

        ``columns`` is what ``describe_columns`` said of the whole table; give it, so that the kinds do
        not depend on which rows are trained on. Without it the given rows are described. ``dropped`` names
        columns that are not looked at, here and later; ``notations`` is how numbers were written.

        Warns (``ShoalWarning``) of each column that is not used. Raises ``DataError`` if none can be.
        """
        table = without(as_frame(frame), dropped)
        described = tuple(describe_columns(table, target) if columns is None else columns)
        used = [column for column in described if column.used]
        encoders = _fitted(table, used, rows)
        if pieces:
            encoders = [e.in_pieces(_values(table, e.column, rows), pieces) for e in encoders]
        if waves:
            encoders = [e.in_waves(_values(table, e.column, rows), waves) for e in encoders]
        fitted = cls(target, described, tuple(encoders), tuple(dropped), notations)
        if not used:
            raise DataError(
                f"none of the {len(described)} columns beside {target!r} can be used "
                f"({'; '.join(fitted.warnings) or 'there are none'}); add a column that varies"
            )
        for message in fitted.warnings:
            warnings.warn(message, ShoalWarning, stacklevel=2)
        if not fitted.feature_names:
            height = table.height if rows is None else len(rows)
            raise DataError(
                f"the {height} rows to train on give no feature: no category of {used[0].name!r} is "
                "common enough; add rows, or merge categories"
            )
        return fitted

    @cached_property
    def feature_names(self) -> tuple[str, ...]:
        """The names of the n features."""
        return tuple(name for encoder in self.encoders for name in encoder.feature_names)

    def views(self, forms: Sequence[str]) -> tuple[tuple[int, ...], ...]:
        """Return the features of each form with the plain ones; none where there are fewer than two.

        >>> from shoal.data.frames import pl
        >>> frame = pl.DataFrame({"x": [1.0, 2.0, 4.0], "y": [0.0, 1.0, 1.0]})
        >>> preprocessor = TablePreprocessor.fit(frame, "y", pieces=2)
        >>> preprocessor.feature_names, preprocessor.views(["plain", "pieces"])
        (('x', 'x piece 1', 'x piece 2'), ((0,), (0, 1, 2)))
        """
        known = [form for encoder in self.encoders for form in encoder.forms]
        views = [
            tuple(place for place, form in enumerate(known) if form in (PLAIN, asked))
            for asked in forms
            if asked in known
        ]
        return tuple(views) if len(views) > 1 else ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """A sentence for each column that is not used, and for each with a note on how it was read."""
        unused = [
            f"column {column.name!r} is not used: "
            + (column.note if column.kind == "text" else f"{column.kind}, {column.note}")
            for column in self.columns
            if not column.used
        ]
        read = [
            f"column {column.name!r}: {column.note}" for column in self.columns if column.used and column.note
        ]
        return (*unused, *read)

    @cached_property
    def known(self) -> Known:
        """How the columns that are used were written, for whoever reads a table like the fitted one."""
        codes = [e for e in self.encoders if isinstance(e, CategoricalEncoder)]
        names = [e.column for e in codes if may_have_commas(pl.Series(e.levels, dtype=pl.String))]
        if self.notations is None:
            return NOTHING_KNOWN.with_names(names)
        numbers = {e.column: e.decimal for e in self.encoders if isinstance(e, NumericEncoder)}
        return Known.of_numbers(numbers, self.notations).with_names(names)

    @cached_property
    def source_columns(self) -> tuple[str, ...]:
        """The column that each of the n features comes from."""
        return tuple(encoder.column for encoder in self.encoders for _ in encoder.feature_names)

    def transform(
        self,
        frame: Any,
        ignore_extra: bool = False,
        rows: Rows | None = None,
        dtype: npt.DTypeLike = np.float64,
    ) -> npt.NDArray[Any]:
        """Return the features X (N, n), C-contiguous and finite, of all rows or of those numbered ``rows``.

        The target and the columns that were not used may be there or not. Raises ``DataError`` for a missing
        column, for one that the fitted table did not have (unless ``ignore_extra``), for values of another
        kind, and ``CapacityError`` if X does not fit in memory.
        """
        table = as_frame(frame)
        self._require_columns(table.columns, ignore_extra)
        n_features, n_rows = len(self.feature_names), table.height if rows is None else len(rows)
        require_memory(
            np.dtype(dtype).itemsize * n_rows * n_features,
            f"the feature matrix of {n_rows} rows and {n_features} features",
            "use fewer rows or columns",
        )
        X = np.empty((n_rows, n_features), dtype)
        places = np.cumsum([0, *(len(encoder.feature_names) for encoder in self.encoders)])
        numbers = {
            encoder.column: (encoder, place)
            for encoder, place in zip(self.encoders, places, strict=False)
            if isinstance(encoder, NumericEncoder) and not encoder.knots and not encoder.waves
        }
        done = _encode_together(table, numbers, X, rows)
        for encoder, place in zip(self.encoders, places, strict=False):
            if encoder.column not in done:
                _encode(encoder, _values(table, encoder.column, rows), X[:, place:])
        return X

    def strange_levels(self, frame: Any) -> list[str]:
        """Return a line for each category none of whose values was one where the model was fitted."""
        table = as_frame(frame)
        if len(table) <= FEW_VALUES:  # such as a row to serve
            return []
        strange = StrangeLevels(self.encoders)
        strange.see(table)
        return strange.notes

    def validate(self, frame: Any, ignore_extra: bool = False) -> None:
        """Raise ``DataError`` unless ``frame`` has the columns that ``transform`` needs, and no strangers."""
        self._require_columns(as_frame(frame).columns, ignore_extra)

    def _require_columns(self, given: Sequence[str], ignore_extra: bool) -> None:
        known = {self.target, *self.dropped, *(column.name for column in self.columns)}
        names = set(given)
        extra = [name for name in given if name not in known]
        lacking = [encoder.column for encoder in self.encoders if encoder.column not in names]
        if lacking:
            folded = {name.casefold(): name for name in extra}
            near = difflib.get_close_matches(lacking[0].casefold(), folded, n=1)
            hint = (
                f"is {folded[near[0]]!r} meant? Rename it"
                if near
                else "add it (empty cells count as missing)"
            )
            more = f" and {len(lacking) - 1} more" if len(lacking) > 1 else ""
            raise DataError(
                f"the table lacks the column {lacking[0]!r}{more}, which the model was trained on; {hint}"
            )
        if extra and not ignore_extra:
            shown = ", ".join(map(quoted, extra[:5])) + (" …" if len(extra) > 5 else "")
            raise DataError(
                f"the table has columns that the model was not trained on: {shown}; drop them or pass "
                f"{setting('ignore_extra', True)}"
            )

    def to_config(self) -> dict[str, Any]:
        """Return everything as plain JSON."""
        return {
            "format": FORMAT,
            "target": self.target,
            "columns": [asdict(column) for column in self.columns],
            "encoders": [to_config(encoder) for encoder in self.encoders],
            "dropped": list(self.dropped),
            "notations": notations_to_config(self.notations),
        }

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Return the preprocessor that ``to_config`` described; ``ModelFolderError`` if it was altered."""
        try:
            config = {"dropped": [], "notations": None, **config}  # those of before had none
            _require_keys(config, {"format", "target", "columns", "encoders", "dropped", "notations"})
            if config["format"] != FORMAT:
                raise ConfigurationError(f"format {config['format']!r} is not {FORMAT}")
            columns = tuple(_column(entry) for entry in config["columns"])
            encoders = tuple(from_config("encoder", entry, ENCODERS) for entry in config["encoders"])
            used = [(column.name, column.kind) for column in columns if column.used]
            if used != [(encoder.column, encoder.name) for encoder in encoders]:
                raise ConfigurationError("the encoders are not those of the used columns")
            if not isinstance(config["target"], str):
                raise ConfigurationError(f"the target is {config['target']!r}, which is no name")
            dropped = tuple(config["dropped"])
            if not all(isinstance(name, str) for name in dropped):
                raise ConfigurationError("the dropped columns are no names")
            notations = notations_from_config(config["notations"])
        except (ConfigurationError, TypeError, KeyError, AttributeError) as error:
            raise ModelFolderError(
                f"the saved preprocessing cannot be used: {error}; take the model folder as "
                "shoal wrote it, or fit again"
            ) from None
        return cls(config["target"], columns, encoders, dropped, notations)


def _values(table: pl.DataFrame, name: str, rows: Rows | None) -> pl.Series:
    """Return some rows of a column, or all of them."""
    return table[name] if rows is None else table[name].gather(rows)


def _fitted(table: pl.DataFrame, used: Sequence[ColumnSummary], rows: Rows | None) -> list[ColumnEncoder]:
    """Return an encoder for each column, those of plain numbers made together (wide tables!)."""
    numbers = [c.name for c in used if c.kind == "numeric" and not c.stray_tokens and c.decimal == POINT]
    height = table.height if rows is None else len(rows)
    plain = {
        of.name: NumericEncoder(of.name, *centre_and_scale(of.x, of.quartiles), of.x.size < height)
        for of in plain_numbers(table, numbers, LARGEST, rows)
    }
    return [plain.get(c.name) or ENCODERS[c.kind].fit(_values(table, c.name, rows), c) for c in used]


def _encode(encoder: ColumnEncoder, series: pl.Series, X: npt.NDArray[Any]) -> None:
    """Write the features of one column into the first columns of X, those of numbers some rows at a time."""
    if not isinstance(encoder, NumericEncoder):
        for k, feature in enumerate(encoder.encode(series)):
            X[:, k] = feature
        return
    x = encoder.read(series)
    for first in range(0, len(x), ROWS_AT_A_TIME):
        for k, feature in enumerate(encoder.of_numbers(x[first : first + ROWS_AT_A_TIME])):
            X[first : first + ROWS_AT_A_TIME, k] = feature


def _encode_together(
    table: pl.DataFrame,
    numbers: Mapping[str, tuple[NumericEncoder, int]],
    X: npt.NDArray[Any],
    rows: Rows | None,
) -> set[str]:
    """Write the features of columns of plain numbers from their places in X on; return which they are."""
    done: set[str] = set()
    for names, values in matrices(table, list(numbers), LARGEST, rows):
        encoders = [numbers[name][0] for name in names]
        places = np.array([numbers[name][1] for name in names], dtype=np.intp)
        medians, scales = (np.array([getattr(e, name) for e in encoders]) for name in ("median", "scale"))
        X[:, places] = scaled(values, medians, scales)
        tells = np.array([encoder.indicator for encoder in encoders], dtype=bool)
        X[:, places[tells] + 1] = np.isnan(values[:, tells])
        done.update(names)
    return done


def _require_keys(config: Mapping[str, Any], keys: set[str]) -> None:
    if not isinstance(config, Mapping) or set(config) != keys:
        raise ConfigurationError(f"expected the entries {sorted(keys)}")


def _column(entry: Mapping[str, Any]) -> ColumnSummary:
    entry = {"decimal": POINT, **entry}  # those of before had no other
    _require_keys(entry, {field.name for field in fields(ColumnSummary)})
    column = ColumnSummary(**{**entry, "stray_tokens": tuple(entry["stray_tokens"])})
    texts = (column.name, column.kind, column.summary, column.note, *column.stray_tokens, column.decimal)
    texts += () if column.date_format is None else (column.date_format,)
    if not all(isinstance(text, str) for text in texts) or column.kind not in KINDS:
        raise ConfigurationError(f"column {column.name!r} is not described as shoal does")
    if type(column.used) is not bool or type(column.missing) is not int or type(column.distinct) is not int:
        raise ConfigurationError(f"column {column.name!r} has counts of another type")
    if min(column.missing, column.distinct) < 0:
        raise ConfigurationError(f"column {column.name!r} has counts below 0")
    return column
