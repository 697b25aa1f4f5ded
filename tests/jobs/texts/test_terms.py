from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.errors import CapacityError
from shoal.jobs.memory.room import LATER
from shoal.jobs.request import FitRequest
from shoal.jobs.texts import terms as module
from shoal.jobs.texts.prepare import prepare_texts
from shoal.jobs.texts.terms import within_threads
from shoal.mixtures.targets import Targets
from shoal.mixtures.text_linear import LinearText
from shoal.mixtures.text_networks import TextNetworks
from shoal.mixtures.views import Schooling
from shoal.texts.vocabulary import Vocabulary

N = 40
VIEW = TextNetworks(Vocabulary("words", ("good", "bad"), 50), "recurrent", 16, 8, 5)


@pytest.fixture(autouse=True)
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the process held nothing."""
    monkeypatch.setattr(module, "resident_bytes", lambda: 1)
    monkeypatch.setattr(module, "MARGIN", 1)


def schooling(jobs: int) -> Schooling[Sequence[str]]:
    rows = np.arange(N)
    folds = [(np.setdiff1d(rows, held), held) for held in np.array_split(rows, 5)]
    return Schooling(["good"] * N, Targets(rows % 2, 2), folds, 0, n_jobs=jobs)


def allowed(most: int) -> FitRequest:
    return FitRequest("a.csv", memory=LATER + 1 + most)


def test_networks_of_texts_have_as_many_threads_as_there_is_memory_for() -> None:
    asked = schooling(4)
    need = {jobs: VIEW.bytes(replace(asked, n_jobs=jobs)) for jobs in (1, 2, 3, 4)}
    assert sorted(need.values()) == list(need.values())
    assert need[1] < need[4]
    assert within_threads(allowed(need[4]), VIEW, asked) is asked
    for jobs in (1, 2, 3):
        assert within_threads(allowed(need[jobs]), VIEW, asked).n_jobs == jobs
    with pytest.raises(
        CapacityError, match=r"recurrent networks of 16 channels over words need about .* are left, for --mem"
    ):
        within_threads(allowed(need[1] - 1), VIEW, asked)


def test_small_networks_are_let_be_where_nobody_says_what_there_is(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_left", lambda most: 0.0)
    monkeypatch.setattr("shoal.jobs.memory.footprint.available_bytes", lambda: 1)
    assert within_threads(FitRequest("a.csv"), VIEW, schooling(2)).n_jobs == 2
    monkeypatch.setattr(module, "LARGE", 0)
    with pytest.raises(CapacityError, match="are free, of which 75%"):
        within_threads(FitRequest("a.csv"), VIEW, schooling(2))


def test_the_linear_view_is_held_by_its_terms() -> None:
    assert within_threads(allowed(0), LinearText(), schooling(2)).n_jobs == 2


def test_a_job_teaches_networks_within_its_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    taught: list[Any] = []

    def fit(view: TextNetworks, known: Schooling[Sequence[str]]) -> None:
        taught.append(known.n_jobs)

    monkeypatch.setattr(TextNetworks, "fit", fit)
    monkeypatch.setattr(TextNetworks, "bytes", lambda _, known: 2**29 if known.n_jobs > 1 else 2**28)
    path = tmp_path / "films.csv"
    lines = [f"{'good' if row % 2 else 'bad'} film {row % 7},{row % 2}" for row in range(40)]
    path.write_text("\n".join(["review,label", *lines]))
    for memory, jobs in (2**30, 2), (2**28 + 2**27, 1):
        taught.clear()
        prepare_texts(FitRequest(str(path), "label", text="review", memory=memory, jobs=2, time=None))
        assert set(taught) == {jobs}
