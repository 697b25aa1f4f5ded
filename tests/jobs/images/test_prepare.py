from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from shoal.data import memory
from shoal.errors import CapacityError, DataError
from shoal.jobs.images.augment import augmentation_of
from shoal.jobs.images.prepare import PreparedImages
from shoal.jobs.kinds import prepare
from shoal.jobs.request import FitRequest
from shoal.training.augmentation import Augmentation

Write = Callable[..., Path]


@pytest.fixture
def ready(write_images: Write, tmp_path: Path) -> Callable[..., PreparedImages]:
    def build(parts: dict[str, int] | None = None, **settings: Any) -> PreparedImages:
        prepared = prepare(FitRequest(str(write_images(tmp_path / "a.npz", parts)), **settings))
        assert isinstance(prepared, PreparedImages)
        return prepared

    return build


def test_every_image_is_in_one_part(ready: Callable[..., PreparedImages]) -> None:
    prepared = ready({"": 100}, validation_share=0.25)
    sizes = [len(part or ()) for part in (prepared.train, prepared.validation, prepared.test)]
    assert sizes == [60, 20, 20]
    assert prepared.validation is not None
    for part in (prepared.train, prepared.validation, prepared.test):
        counts = np.bincount(part.y)
        assert counts.max() - counts.min() <= 1
    assert len({*prepared.train_images.names, *prepared.test_images.names}) == 80
    assert prepared.sentence == "100 grey images of 6×5 pixels, 3 classes."


def test_a_few_images_are_folded(ready: Callable[..., PreparedImages]) -> None:
    prepared = ready({"": 100})
    assert (prepared.folds, prepared.validation, len(prepared.train)) == (5, None, 80)


def test_scales_are_those_of_the_training_images(ready: Callable[..., PreparedImages]) -> None:
    prepared = ready({"": 100}, validation_share=0.25)
    assert prepared.train.X.dtype == np.float32
    assert prepared.train.X.mean(dtype=float) == pytest.approx(0, abs=1e-5)
    assert prepared.train.X.std(dtype=float) == pytest.approx(1, rel=1e-4)
    pixels = prepared.train_images.pixels / 255
    np.testing.assert_allclose(prepared.preprocessor.mean, pixels.mean())
    np.testing.assert_allclose(
        prepared.train.X[7], (pixels[7].ravel() - pixels.mean()) / pixels.std(), rtol=1e-4, atol=1e-5
    )


def test_a_source_brings_its_own_test_and_validation(ready: Callable[..., PreparedImages]) -> None:
    prepared = ready({"_train": 30, "_val": 12, "_test": 9})
    assert prepared.validation is not None
    assert (len(prepared.train), len(prepared.validation), len(prepared.test)) == (30, 12, 9)
    assert (prepared.folds, prepared.validation_share, prepared.n_rows) == (None, None, 51)
    shared = ready({"_train": 30, "_val": 12, "_test": 9}, validation_share=0.2)
    assert (len(shared.train), len(shared.validation or ()), len(shared.test)) == (24, 6, 9)


def test_other_sources_to_choose_by_and_to_test_on(
    ready: Callable[..., PreparedImages], write_images: Write, tmp_path: Path
) -> None:
    valid, test = (write_images(tmp_path / f"{name}.npz", {"": n}) for name, n in (("v", 6), ("t", 3)))
    prepared = ready({"": 30}, valid=str(valid), test=str(test))
    assert (len(prepared.train), len(prepared.validation or ()), len(prepared.test)) == (30, 6, 3)
    strange = tmp_path / "s.npz"
    np.savez(strange, X=np.zeros((2, 6, 5), np.uint8), y=["0", "cow"])
    with pytest.raises(DataError, match=r"--test .*s.npz has the class 'cow', which .*a.npz lacks"):
        ready({"": 30}, test=str(strange))


def test_notes_are_kept_or_refused(ready: Callable[..., PreparedImages]) -> None:
    prepared = ready({"": 20}, image_size=(3, 4))
    assert prepared.preprocessor.shape == (1, 3, 4)
    assert len(prepared.warnings) == 1
    assert "are resized to 3×4" in prepared.warnings[0]
    with pytest.raises(DataError, match="--strict was given"):
        ready({"": 20}, image_size=(3, 4), strict=True)


def test_images_are_deformed_a_little_unless_all_are_seen_at_every_step(
    ready: Callable[..., PreparedImages], write_images: Write, tmp_path: Path
) -> None:
    prepared, source = ready({"": 30}), str(tmp_path / "a.npz")
    asked = {"mild": {"augment": "mild"}, "strong": {"augment": "strong"}, "none": {"solver": "scg"}}
    for strength, settings in asked.items():
        recipe = prepared.method(FitRequest(source, **settings)).recipe
        assert recipe.augmentation == augmentation_of(strength, 5)
    auto = prepared.method(FitRequest(source))
    assert auto.recipe.augmentation == Augmentation(translate=5 / 16, scale=0.1)
    assert auto.told == ("Images are trained on moved: fewer than 100 images.",)
    assert auto == prepared.method(FitRequest(source, augment="auto"))
    assert prepared.decided(FitRequest(source)) == {"augment": "translate=0.3125,scale=0.1"}
    assert prepared.less == prepared.decided(FitRequest(source))


def test_without_time_nothing_is_asked(
    ready: Callable[..., PreparedImages], write_images: Write, tmp_path: Path
) -> None:
    prepared, source = ready({"": 200}), str(tmp_path / "a.npz")
    hurried, told = (prepared.method(FitRequest(source, time=time, jobs=1)) for time in (0.01, 1000.0))
    assert "there is no time to ask" in hurried.told[0]
    assert "Loss of short trainings" in told.told[0]


def test_more_than_the_memory_holds(
    ready: Callable[..., PreparedImages], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "available_bytes", lambda: 30_000)
    with pytest.raises(CapacityError, match="training on 30 images of 30 numbers needs 17"):
        ready({"": 30})


@pytest.mark.parametrize("own", [False, True])
def test_test_images_that_were_trained_on_are_told(tmp_path: Path, own: bool) -> None:
    rng = np.random.default_rng(0)
    X, y = rng.integers(0, 256, (40, 4, 4), dtype=np.uint8), np.arange(40) % 2
    if own:
        test = np.stack([X[3], X[5] // 2])
        np.savez(tmp_path / "a.npz", X_train=X, y_train=y, X_test=test, y_test=[1, 1])
    else:
        X[20:] = X[:20]  # every image twice, of which most fall into different parts
        np.savez(tmp_path / "a.npz", X=X, y=y)
    prepared = prepare(FitRequest(str(tmp_path / "a.npz")))
    (note,) = prepared.warnings
    assert "are among those to train on or choose by too, so the test flatters" in note
    if own:
        assert note.startswith("1 of 2 test images, such as 0,")


def test_nothing_is_told_where_every_image_is_another(ready: Callable[..., PreparedImages]) -> None:
    assert ready({"": 60}).warnings == ()


@pytest.mark.parametrize(
    ("rare", "classes"), [("merge", ("3.1", "3.10", "other")), ("drop", ("3.1", "3.10"))]
)
def test_folders_are_classes_by_their_names_and_rare_ones_are_merged_or_dropped(
    rare: str, classes: tuple[str, ...], tmp_path: Path
) -> None:
    random = np.random.default_rng(0)
    counts = {"3.1": 12, "3.10": 12, "07": 1, "7": 1}
    for label, count in counts.items():
        (tmp_path / "images" / label).mkdir(parents=True)
        for k in range(count):
            pixels = random.integers(0, 256, (6, 5), dtype=np.uint8)
            Image.fromarray(pixels).save(tmp_path / "images" / label / f"{k}.png")
    prepared = prepare(FitRequest(str(tmp_path / "images"), rare=rare))
    assert prepared.target.labels == classes
    assert prepared.n_rows == (26 if rare == "merge" else 24)
    assert any("'07' 1, '7' 1" in warning for warning in prepared.warnings)
    with pytest.raises(DataError, match=r"2 classes .* '07' 1, '7' 1; --rare merge"):
        prepare(FitRequest(str(tmp_path / "images")))
