from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
import safetensors.numpy

from shoal.data.images.source import read_images
from shoal.errors import ConfigurationError, ModelFolderError
from shoal.export.saved import export_folder
from shoal.jobs.saved.folder import load_model

Shoal = Callable[..., Any]
BRIEFLY = ("--hidden", "2", "--starts", "2", "--l2", "1", "--epochs", "3", "--jobs", "1")


def test_a_saved_model_predicts_the_same_in_onnxruntime(shoal: Shoal) -> None:
    """From a table's file to predictions, the way around shoal and the way through it."""
    rows = [
        {
            "size": f"{k * 7 % 23 / 4}",
            "colour": ["red", "green", "blue"][k % 3],
            "old": "no" if k % 4 else "yes",
        }
        for k in range(80)
    ]
    rows = [row | {"price": f"{1000 + 10 * float(row['size']) + k % 5}"} for k, row in enumerate(rows)]
    with Path("t.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    fit = ("fit", "t.csv", "--target", "price", "--out", "out", "--choose", "ensemble", *BRIEFLY)
    assert shoal(*fit).code == 0
    assert shoal("export", "out", "--to", "model.onnx") == (0, ["Model: model.onnx"], [])
    assert shoal("predict", "out", "t.csv", "--out", "p.csv").code == 0
    with Path("p.csv").open() as file:
        expected = [float(row["price"]) for row in csv.DictReader(file)]

    session = onnxruntime.InferenceSession("model.onnx", providers=["CPUExecutionProvider"])
    assert [given.name for given in session.get_inputs()] == ["size", "colour", "old"]
    feeds = {
        given.name: np.array(
            [[row[given.name]] for row in rows], dtype=object if "string" in given.type else np.float64
        )
        for given in session.get_inputs()
    }
    (price,) = session.run(["price"], feeds)
    np.testing.assert_allclose(price[:, 0], expected, rtol=1e-5)


def test_weights_for_torch(shoal: Shoal) -> None:
    fit = ("fit", "builtin:iris", "--target", "species", "--out", "out", "--choose", "one-se", *BRIEFLY)
    assert shoal(*fit).code == 0
    assert shoal("export", "out", "--to", "net.safetensors").out == ["Model: net.safetensors"]
    state = safetensors.numpy.load_file("net.safetensors")
    assert {name: tensor.shape for name, tensor in state.items()} == {
        "0.weight": (2, 4),
        "0.bias": (2,),
        "2.weight": (3, 2),
        "2.bias": (3,),
    }


def test_a_table_in_c(shoal: Shoal) -> None:
    fit = ("fit", "builtin:iris", "--target", "species", "--out", "out", "--choose", "one-se", *BRIEFLY)
    assert shoal(*fit).code == 0
    assert shoal("export", "out", "--to", "iris.c").out == ["Model: iris.c"]
    assert "int iris_class(const double out[3]);" in Path("iris.c").read_text()
    assert "int8_t" not in Path("iris.c").read_text()
    assert "iris.c" in shoal("export", "out", "--to", "iris.c", "--int8").refusal
    assert shoal("export", "out", "--to", "iris.c", "--int8", "--overwrite").code == 0
    assert "static const int8_t" in Path("iris.c").read_text()
    assert shoal("export", "out", "--to", "iris.sql", "--table", "flowers").out == ["Model: iris.sql"]
    assert 'FROM "flowers"' in Path("iris.sql").read_text()
    assert "a table is named for SQL" in shoal("export", "out", "--to", "x.onnx", "--table", "a").refusal
    assert "weights of 8 bits are for C" in shoal("export", "out", "--to", "iris.onnx", "--int8").refusal


def test_other_extensions_and_folders_are_refused(shoal: Shoal, tmp_path: Path) -> None:
    with pytest.raises(
        ConfigurationError, match=r"expected .onnx \(the whole model\), .c or .sql \(the same"
    ):
        export_folder(tmp_path, "model.pt")
    with pytest.raises(ModelFolderError, match="is no model folder"):
        export_folder(tmp_path, "model.onnx")
    assert "expected .onnx" in shoal("export", tmp_path, "--to", "model.pt").refusal


def test_the_networks_of_images_predict_the_same_in_onnxruntime(shoal: Shoal) -> None:
    rng = np.random.default_rng(0)
    np.savez("a.npz", X=rng.integers(0, 256, (40, 6, 5), dtype=np.uint8), y=np.arange(40) % 2)
    assert shoal("fit", "a.npz", "--out", "out", *BRIEFLY).code == 0
    assert shoal("export", "out", "--to", "net.onnx").code == 0
    model = load_model(Path("out"))
    X = model.preprocessor.transform(read_images("a.npz").train.pixels)
    session = onnxruntime.InferenceSession("net.onnx", providers=["CPUExecutionProvider"])
    (probabilities,) = session.run(["probabilities"], {session.get_inputs()[0].name: X})
    np.testing.assert_allclose(probabilities, model.predict_features(X), rtol=1e-4, atol=1e-6)
    assert shoal("export", "out", "--to", "net.safetensors").code == 0
    assert "0.0.weight" in safetensors.numpy.load_file("net.safetensors")  # of the first network
