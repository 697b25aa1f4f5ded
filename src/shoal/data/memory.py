"""How much memory there is, and refusing what does not fit before it is made."""

from __future__ import annotations

import os
from pathlib import Path

from shoal.errors import CapacityError

#: The share of the free memory that one array may take: training needs room beside it.
SHARE = 0.5

_MEMINFO = Path("/proc/meminfo")
_STATUS = Path("/proc/self/status")
_CONTAINER = Path("/sys/fs/cgroup")


def available_bytes() -> int | None:
    """Return the bytes of memory that can be taken now, or None where the system does not say.

    The kernel's ``MemAvailable``, or less in a container that has its own limit.
    """
    known = [size for size in (_free_of_system(), _free_of_container()) if size is not None]
    return min(known) if known else None


def resident_bytes() -> int | None:
    """Return the bytes of memory that this process holds now, or None where the system does not say."""
    return _of_status("VmRSS:")


def peak_bytes() -> int | None:
    """Return the most bytes that this process has held, or None where the system does not say."""
    return _of_status("VmHWM:")


def _of_status(name: str) -> int | None:
    try:
        (line,) = [line for line in _STATUS.read_text().splitlines() if line.startswith(name)]
        return int(line.split()[1]) * 1024
    except (OSError, ValueError, IndexError):
        return None


def estimate_bytes(n_rows: int, n_features: int, copies: int = 1) -> int:
    """Return the bytes of a float64 matrix (N, n), times the copies of it that are alive at once.

    >>> estimate_bytes(1000, 50)
    400000
    """
    return 8 * n_rows * n_features * copies


def require_memory(need: int, what: str, remedy: str) -> None:
    """Raise ``CapacityError`` if ``need`` bytes are more than half of what is free."""
    free = available_bytes()
    if free is not None and need > SHARE * free:
        raise CapacityError(
            f"{what} needs {readable(need)} of memory, and {readable(free)} are free, of which it may take "
            f"half; {remedy}"
        )


def readable(size: float) -> str:
    """Return a number of bytes as people write it.

    >>> readable(3 * 2**30)
    '3.0 GiB'
    """
    units = ("bytes", "KiB", "MiB", "GiB", "TiB", "PiB")
    power = 0
    while size >= 1024 and power < len(units) - 1:
        size, power = size / 1024, power + 1
    return f"{size:.1f} {units[power]}" if power else f"{int(size)} bytes"


def _free_of_system() -> int | None:
    try:
        for line in _MEMINFO.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return None


def _free_of_container() -> int | None:
    try:
        limit = (_CONTAINER / "memory.max").read_text().strip()
        used = int((_CONTAINER / "memory.current").read_text())
    except (OSError, ValueError):
        return None
    return max(0, int(limit) - used) if limit.isdigit() else None
