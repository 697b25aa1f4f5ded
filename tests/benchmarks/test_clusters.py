from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import pytest

pytest.importorskip("shoal._native")
pytest.importorskip("distributed", reason="needs the extra distributed")
from benchmarks import clusters
from benchmarks.clusters import Asked, Compared, Took


def test_a_study_is_timed_with_its_cohorts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "ALONE", 6)
    monkeypatch.setattr(clusters, "STARTS", 2)
    alone = clusters.timed(Asked(None, 1, 1, alone=True, kept=True))
    assert alone.cohorts == 6
    assert alone.seconds > 0
    assert alone.processor > 0
    usual = Asked(None, 1, 2)
    assert usual.study().plan(*clusters.samples()).networks == 8 * 2 * 4
    assert clusters.timed(usual).cohorts >= 8


def test_a_child_tells_what_it_took(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    took = Took(1.5, 0.5, 4)
    monkeypatch.setattr(clusters, "timed", lambda asked: took if asked.epochs == 3 else None)
    clusters.main(["--child", json.dumps(asdict(Asked(None, 1, 3)))])
    assert Took(**json.loads(capsys.readouterr().out)) == took


def test_one_and_two_workers_take_turns_and_their_medians_are_compared(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    asked: list[tuple[str | None, int, bool]] = []
    clock = iter([10.0, 5.0, 30.0, 6.0, 12.0, 4.0, 1.0])

    def child(one: Asked, way: str | None) -> Took:
        asked.append((one.on, one.workers, one.alone))
        return Took(next(clock), 2.0, 400)

    monkeypatch.setattr(clusters, "asked_of_a_child", child)
    found = clusters.compare("mpi", 7, 3)
    assert asked == [("mpi", 1, False), ("mpi", 2, False)] * 3 + [("mpi", 2, True)]
    assert found == Compared("mpi", 12.0, 5.0, 5.0)
    assert found.ratio == 2.4
    assert "mpi, 2 workers: 5.0 s" in capsys.readouterr().out


def test_a_study_is_made_as_long_as_it_is_to_be(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clusters, "asked_of_a_child", lambda asked, way: Took(asked.epochs / 5, 1.0, 32))
    assert clusters.epochs_of(60) == 300


def test_the_tables_are_told_and_written(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(clusters, "FOLDER", tmp_path)
    monkeypatch.setattr(clusters, "there", lambda: ["dask", "mpi"])
    monkeypatch.setattr(clusters, "epochs_of", lambda seconds: 9)
    monkeypatch.setattr(clusters, "cost_of", lambda asked, way: 3.5 if asked.kept else 1.5)
    ratios = {"dask": 5.0, "mpi": 9.0}
    monkeypatch.setattr(clusters, "compare", lambda way, epochs, runs: Compared(way, 9.0, ratios[way], 6.25))
    clusters.main(["--seconds", "10"])
    told = (tmp_path / "clusters.md").read_text()
    assert "| dask | 9.0 | 5.0 | **1.80×** | ≥ 1.8× |" in told
    assert "| mpi | 9.0 | 9.0 | 1.00×, missed | ≥ 1.8× |" in told
    assert "| besides: a store on disk | 2.0 |" in told
    assert "--seconds 10 --runs 3`: 2048 networks" in told
    assert told in capsys.readouterr().out
    with pytest.raises(SystemExit):
        clusters.main(["ray"])
