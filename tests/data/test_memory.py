from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import shoal.data.memory as memory
from shoal.data.memory import available_bytes, estimate_bytes, readable, require_memory
from shoal.errors import CapacityError


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let the test write what the kernel tells, in meminfo, memory.max and memory.current."""
    monkeypatch.setattr(memory, "_MEMINFO", tmp_path / "meminfo")
    monkeypatch.setattr(memory, "_CONTAINER", tmp_path)
    return tmp_path


def test_the_kernel_tells_what_is_free(system: Path) -> None:
    (system / "meminfo").write_text("MemTotal:  9000 kB\nMemFree:  100 kB\nMemAvailable:  2000 kB\n")
    assert available_bytes() == 2000 * 1024


def test_a_container_may_have_less(system: Path) -> None:
    (system / "meminfo").write_text("MemAvailable:  2000 kB\n")
    (system / "memory.max").write_text("1000000\n")
    (system / "memory.current").write_text("400000\n")
    assert available_bytes() == 600_000
    (system / "memory.current").write_text("1400000\n")
    assert available_bytes() == 0
    (system / "memory.max").write_text("max\n")
    assert available_bytes() == 2000 * 1024


def test_without_meminfo_the_system_is_asked(system: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory.os, "sysconf", {"SC_AVPHYS_PAGES": 7, "SC_PAGE_SIZE": 4096}.__getitem__)
    assert available_bytes() == 7 * 4096


def test_what_nobody_knows_refuses_nothing(system: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown(name: str) -> int:
        raise ValueError(name)

    monkeypatch.setattr(memory.os, "sysconf", unknown)
    assert available_bytes() is None
    require_memory(10**18, "everything", "ask for less")


def test_this_machine_has_memory() -> None:
    assert (available_bytes() or 0) > 1 << 20


def test_the_kernel_tells_what_a_process_holds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "_STATUS", tmp_path / "status")
    assert memory.resident_bytes() is None
    (tmp_path / "status").write_text("VmHWM:\t  300 kB\nVmRSS:\t  200 kB\n")
    assert (memory.resident_bytes(), memory.peak_bytes()) == (200 * 1024, 300 * 1024)
    (tmp_path / "status").write_text("VmHWM: much\n")
    assert (memory.resident_bytes(), memory.peak_bytes()) == (None, None)


def test_a_matrix_takes_eight_bytes_a_number() -> None:
    assert estimate_bytes(3, 5) == 120
    assert estimate_bytes(3, 5, copies=4) == 480


def test_half_of_what_is_free_may_be_taken(monkeypatch: pytest.MonkeyPatch, refuses: Any) -> None:
    monkeypatch.setattr(memory, "available_bytes", lambda: 2048)
    require_memory(1024, "this", "ask for less")
    with refuses(CapacityError, "this needs 1.0 KiB", "2.0 KiB are free", "half", "ask for less"):
        require_memory(1025, "this", "ask for less")


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 bytes"),
        (1023, "1023 bytes"),
        (1024, "1.0 KiB"),
        (1.5 * 2**20, "1.5 MiB"),
        (2**62, "4096.0 PiB"),
    ],
)
def test_sizes_are_readable(size: float, shown: str) -> None:
    assert readable(size) == shown
