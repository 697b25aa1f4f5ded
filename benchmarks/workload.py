"""A workload: a task, who competes in it, and what shoal aims for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from benchmarks.task import Task


@dataclass(frozen=True)
class Entry:
    """A peer's form. ``members`` of each cohort are measured, and the time scaled up to all; None: all.

    The fastest of a peer's forms stands for it, and of those with another ``label`` for that.
    """

    peer: str
    form: str
    members: int | None = None
    label: str | None = None

    @property
    def contestant(self) -> str:
        """Who is in the table."""
        return self.label or self.peer

    @property
    def name(self) -> str:
        """Where the form is: module and function."""
        return f"benchmarks.peers.{self.peer}:{self.form}"


@dataclass(frozen=True)
class Target:
    """shoal is to be ``ratio`` times as fast as the fastest of ``peers``, contestants by their names."""

    ratio: float
    peers: tuple[str, ...]


@dataclass(frozen=True)
class Workload:
    """``definition`` is a line for the table; times are given ``per`` this part of the task.

    Where contestants have solvers of their own, all are timed for the fewest iterations whose mean J over all
    networks is at most that of the contestant ``as_low_as``, which does the whole task.
    """

    name: str
    title: str
    definition: str
    task: Callable[[], Task]
    entries: tuple[Entry, ...]
    targets: tuple[Target, ...]
    per: int = 1
    as_low_as: str = ""


def entries(members: int | None = None, label: str | None = None, **forms: str) -> tuple[Entry, ...]:
    """Return an entry for every form, a peer's named in one string: ``entries(torch="loop batched")``."""
    return tuple(Entry(peer, form, members, label) for peer, names in forms.items() for form in names.split())
