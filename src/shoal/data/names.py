"""Names of columns in messages: those that there are, and those that may be meant."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

from shoal.data.frames import quoted

_SHOWN, _NEAR = 10, 3


def names_shown(columns: Sequence[str]) -> str:
    """Return the names of the first columns for a message: 'a', 'b' …"""
    return ", ".join(map(quoted, columns[:_SHOWN])) + (" …" if len(columns) > _SHOWN else "")


def nearest(name: str, known: Iterable[str]) -> list[str]:
    """Return the few names that are most like this one, whatever their case, the most alike first.

    >>> nearest("Aeg", ["age", "wage", "city"])
    ['age', 'wage']
    """
    folded: dict[str, list[str]] = {}
    for other in known:
        folded.setdefault(other.casefold(), []).append(other)
    close = difflib.get_close_matches(name.casefold(), folded, n=_NEAR, cutoff=0.5)
    return [other for match in close for other in folded[match]][:_NEAR]


def meant(name: str, known: Sequence[str], what: str = "columns") -> str:
    """Return what a message on an unknown column ends with: the nearest names, or else all of them.

    ``what`` says of what they are names, in the plural.

    >>> meant("Aeg", ["age", "city"]), meant("x", ["age", "city"])
    ("did you mean 'age'?", "its columns: 'age', 'city'")
    """
    near = nearest(name, known)
    return f"did you mean {' or '.join(map(quoted, near))}?" if near else f"its {what}: {names_shown(known)}"
