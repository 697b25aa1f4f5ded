"""Networks of a study by number, so that exactly those of a study that was ended early can be asked for."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby, pairwise
from typing import Self

from shoal.errors import ConfigurationError
from shoal.words import setting

_RANGE = re.compile(r"([0-9]{1,15})(?:-([0-9]{1,15}))?")


@dataclass(frozen=True)
class NetworkNumbers:
    """Some whole numbers from 1 on, as ``ranges`` of (first, last) in rising order.

    >>> str(NetworkNumbers.of([3, 1, 2, 7])), 4 in NetworkNumbers.parse("1-3,7")
    ('1-3,7', False)
    """

    ranges: tuple[tuple[int, int], ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what ``str`` writes; raise ``ConfigurationError`` for anything else."""
        found = [_RANGE.fullmatch(part.strip()) for part in text.split(",")]
        ranges = tuple((int(match[1]), int(match[2] or match[1])) for match in found if match)
        ends = [end for pair in ranges for end in pair]
        if len(ranges) < len(found) or ends[0] < 1 or any(a > b for a, b in ranges) or not _rise(ranges):
            raise ConfigurationError(
                f"{setting('networks')} takes numbers from 1 on in rising order, got {text!r}; write them as "
                "in 1-83,90"
            )
        return cls(ranges)

    @classmethod
    def of(cls, numbers: Iterable[int]) -> Self:
        """Return these numbers."""
        ordered = enumerate(sorted(set(numbers)))
        runs = (list(run) for _, run in groupby(ordered, lambda pair: pair[1] - pair[0]))
        return cls(tuple((run[0][1], run[-1][1]) for run in runs))

    def __contains__(self, number: int) -> bool:
        place = bisect_right(self.ranges, number, key=lambda pair: pair[0]) - 1
        return place >= 0 and number <= self.ranges[place][1]

    def __str__(self) -> str:
        return ",".join(f"{a}" if a == b else f"{a}-{b}" for a, b in self.ranges)

    @property
    def last(self) -> int:
        """The largest."""
        return self.ranges[-1][1]


def _rise(ranges: tuple[tuple[int, int], ...]) -> bool:
    return all(before[1] < after[0] for before, after in pairwise(ranges))
