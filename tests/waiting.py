"""How long tests wait for other processes: as long as the busiest machine takes, and no longer than a person.

Nothing is judged by these seconds. They end what would otherwise never end.
"""

from __future__ import annotations

import subprocess
from typing import AnyStr

HANGS = 600.0
"""Seconds after which a process that is to end, or an event that is to come, is given up."""


def written(process: subprocess.Popen[AnyStr]) -> tuple[AnyStr, AnyStr]:
    """Return what a process writes until it ends; one that hangs is killed, which fails the test."""
    try:
        return process.communicate(timeout=HANGS)
    except subprocess.TimeoutExpired:
        process.kill()
        raise
