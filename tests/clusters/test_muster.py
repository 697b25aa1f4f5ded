from __future__ import annotations

from typing import Any

import pytest

from shoal._version import __version__
from shoal.clusters import muster as module
from shoal.clusters.entry import ENTRY, Entry
from shoal.clusters.muster import muster
from shoal.errors import CapacityError
from tests.clusters.crews import PaperCrew


def entry(**other: Any) -> Entry:
    told: Entry = ENTRY | other  # type: ignore[assignment]
    return told


def missing(name: str) -> ModuleNotFoundError:
    return ModuleNotFoundError(f"No module named '{name}'", name=name)


def test_workers_like_this_process_are_welcome() -> None:
    muster(PaperCrew([2], {"a": entry(), "b": entry(host="elsewhere")}))


def test_the_first_worker_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(module.time, "sleep", slept.append)
    crew = PaperCrew([0, 0, 0, 0, 1], {"a": entry()})
    muster(crew)
    assert slept
    assert crew.counts == [1]


@pytest.mark.parametrize(
    ("said", "told"),
    [
        (missing("shoal"), "b has no shoal (No module named 'shoal')"),
        (missing("shoal.clusters"), "b cannot load this version of shoal (No module named 'shoal.clusters')"),
        (ImportError("libm is\ntoo old"), "b cannot load this version of shoal (libm is too old)"),
        (entry(version="0.0.9", host="old"), "b has shoal 0.0.9 on old"),
    ],
)
def test_a_worker_without_this_version_is_named(said: object, told: str) -> None:
    with pytest.raises(CapacityError) as raised:
        muster(PaperCrew([2], {"a": entry(), "b": said}))
    assert str(raised.value) == (
        f"1 of 2 workers of the cluster cannot take part: {told}; install shoal {__version__} there, or stop "
        "them, then begin again"
    )


def test_of_many_workers_some_are_named() -> None:
    answers = {f"w{number}": missing("shoal") for number in range(9)}
    with pytest.raises(CapacityError, match=r"9 of 9 workers .* w0 has.*, w1 has.*, w2 has[^,]*, …; install"):
        muster(PaperCrew([9], answers))


@pytest.mark.parametrize(
    ("own", "others", "advice"),
    [
        (
            ["v4", "v3", "v2"],
            ["v3", "v2"],
            "set SHOAL_INSTRUCTION_SET=v3, which all of them have, here and on",
        ),
        (["v2"], ["v4", "v3", "v2"], "set SHOAL_INSTRUCTION_SET=v2, which all"),
        (["v4"], ["neon"], "they share no instruction set: install shoal with its compiled engine"),
        (["v4"], [], "they share no instruction set"),
    ],
)
def test_other_instruction_sets_are_refused_with_the_best_that_all_have(
    monkeypatch: pytest.MonkeyPatch, own: list[str], others: list[str], advice: str
) -> None:
    monkeypatch.setattr(module, "ENTRY", entry(engine=f"native ({own[0]})", sets=own))
    answers = {"a": entry(engine=f"native ({own[0]})", sets=own), "b": entry(engine="other", sets=others)}
    with pytest.raises(
        CapacityError, match="1 of 2 workers of the cluster would compute other bits"
    ) as raised:
        muster(PaperCrew([2], answers))
    assert f"native ({own[0]}): b has other on {ENTRY['host']}; {advice}" in str(raised.value)


def test_another_python_or_numpy_is_refused() -> None:
    answers = {"a": entry(), "b": entry(runs_on="Python 3.8 with NumPy 1.24", host="old")}
    with pytest.raises(CapacityError) as raised:
        muster(PaperCrew([2], answers))
    assert str(raised.value) == (
        "1 of 2 workers of the cluster may compute other bits than this process, which runs on "
        f"{ENTRY['runs_on']}: b runs on Python 3.8 with NumPy 1.24 on old; install the same there or here"
    )


def test_workers_that_do_not_answer_are_not_waited_for_for_ever() -> None:
    with pytest.raises(CapacityError, match="not all workers of the cluster answered within 60 s"):
        muster(PaperCrew([2], {}))
