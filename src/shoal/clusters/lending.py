"""One address for workers elsewhere, whoever manages them: a study's ``on``, the command line's ``--on``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from contextlib import AbstractContextManager, contextmanager

from shoal.clusters import dask, mpi, ray
from shoal.clusters.crew import Crew
from shoal.clusters.muster import muster
from shoal.errors import ConfigurationError
from shoal.words import setting

_lent: dict[str, Crew] = {}
"""Those that are lent out now: a command opens one for all that it does."""


def check_address(on: object) -> None:
    """Raise ``ConfigurationError`` for what is no address of workers.

    >>> check_address("tcp://scheduler:8786"), check_address("ray"), check_address("mpi")
    (None, None, None)
    """
    _way(on)


@contextmanager
def lend(
    on: str | None, executor: Executor | None = None, seconds: float | None = None
) -> Iterator[Crew | None]:
    """Lend the workers at an address, or those behind an executor of Dask's or mpi4py's, once mustered.

    It is None where there is neither, or nothing to know of the executor. Within ``seconds``, where they are
    given, there has to be a worker.

    Raises what ``muster`` raises; ``CapacityError`` where nobody answers at the address, and
    ``MissingDependencyError`` without the package that speaks to it.
    """
    if on is None:
        crew = None if executor is None else dask.crew_of(executor) or mpi.crew_of(executor)
        if crew is not None:
            muster(crew, seconds)
        yield crew
    elif on in _lent:
        yield _lent[on]
    else:
        with _way(on)(on) as crew, _at_work(on, crew, seconds):
            yield crew


def lent(on: str | None) -> Crew | None:
    """Return the workers that are lent out now at an address, None where nobody is."""
    return None if on is None else _lent.get(on)


@contextmanager
def lend_to_all_ranks(on: str, seconds: float | None = None) -> Iterator[bool]:
    """Lend the workers at an address to a command that MPI may have started on every rank.

    Whether this process is the one that has the command done: others have worked for it when told so.
    """
    if on != mpi.NAME:
        with lend(on, seconds=seconds):
            yield True
        return
    with mpi.of_ranks() as crew:
        if crew is None:
            yield False
        else:
            with _at_work(on, crew, seconds):
                yield True


@contextmanager
def _at_work(on: str, crew: Crew, seconds: float | None) -> Iterator[None]:
    muster(crew, seconds)
    _lent[on] = crew
    try:
        yield
    finally:
        del _lent[on]


def _way(on: object) -> Callable[[str], AbstractContextManager[Crew]]:
    """Return what connects to an address."""
    text = on if isinstance(on, str) else ""
    scheme, separator, place = text.partition("://")
    if text == mpi.NAME:
        return mpi.connected
    if text == ray.NAME or (separator and place and scheme == ray.SCHEME):
        return ray.connected
    if separator and place and scheme in dask.SCHEMES:
        return dask.connected
    raise ConfigurationError(
        f"{setting('on')} must be the address of a Dask scheduler (tcp://scheduler:8786), of a Ray cluster "
        f"(ray, or ray://head:10001), or mpi, got {on!r}"
    )
