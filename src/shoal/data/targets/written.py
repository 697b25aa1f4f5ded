"""A target of a file with decimal commas: numbers are read, and labels stay as they are written."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from shoal.data.cells.marks import with_point
from shoal.data.cells.notation import Notation
from shoal.data.cells.numerals import COMMA
from shoal.data.frames import pl
from shoal.data.targets.labels import are_numbers
from shoal.data.targets.task import CLASSIFICATION, infer_task, known_targets


def as_meant(
    series: pl.Series, read: Mapping[str, Notation], override: str | None = None, loss: str | None = None
) -> pl.Series:
    """Return a target as written, or with decimal points where its task is a regression.

    ``read`` says how the columns of its file are written; ``override`` and ``loss`` are ``infer_task``'s.
    Labels that are one number are one label, the shortest way to write it. Where points that are none of
    decimals would make others one, as 1.000 and 1, they are declared categories, which are compared as texts.

    >>> target, read = pl.Series("size", ["1.000", "2,5", "2,50"]), {"size": Notation(",", ".")}
    >>> [as_meant(target, read, task).to_list() for task in ("classification", "regression")]
    [['1.000', '2,5', '2,5'], ['1000', '2.5', '2.50']]
    """
    if series.dtype != pl.String or series.name not in read or read[series.name].mark != COMMA:
        return series
    numbers = with_point(series)
    if not holds_labels(numbers, override, loss):
        return numbers
    labels = _labels(series, numbers)
    different = labels.drop_nulls().unique()
    alike = are_numbers(different) and len(set(map(Decimal, different))) < len(different)
    return labels.cast(pl.Categorical) if alike else labels


def holds_labels(series: pl.Series, override: str | None = None, loss: str | None = None) -> bool:
    """Tell whether the task of a target is a classification."""
    known = series.filter(known_targets(series))
    return not known.is_empty() and infer_task(known, override, loss).task == CLASSIFICATION


def _labels(series: pl.Series, numbers: pl.Series) -> pl.Series:
    """Return labels that are equal numbers alike."""
    if not are_numbers(numbers.drop_nulls().unique()):
        return series
    exact = {text: Decimal(number) for text, number in zip(series, numbers, strict=True) if text is not None}
    label: dict[Decimal, str] = {}
    for text in sorted(exact, key=lambda text: (len(text), text)):
        label.setdefault(exact[text], text)
    names = {text: label[number] for text, number in exact.items()}
    return series.replace_strict(names, default=None, return_dtype=pl.String)
