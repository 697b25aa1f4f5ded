"""How files are damaged, whatever they hold and as their formats invite, by the endings of their names."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from random import Random

from tests.fuzz.archives import of_zip
from tests.fuzz.flat import of_gzip, of_idx, of_png, of_rows, of_tiff
from tests.fuzz.plain import of_bytes, of_json
from tests.fuzz.stored import of_safetensors, of_sqlite

BY_ENDING: dict[str, Callable[[bytes, Random], bytes]] = {
    ".json": of_json, ".safetensors": of_safetensors, ".sqlite": of_sqlite, ".npz": of_zip, ".xlsx": of_zip,
    ".ods": of_zip, ".csv": of_rows, ".svm": of_rows, ".arff": of_rows, ".jsonl": of_rows, ".png": of_png,
    ".tif": of_tiff, "-ubyte": of_idx, "-ubyte.gz": partial(of_gzip, of=of_idx),
    "-float.gz": partial(of_gzip, of=of_idx), ".gz": partial(of_gzip, of=of_rows),
}  # fmt: skip


def damaged(name: str, content: bytes, rng: Random) -> bytes:
    """Return the content of a file, damaged: in more than half of all cases as its format invites."""
    structural = next((of for ending, of in BY_ENDING.items() if name.endswith(ending)), of_bytes)
    return (structural if rng.random() < 0.6 else of_bytes)(content, rng)
