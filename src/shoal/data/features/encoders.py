"""One column in, some features out: an encoder for every kind of column that is used."""

from __future__ import annotations

import dataclasses
import math
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, ClassVar, Self

import numpy as np
import numpy.typing as npt

from shoal.data.cells import values
from shoal.data.cells.numerals import COMMA, POINT
from shoal.data.columns import ColumnSummary
from shoal.data.features.scales import centre_and_scale, frequencies, quantile_knots, scaled
from shoal.data.frames import pl
from shoal.errors import ConfigurationError
from shoal.registry import Named, family

Floats = values.Floats

#: A category gets its own feature from this many rows on: with ten the standard error of its mean is a third
#: of the spread within it; fewer are noise. Small tables take one row in twenty, but never a single row.
MIN_ROWS_OF_LEVEL, MIN_SHARE_OF_LEVEL = 10, 0.05
MAX_LEVELS = 50


PLAIN, PIECES, WAVES = "plain", "pieces", "waves"
"""The forms in which an encoder gives a number: as such, how much of each piece it has covered, its waves."""


class ColumnEncoder(Named, ABC):
    """Turns one column into features (N, n_c), with what it learned from the rows it was fitted on."""

    column: str

    @classmethod
    @abstractmethod
    def fit(cls, series: pl.Series, summary: ColumnSummary) -> Self:
        """Learn from the rows of ``series``, a column that ``summary`` describes."""

    def in_pieces(self, series: pl.Series, pieces: int) -> Self:
        """Return the encoder that also tells where in its range a number of ``series`` lies; else itself."""
        return self

    def in_waves(self, series: pl.Series, waves: int) -> Self:
        """Return the encoder that also tells the waves of a number of ``series``; else itself."""
        return self

    @property
    @abstractmethod
    def feature_names(self) -> tuple[str, ...]:
        """The names of the features, n_c of them."""

    @property
    def forms(self) -> tuple[str, ...]:
        """What each of the n_c features is: ``PLAIN``, or another form of a number."""
        return (PLAIN,) * len(self.feature_names)

    @abstractmethod
    def encode(self, series: pl.Series) -> list[Floats]:
        """Return the n_c features (N,); raises ``DataError`` for values of another kind."""


@dataclass(frozen=True)
class NumericEncoder(ColumnEncoder):
    """A number, scaled so that an outlier stays an outlier of bounded size.

    ``r = (x − median) / scale``, feature ``r / √(1 + (r/3)²)``, which lies within ±3 and is ``r`` near 0.
    ``scale`` is the interquartile range, or the standard deviation where half the values are equal, or 1.
    ``decimal`` is the mark of decimals in the texts of the fitted rows.
    A missing value becomes the median (feature 0); if some were missing among the fitted rows, another
    feature is 1 where they are.

    ``knots`` e₀ < e₁ < … < e_T, quantiles of the fitted rows, cut the range into T pieces with a feature
    each: ``min(1, max(0, (x − e_t) / (e_{t+1} − e_t))) − ½``. What is linear in them bends at every knot, so
    a network need not learn where its target does. Source: Gorishniy, Rubachev & Babenko 2022, "On embeddings
    for numerical features in tabular deep learning", eq. 1, here centred.

    ``waves`` are frequencies f: ``sin 2πfr`` and ``cos 2πfr`` of the scaled and bounded number r, a basis in
    which what is smooth but not straight takes few weights. Source: eq. 2 of the same, whose frequencies
    are drawn from a normal distribution and learned; these stay at its quantiles (``frequencies``).
    """

    name: ClassVar[str] = "numeric"
    column: str
    median: float
    scale: float
    indicator: bool
    stray_tokens: tuple[str, ...] = ()
    knots: tuple[float, ...] = ()
    waves: tuple[float, ...] = ()
    decimal: str = POINT

    def __post_init__(self) -> None:
        _check(self, median=float, scale=float, indicator=bool)
        _check_scale(self.scale)
        object.__setattr__(self, "stray_tokens", _texts(self.stray_tokens))
        object.__setattr__(self, "knots", _rising(self.knots))
        object.__setattr__(self, "waves", _rising(self.waves))
        if self.decimal not in (POINT, COMMA):
            raise ConfigurationError(f"decimal must be a point or a comma, got {self.decimal!r}")

    @classmethod
    def fit(cls, series: pl.Series, summary: ColumnSummary) -> Self:
        x = values.numbers(series, summary.stray_tokens, summary.decimal)
        median, scale = centre_and_scale(x[~np.isnan(x)])
        indicator = bool(np.isnan(x).any())
        return cls(series.name, median, scale, indicator, summary.stray_tokens, decimal=summary.decimal)

    def read(self, series: pl.Series) -> Floats:
        """Return the numbers (N,) of a column, NaN where one is missing."""
        return values.numbers(series, self.stray_tokens, self.decimal)

    def in_pieces(self, series: pl.Series, pieces: int) -> Self:
        x = self.read(series)
        knots = quantile_knots(x[~np.isnan(x)], pieces)
        return dataclasses.replace(self, knots=knots if len(knots) > 2 else ())

    def in_waves(self, series: pl.Series, waves: int) -> Self:
        x = self.read(series)
        several = np.unique(x[~np.isnan(x)]).size > 2  # of two values any feature says all
        return dataclasses.replace(self, waves=frequencies(waves) if several else ())

    @property
    def feature_names(self) -> tuple[str, ...]:
        pieces = [f"{self.column} piece {t}" for t in range(1, len(self.knots))]
        numbers = range(1, 1 + len(self.waves))
        waves = [f"{self.column} {wave} {t}" for t in numbers for wave in ("sin", "cos")]
        return (self.column, *pieces, *waves, *_missing_name(self))

    @property
    def forms(self) -> tuple[str, ...]:
        pieces, waves = (PIECES,) * (len(self.knots) - 1), (WAVES,) * (2 * len(self.waves))
        return (PLAIN, *pieces, *waves, *((PLAIN,) * self.indicator))

    def encode(self, series: pl.Series) -> list[Floats]:
        return self.of_numbers(self.read(series))

    def of_numbers(self, x: Floats) -> list[Floats]:
        """Return the features of numbers as ``read`` gives them."""
        missing = np.isnan(x)
        known = np.where(missing, self.median, x)
        with np.errstate(over="ignore"):  # pieces may be tiny; the bounds take infinities
            pieces = [np.clip((known - low) / (high - low), 0, 1) - 0.5 for low, high in pairwise(self.knots)]
        r = scaled(x, self.median, self.scale)
        waves = [wave(2 * np.pi * f * r) for f in self.waves for wave in (np.sin, np.cos)]
        return [r, *pieces, *waves, *_missing_feature(self, missing)]


@dataclass(frozen=True)
class BooleanEncoder(ColumnEncoder):
    """True is 1, false 0, a missing value the commoner of both, with an indicator as for numbers."""

    name: ClassVar[str] = "boolean"
    column: str
    commoner: bool
    indicator: bool

    def __post_init__(self) -> None:
        _check(self, commoner=bool, indicator=bool)

    @classmethod
    def fit(cls, series: pl.Series, summary: ColumnSummary) -> Self:
        x = values.booleans(series)
        missing = np.isnan(x)
        return cls(series.name, bool(2 * x.sum(where=~missing) > (~missing).sum()), bool(missing.any()))

    @property
    def feature_names(self) -> tuple[str, ...]:
        return (self.column, *_missing_name(self))

    def encode(self, series: pl.Series) -> list[Floats]:
        x = values.booleans(series)
        return [np.nan_to_num(x, nan=float(self.commoner)), *_missing_feature(self, np.isnan(x))]


@dataclass(frozen=True)
class CategoricalEncoder(ColumnEncoder):
    """One feature for each common category, 1 where the row is of it; rare ones share the feature *other*.

    A category that was never seen goes to *other*, or to no feature where the fitted rows had no rare
    one; a missing value has its own feature if some were missing among the fitted rows.
    """

    name: ClassVar[str] = "categorical"
    column: str
    levels: tuple[str, ...]
    other: bool
    indicator: bool

    def __post_init__(self) -> None:
        _check(self, other=bool, indicator=bool)
        object.__setattr__(self, "levels", _texts(self.levels))

    @classmethod
    def fit(cls, series: pl.Series, summary: ColumnSummary) -> Self:
        texts = values.text(series)
        counts = texts.drop_nulls().alias("level").value_counts(name="rows")
        counts = counts.sort(["rows", "level"], descending=[True, False])
        enough = min(MIN_ROWS_OF_LEVEL, max(2, math.ceil(MIN_SHARE_OF_LEVEL * len(series))))
        common = counts.filter(pl.col("rows") >= enough).head(MAX_LEVELS)
        levels = tuple(sorted(common["level"]))
        missing = texts.null_count() > 0
        other = counts.height > len(levels) and (missing or bool(levels))
        return cls(series.name, levels, other, missing)

    @property
    def feature_names(self) -> tuple[str, ...]:
        other = [f"{self.column}=(other)"] if self.other else []
        return (*(f"{self.column}={level}" for level in self.levels), *other, *_missing_name(self))

    def encode(self, series: pl.Series) -> list[Floats]:
        texts = values.text(series)
        codes = texts.replace_strict(
            list(self.levels), list(range(len(self.levels))), default=len(self.levels), return_dtype=pl.Int64
        ).to_numpy(writable=True)
        missing = texts.is_null().to_numpy()
        codes[missing] = -1
        features = [(codes == k).astype(np.float64) for k in range(len(self.levels) + self.other)]
        return [*features, *_missing_feature(self, missing)]


@dataclass(frozen=True)
class DateEncoder(ColumnEncoder):
    """A date as its day number, scaled as a number is, and as angles on the calendar's circles.

    For each circle that varied among the fitted rows (month of the year, day of the week, hour of
    the day) the features are ``sin 2πc`` and ``cos 2πc``, c the part of the circle gone by.
    """

    name: ClassVar[str] = "date"
    column: str
    date_format: str | None
    median: float
    scale: float
    circles: tuple[str, ...]
    indicator: bool
    stray_tokens: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        _check(self, median=float, scale=float, indicator=bool)
        _check_scale(self.scale)
        object.__setattr__(self, "circles", _texts(self.circles))
        object.__setattr__(self, "stray_tokens", _texts(self.stray_tokens))
        if self.date_format is not None and not isinstance(self.date_format, str):
            raise ConfigurationError(f"date_format must be a text or null, got {self.date_format!r}")
        if unknown := set(self.circles) - set(CIRCLES):
            raise ConfigurationError(f"circles must be among {list(CIRCLES)}, got {sorted(unknown)}")

    @classmethod
    def fit(cls, series: pl.Series, summary: ColumnSummary) -> Self:
        x = values.days(series, summary.date_format, summary.stray_tokens)
        known = x[~np.isnan(x)]
        median, scale = centre_and_scale(known)
        circles = tuple(name for name, gone in CIRCLES.items() if np.unique(gone(known)).size > 1)
        missing = known.size < x.size
        return cls(series.name, summary.date_format, median, scale, circles, missing, summary.stray_tokens)

    @property
    def feature_names(self) -> tuple[str, ...]:
        angles = [f"{self.column} {name} {wave}" for name in self.circles for wave in ("sin", "cos")]
        return (self.column, *angles, *_missing_name(self))

    def encode(self, series: pl.Series) -> list[Floats]:
        x = values.days(series, self.date_format, self.stray_tokens)
        missing = np.isnan(x)
        features = [scaled(x, self.median, self.scale)]
        for name in self.circles:
            angle = 2 * np.pi * CIRCLES[name](np.where(missing, self.median, x))
            features += [np.where(missing, 0.0, np.sin(angle)), np.where(missing, 0.0, np.cos(angle))]
        return [*features, *_missing_feature(self, missing)]


def _month(days: Floats) -> Floats:
    months = np.floor(days).astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return (months % 12) / 12


def _weekday(days: Floats) -> Floats:
    return (np.floor(days) + 3) % 7 / 7  # 1970-01-01 was a Thursday


def _hour(days: Floats) -> Floats:
    return days - np.floor(days)


#: The part of each circle that has gone by, in [0, 1).
CIRCLES: dict[str, Callable[[Floats], Floats]] = {"month": _month, "weekday": _weekday, "hour": _hour}


ENCODERS = family(NumericEncoder, BooleanEncoder, CategoricalEncoder, DateEncoder)


def _missing_name(encoder: Any) -> tuple[str, ...]:
    return (f"{encoder.column} is missing",) if encoder.indicator else ()


def _missing_feature(encoder: Any, missing: npt.NDArray[np.bool_]) -> list[Floats]:
    return [missing.astype(np.float64)] if encoder.indicator else []


def _check(encoder: ColumnEncoder, **types: type) -> None:
    for field, kind in {"column": str, **types}.items():
        value: Any = getattr(encoder, field)
        if type(value) is int and kind is float:
            continue
        if type(value) is not kind or (isinstance(value, float) and not math.isfinite(value)):
            raise ConfigurationError(f"{field} must be a finite {kind.__name__}, got {value!r}")


def _check_scale(scale: float) -> None:
    if scale <= 0:
        raise ConfigurationError(f"scale must be positive, got {scale!r}")


def _rising(given: Any) -> tuple[float, ...]:
    if not isinstance(given, (list, tuple)) or not all(type(knot) in (int, float) for knot in given):
        raise ConfigurationError(f"expected a list of numbers, got {given!r}")
    if not all(a < b for a, b in pairwise(given)) or not all(map(math.isfinite, given)):
        raise ConfigurationError(f"expected finite numbers in rising order, got {given!r}")
    return tuple(map(float, given))


def _texts(given: Any) -> tuple[str, ...]:
    if not isinstance(given, (list, tuple)) or not all(isinstance(text, str) for text in given):
        raise ConfigurationError(f"expected a list of texts, got {given!r}")
    if len(set(given)) < len(given):
        raise ConfigurationError(f"expected texts that are all different, got {given!r}")
    return tuple(given)
