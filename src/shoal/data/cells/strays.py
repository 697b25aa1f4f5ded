"""The few strange texts among numbers or dates that are read as missing."""

from __future__ import annotations

from shoal.data.frames import pl, quoted

#: A column holds numbers (or dates) although it holds other texts if these are so rare and so few, and the
#: numbers are more than codes.
STRAY_SHARE, STRAY_TOKENS, MAX_CODES = 0.05, 5, 10


def stray_tokens(given: pl.Series, read: pl.Series) -> tuple[str, ...] | None:
    """Return the texts that were not read and can count as missing values, None if they are too many."""
    n_others = read.null_count()
    if n_others == 0:
        return ()
    tokens = given.filter(read.is_null()).unique()
    few = n_others <= STRAY_SHARE * len(given) and len(tokens) <= STRAY_TOKENS
    return tuple(sorted(tokens)) if few and read.drop_nulls().n_unique() > MAX_CODES else None


def without(given: pl.Series, stray: tuple[str, ...]) -> pl.Series:
    """Return the values that are none of these texts."""
    return given.filter(~given.is_in(stray)) if stray else given


def stray_note(stray: tuple[str, ...]) -> str:
    """Return the note of a column with such texts, empty without any."""
    return f"read as missing: {', '.join(map(quoted, stray))}" if stray else ""
