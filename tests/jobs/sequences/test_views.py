from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.errors import CapacityError
from shoal.jobs.kinds import prepare
from shoal.jobs.memory.room import LATER
from shoal.jobs.request import FitRequest
from shoal.jobs.saved.layout import PLAN, PREPROCESSING, WEIGHTS
from shoal.jobs.sequences import views as module
from shoal.jobs.sequences.prepare import PreparedSequences
from shoal.jobs.sequences.views import Aftermath, aftermath, views_after
from shoal.mixtures.kernel_view import KernelView
from shoal.mixtures.planning import MANY
from shoal.mixtures.random_view import RandomView
from shoal.mixtures.targets import Targets
from shoal.mixtures.views import Schooling
from shoal.sequences import Sequences

MIB = 2**20
N = 1200
X = Sequences(np.zeros((N, 1, 20), np.float32), np.full(N, 20))


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the process held nothing."""
    monkeypatch.setattr(module, "resident_bytes", lambda: 1)
    monkeypatch.setattr(module, "MARGIN", 1)


def decided(most: int, **settings: Any) -> Aftermath:
    request = FitRequest(
        "a.ts", memory=LATER + most * MIB, budget=1e10, jobs=settings.pop("jobs", 1), **settings
    )
    return aftermath(request, X, np.arange(N) % 2, 2, 5, 1)


def made(**settings: Any) -> list[str]:
    request = FitRequest("a.ts", budget=1e10, **settings)
    schooling = Schooling(X, Targets(np.arange(N) % 2, 2), [(np.arange(N), np.arange(N))] * 5, 0)
    return [
        f"random {view.features}" if isinstance(view, RandomView) else view.words
        for view in views_after(request, schooling)
        if isinstance(view, RandomView | KernelView)
    ]


def test_fewer_features_leave_out_likeness_and_none_random_convolutions() -> None:
    assert made() == ["random 10000"] * 2 + ["likeness of statistics"]
    assert made(features=600) == ["random 600"] * 2 + ["likeness of statistics"]
    assert made(features=599) == ["random 599"] * 2
    assert made(features=0) == []


@pytest.mark.usefixtures("alone")
@pytest.mark.parametrize("large", [0, 2**40])  # whether anybody looks at the memory
def test_likeness_that_the_features_asked_for_leave_out_is_told(
    large: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LARGE", large)

    def told(features: int | None, series: Sequences = X) -> tuple[str, ...]:
        request = FitRequest("a.ts", features=features, budget=1e9, jobs=1)
        return aftermath(request, series, np.arange(len(series)) % 2, 2, 5, 1).told

    assert told(599) == (
        "Likeness of statistics is left out, as --features 599 is fewer than half of the 1,200 sequences to "
        "learn from; 600 or more keep it.",
    )
    assert "as --features 0 is fewer" in told(0)[0]
    assert told(600) == told(None) == ()
    many = MANY + 1
    assert told(100, Sequences(np.zeros((many, 1, 5), np.float32), np.full(many, 5))) == ()  # has none anyhow


@pytest.mark.usefixtures("alone")
def test_there_are_as_many_features_as_there_is_memory_for() -> None:
    whole = decided(1000)
    assert (whole.less, whole.told) == ({}, ())
    fewer = decided(160)
    assert whole.bytes > 160 * MIB > fewer.bytes
    assert 3000 < fewer.less["features"] < 10_000
    few = decided(64)
    assert 336 < few.less["features"] < 600  # and no likeness, which takes 55 MiB by itself
    assert few.bytes < 64 * MIB
    assert few.told == (
        f"Random convolutions have {few.less['features']} features, and likeness of statistics is left out, "
        f"as with --features {few.less['features']}: as many as usual need about "
        f"{(whole.bytes + LATER) / MIB:.1f} MiB of memory, and --memory allows {64 + LATER // MIB:.1f} MiB.",
    )


@pytest.mark.usefixtures("alone")
def test_fewer_threads_come_before_fewer_features() -> None:
    few, y = Sequences(np.zeros((60, 1, 200), np.float32), np.full(60, 200)), np.arange(60) % 2
    alike = [FitRequest("a.ts", memory=1000 * MIB, budget=1e12, jobs=jobs) for jobs in (1, 4)]
    one, four = (aftermath(request, few, y, 2, 5, 1) for request in alike)
    assert one.bytes < four.bytes  # of networks each trains its own
    allowed = LATER + (one.bytes + four.bytes) // 2
    between = aftermath(replace(alike[1], memory=allowed), few, y, 2, 5, 1)
    assert between.jobs in (1, 2, 3)
    assert (between.less, four.jobs) == ({}, 4)


@pytest.mark.usefixtures("alone")
def test_what_is_asked_for_is_not_made_less() -> None:
    with pytest.raises(
        CapacityError, match=r"needs about .* MiB with the data, and --memory allows .*; allow more"
    ):
        decided(64, features=5000)
    with pytest.raises(CapacityError, match="use fewer --features or series"):
        decided(1)


def test_where_nobody_says_what_there_is_small_data_are_let_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module.Allowance, "holds", lambda *_: False)
    small = Sequences(np.zeros((20, 1, 20), np.float32), np.full(20, 20))
    assert aftermath(FitRequest("a.ts"), small, np.arange(20) % 2, 2, 5, 1).less == {}


@pytest.mark.usefixtures("without_report")
def test_a_job_keeps_and_tells_what_it_decided(
    fit: Any, write_series: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if 10 000 features were too many for it."""
    monkeypatch.setattr(module, "LARGE", 0)
    monkeypatch.setattr(module, "FEWER", 0.04)
    source = write_series(tmp_path / "a.ts", 40)
    holds = module.Allowance.holds
    asked: list[int] = []

    def tight(self: Any, need: int) -> bool:
        asked.append(need)
        return len(asked) > 1 and holds(self, need)

    small = {"hidden": ((2,),), "epochs": 5, "budget": 1e9, "choose": "ensemble", "jobs": 1}
    with monkeypatch.context() as patched:
        patched.setattr(module.Allowance, "holds", tight)
        done = fit(source, None, tmp_path / "out", **small)
    assert json.loads((done.folder / PLAN).read_text())["plainer"] == {"features": 400}
    assert "--features 400" in done.evidence["asked"]["again"]
    assert "Random convolutions have 400 features, as with --features 400" in json.dumps(done.evidence)
    again = fit(source, None, tmp_path / "again", **small, features=400)
    assert "Likeness" not in json.dumps(again.evidence["data"]["warnings"])
    for name in (WEIGHTS, PREPROCESSING):
        assert (tmp_path / "again" / name).read_bytes() == (done.folder / name).read_bytes()


def test_networks_that_are_the_model_have_no_views_after_them(
    write_series: Callable[..., Path], tmp_path: Path
) -> None:
    source = str(write_series(tmp_path / "a.ts", 40))
    prepared = prepare(FitRequest(source, choose="best"))
    assert isinstance(prepared, PreparedSequences)
    assert (prepared.following, prepared.less) == (0, {})
    assert prepare(FitRequest(source)).following > 2**24


def test_a_job_tells_what_the_features_asked_for_leave_out(
    write_series: Callable[..., Path], tmp_path: Path
) -> None:
    source = str(write_series(tmp_path / "a.ts", 40))
    few = prepare(FitRequest(source, features=10))
    assert few.warnings[-1].startswith("Likeness of statistics is left out, as --features 10 is fewer")
    assert prepare(FitRequest(source, features=10, choose="best")).warnings == few.warnings[:-1]
