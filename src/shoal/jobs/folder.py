"""The folder that a model is saved in: JSON and safetensors, checked when read, never executable.

``model.json`` is written last and holds the checksums of the rest, so a folder that has one is whole.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, TypedDict, cast

import numpy as np
import safetensors.numpy
from safetensors import SafetensorError

from shoal.calibration.conformal import Conformal
from shoal.calibration.temperature import COLDEST, HOTTEST
from shoal.data.task import TargetEncoder
from shoal.errors import ConfigurationError, ModelFolderError, OutputError, reason
from shoal.files import as_json, read_regular, write_atomically
from shoal.jobs.kinds import KINDS
from shoal.jobs.layout import MODEL, PREPROCESSING, WEIGHTS
from shoal.jobs.model import Model, TableModel
from shoal.networks.chain import Chain
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.schema import MismatchError, parse_json, require_type
from shoal.selection.architectures import loss_of
from shoal.shapes import Array, Shape

FORMAT = 3
"""1 is the same without a temperature, which was 1; 2 without the loss of a regression, the squared error."""
REMEDY = "restore the folder as shoal wrote it, or fit again"


class _Format(TypedDict):
    format: int


class _SinceFormat2(TypedDict, total=False):
    temperature: float


class _Description(_Format, _SinceFormat2):
    """What ``model.json`` says."""

    target: dict[str, object]
    network: dict[str, object]
    keys: list[list[int]]
    sha256: dict[str, str]


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


def load_model(folder: Path) -> Model:
    """Read a model that ``save_model`` wrote, of any kind of data.

    Raises ``ModelFolderError`` if a file is missing, truncated, altered, or of a newer format.
    """
    description = _description(folder)
    contents = {name: _read(folder, name) for name in (WEIGHTS, PREPROCESSING)}
    for name, content in contents.items():
        if _sha256(content) != description["sha256"].get(name):
            raise ModelFolderError(f"{folder / name} is truncated or was altered; {REMEDY}")
    theta, residuals = _weights(folder / WEIGHTS, contents[WEIGHTS])
    errors = None if residuals is None else Conformal(residuals)
    try:
        network = Network.from_config(description["network"])
        population = Population(network, theta, np.array(description["keys"], dtype=np.uint64))
        with _naming(folder / MODEL):
            target = TargetEncoder.from_config(description["target"])
        temperature = _temperature(description, target)
    except (ValueError, TypeError, KeyError, OverflowError, ConfigurationError) as error:
        raise ModelFolderError(f"{folder / MODEL} describes no model ({reason(error)}); {REMEDY}") from None
    preprocessing = _parse(PREPROCESSING, contents[PREPROCESSING], folder, dict[str, object])
    kind = KINDS.get(str(preprocessing.get("kind", TableModel.kind)))
    if kind is None:
        raise ModelFolderError(
            f"{folder / PREPROCESSING} is of the kind {preprocessing['kind']!r}, this version of shoal knows "
            f"{', '.join(KINDS)}; install a newer shoal"
        )
    with _naming(folder / PREPROCESSING):
        preprocessor = kind.preprocessor(preprocessing)
    _require_fit(kind.sample_shape(preprocessor), target, network, folder)
    try:
        model: Model = kind.model(
            preprocessor, target=target, population=population, errors=errors, temperature=temperature
        )
    except ValueError as error:
        raise ModelFolderError(f"{folder / MODEL} describes no model ({error}); {REMEDY}") from None
    return model


def load_table_model(folder: Path) -> TableModel:
    """Read a model of a table; one of another kind is a ``ConfigurationError``."""
    model = load_model(folder)
    if model.kind != TableModel.kind:
        noun = KINDS[model.kind].noun
        raise ConfigurationError(
            f"{folder} holds a model of {noun}, expected one of a table; 'shoal predict', 'shoal report' and "
            f"'shoal check' are what there is for {noun}"
        )
    return cast("TableModel", model)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Have an error of what a file describes say which file that is."""
    try:
        yield
    except ModelFolderError as error:
        raise ModelFolderError(f"{path}: {error}") from None


def _temperature(description: dict[str, Any], target: TargetEncoder) -> float:
    """Return the temperature of a description; raise ``ValueError`` if it is none."""
    value = description["temperature"] if description["format"] > 1 else 1.0
    known = isinstance(value, float) and (COLDEST <= value <= HOTTEST if target.labels else value == 1)
    if not known:
        raise ValueError(f"its temperature is {value!r}")
    return value


def _require_fit(shape: Shape, target: TargetEncoder, network: Chain, folder: Path) -> None:
    """Raise ``ModelFolderError`` unless the network takes such samples, and gives what the target needs."""
    has = (network.input_shape, network.criterion.name, network.n_outputs)
    needs = (shape, *loss_of(len(target.labels), target.loss))
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


def _parse(name: str, content: bytes, folder: Path, kind: Any) -> dict[str, Any]:
    """Return what a file says, of this kind; raise ``ModelFolderError`` if it does not say that."""
    try:
        value = parse_json(content)
        require_type(value, kind)
    except MismatchError as mismatch:
        raise ModelFolderError(
            f"{folder / name} is truncated or was altered; {REMEDY} ({mismatch})"
        ) from None
    return cast("dict[str, Any]", value)


def _description(folder: Path) -> dict[str, Any]:
    """Return what ``model.json`` says, if that is what was written."""
    content = _read(folder, MODEL)
    found = _parse(MODEL, content, folder, _Format)["format"]
    if found > FORMAT:
        raise ModelFolderError(
            f"{folder} holds a model of format {found}, this version of shoal reads up to {FORMAT}; "
            "install a newer shoal"
        )
    description = _parse(MODEL, content, folder, _Description)
    stated = description["sha256"].pop(MODEL, None)
    if found < 1 or stated != _sha256(as_json(description)):
        raise ModelFolderError(f"{folder / MODEL} is truncated or was altered; {REMEDY}")
    return description


def _weights(path: Path, content: bytes) -> tuple[Array, Array | None]:
    """Return the parameters (P, D) and, for intervals, the errors (N,) if there are any."""
    try:
        arrays = safetensors.numpy.load(content)
    except (SafetensorError, ValueError, KeyError, TypeError) as error:
        raise ModelFolderError(f"{path} holds no weights ({reason(error)}); {REMEDY}") from None
    theta, residuals = arrays.get("theta"), arrays.get("residuals")
    dtypes = (np.float32, np.float64)
    if theta is None or theta.ndim != 2 or theta.dtype not in dtypes or not np.isfinite(theta).all():
        raise ModelFolderError(f"{path} holds weights that are missing or not finite; {REMEDY}")
    if residuals is not None and (
        residuals.ndim != 1
        or residuals.dtype not in dtypes
        or not residuals.size
        or not (np.isfinite(residuals) & (residuals >= 0)).all()
    ):
        raise ModelFolderError(f"{path} holds errors that are none; {REMEDY}")
    return theta, residuals


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
