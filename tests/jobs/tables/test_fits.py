"""Whether a table fits into the memory: by what it is judged, and when nobody asks."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.data.readers import glimpse as glimpses
from shoal.data.readers.glimpse import bytes_of
from shoal.errors import CapacityError
from shoal.jobs.memory.footprint import NONE_BROUGHT, PROGRAM, Allowance
from shoal.jobs.request import FitRequest
from shoal.jobs.tables.described import Described, method_of
from shoal.jobs.tables.fits import WORTH_A_LOOK, as_fits, brought, footprint_of, look

pytestmark = pytest.mark.filterwarnings("ignore::shoal.errors.ShoalWarning")
NOTHING = Allowance(0, "nothing may be taken")


@pytest.fixture
def table(tmp_path: Path) -> str:
    """A table of 60 rows with two numbers, and targets of two and three classes."""
    rows = [f"{n / 7:.3f},{(n * n) % 11 + 0.5},{'ab'[n % 2]},{'uvw'[n % 3]}" for n in range(60)]
    path = tmp_path / "t.csv"
    path.write_text("\n".join(["x,z,two,three", *rows, ""]))
    return str(path)


@pytest.fixture
def archive(tmp_path: Path) -> str:
    """An NPZ file that unpacks to 80 128 bytes, of which nothing else is known."""
    path = tmp_path / "t.npz"
    np.savez(path, X=np.zeros(10_000))
    return str(path)


@pytest.fixture
def looked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every table be large enough to be looked at."""
    monkeypatch.setattr(glimpses, "LARGE", 1)


def asked(table: str, **settings: Any) -> FitRequest:
    return FitRequest(table, **({"target": "three"} | settings))


def test_rows_like_those_of_a_table_take_as_much_each(table: str) -> None:
    described = Described.read(asked(table))
    found = footprint_of(described, asked(table, test_share=0.25), 6000, reading=77)
    assert (found.rows, found.test_rows, found.reading) == (6000, 1500, 77)
    assert found.used == 100 * bytes_of(described.frame)
    assert found.columns == described.columns
    assert (found.validation, found.test) == (NONE_BROUGHT, NONE_BROUGHT)
    assert footprint_of(described, asked(table, test=table), 6000).test_rows == 0


@pytest.mark.parametrize(("target", "outputs"), [("two", 1), ("three", 3), ("x", 1)])
def test_a_network_has_an_output_for_each_class_and_one_for_two_or_numbers(
    table: str, target: str, outputs: int
) -> None:
    request = asked(table, target=target)
    assert footprint_of(Described.read(request), request, 60).n_outputs == outputs


@pytest.mark.parametrize(
    ("settings", "copied"),
    [({}, False), ({"score": "evidence"}, False), ({"choose": "best"}, True), ({"valid": "t.csv"}, True)],
)
def test_who_trains_once_more_on_all_rows_puts_them_together(
    table: str, settings: dict[str, Any], copied: bool
) -> None:
    described = Described.read(asked(table))
    assert footprint_of(described, asked(table, **settings), 60).copied is copied


def test_what_is_brought_along_counts_from_a_size_on(tmp_path: Path) -> None:
    lines = b"x,y\n" + b"1.250,a\n" * 8191
    small, large = tmp_path / "small.csv", tmp_path / "large.csv"
    small.write_bytes(lines)
    large.write_bytes(lines + b"1.250,a\n")
    assert small.stat().st_size < WORTH_A_LOOK < large.stat().st_size
    assert brought(None) is NONE_BROUGHT
    assert brought(str(small)) is NONE_BROUGHT
    found = brought(str(large))
    assert found.rows == 8192
    assert found.reading > 2 * large.stat().st_size  # the bytes, twice, and columns


def test_as_much_is_made_plainer_as_it_takes_to_fit(table: str) -> None:
    request = asked(table, target="x", memory=1)
    described = Described.read(request)
    method, footprint = (
        method_of(request, "regression", described.columns),
        footprint_of(described, request, 60),
    )
    assert method.waves
    all_of_it = footprint.bytes(method)
    plainer = footprint.bytes(dataclasses.replace(method, waves=0))
    assert as_fits(described, request, Allowance(all_of_it)) == ({}, [])
    less, (told,) = as_fits(described, request, Allowance(plainer, "that is all"))
    assert less == {"waves": 0}
    assert told.startswith("Numbers are told without waves")
    with pytest.raises(CapacityError, match="fitting 60 rows of"):
        as_fits(described, request, NOTHING)


def test_what_is_not_large_is_not_looked_at(table: str) -> None:
    look(asked(table, memory=1), NOTHING)


@pytest.mark.usefixtures("looked")
def test_the_first_rows_tell_that_a_table_is_too_much(table: str) -> None:
    look(asked(table, memory=1), Allowance(None))
    with pytest.raises(CapacityError, match=r"fitting 60 rows of .* nothing may be taken"):
        look(asked(table, memory=1), NOTHING)


@pytest.mark.usefixtures("looked")
@pytest.mark.parametrize(
    "settings",
    [{"target": "no such"}, {"target": "x", "rare": "drop"}],  # which is for classes
)
def test_what_else_is_wrong_is_left_to_those_who_read_all(table: str, settings: dict[str, Any]) -> None:
    look(asked(table, memory=1, **settings), NOTHING)


@pytest.mark.usefixtures("looked")
def test_of_an_archive_it_is_told_what_reading_takes(archive: str) -> None:
    look(asked(archive), Allowance(PROGRAM + 80_128))
    with pytest.raises(CapacityError, match=r"reading .*t\.npz needs at least"):
        look(asked(archive), Allowance(PROGRAM + 80_127, "that is all"))


@pytest.mark.parametrize("name", ["valid", "test"])
def test_so_it_is_of_tables_that_are_brought_along(table: str, archive: str, name: str) -> None:
    look(asked(table, **{name: archive}), Allowance(PROGRAM + 80_128))
    with pytest.raises(CapacityError, match=r"reading .*t\.npz needs at least"):
        look(asked(table, **{name: archive}), Allowance(PROGRAM + 80_127, "that is all"))
