"""A table whose columns are known: numbers as numbers, whatever they were written as, and nothing unused."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from shoal.data.cells import values
from shoal.data.columns import ColumnSummary
from shoal.data.frames import Frame, named, pl, without


def settled(
    frame: Frame, target: str, columns: Sequence[ColumnSummary], others: Collection[str] = ()
) -> Frame:
    """Return the target and the columns that are used, those of numbers as ``Float64``, and ``others``.

    A text takes 16 bytes and more where its number takes 8. What means "missing" is missing.

    >>> from shoal.data.columns import describe_columns
    >>> from shoal.data.frames import as_frame
    >>> frame = as_frame({"x": ["1.5", "?", "1.70"], "of": ["cm", "cm", "cm"], "y": ["03", "4", "5"]})
    >>> settled(frame, "y", describe_columns(frame, "y")).to_dict(as_series=False)
    {'x': [1.5, None, 1.7], 'y': ['03', '4', '5']}
    """
    used = {column.name: column for column in columns if column.used and column.name != target}
    types = frame.schema
    numbers = [n for n, column in used.items() if column.kind == "numeric" and types[n] == pl.String]
    kept = named(frame, (name for name in frame.columns if name == target or name in used or name in others))
    if numbers:
        written = named(frame, numbers)
        plain = written.select(pl.all().cast(pl.Float64, strict=False))
        lost = plain.null_count().row(0), written.null_count().row(0)
        odd = [name for name, after, before in zip(numbers, *lost, strict=True) if after != before]
        kept = kept.with_columns([*without(plain, odd), *(_read(frame[name], used[name]) for name in odd)])
    return kept


def _read(series: pl.Series, column: ColumnSummary) -> pl.Series:
    x = values.numbers(series, column.stray_tokens, column.decimal)
    return pl.Series(series.name, x).fill_nan(None)
