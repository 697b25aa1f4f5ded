"""Whether a path is read as series without being told so: names tell, before any reader is imported."""

from __future__ import annotations

import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from shoal.data.database_names import is_duckdb

SOUNDS = (".wav", ".wave")
_LOOKED_AT = 1000
_DEEPEST = 3
"""Folders below one another that are looked into for a sound: of a part, of a class."""


def holds_series(source: str | Path) -> bool:
    """Return whether a path is read as series without being told so: ``.ts``, NPZ of series, WAV files.

    >>> holds_series("GunPoint_TRAIN.ts"), holds_series("adult.csv")
    (True, False)
    """
    path = Path(source)
    if is_duckdb(source):
        return False
    if path.suffix.lower() == ".npz" and path.is_file():
        from shoal.data.sequences.npz import is_sequence_npz

        return is_sequence_npz(path)
    return is_ts(path) or holds_sounds(path)


def is_ts(path: Path) -> bool:
    """Return whether a file is named ``.ts``, in any case, or so and ``.gz``.

    >>> is_ts(Path("GunPoint_TRAIN.ts")), is_ts(Path("a.ts.gz")), is_ts(Path("a.tsv"))
    (True, True, False)
    """
    name = path.name.lower()
    return name.removesuffix(".gz").endswith(".ts")


def is_tsf(path: Path) -> bool:
    """Return whether a file is named ``.tsf``, in any case, or so and ``.gz``.

    >>> is_tsf(Path("m1.TSF")), is_tsf(Path("a.tsf.gz")), is_tsf(Path("a.ts"))
    (True, True, False)
    """
    return path.name.lower().removesuffix(".gz").endswith(".tsf")


def holds_sounds(path: Path) -> bool:
    """Return whether a path is a WAV file, or a folder of whose files most are, by the first of them."""
    if not path.is_dir():
        return path.name.lower().endswith(SOUNDS)
    seen = [name.lower().endswith(SOUNDS) for name in islice(_files(path, _DEEPEST), _LOOKED_AT)]
    return 2 * sum(seen) > len(seen)


def _files(folder: Path, deep: int) -> Iterator[str]:
    """Yield the names of files in a folder and then in those in it, but for hidden ones."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:
        return
    seen = [entry for entry in entries if not entry.name.startswith((".", "__"))]
    for entry in seen:
        if deep > 1 and entry.is_dir():
            yield from _files(Path(entry.path), deep - 1)
    yield from (entry.name for entry in seen if entry.is_file())
