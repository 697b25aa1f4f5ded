from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.errors import ConfigurationError, DataError
from shoal.jobs.images.prepare import prepare_images
from shoal.jobs.request import FitRequest
from shoal.selection import deformations
from shoal.selection.samples.dividers import ByGroup

N = 60
PATIENTS = np.array([f"P{k // 5}" for k in range(N)])


@pytest.fixture
def write(tmp_path: Path) -> Callable[..., str]:
    def build(name: str = "a.npz", **arrays: Any) -> str:
        rng = np.random.default_rng(0)
        X = rng.integers(0, 255, (N, 6, 5)).astype(np.uint8)
        np.savez(tmp_path / name, X=X, y=np.arange(N) % 3, **arrays)
        return str(tmp_path / name)

    return build


def asked(table: str, **settings: Any) -> FitRequest:
    return FitRequest(table, None, jobs=1, **settings)


def test_no_two_parts_share_a_patient(write: Callable[..., str]) -> None:
    prepared = prepare_images(asked(write(who=PATIENTS), group="who", validation_share=0.3))
    parts = [prepared.train, prepared.validation, prepared.test]
    assert sum(len(part) for part in parts if part is not None) == N
    train, test = prepared.train_images.metadata, prepared.test_images.metadata
    assert train is not None
    assert test is not None
    assert not set(train["who"]) & set(test["who"])
    assert all(test["who"].to_list().count(who) == 5 for who in set(test["who"]))
    assert prepared.train.attributes.groups is not None
    assert any("no two parts share one of the 12 groups of 'who'" in note for note in prepared.warnings)
    plain = prepare_images(asked(write(), validation_share=0.3))
    assert plain.train.attributes.groups is None


def test_parts_brought_along_are_of_others(write: Callable[..., str]) -> None:
    table = write(who=PATIENTS)
    with pytest.raises(DataError, match=r"--test .*b.npz: it shares 12 groups of 'who' with"):
        prepare_images(asked(table, group="who", test=write("b.npz", who=PATIENTS)))
    others = write("b.npz", who=np.array([f"Q{k}" for k in range(N)]))
    test = prepare_images(asked(table, group="who", test=others)).test_images.metadata
    assert test is not None
    assert len(set(test["who"])) == N
    unsaid = prepare_images(asked(table, group="who", test=write("b.npz")))
    assert any("has no 'who' (--group), so nobody can tell" in note for note in unsaid.warnings)
    with pytest.raises(DataError, match="has no 'patient', which --group names"):
        prepare_images(asked(table, group="patient"))


def test_files_say_it_in_their_names_and_arrays_of_digits_nowhere(tmp_path: Path) -> None:
    image = pytest.importorskip("PIL.Image")
    for k in range(24):
        folder = tmp_path / "pictures" / "ab"[k % 2]
        folder.mkdir(parents=True, exist_ok=True)
        image.new("L", (6, 6), color=10 * k).save(folder / f"P{k // 4}_{k}.png")
    prepared = prepare_images(asked(str(tmp_path / "pictures"), group="^(P[0-9]+)_"))
    assert prepared.train_images.metadata is not None
    assert set(prepared.train_images.metadata.to_series()) < {f"P{k}" for k in range(6)}
    with pytest.raises(DataError, match="finds nothing in the names"):
        prepare_images(asked(str(tmp_path / "pictures"), group="^Q"))
    header = bytes([0, 0, 8, 3, 0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 2])
    (tmp_path / "train-images-idx3-ubyte").write_bytes(header + bytes(16))
    labels = bytes([0, 0, 8, 1, 0, 0, 0, 4, 0, 1, 0, 1])
    (tmp_path / "train-labels-idx1-ubyte").write_bytes(labels)
    with pytest.raises(ConfigurationError, match="has no place for what --group who names"):
        prepare_images(asked(str(tmp_path / "train-images-idx3-ubyte"), group="who"))


def test_deformations_are_judged_by_other_patients(
    write: Callable[..., str], monkeypatch: pytest.MonkeyPatch
) -> None:
    prepared = prepare_images(asked(write(who=PATIENTS), group="who"))
    kept: list[ByGroup] = []
    original = ByGroup.holdout

    def noticed(self: ByGroup, share: float, seed: int, index: int = 0) -> Any:
        kept.append(self)
        return original(self, share, seed, index)

    monkeypatch.setattr(ByGroup, "holdout", noticed)
    monkeypatch.setattr(deformations, "FEWEST", 2)
    monkeypatch.setattr(
        deformations._Judge, "losses", lambda self, augmentation: np.ones((4, len(self.held)))
    )
    monkeypatch.setattr(deformations._Judge, "skill_in_the_mirror", lambda self, losses: 0.0)
    prepared.method(asked("a.npz", group="who"))
    (divider,) = kept
    assert len(divider) == len(prepared.train)
