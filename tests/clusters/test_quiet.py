from __future__ import annotations

import logging

import pytest

from shoal.clusters.quiet import quiet


def said(caplog: pytest.LogCaptureFixture, *names: str) -> list[str]:
    """Which of the loggers are heard, each of which says its name."""
    caplog.clear()
    for name in names:
        logging.getLogger(name).error(name)
    return [record.message for record in caplog.records]


NAMES = "a_library", "a_library.inside", "a_library_of_another"


@pytest.fixture(autouse=True)
def known() -> None:
    for name in NAMES:
        logging.getLogger(name)


def test_a_library_says_nothing_and_others_go_on(caplog: pytest.LogCaptureFixture) -> None:
    with quiet("a_library"):
        assert said(caplog, *NAMES) == ["a_library_of_another"]
    assert said(caplog, *NAMES) == list(NAMES)


def test_whoever_was_silent_before_stays_so_whatever_ends_the_block(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("a_library.inside"), "disabled", True)
    with pytest.raises(KeyError), quiet("a_library"):
        raise KeyError("an error of the block")
    assert said(caplog, *NAMES) == ["a_library", "a_library_of_another"]
