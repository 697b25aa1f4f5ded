"""Frame libraries that may be missing, and frames of narwhals, which stand for others."""

from __future__ import annotations

import importlib
import sys

import pytest

from shoal.data import libraries
from shoal.data.libraries import narwhals, pl, without_narwhals
from shoal.errors import MissingDependencyError


def test_without_polars_there_are_no_tables(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "polars", None)
    monkeypatch.delitem(sys.modules, "shoal.data.libraries")
    with pytest.raises(MissingDependencyError) as refused:
        importlib.import_module("shoal.data.libraries")
    assert str(refused.value) == "tables need polars, which is not installed; pip install 'shoal[frames]'"
    assert refused.value.__suppress_context__


def test_without_narwhals_frames_of_others_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "narwhals", None)
    with pytest.raises(MissingDependencyError, match="frames of other libraries than polars need narwhals"):
        narwhals()


def test_a_frame_of_narwhals_is_the_one_that_it_stands_for() -> None:
    frame = pl.DataFrame({"a": [1, 2]})
    nw = narwhals()
    assert without_narwhals(nw.from_native(frame)) is frame
    series = nw.from_native(frame["a"], series_only=True)
    assert without_narwhals(series).to_list() == [1, 2]


@pytest.mark.parametrize("other", [[1, 2], None, "text"])
def test_anything_else_stays_what_it_is(other: object) -> None:
    narwhals()
    assert without_narwhals(other) is other


def test_before_narwhals_was_imported_nothing_can_be_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "narwhals", raising=False)
    assert without_narwhals(self := object()) is self
    assert "narwhals" not in sys.modules


def test_while_narwhals_is_being_imported_nothing_is_of_it_either(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "narwhals", type(sys)("narwhals"))  # no functions yet
    assert libraries.without_narwhals(frame := pl.DataFrame()) is frame
