"""Before work: who is there, and whether all of them would compute the same bits as this process."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from shoal.clusters.crew import Crew
from shoal.clusters.entry import ENTRY, WHERE, Entry
from shoal.clusters.silence import Silence
from shoal.errors import CapacityError, reason
from shoal.words import plural

ANSWER_SECONDS = 60.0
"""How long workers may take to answer: the import of shoal from a slow disk is in it."""
LOOK_SECONDS = 0.2
MOST_NAMED = 3
"""How many workers an error names."""


def muster(crew: Crew, seconds: float | None = None) -> None:
    """Wait for workers, at most ``seconds`` where that is less than silence may last, and ask all of them.

    Raises ``CapacityError`` where there are none, or some that lack shoal, have another version of it, or
    would compute other bits, and says who they are and what to do.
    """
    silence = Silence(crew, seconds)
    while not crew.count():
        silence.look()
        time.sleep(LOOK_SECONDS)
    answers = crew.ask(WHERE, ANSWER_SECONDS)
    if not answers:
        raise CapacityError(
            f"not all workers of {crew.called} answered within {ANSWER_SECONDS:g} s; look at what they say, "
            "or start others"
        )
    require_alike(answers, crew.called)


def require_alike(answers: Mapping[str, Any], called: str) -> None:
    """Raise ``CapacityError`` unless every answer is of this version, instruction set, Python and NumPy."""
    own = ENTRY
    other = {name: _wrong(said) for name, said in answers.items() if _wrong(said)}
    if other:
        raise CapacityError(
            f"{len(other)} of {plural(len(answers), 'worker')} of {called} cannot take part: "
            f"{_named(other)}; install shoal {own['version']} there, or stop them, then begin again"
        )
    entries: Mapping[str, Entry] = answers
    unlike = {name: _at(entry) for name, entry in entries.items() if entry["engine"] != own["engine"]}
    if unlike:
        advice = _advice([own, *entries.values()])
        raise CapacityError(
            f"{len(unlike)} of {plural(len(answers), 'worker')} of {called} would compute other bits "
            f"than this process, which has {own['engine']}: {_named(unlike)}; {advice}"
        )
    strange = {
        name: f"runs on {entry['runs_on']} on {entry['host']}"
        for name, entry in entries.items()
        if entry["runs_on"] != own["runs_on"]
    }
    if strange:
        raise CapacityError(
            f"{len(strange)} of {plural(len(answers), 'worker')} of {called} may compute other bits than "
            f"this process, which runs on {own['runs_on']}: {_named(strange)}; install the same there or here"
        )


def _wrong(said: Any) -> str:
    """Return why a worker with this answer cannot take part, or nothing."""
    if isinstance(said, ModuleNotFoundError) and said.name in (None, "shoal"):
        return f"has no shoal ({said})"
    if isinstance(said, BaseException):
        return f"cannot load this version of shoal ({reason(said)})"
    return "" if said["version"] == ENTRY["version"] else f"has shoal {said['version']} on {said['host']}"


def _at(entry: Entry) -> str:
    return f"has {entry['engine']} on {entry['host']}"


def _named(told: Mapping[str, str]) -> str:
    named = [f"{name} {what}" for name, what in list(told.items())[:MOST_NAMED]]
    return ", ".join(named + ["…"] * (len(told) > MOST_NAMED))


def _advice(entries: list[Entry]) -> str:
    """Return what makes all of them alike: the best instruction set that each has."""
    common = [name for name in entries[0]["sets"] if all(name in entry["sets"] for entry in entries)]
    if not common:
        return "they share no instruction set: install shoal with its compiled engine everywhere"
    return f"set SHOAL_INSTRUCTION_SET={common[0]}, which all of them have, here and on every worker"
