"""Tables of a thousand rows that are larger than the memory."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from shoal.data.readers import delimited_parts, glimpse, parts
from shoal.jobs.streams import prepare, uses
from shoal.training import blocks


@pytest.fixture
def thousand_is_many(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Make a thousand rows many, and blocks, buffers, parts and samples small."""

    def make(sample: int, aside: int, block: int = 32, rows: int = 300) -> None:
        for module, names in {
            prepare: {"MANY": 1000, "MANY_FAST": 1000, "SAMPLE": sample, "ASIDE": aside},
            uses: {"ASIDE": aside},
            glimpse: {"LARGE": 1000},
            parts: {"ROWS": rows},
            delimited_parts: {"BYTES": 20_000},
            blocks: {"BLOCK": block, "BUFFER": 32, "SHORT_BLOCK": 16},
        }.items():
            for name, value in names.items():
                monkeypatch.setattr(module, name, value)

    return make
