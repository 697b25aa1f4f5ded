from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from shoal.clusters import dask, lending
from shoal.clusters.crew import Crew
from shoal.clusters.lending import check_address, lend, lend_to_all_ranks
from shoal.errors import CapacityError, ConfigurationError, MissingDependencyError
from shoal.selection.study import CapacityStudy
from tests.clusters.crews import ADDRESS, PaperCrew, here


@pytest.fixture
def paper(monkeypatch: pytest.MonkeyPatch) -> list[Crew]:
    """The crews that were connected to, each of two workers."""
    lent: list[Crew] = []

    @contextmanager
    def connected(address: str) -> Iterator[Crew]:
        with here(address) as crew:
            lent.append(crew)
            yield crew

    monkeypatch.setattr(dask, "connected", connected)
    return lent


@pytest.mark.parametrize("on", [ADDRESS, "tls://[::1]:8786", "ray", "ray://head:10001", "mpi"])
def test_addresses(on: str) -> None:
    check_address(on)


@pytest.mark.parametrize(
    "on",
    ["", "dask", "tcp://", "ray://", "tcp:scheduler", "http://scheduler", "mpi://a", "Ray", 8786, ("ray",)],
)
def test_what_is_no_address_is_told_what_would_be(on: object) -> None:
    with pytest.raises(ConfigurationError, match=r"on must be the address of a Dask scheduler .*, got"):
        check_address(on)


def test_a_study_says_so_before_it_begins() -> None:
    with pytest.raises(ConfigurationError, match="on must be the address"):
        CapacityStudy(on="tpc://scheduler:8786")
    with ThreadPoolExecutor(1) as pool, pytest.raises(ConfigurationError, match="leave one out"):
        CapacityStudy(on="ray", executor=pool)


def test_inside_a_block_the_same_workers_are_lent_again(paper: list[Crew]) -> None:
    with lend(ADDRESS) as first, lend(ADDRESS) as second, lend_to_all_ranks(ADDRESS) as third:
        assert first is second is paper[0]
        assert third
    with lend(ADDRESS):
        assert len(paper) == 2


def test_workers_are_mustered_before_they_are_lent(
    paper: list[Crew], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PaperCrew, "ask", lambda self, name, seconds: {"a": ModuleNotFoundError("no shoal")})
    with pytest.raises(CapacityError, match="has no shoal"), lend(ADDRESS):
        pytest.fail("was lent")
    assert lending._lent == {}


def test_nothing_is_known_of_an_executor_of_ones_own() -> None:
    with ThreadPoolExecutor(1) as pool, lend(None, pool) as crew:
        assert crew is None


@pytest.mark.parametrize(
    ("on", "module", "extra"), [(ADDRESS, "distributed", "distributed"), ("ray", "ray", "ray")]
)
def test_without_the_package_its_extra_is_named(
    monkeypatch: pytest.MonkeyPatch, on: str, module: str, extra: str
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    with pytest.raises(MissingDependencyError, match=rf"pip install 'shoal\[{extra}\]'"), lend(on):
        pytest.fail("was lent")


def test_mpi_says_how_such_a_program_is_started() -> None:
    with pytest.raises(ConfigurationError, match=r"mpiexec -n 3 python -m mpi4py\.futures"), lend("mpi"):
        pytest.fail("was lent")
