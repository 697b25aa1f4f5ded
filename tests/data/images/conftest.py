"""Pictures in files, good ones and bad ones."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

Pixels = npt.NDArray[Any]


@pytest.fixture(scope="session")
def colours() -> Callable[..., Pixels]:
    """Random pixels (H, W, 3), or (H, W) where no colours are asked for."""

    def build(rows: int = 6, columns: int = 5, seed: int = 0, channels: int = 3) -> Pixels:
        shape = (rows, columns) if channels == 1 else (rows, columns, channels)
        return np.random.default_rng(seed).integers(0, 256, shape, dtype=np.uint8)

    return build


@pytest.fixture(scope="session")
def chunked_png() -> Callable[..., bytes]:
    """Write a PNG whose header says whatever it is told, over any bytes of data."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return (
            struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
        )

    def build(columns: int, rows: int, data: bytes = b"", depth: int = 8, colour: int = 0) -> bytes:
        header = struct.pack(">IIBBBBB", columns, rows, depth, colour, 0, 0, 0)
        return (
            b"\x89PNG\r\n\x1a\n"
            + chunk(b"IHDR", header)
            + chunk(b"IDAT", zlib.compress(data))
            + chunk(b"IEND", b"")
        )

    return build


@pytest.fixture(scope="session")
def write_classes(colours: Callable[..., Pixels]) -> Callable[..., Path]:
    """Write class folders ``cat`` and ``dog`` with a few PNG pictures each, and return their folder."""

    def write(folder: Path, count: int = 3, size: tuple[int, int] = (6, 5), channels: int = 3) -> Path:
        for k, name in enumerate(("cat", "dog")):
            (folder / name).mkdir(parents=True)
            for i in range(count):
                pixels = colours(*size, seed=10 * k + i, channels=channels)
                Image.fromarray(pixels).save(folder / name / f"{i}.png")
        return folder

    return write
