"""What mistakes cost: which class a row was called, and which it was."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from shoal.errors import ConfigurationError
from shoal.words import setting

Costs: TypeAlias = tuple[tuple[float, ...], ...]
"""``costs[j][k]`` is what it costs to call a row of class j a k (K, K); 0 where k is j."""
FORM = "write ACTUAL:CALLED=NUMBER, as in ill:well=50"


def parsed_costs(texts: Iterable[str], labels: Sequence[str]) -> Costs:
    """Return what mistakes among the ``labels`` cost, those that no text names 1.

    A text is "ACTUAL:CALLED=NUMBER". Raises ``ConfigurationError`` for a class that is none, for the same
    class twice, for a mistake with two costs, and where no mistake costs anything.

    >>> parsed_costs(["ill:well=50"], ["ill", "well"])
    ((0.0, 50.0), (1.0, 0.0))
    """
    costs: dict[tuple[int, int], float] = {}
    for text in texts:
        pair, number = split_cost(text)
        place = _place(pair, labels, text)
        if costs.setdefault(place, number) != number:
            raise ConfigurationError(
                f"{setting('cost', text)}: that mistake costs {costs[place]:g} already; name each once"
            )
    K = range(len(labels))
    found = tuple(tuple(costs.get((j, k), 1.0) if j != k else 0.0 for k in K) for j in K)
    if not any(any(row) for row in found):
        raise ConfigurationError(
            f"{setting('cost')} leaves no mistake that costs anything; give one that does"
        )
    return found


def split_cost(text: str) -> tuple[str, float]:
    """Return the two classes, still as one text, and what a mistake costs; raise ``ConfigurationError``.

    >>> split_cost("a:b=5")
    ('a:b', 5.0)
    """
    pair, equals, number = text.rpartition("=")
    try:
        cost = float(number)
    except ValueError:
        cost = math.nan
    if not equals or ":" not in pair or not 0 <= cost < math.inf:
        raise ConfigurationError(f"{setting('cost', text)} is no cost of 0 or more for a mistake; {FORM}")
    return pair, cost


def _place(pair: str, labels: Sequence[str], text: str) -> tuple[int, int]:
    """Return the numbers of two classes written as one text; either may have a colon in its name."""
    number = {label: k for k, label in enumerate(labels)}
    cuts = [at for at, character in enumerate(pair) if character == ":"]
    found = [
        (number[pair[:at]], number[pair[at + 1 :]])
        for at in cuts
        if pair[:at] in number and pair[at + 1 :] in number
    ]
    if len(found) != 1:
        what = "can be read in two ways" if found else "names a class that there is not"
        known = ", ".join(map(repr, labels[:5])) + ", …" * (len(labels) > 5)
        raise ConfigurationError(f"{setting('cost', text)} {what}; {FORM}, of the classes {known}")
    if found[0][0] == found[0][1]:
        raise ConfigurationError(
            f"{setting('cost', text)} is of a row that is called what it is, which is free; leave it out"
        )
    return found[0]
