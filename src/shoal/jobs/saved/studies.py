"""The model of a study in a folder: what is written, and what becomes of it when it is read again."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import numpy as np

from shoal.calibration.conformal import Conformal
from shoal.calibration.decision import COST, LIKELIEST, METRICS, Decision
from shoal.calibration.spread import ErrorSpread
from shoal.calibration.temperature import COLDEST, HOTTEST
from shoal.data.targets.task import TargetEncoder
from shoal.errors import ConfigurationError, ModelFolderError, ShoalError, reason
from shoal.jobs.kinds.base import StudyKind
from shoal.jobs.model import TOLD_BY_PREDICTIONS, Model
from shoal.jobs.saved.files import REMEDY, Saved, naming, write_saved
from shoal.jobs.saved.layout import MODEL, PREPROCESSING, WEIGHTS
from shoal.networks.chain import Chain
from shoal.populations.network import Network
from shoal.populations.population import Population
from shoal.selection.candidates.architectures import loss_of
from shoal.shapes import Array, Shape

_FLOATS = (np.float32, np.float64)
SINCE_DECISIONS = 4
"""The format that has the first decisions."""
LARGEST_LOG = 700.0
"""Of a scale, whose exponential is a number."""


class _Decision(TypedDict):
    """What classes are decided by."""

    metric: str
    factors: list[float]
    positive: int
    costs: NotRequired[list[list[float]]]


class _SinceFormat2(TypedDict, total=False):
    temperature: float
    mixture: dict[str, object]
    decision: _Decision


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
        arrays |= _kept(model.errors)
    config, own = model.kept()
    description = {
        "target": model.target.to_config(),
        "network": population.network.to_config(),
        "keys": population.keys.tolist(),
        "temperature": model.temperature,
        "decision": dataclasses.asdict(model.decision),
        **config,
    }
    write_saved(folder, description, model.preprocessor.to_config(), arrays | own, overwrite)


def restore_model(kind: StudyKind[Any, Any], saved: Saved) -> Model:
    """Return the networks of a saved model with what takes them from data to a target."""
    folder, description = saved.folder, saved.describes(_Description)
    theta = _weights(folder / WEIGHTS, saved.arrays)
    try:
        network = Network.from_config(description["network"])
        population = Population(network, theta, np.array(description["keys"], dtype=np.uint64))
        with naming(folder / MODEL):
            target = TargetEncoder.from_config(description["target"])
        temperature, decision = _temperature(description, target), _decision(description, target)
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
            temperature=temperature,
            decision=decision,
            **kind.parts(description, saved.arrays, target),
        )
    except (ValueError, TypeError, LookupError, OverflowError, ShoalError) as error:
        raise ModelFolderError(f"{folder / MODEL} describes no model ({reason(error)}); {REMEDY}") from None
    described = network.n_inputs if model.rows_tell else 0
    return dataclasses.replace(model, errors=_errors(folder / WEIGHTS, saved.arrays, described))


def _temperature(description: dict[str, Any], target: TargetEncoder) -> float:
    """Return the temperature of a description; raise ``ValueError`` if it is none."""
    value = description["temperature"] if description["format"] > 1 else 1.0
    known = isinstance(value, float) and (COLDEST <= value <= HOTTEST if target.labels else value == 1)
    if not known:
        raise ValueError(f"its temperature is {value!r}")
    return value


def _decision(description: dict[str, Any], target: TargetEncoder) -> Decision:
    """Return the decision of a description; raise ``ValueError`` if it is none."""
    if description["format"] < SINCE_DECISIONS:
        return LIKELIEST
    found, K = description["decision"], len(target.labels)
    costs = tuple(tuple(row) for row in found.get("costs", []))
    decision = Decision(found["metric"], tuple(found["factors"]), found["positive"], costs)
    factors = decision.factors
    known = decision.metric in METRICS and all(0 < factor < math.inf for factor in factors)
    if costs:
        every = [cost for row in costs for cost in row]
        square = [len(row) for row in costs] == [K] * K and all(0 <= cost < math.inf for cost in every)
        known = decision.metric == COST and square and any(every)
    if not known or len(factors) not in {0, K} or not 0 <= decision.positive < max(K, 2):
        raise ValueError(f"its decision is {found!r}")
    return decision


def _require_fit(shape: Shape, target: TargetEncoder, network: Chain, folder: Path) -> None:
    """Raise ``ModelFolderError`` unless the network takes such samples, and gives what the target needs."""
    has = (network.input_shape, network.criterion.name, network.n_outputs)
    needs = (shape, *loss_of(len(target.labels), target.loss))
    if has != needs:
        raise ModelFolderError(
            f"{folder / MODEL} describes a network of {has}, where its data need {needs} (inputs, loss, "
            f"outputs); {REMEDY}"
        )


def _weights(path: Path, arrays: Mapping[str, Array]) -> Array:
    """Return the parameters (P, D)."""
    theta = arrays.get("theta")
    if theta is None or theta.ndim != 2 or theta.dtype not in _FLOATS or not np.isfinite(theta).all():
        raise ModelFolderError(f"{path} holds weights that are missing or not finite; {REMEDY}")
    return theta


def _kept(errors: Conformal) -> dict[str, Array]:
    """Return the arrays of errors, which have another name where they are in units of a scale.

    So a version that knows no scale finds no errors, and says so, instead of taking those for absolute ones.
    """
    weights = {} if errors.weights is None else {"residual weights": errors.weights}
    if errors.spread is None:
        return {"residuals": errors.errors, **weights}
    return {"scaled residuals": errors.errors, "spread": errors.spread.to_array(), **weights}


def _errors(path: Path, arrays: Mapping[str, Array], features: int) -> Conformal | None:
    """Return the errors (N,) for intervals, if there are any, with their scale at so many features."""
    names = ("residuals", "scaled residuals", "spread", "residual weights")
    plain, scaled, numbers, weights = (arrays.get(name) for name in names)
    residuals = plain if scaled is None else scaled
    if residuals is None:
        return None
    known = _are_positive(residuals) and (weights is None or (_are_positive(weights) and weights.any()))
    if not known or (weights is not None and weights.shape != residuals.shape):
        raise ModelFolderError(f"{path} holds errors that are none; {REMEDY}")
    if scaled is None:
        return Conformal(residuals, weights)
    if (
        numbers is None
        or numbers.shape != (TOLD_BY_PREDICTIONS + features + ErrorSpread.ENDING,)
        or numbers.dtype not in _FLOATS
        or not np.isfinite(numbers).all()
        or not -LARGEST_LOG <= numbers[-2] <= numbers[-1] <= LARGEST_LOG
    ):
        raise ModelFolderError(f"{path} holds a scale of errors that is none; {REMEDY}")
    return Conformal(residuals, weights, ErrorSpread.from_array(numbers))


def _are_positive(values: Array) -> bool:
    """Whether an array is one of finite numbers (N,), at least one of them, none below 0."""
    plain = values.ndim == 1 and values.dtype in _FLOATS and values.size > 0
    return plain and bool((np.isfinite(values) & (values >= 0)).all())
