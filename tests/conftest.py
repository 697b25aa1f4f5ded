"""What every test may use: real data where there is some, and properties tested the same way each time."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import settings

settings.register_profile("ci", derandomize=True, deadline=None, print_blob=True)
settings.register_profile("explore", deadline=None, max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_make_parametrize_id(val: object) -> str | None:
    """Name a parameter of bytes by its length; the time in a gzip, say, differs between workers."""
    return f"{len(val)} bytes" if isinstance(val, bytes) else None


@pytest.fixture(scope="session")
def real_data() -> Callable[[str], Path]:
    """Give the path of a file in the folder that ``SHOAL_DATA`` names, say ``tables/adult.csv.gz``.

    Without that folder the test is skipped; a file that the folder lacks is an error.
    """
    folder = os.environ.get("SHOAL_DATA", "")

    def path(name: str) -> Path:
        if not folder:
            pytest.skip(f"needs real data: set SHOAL_DATA to the folder that holds {name}")
        return Path(folder, name).resolve(strict=True)

    return path
