"""Evidence to draw and to report on."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

SAMPLE = Path(__file__).with_name("sample.py")


@pytest.fixture(scope="session")
def sample() -> Callable[..., dict[str, Any]]:
    """Return the builder of sample evidence."""
    spec = importlib.util.spec_from_file_location("sample_evidence", SAMPLE)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.sample_evidence  # type: ignore[no-any-return]
