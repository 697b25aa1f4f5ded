from __future__ import annotations

import dataclasses
import hashlib
import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import safetensors.numpy

from shoal.calibration.decision import Decision
from shoal.calibration.spread import ErrorSpread
from shoal.errors import ModelFolderError, OutputError
from shoal.files import as_json
from shoal.jobs.job import FinishedJob
from shoal.jobs.saved.folder import load_model
from shoal.jobs.saved.studies import save_model

FILES = ("model.json", "weights.safetensors", "preprocessing.json")


@pytest.fixture
def saved(fitted: FinishedJob, tmp_path: Path) -> Path:
    """A copy of a model's folder, to be spoilt."""
    folder = tmp_path / "model"
    folder.mkdir()
    for name in FILES:
        shutil.copy(fitted.folder / name, folder)
    return folder


def rewrite(folder: Path, change: Callable[[dict[str, Any]], object], name: str = "model.json") -> None:
    """Change what a file says, and every checksum with it, as somebody with intent would."""
    content = json.loads((folder / name).read_text())
    change(content)
    (folder / name).write_bytes(as_json(content))
    seal(folder)


def seal(folder: Path) -> None:
    """Make the checksums right."""
    description = json.loads((folder / "model.json").read_text())
    description["sha256"] = {
        name: hashlib.sha256((folder / name).read_bytes()).hexdigest()
        for name in ("weights.safetensors", "preprocessing.json")
    }
    description["sha256"]["model.json"] = hashlib.sha256(as_json(description)).hexdigest()
    (folder / "model.json").write_bytes(as_json(description))


def test_saving_again_gives_the_same_bytes(saved: Path, tmp_path: Path) -> None:
    save_model(load_model(saved), tmp_path / "again")
    for name in FILES:
        assert (tmp_path / "again" / name).read_bytes() == (saved / name).read_bytes()


def test_the_temperature_is_kept(fitted: FinishedJob, tmp_path: Path) -> None:
    save_model(dataclasses.replace(fitted.model, temperature=0.75), tmp_path)
    assert load_model(tmp_path).temperature == 0.75


def test_the_decision_is_kept_and_obeyed(fitted: FinishedJob, tmp_path: Path) -> None:
    decision = Decision("balanced_error", (0.25, 4.0), 1)
    save_model(dataclasses.replace(fitted.model, decision=decision), tmp_path)
    model = load_model(tmp_path)
    assert model.decision == decision
    scores = np.array([[0.9, 0.1], [0.95, 0.05]])
    name, (no, yes) = model.target.name, model.target.labels
    assert model.labelled(scores)[name].tolist() == [yes, no]
    np.testing.assert_array_equal(model.labelled(scores)[f"P({name}={no})"], scores[:, 0])


def test_a_folder_from_before_decisions_calls_the_likeliest(saved: Path) -> None:
    rewrite(saved, lambda d: (d.pop("decision"), d.update(format=3)))
    assert load_model(saved).decision == Decision()


def test_a_folder_from_before_temperatures_has_none(saved: Path) -> None:
    rewrite(saved, lambda d: (d.pop("temperature"), d.update(format=1)))
    assert load_model(saved).temperature == 1.0


def test_a_folder_from_before_losses_has_the_usual_one(saved: Path) -> None:
    rewrite(saved, lambda d: (d["target"].pop("loss"), d.update(format=2)))
    assert load_model(saved).target.loss is None


def test_nothing_but_json_and_safetensors(saved: Path) -> None:
    assert list(safetensors.numpy.load((saved / "weights.safetensors").read_bytes())) == ["theta"]
    for name in ("model.json", "preprocessing.json"):
        assert isinstance(json.loads((saved / name).read_text()), dict)


@pytest.mark.parametrize("name", FILES)
@pytest.mark.parametrize("share", [0.0, 0.5, 0.99])
def test_a_truncated_file(saved: Path, name: str, share: float) -> None:
    content = (saved / name).read_bytes()
    (saved / name).write_bytes(content[: int(share * len(content))])
    with pytest.raises(ModelFolderError, match=rf"{name} is truncated or was altered; restore"):
        load_model(saved)


@pytest.mark.parametrize("name", FILES)
def test_any_altered_byte(saved: Path, name: str) -> None:
    content = bytearray((saved / name).read_bytes())
    rng = np.random.default_rng(0)
    for position in rng.choice(len(content), size=40, replace=False):
        altered = content.copy()
        altered[position] ^= 1 << int(rng.integers(8))
        (saved / name).write_bytes(altered)
        if name == "model.json" and json_or_none(altered) == json_or_none(content):
            continue  # only a blank became another blank
        with pytest.raises(ModelFolderError):
            load_model(saved)


def json_or_none(content: bytes) -> Any:
    try:
        return json.loads(content)
    except ValueError:
        return None


@pytest.mark.parametrize("name", FILES)
def test_a_missing_file(saved: Path, name: str) -> None:
    (saved / name).unlink()
    told = "is no model folder" if name == "model.json" else "is incomplete"
    with pytest.raises(ModelFolderError, match=rf"{told}: it has no {name}; give a folder that shoal fit"):
        load_model(saved)


def test_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for name in ("nowhere", "file"):
        with pytest.raises(ModelFolderError, match=f"{name} is no model folder"):
            load_model(tmp_path / name)


def test_a_model_of_a_newer_version(saved: Path) -> None:
    (saved / "model.json").write_text('{"format": 5, "anything": "else"}')
    with pytest.raises(
        ModelFolderError, match=r"of format 5, this version .* up to 4; install a newer shoal"
    ):
        load_model(saved)


@pytest.mark.parametrize(
    "content",
    ["[]", "null", '{"format": 1}', '{"format": "1", "sha256": {}}', "[" * 100_000, '{"format": 0}'],
)
def test_a_description_of_something_else(saved: Path, content: str) -> None:
    (saved / "model.json").write_text(content)
    with pytest.raises(ModelFolderError, match=r"model\.json is truncated or was altered"):
        load_model(saved)


def layers(description: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = description["network"]["layers"]
    return found


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.pop("network"),
        lambda d: d.pop("keys"),
        lambda d: d.pop("temperature"),
        lambda d: d.update(temperature="1"),
        lambda d: d.update(temperature=True),
        lambda d: d.update(temperature=-1.0),
        lambda d: d.update(temperature=1e9),
        lambda d: d.pop("decision"),
        lambda d: d["decision"].update(metric="luck"),
        lambda d: d["decision"].update(metric="cost"),
        lambda d: d["decision"].update(costs=[[0, 1], [1, 0]]),
        lambda d: d["decision"].update(metric="cost", costs=[[0, 1, 1], [1, 0, 1]]),
        lambda d: d["decision"].update(metric="cost", costs=[[0, -1], [1, 0]]),
        lambda d: d["decision"].update(metric="cost", costs=[[0, 0], [0, 0]]),
        lambda d: d["decision"].update(factors=[1.0]),
        lambda d: d["decision"].update(factors=[0.0, 1.0]),
        lambda d: d["decision"].update(factors=["1", 1.0]),
        lambda d: d["decision"].update(positive=2),
        lambda d: d.update(target=[]),
        lambda d: d.update(network={"inputs": "three"}),
        lambda d: d.update(keys=[[-1, 0]]),
        lambda d: d.update(keys=[["a", 0]]),
        lambda d: d.update(keys=[[2**70, 0]]),
        lambda d: d.update(keys=[[0, 1], [0, 2]]),
        lambda d: d["network"].update(inputs=10**9),
        lambda d: d["network"]["loss"].update(name="no_loss"),
        lambda d: layers(d)[0].update(units=10**15),
        lambda d: layers(d)[0].update(name="__import__"),
        lambda d: layers(d)[0]["activation"].update(name="no_activation"),
        lambda d: layers(d)[-1].update(units=2),
        lambda d: d["target"].update(labels=["a", "b", "c"]),
        lambda d: d["target"].update(name="another"),
        lambda d: d["target"].update(task="regression", labels=[]),
    ],
)
def test_a_description_of_no_model_although_its_checksums_are_right(
    saved: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    rewrite(saved, lambda d: None)
    load_model(saved)
    rewrite(saved, change)
    with pytest.raises(ModelFolderError) as refused:
        load_model(saved)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "arrays",
    [
        {"w": np.zeros(3)},
        {"theta": np.zeros((1, 3), dtype=np.float32)},
        {"theta": np.zeros((1, 3), dtype=np.int8)},
        {"theta": np.zeros((1, 3), dtype=np.float16)},
        {"theta": np.zeros(3)},
        {"theta": np.zeros((0, 3))},
    ],
)
def test_weights_of_another_network(saved: Path, arrays: dict[str, Any]) -> None:
    (saved / "weights.safetensors").write_bytes(safetensors.numpy.save(arrays))
    seal(saved)
    with pytest.raises(ModelFolderError, match=r"describes no model|holds weights that are missing or not"):
        load_model(saved)


@pytest.mark.parametrize(
    "residuals",
    [
        np.zeros((2, 2)),
        np.array([np.nan]),
        np.array([-1.0]),
        np.array([], dtype=np.float64),
        np.array([1, 2]),
    ],
)
def test_errors_for_intervals_that_are_none(saved: Path, residuals: Any) -> None:
    arrays = safetensors.numpy.load((saved / "weights.safetensors").read_bytes())
    (saved / "weights.safetensors").write_bytes(safetensors.numpy.save(arrays | {"residuals": residuals}))
    seal(saved)
    with pytest.raises(ModelFolderError, match=r"weights\.safetensors holds errors that are none"):
        load_model(saved)


@pytest.mark.parametrize(
    "spread",
    [
        np.zeros(3),
        np.array([np.nan]),
        np.array([1.0, -1.0]),
        np.array([0.0, 1e4]),
        np.array([0.0, 1.0], dtype=np.int64),
        None,
    ],
    ids=["length", "not finite", "ends", "too large", "whole", "missing"],
)
def test_a_scale_of_errors_that_is_none(saved: Path, spread: Any) -> None:
    """The last numbers are the ends between which its logarithms lie."""
    arrays = safetensors.numpy.load((saved / "weights.safetensors").read_bytes())
    arrays.pop("residuals", None)
    arrays["scaled residuals"] = np.ones(4)
    if spread is not None:
        model = load_model(saved)
        whole = np.zeros(model.population.network.n_inputs + 2 + ErrorSpread.ENDING, dtype=spread.dtype)
        arrays["spread"] = spread if len(spread) > 2 else np.append(whole[: -len(spread)], spread)
    (saved / "weights.safetensors").write_bytes(safetensors.numpy.save(arrays))
    seal(saved)
    with pytest.raises(ModelFolderError, match=r"holds a scale of errors that is none"):
        load_model(saved)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        (b'"temperature": 1.0', b'"temperature": Infinity', "Infinity is not a JSON number"),
        (b'"temperature": 1.0', b'"temperature": 1e999', "1e999 is more than a number can be"),
        (b'"temperature": 1.0', b'"temperature": NaN', "NaN is not a JSON number"),
        (b'"format": 4', b'"format": true', "format is true, expected an integer"),
        (b'"format": 4', b'"format": 4, "format": 4', "'format' comes twice"),
        (b'"format": 4', b'"deep": ' + b"[" * 100 + b"]" * 100 + b', "format": 4', "has more than 64 levels"),
    ],
)
def test_a_description_that_none_of_ours_can_be(saved: Path, old: bytes, new: bytes, told: str) -> None:
    path = saved / "model.json"
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))
    with pytest.raises(ModelFolderError) as refused:
        load_model(saved)
    assert str(refused.value).startswith(f"{path} is truncated or was altered; ")
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda d: d["keys"].insert(0, 7), "keys[0] is 7, expected a list"),
        (lambda d: d.update(network=3), "network is 3, expected an object"),
        (lambda d: d.pop("target"), "target is missing"),
    ],
)
def test_a_description_of_other_types(
    saved: Path, change: Callable[[dict[str, Any]], object], told: str
) -> None:
    rewrite(saved, change)
    with pytest.raises(ModelFolderError, match=r"model\.json is truncated or was altered; ") as refused:
        load_model(saved)
    assert told in str(refused.value)


def test_weights_that_are_not_finite(saved: Path) -> None:
    theta = safetensors.numpy.load((saved / "weights.safetensors").read_bytes())["theta"]
    theta[0, 1] = np.nan
    (saved / "weights.safetensors").write_bytes(safetensors.numpy.save({"theta": theta}))
    seal(saved)
    with pytest.raises(ModelFolderError, match="not finite"):
        load_model(saved)


@pytest.mark.parametrize(
    "change",
    [
        lambda p: p.pop("encoders"),
        lambda p: p["encoders"].pop(),
        lambda p: p["encoders"][0].update(name="pickle"),
        lambda p: p["columns"][0].update(used=False),
        lambda p: p.update(target="another"),
    ],
)
def test_preprocessing_that_does_not_belong(saved: Path, change: Callable[[dict[str, Any]], object]) -> None:
    rewrite(saved, change, "preprocessing.json")
    with pytest.raises(ModelFolderError):
        load_model(saved)


def test_a_model_is_not_whole_until_its_last_file(
    fitted: FinishedJob, saved: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(path: Path, content: bytes) -> None:
        raise OutputError(f"{path} cannot be written")

    monkeypatch.setattr("shoal.jobs.saved.files.write_atomically", full)
    with pytest.raises(OutputError, match="exists already"):
        save_model(fitted.model, saved)
    assert load_model(saved).temperature == fitted.model.temperature
    with pytest.raises(OutputError, match="cannot be written"):
        save_model(fitted.model, saved, overwrite=True)
    with pytest.raises(ModelFolderError, match="is no model folder"):
        load_model(saved)
