from __future__ import annotations

import base64
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from shoal.data.images.image_set import ImageSet
from shoal.data.images.source import read_images
from shoal.jobs.images import sights
from shoal.jobs.images.prepare import PreparedImages
from shoal.jobs.images.sights import _folded, as_bytes, look, title
from shoal.jobs.job import FinishedJob
from shoal.jobs.kinds import prepare
from shoal.jobs.request import FitRequest
from shoal.layers import Conv2D, Dense, Flatten, GlobalAveragePool2D, MaxPool2D


def pixels_of(picture: str) -> npt.NDArray[Any]:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(picture))))


@pytest.fixture(scope="module")
def ready(fitted_images: FinishedJob) -> PreparedImages:
    source = fitted_images.folder.parent / "images.npz"
    prepared = prepare(FitRequest(str(source), validation_share=0.2))
    assert isinstance(prepared, PreparedImages)
    return prepared


@pytest.fixture(scope="module")
def seen(fitted_images: FinishedJob, ready: PreparedImages) -> dict[str, Any]:
    return look(fitted_images.model, ready, 0)  # type: ignore[arg-type]


def test_a_job_looks(fitted_images: FinishedJob, seen: dict[str, Any]) -> None:
    assert fitted_images.evidence["seen"] == seen


def test_mistakes_are_those_of_the_test_the_surest_first(
    fitted_images: FinishedJob, ready: PreparedImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = fitted_images.model
    rng = np.random.default_rng(0)
    scores = rng.dirichlet(np.ones(3), len(ready.test))
    monkeypatch.setattr(type(model), "predict_features", lambda self, X: scores)
    seen = look(model, ready, 0)  # type: ignore[arg-type]
    wrong = np.flatnonzero(scores.argmax(axis=1) != ready.test.y)
    assert seen["wrong"] == wrong.size == len(seen["mistakes"])
    sure = [entry["sure"] for entry in seen["mistakes"]]
    assert sure == sorted(sure, reverse=True)
    names = list(ready.test_images.names)
    for entry in seen["mistakes"]:
        row = names.index(entry["name"])
        assert row in wrong
        assert (entry["actual"], entry["called"]) == (str(ready.test.y[row]), str(scores[row].argmax()))
        assert entry["sure"] == pytest.approx(scores[row].max(), abs=1e-4)
        np.testing.assert_array_equal(pixels_of(entry["picture"]), ready.test_images.pixels[row, :, :, 0])


def test_layers_add_up_to_the_network(fitted_images: FinishedJob, seen: dict[str, Any]) -> None:
    network = fitted_images.model.population.network
    assert sum(layer["parameters"] for layer in seen["layers"]) == network.n_parameters
    assert sum(layer["operations"] for layer in seen["layers"]) == network.operations


def test_filters_are_blue_where_they_are_positive(fitted_images: FinishedJob, seen: dict[str, Any]) -> None:
    W = fitted_images.model.population.weights[0][0]
    assert len(seen["filters"]) == len(W)
    for w, picture in zip(W[:, 0], seen["filters"], strict=True):
        red, _, blue = np.moveaxis(pixels_of(picture).astype(int), -1, 0)
        clear = np.abs(w) > 0.1 * np.abs(W).max()
        np.testing.assert_array_equal((blue > red)[clear], (w > 0)[clear])


def test_every_layer_that_works_on_the_example_is_shown(
    fitted_images: FinishedJob, seen: dict[str, Any]
) -> None:
    layers = fitted_images.model.population.network.layers[:-1]
    shown = [layer for layer in layers if isinstance(layer, Conv2D | MaxPool2D | Dense)]
    assert [response["layer"].split(":")[0].split()[0] for response in seen["responses"]] == [
        {"conv2d": "convolution", "max_pool2d": "max", "dense": "dense"}[layer.name] for layer in shown
    ]
    first = seen["responses"][0]
    assert pixels_of(first["pictures"][0]).shape == (6, 5, 3)


def test_patches_are_parts_of_images_to_train_on(ready: PreparedImages, seen: dict[str, Any]) -> None:
    everything = ready.train_images.pixels[..., 0]
    for layer in seen["units"]:
        rows, columns = map(int, layer["field"].split("×"))
        for unit in layer["units"]:
            for picture in unit["patches"]:
                patch = pixels_of(picture)
                assert patch.shape == (rows, columns)
                inner = patch[1:-1, 1:-1]  # the edge may lie on white
                windows = np.lib.stride_tricks.sliding_window_view(everything, inner.shape, axis=(1, 2))
                assert (windows == inner).all(axis=(-1, -2)).any()


def test_patches_and_examples_are_not_those_that_come_first(
    fitted_images: FinishedJob, ready: PreparedImages, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Images that stand side by side are often alike: frames of one film, or all of one class."""
    probed: list[int] = []
    monkeypatch.setattr(sights, "PROBES", 12)
    monkeypatch.setattr(
        sights._Sight, "patch", lambda self, row, *place: probed.append(row) or np.zeros((2, 2), np.uint8)
    )
    seen = look(fitted_images.model, ready, 0)  # type: ignore[arg-type]
    assert len(set(probed)) <= 12
    assert max(probed) > len(ready.train) / 2
    assert len(set(ready.train.y[probed])) == 3
    first = {ready.test_images.names[int(np.flatnonzero(ready.test.y == k)[0])] for k in range(3)}
    assert {entry["name"] for entry in seen["saliency"]} != first


def test_classes_and_saliency(seen: dict[str, Any]) -> None:
    assert [entry["label"] for entry in seen["classes"]] == ["0", "1", "2"]
    assert [entry["actual"] for entry in seen["saliency"]] == ["0", "1", "2"]
    for entry in seen["saliency"]:
        assert entry["called"] == entry["actual"]
        assert pixels_of(entry["saliency"]).shape == (6, 5, 3)


def test_what_speaks_for_a_class_is_bright_where_its_bars_are(seen: dict[str, Any]) -> None:
    """Class k has its bars in rows 2k and 2k + 1, so blue must lie there more than elsewhere."""
    for k, entry in enumerate(seen["classes"]):
        picture = pixels_of(entry["ideal"]).astype(int)
        blueness = (picture[..., 2] - picture[..., 0]).mean(axis=1)
        bars = [2 * k, 2 * k + 1]
        assert blueness[bars].mean() > np.delete(blueness, bars).mean() + 20


def test_colours_and_two_classes(
    fit: Callable[..., FinishedJob], tmp_path: Path, without_report: None
) -> None:
    rng = np.random.default_rng(0)
    X = rng.integers(0, 100, (60, 5, 4, 3), dtype=np.uint8)
    y = np.arange(60) % 2
    X[np.arange(60), :, :, y * 2] += 120
    np.savez(tmp_path / "a.npz", X=X, y=y)
    outcome = fit(tmp_path / "a.npz", None, tmp_path / "out", hidden=((2,),), epochs=2, validation_share=0.3)
    seen = outcome.evidence["seen"]
    assert outcome.evidence["data"]["images"] == {"channels": 3, "rows": 5, "columns": 4}
    assert [entry["label"] for entry in seen["classes"]] == ["1"]
    assert pixels_of(seen["filters"][0]).shape == (3, 3, 3)
    source = read_images(tmp_path / "a.npz").train
    row = int(seen["example"]["name"])
    np.testing.assert_array_equal(pixels_of(seen["example"]["picture"]), source.pixels[row])


def test_a_network_without_convolutions_has_no_filters(
    fit: Callable[..., FinishedJob], write_images: Callable[..., Path], tmp_path: Path, without_report: None
) -> None:
    outcome = fit(write_images(tmp_path / "a.npz"), None, tmp_path / "out", hidden=((),), epochs=2)
    seen = outcome.evidence["seen"]
    assert (seen["filters"], seen["units"], seen["responses"]) == ([], [], [])
    assert [layer["layer"] for layer in seen["layers"]] == ["flatten: 30 numbers", "dense: 3 units"]


def test_layers_in_words() -> None:
    assert title(MaxPool2D(2), (8, 14, 14)) == "max pool 2×2: 8 maps of 14×14"
    assert title(GlobalAveragePool2D(), (8,)) == "global average pool: 8 units"
    assert title(Flatten(), (1,)) == "flatten: 1 number"


def test_floats_become_bytes_and_units_rows() -> None:
    images = ImageSet(np.array([[[[0.0], [0.5], [1.0]]]], np.float32), ("0",), None)
    assert as_bytes(images, 0).tolist() == [[0, 128, 255]]
    assert _folded(np.arange(3)).tolist() == [[0, 1, 2]]
    folded = _folded(np.arange(1, sights.ROW + 2))
    assert folded.shape == (2, sights.ROW)
    assert folded[1].tolist() == [sights.ROW + 1] + [0] * (sights.ROW - 1)
