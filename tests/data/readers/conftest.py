from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.data.readers import workbooks

Workbook = Callable[..., bytes]


@pytest.fixture(scope="session")
def xlsx() -> Workbook:
    """Make an Excel workbook of these sheets, some of them hidden, or with entries of one's own."""
    return workbooks.xlsx


@pytest.fixture(scope="session")
def ods() -> Workbook:
    """Make an OpenDocument workbook of these sheets, or with the tables of one's own."""
    return workbooks.ods
