"""Models in C, compiled, and what they say."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.export.c.source import to_c
from shoal.shapes import Array

STRICT = ["-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-O1", "-shared", "-fPIC"]


class Compiled:
    """The functions of a C file, over rows of numbers."""

    def __init__(self, library: Path, n_outputs: int) -> None:
        self._library, self.n_outputs = ctypes.CDLL(str(library)), n_outputs

    def predict(self, rows: Array) -> Array:
        """Return what ``model_predict`` says of rows (N, n): (N, K)."""
        out = np.empty((len(rows), self.n_outputs))
        for row, result in zip(np.ascontiguousarray(rows, dtype=np.float64), out, strict=True):
            self._library.model_predict(ctypes.c_void_p(row.ctypes.data), ctypes.c_void_p(result.ctypes.data))
        return out

    def classes(self, out: Array) -> list[int]:
        return [self._library.model_class(ctypes.c_void_p(np.ascontiguousarray(p).ctypes.data)) for p in out]


@pytest.fixture(scope="session")
def compiler() -> str:
    found = shutil.which("cc")
    if found is None:
        pytest.skip("there is no C compiler")
    return found


@pytest.fixture
def compiled(compiler: str, tmp_path: Path) -> Callable[..., Compiled]:
    def build(model: Any, n_outputs: int, int8: bool = False) -> Compiled:
        source, library = tmp_path / "model.c", tmp_path / f"model_{len(list(tmp_path.iterdir()))}.so"
        source.write_text(to_c(model, int8=int8))
        subprocess.run([compiler, *STRICT, "-o", library, source, "-lm"], check=True)
        return Compiled(library, n_outputs)

    return build
