"""The folder that a model is saved in: JSON and safetensors, checked when read, never executable.

``model.json`` is written last and holds the checksums of the rest, so a folder that has one is whole.
"""

from __future__ import annotations

import hashlib
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError

from shoal.architectures import loss_of
from shoal.calibration.conformal import Conformal
from shoal.calibration.temperature import COLDEST, HOTTEST
from shoal.data.images.preprocessing import KIND, ImagePreprocessor
from shoal.data.preprocessing import TablePreprocessor
from shoal.data.task import TargetEncoder
from shoal.errors import ConfigurationError, ModelFolderError, OutputError, reason
from shoal.files import as_json, read_regular, write_atomically
from shoal.jobs.layout import MODEL, PREPROCESSING, WEIGHTS
from shoal.jobs.model import ImageModel, Model, TableModel
from shoal.network import Network
from shoal.population import Population
from shoal.shapes import Shape

FORMAT = 2
"""1 is the same without a temperature, which was 1."""
REMEDY = "restore the folder as shoal wrote it, or fit again"


def save_model(model: Model, folder: Path, overwrite: bool = False) -> None:
    """Write the model's three files into ``folder``; raise ``OutputError`` if that is not possible.

    Files of these names are replaced with ``overwrite`` only.
    """
    try:
        for name in () if overwrite else (WEIGHTS, PREPROCESSING, MODEL):
            if os.path.lexists(folder / name):
                raise OutputError(
                    f"{folder / name} exists already; name another folder, or give overwrite=True"
                )
        folder.mkdir(parents=True, exist_ok=True)
        (folder / MODEL).unlink(missing_ok=True)
    except OSError as error:
        raise OutputError(f"{folder} cannot be written ({reason(error)}); give another --out") from None
    population = model.population
    arrays = {"theta": np.ascontiguousarray(population.theta)}
    if model.errors is not None:
        arrays["residuals"] = model.errors.errors
    files = {
        WEIGHTS: safetensors.numpy.save(arrays),
        PREPROCESSING: as_json(model.preprocessor.to_config()),
    }
    for name, content in files.items():
        write_atomically(folder / name, content)
    description: dict[str, Any] = {
        "format": FORMAT,
        "target": model.target.to_config(),
        "network": population.network.to_config(),
        "keys": population.keys.tolist(),
        "temperature": model.temperature,
        "sha256": {name: _sha256(content) for name, content in files.items()},
    }
    description["sha256"][MODEL] = _sha256(as_json(description))
    write_atomically(folder / MODEL, as_json(description))


def load_model(folder: Path) -> TableModel | ImageModel:
    """Read a model that ``save_model`` wrote, of a table or of images.

    Raises ``ModelFolderError`` if a file is missing, truncated, altered, or of a newer format.
    """
    description = _parse(MODEL, _read(folder, MODEL), folder)
    _check_description(description, folder)
    contents = {name: _read(folder, name) for name in (WEIGHTS, PREPROCESSING)}
    for name, content in contents.items():
        if _sha256(content) != description["sha256"].get(name):
            raise ModelFolderError(f"{folder / name} is truncated or was altered; {REMEDY}")
    try:
        arrays = safetensors.numpy.load(contents[WEIGHTS])
        theta = arrays["theta"]
        errors = Conformal(arrays["residuals"]) if "residuals" in arrays else None
        network = Network.from_config(description["network"])
        population = Population(network, theta, np.array(description["keys"], dtype=np.uint64))
        target = TargetEncoder.from_config(description["target"])
        temperature = _temperature(description, target)
    except (KeyError, TypeError, ValueError, OverflowError, SafetensorError, ConfigurationError) as error:
        raise ModelFolderError(f"{folder / MODEL} describes no model ({error}); {REMEDY}") from None
    if not np.isfinite(theta).all():
        raise ModelFolderError(f"{folder / WEIGHTS} holds weights that are not finite; {REMEDY}")
    preprocessing = _parse(PREPROCESSING, contents[PREPROCESSING], folder)
    if preprocessing.get("kind") == KIND:
        images = ImagePreprocessor.from_config(preprocessing)
        _require_fit(images.shape, target, network, folder)
        return ImageModel(images, target, population, temperature=temperature)
    columns = TablePreprocessor.from_config(preprocessing)
    _require_fit((len(columns.feature_names),), target, network, folder)
    if columns.target != target.name:
        raise ModelFolderError(
            f"{folder / MODEL} predicts {target.name!r}, and {PREPROCESSING} has {columns.target!r}; {REMEDY}"
        )
    return TableModel(columns, target, population, errors, temperature)


def load_table_model(folder: Path) -> TableModel:
    """Read a model of a table; one of images is a ``ConfigurationError``."""
    model = load_model(folder)
    if isinstance(model, ImageModel):
        raise ConfigurationError(
            f"{folder} holds a model of images, expected one of a table; 'shoal predict' and 'shoal report' "
            "are what there is for images"
        )
    return model


def _temperature(description: dict[str, Any], target: TargetEncoder) -> float:
    """Return the temperature of a description; raise ``ValueError`` if it is none."""
    value = description["temperature"] if description["format"] > 1 else 1.0
    known = isinstance(value, float) and (COLDEST <= value <= HOTTEST if target.labels else value == 1)
    if not known:
        raise ValueError(f"its temperature is {value!r}")
    return value


def _require_fit(shape: Shape, target: TargetEncoder, network: Network, folder: Path) -> None:
    """Raise ``ModelFolderError`` unless the network takes such samples, and gives what the target needs."""
    has = (network.input_shape, network.criterion.name, network.n_outputs)
    needs = (shape, *loss_of(len(target.labels)))
    if has != needs:
        raise ModelFolderError(
            f"{folder / MODEL} describes a network of {has}, where its data need {needs} (inputs, loss, "
            f"outputs); {REMEDY}"
        )


def _read(folder: Path, name: str) -> bytes:
    try:
        return read_regular(folder / name)
    except FileNotFoundError:
        what = "is no model folder" if name == MODEL or not folder.is_dir() else "is incomplete"
        raise ModelFolderError(
            f"{folder} {what}: it has no {name}; give a folder that 'shoal fit … --out' wrote"
        ) from None
    except OSError as error:
        raise ModelFolderError(f"{folder / name} cannot be read ({reason(error)}); {REMEDY}") from None


def _parse(name: str, content: bytes, folder: Path) -> dict[str, Any]:
    try:
        parsed = json.loads(content)
    except (ValueError, RecursionError):
        parsed = None
    if not isinstance(parsed, dict):
        raise ModelFolderError(f"{folder / name} is truncated or was altered; {REMEDY}")
    return parsed


def _check_description(description: dict[str, Any], folder: Path) -> None:
    found = description.get("format")
    if isinstance(found, int) and found > FORMAT:
        raise ModelFolderError(
            f"{folder} holds a model of format {found}, this version of shoal reads up to {FORMAT}; "
            "install a newer shoal"
        )
    checksums = description.get("sha256")
    stated = checksums.pop(MODEL, None) if isinstance(checksums, dict) else None
    if found not in (1, FORMAT) or stated != _sha256(as_json(description)):
        raise ModelFolderError(f"{folder / MODEL} is truncated or was altered; {REMEDY}")


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
