from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only /proc tells it")
def test_the_memory_of_a_contestant_is_its_own() -> None:
    held = np.ones(25_000_000)
    program = "from benchmarks.contestant import _peak_memory; print(_peak_memory())"
    told = subprocess.run([sys.executable, "-c", program], stdout=subprocess.PIPE, check=True)
    assert 2**20 < int(told.stdout) < held.nbytes
