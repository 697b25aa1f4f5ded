from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from shoal.lecture.numpy_demo import Found, NumpyDemo
from shoal.lecture.studies import STUDIES

Shoal = Callable[..., Any]


def test_without_a_name_the_studies_are_listed(shoal: Shoal) -> None:
    ended = shoal("lecture")
    assert ended.code == 0
    assert [line.split()[0] for line in ended.out[:-1]] == list(STUDIES)
    assert not Path("lecture").exists()


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Leave two quick studies in the registry, and note the seed of every training."""
    seeds: list[int] = []

    @dataclass(frozen=True)
    class Quick(NumpyDemo):
        updates: int = 20

        def compute(self) -> Found:
            seeds.append(self.seed)
            return NumpyDemo.compute(self)

    class Other(Quick):
        name = "other"

    for name in list(STUDIES):
        monkeypatch.delitem(STUDIES, name)
    for study in (Quick, Other):
        monkeypatch.setitem(STUDIES, study.name, study)
    return seeds


def test_one_study(shoal: Shoal, quick: list[int]) -> None:
    ended = shoal("lecture", "numpy-demo", "--out", "made", "--seed", "3")
    assert (ended.code, ended.err, quick) == (0, [], [3])
    assert ended.out[0].startswith("numpy-demo: ")
    assert ended.out[-1] == "Page: made/numpy-demo.html"
    assert Path("made/numpy-demo.html").exists()
    assert Path("made/numpy-demo.csv").exists()


def test_all_of_them(shoal: Shoal, quick: list[int]) -> None:
    ended = shoal("lecture", "--all")
    assert (ended.code, ended.err, quick) == (0, [], [0, 0])
    assert [line.split(":")[0] for line in ended.out] == ["numpy-demo", "other", "Page"]
    assert ended.out[-1] == "Page: lecture/lecture.html"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ("start", "unknown study 'start'; did you mean 'starts'?"),
        ("starts --all", "a study or --all, got both 'starts' and --all"),
        ("starts --seed -1", "seed must be an integer from 0"),
    ],
)
def test_what_cannot_be_asked_for(shoal: Shoal, arguments: str, told: str) -> None:
    assert told in shoal("lecture", *arguments.split()).refusal
