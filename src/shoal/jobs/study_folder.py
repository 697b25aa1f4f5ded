"""The model of a study in a folder: what is written, and what becomes of it when it is read again."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypedDict

import numpy as np

from shoal.calibration.conformal import Conformal
from shoal.calibration.temperature import COLDEST, HOTTEST
from shoal.data.task import TargetEncoder
from shoal.errors import ConfigurationError, ModelFolderError, ShoalError, reason
from shoal.jobs.kinds.base import StudyKind
from shoal.jobs.layout import MODEL, PREPROCESSING, WEIGHTS
from shoal.jobs.model import Model
from shoal.jobs.saved import REMEDY, Saved, naming, write_saved
from shoal.networks.chain import Chain
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.selection.architectures import loss_of
from shoal.shapes import Array, Shape


class _SinceFormat2(TypedDict, total=False):
    temperature: float
    mixture: dict[str, object]


class _Description(_SinceFormat2):
    """What ``model.json`` says of the networks of a study."""

    target: dict[str, object]
    network: dict[str, object]
    keys: list[list[int]]


def save_model(model: Model, folder: Path, overwrite: bool = False) -> None:
    """Write the model's three files into ``folder``; raise ``OutputError`` if that is not possible.

    Files of these names are replaced with ``overwrite`` only.
    """
    population = model.population
    arrays = {"theta": population.theta}
    if model.errors is not None:
        arrays["residuals"] = model.errors.errors
        if model.errors.weights is not None:
            arrays["residual weights"] = model.errors.weights
    config, own = model.kept()
    description = {
        "target": model.target.to_config(),
        "network": population.network.to_config(),
        "keys": population.keys.tolist(),
        "temperature": model.temperature,
        **config,
    }
    write_saved(folder, description, model.preprocessor.to_config(), arrays | own, overwrite)


def restore_model(kind: StudyKind[Any, Any], saved: Saved) -> Model:
    """Return the networks of a saved model with what takes them from data to a target."""
    folder, description = saved.folder, saved.describes(_Description)
    theta, errors = _weights(folder / WEIGHTS, saved.arrays)
    try:
        network = Network.from_config(description["network"])
        population = Population(network, theta, np.array(description["keys"], dtype=np.uint64))
        with naming(folder / MODEL):
            target = TargetEncoder.from_config(description["target"])
        temperature = _temperature(description, target)
    except (ValueError, TypeError, KeyError, OverflowError, ConfigurationError) as error:
        raise ModelFolderError(f"{folder / MODEL} describes no model ({reason(error)}); {REMEDY}") from None
    with naming(folder / PREPROCESSING):
        preprocessor = kind.preprocessor(saved.preprocessing, saved.arrays)
    _require_fit(kind.sample_shape(preprocessor), target, network, folder)
    try:
        model: Model = kind.model(
            preprocessor,
            target=target,
            population=population,
            errors=errors,
            temperature=temperature,
            **kind.parts(description, saved.arrays, target),
        )
    except (ValueError, TypeError, LookupError, ShoalError) as error:
        raise ModelFolderError(f"{folder / MODEL} describes no model ({reason(error)}); {REMEDY}") from None
    return model


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


def _weights(path: Path, arrays: Mapping[str, Array]) -> tuple[Array, Conformal | None]:
    """Return the parameters (P, D) and, for intervals, the errors (N,) if there are any."""
    theta, residuals, weights = (arrays.get(name) for name in ("theta", "residuals", "residual weights"))
    dtypes = (np.float32, np.float64)
    if theta is None or theta.ndim != 2 or theta.dtype not in dtypes or not np.isfinite(theta).all():
        raise ModelFolderError(f"{path} holds weights that are missing or not finite; {REMEDY}")
    if residuals is None:
        return theta, None
    known = _are_positive(residuals) and (weights is None or (_are_positive(weights) and weights.any()))
    if not known or (weights is not None and weights.shape != residuals.shape):
        raise ModelFolderError(f"{path} holds errors that are none; {REMEDY}")
    return theta, Conformal(residuals, weights)


def _are_positive(values: Array) -> bool:
    """Whether an array is one of finite numbers (N,), at least one of them, none below 0."""
    plain = values.ndim == 1 and values.dtype in (np.float32, np.float64) and values.size > 0
    return plain and bool((np.isfinite(values) & (values >= 0)).all())
