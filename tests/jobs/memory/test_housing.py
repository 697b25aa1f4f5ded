from __future__ import annotations

import json
from pathlib import Path
from typing import Any, cast
from unittest.mock import Mock

import numpy as np
import pytest

from shoal.errors import CapacityError
from shoal.jobs.memory import room as module
from shoal.jobs.memory.footprint import Allowance
from shoal.jobs.memory.housing import Housed, housed
from shoal.jobs.memory.room import LATER, Room
from shoal.jobs.prepared import Prepared, Subset
from shoal.jobs.recipes import Method, for_rows, table_method
from shoal.jobs.request import FitRequest
from shoal.jobs.saved.layout import PLAN, WEIGHTS
from shoal.selection.cohorts.design import StudyPlan
from shoal.selection.study import CapacityStudy

MIB = 2**20


def home(most: int, **settings: Any) -> Housed:
    """House a study of which a network takes a mebibyte for each sample of a minibatch of 64."""
    request = FitRequest("t.csv", "y", **settings)
    X = np.zeros((1, 1))
    part = Subset(X, X[:, 0])
    prepared = cast("Prepared", Mock(train=part, validation=None, test=part, loss=("", 1), following=0))
    method = for_rows(table_method(request, "ensemble", "regression", 1), 3000)
    assert method.recipe.batch_size == settings.get("batch_size", 64)

    def planned(method: Method) -> tuple[CapacityStudy, StudyPlan]:
        assert method.recipe.batch_size is not None
        return CapacityStudy(n_jobs=4), StudyPlan(9, 9, "", method.recipe.batch_size * MIB)

    return housed(planned, method, request, prepared, Allowance(most + LATER + MIB, "so much is there"), 4)


@pytest.fixture(autouse=True)
def plain(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "fit" not in request.fixturenames:
        for name in ("resident_bytes", "peak_bytes"):
            monkeypatch.setattr(module, name, lambda: MIB)
        monkeypatch.setattr(module, "cores", lambda: 8)
        for name in ("SLACK", "MARGIN"):
            monkeypatch.setattr(module, name, 1)


def test_fewer_threads_come_before_smaller_minibatches() -> None:
    found = home(130 * MIB)
    assert (found.workers, found.study.place.n_jobs, found.method.recipe.batch_size) == (2, 2, 64)
    assert found.told == ("There is memory for 2 of 4 cores: so much is there.",)
    assert (found.less, found.memory) == ({}, 129 * MIB + LATER)


def test_minibatches_are_halved_as_often_as_it_takes() -> None:
    found = home(33 * MIB)
    assert (found.workers, found.method.recipe.batch_size, found.less) == (1, 32, {"batch_size": 32})
    assert found.method.told[-1] == (
        "Minibatches have 32 samples instead of 64, as with --batch-size 32: with those one network at a "
        "time needs about 113.0 MiB with the data, and so much is there."
    )
    assert home(17 * MIB).less == {"batch_size": 16}


@pytest.mark.parametrize(("most", "settings"), [(15, {}), (40, {"batch_size": 64})])
def test_what_does_not_help_or_is_asked_for_is_not_changed(most: int, settings: dict[str, Any]) -> None:
    with pytest.raises(CapacityError, match=r"needs about 113\.0 MiB with the data"):
        home(most * MIB, **settings)


@pytest.mark.usefixtures("without_report")
def test_a_job_keeps_and_tells_what_it_decided(
    fit: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if a minibatch of 32 samples were too large."""
    workers = Room.workers
    asked: list[int] = []

    def tight(self: Room, count: int) -> int:
        asked.append(count)
        if len(asked) == 1:
            raise CapacityError("one network needs much, and little is there; allow more")
        return workers(self, count)

    monkeypatch.setattr(Room, "workers", tight)
    done = fit("builtin:wine", "cultivar", tmp_path / "out")
    assert json.loads((tmp_path / "out" / PLAN).read_text())["plainer"] == {"batch_size": 16}
    assert "--batch-size 16" in done.evidence["asked"]["again"]
    assert "Minibatches have 16 samples instead of 32, as with --batch-size 16" in json.dumps(done.evidence)
    fit("builtin:wine", "cultivar", tmp_path / "again", batch_size=16)
    assert (tmp_path / "again" / WEIGHTS).read_bytes() == (tmp_path / "out" / WEIGHTS).read_bytes()
