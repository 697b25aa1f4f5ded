"""Both ends of the wire to the compiled module have the same fields, by name, and refuse any others."""

from __future__ import annotations

import dataclasses
import hashlib
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest

from shoal.activations import ACTIVATIONS
from shoal.engines import ENGINES
from shoal.layers import LAYERS, Conv2D, Dense, Dropout, Flatten
from shoal.losses import LOSSES
from shoal.penalties import PENALTIES
from shoal.populations.network import Network
from shoal.registry import to_config
from shoal.schedules import SCHEDULES
from shoal.solvers import SOLVERS
from shoal.training.augmentation import Augmentation
from shoal.training.problem import Problem
from shoal.training.recipe import STRENGTHS, Recipe
from shoal.training.stopping import Plateau
from tests.contract.over_time import OVER_TIME, over_time
from tests.contract.test_layer_gradients import IMAGE, STACKS

if "native" not in ENGINES:
    pytest.skip("this installation has no compiled engine (SHOAL_NATIVE=0)", allow_module_level=True)

from shoal import _native
from shoal.engines import native
from shoal.engines.compiled.architecture import described
from shoal.engines.compiled.module import INSTRUCTION_SET, KNOWN, WIRE
from shoal.engines.wire import (
    augmentation_fields,
    recipe_fields,
    sample_fields,
    solver_fields,
)

RECORDS = KNOWN["records"]
# What of a recipe travels under another name, is settled before it, or is left to the reference engine.
ELSEWHERE = {"label_smoothing", "penalties", "schedule", "batch_order", "seed", "plateau", *STRENGTHS}


def small() -> Network:
    return Network(2, [Dense(3, "tanh"), Dense(1)])


def problem(recipe: Recipe, network: Network) -> Problem:
    X, y = np.zeros((5, network.n_inputs)), np.zeros(5)
    return Problem.of(network, 2, recipe, X, y, validation=(X, y))


def layers_of(network: Network) -> Iterator[dict[str, Any]]:
    waiting = described(network)["layers"]
    while waiting:
        layer = waiting.pop()
        waiting += layer.get("layers", [])
        yield layer


def every_layer() -> dict[str, dict[str, Any]]:
    """Return the fields of a layer of each kind, from the stacks that the gradients are checked in."""
    found: dict[str, dict[str, Any]] = {}
    for hidden in STACKS.values():
        found |= {layer["name"]: layer for layer in layers_of(Network(IMAGE, [*hidden("tanh"), Dense(3)]))}
    for name in OVER_TIME:
        inputs, hidden = over_time(name, "tanh")
        found |= {layer["name"]: layer for layer in layers_of(Network(inputs, [*hidden, Dense(3)]))}
    return found


def trainings() -> Iterator[tuple[Network, Recipe]]:
    """Every record, with and without what may be None."""
    image = Network((1, 4, 4), [Conv2D(2, 3), Flatten(), Dropout(0.5), Dense(1)])
    yield small(), Recipe()
    yield (
        image,
        Recipe(batch_size=2, patience=2, clip_norm=1.0, batch_order="shared", schedule="cosine",
               augmentation=Augmentation(elastic=1.0), plateau=Plateau(1e-3, 2)),
    )  # fmt: skip


def records(network: Network, recipe: Recipe) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """Return the fields of problem, recipe and course, as the engine hands them over."""
    seen: dict[str, Any] = {}

    class Listener:
        Architecture = _native.Architecture

        def TrainingDouble(self, *given: Any) -> Any:  # noqa: N802
            seen["given"] = given
            return _native.TrainingDouble(*given)

    theta = network.population(2, dtype="float64").theta
    keys = np.zeros((2, 2), np.uint64)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(native, "native", Listener())
        native.NativeTraining(network, theta, keys, problem(recipe, network), recipe)
    return seen["given"][4:]


def test_layers() -> None:
    python = every_layer()
    assert set(python) == set(KNOWN["layer"]) == set(LAYERS)
    assert {name: set(fields) for name, fields in python.items()} == {
        name: set(fields) for name, fields in KNOWN["layer"].items()
    }


@pytest.mark.parametrize(
    ("family", "registry", "fields"),
    [
        ("activation", ACTIVATIONS, to_config),
        ("loss", LOSSES, to_config),
        ("solver", SOLVERS, solver_fields),
    ],
)
def test_families(
    family: str, registry: dict[str, type[Any]], fields: Callable[[Any], dict[str, Any]]
) -> None:
    python = {name: set(fields(member())) for name, member in registry.items()}
    assert python == {name: set(known) for name, known in KNOWN[family].items()}


def test_records() -> None:
    """What may be None is there all the same."""
    for network, recipe in trainings():
        given, plan, course = records(network, recipe)
        assert set(described(network)) == set(RECORDS["network"])
        assert set(given) == set(RECORDS["problem"])
        assert set(given["train"]) == set(given["validation"]) == set(RECORDS["samples"])
        assert set(plan) == set(RECORDS["recipe"])
        assert set(course) == set(RECORDS["course"])
    assert set(plan["augmentation"]) == set(RECORDS["augmentation"])
    assert set(course["watch"]) == set(RECORDS["watch"])
    assert set(described(network)["layers"][0]["geometry"]) == set(RECORDS["geometry"])


def test_every_setting_of_a_recipe_travels_or_is_settled() -> None:
    settings = {field.name for field in dataclasses.fields(Recipe)}
    assert settings - ELSEWHERE == set(RECORDS["recipe"]) - {"factors", "shared_order"}
    assert settings >= ELSEWHERE
    assert set(STRENGTHS) | set(PENALTIES) <= set(RECORDS["problem"])


@pytest.mark.parametrize("schedule", SCHEDULES)
def test_a_schedule_is_its_factor_at_every_update(schedule: str) -> None:
    recipe = Recipe(schedule=schedule, epochs=3, batch_size=2)
    factors = recipe_fields(recipe, (2,), n_samples=5)["factors"]
    expected = [recipe.rates.factor(step, 9) for step in range(9)]
    assert (np.ones(9) if factors is None else factors).tolist() == expected


def required() -> list[tuple[str, str]]:
    return [
        (record, name) for record in ("network", "problem", "recipe", "course") for name in RECORDS[record]
    ]


def begin(**changed: dict[str, Any]) -> None:
    network, recipe = small(), Recipe()
    given, plan, course = records(network, recipe)
    fields = {"network": described(network), "problem": given, "recipe": plan, "course": course} | changed
    theta = network.population(2, dtype="float64").theta
    architecture = _native.Architecture(fields.pop("network"))
    _native.TrainingDouble(
        INSTRUCTION_SET, architecture, theta, np.zeros((2, 2), np.uint64), *fields.values()
    )


def fields_of(record: str) -> dict[str, Any]:
    network, recipe = small(), Recipe()
    given, plan, course = records(network, recipe)
    return {"network": described(network), "problem": given, "recipe": plan, "course": course}[record]


@pytest.mark.parametrize(("record", "name"), required())
def test_a_missing_field_is_refused(record: str, name: str) -> None:
    fields = fields_of(record)
    del fields[name]
    with pytest.raises(ValueError, match=f"^the {record}'s field '{name}' is missing; build .* again"):
        begin(**{record: fields})


@pytest.mark.parametrize("record", ["network", "problem", "recipe", "course"])
def test_an_unknown_field_is_refused(record: str) -> None:
    fields = fields_of(record) | {"warmth": 3}
    told = f"^the {record}'s field 'warmth' is unknown to the compiled module, which knows "
    with pytest.raises(ValueError, match=told + ", ".join(RECORDS[record])):
        begin(**{record: fields})


def test_a_layer_may_have_any_arrays_that_the_module_knows_and_no_others() -> None:
    network = described(small())
    network["layers"][0]["U"] = 7
    told = "the layer's field 'U' is unknown to the compiled module, which knows name, inputs, units, W, b"
    with pytest.raises(ValueError, match=told):
        _native.Architecture(network)
    network["layers"][0] = {"name": "recurrent"}
    with pytest.raises(
        ValueError, match="the layer's field 'name' is unknown to the compiled module: 'recurrent'"
    ):
        _native.Architecture(network)


@pytest.mark.parametrize(
    ("record", "name", "value"),
    [
        ("recipe", "epochs", -1),
        ("recipe", "epochs", 2.5),
        ("recipe", "epochs", 2**64),
        ("recipe", "tolerance", "small"),
        ("recipe", "epochs", None),
        ("recipe", "solver", []),
        ("network", "layers", {}),
        ("network", "weight_mask", np.zeros(13)),
        ("course", "loss", np.zeros((200, 2), order="F").T[:, ::2]),
        ("course", "loss", np.zeros((2, 200), np.float32)),
        ("problem", "l2", np.zeros((2, 1))),
    ],
)
def test_what_a_field_cannot_hold_is_refused(record: str, name: str, value: object) -> None:
    with pytest.raises(
        (ValueError, TypeError), match=rf"the ({record}'s field '{name}' must be|solver is no dict)"
    ):
        begin(**{record: fields_of(record) | {name: value}})


@pytest.mark.parametrize(
    ("record", "name", "value"),
    [
        ("network", "parameters", 14),
        ("network", "inputs", 3),
        ("recipe", "epochs", 199),
        ("problem", "l1", np.zeros(3)),
        ("problem", "train", sample_fields(problem(Recipe(), Network(3, [Dense(1)])).train, Dense(1))),
        ("course", "penalty", np.zeros(1)),
        ("course", "stopped", np.zeros(1, np.int64)),
    ],
)
def test_arrays_that_do_not_fit_are_refused(record: str, name: str, value: object) -> None:
    with pytest.raises(ValueError, match="do not fit its network"):
        begin(**{record: fields_of(record) | {name: value}})


def test_deformations_are_refused_too() -> None:
    fields = augmentation_fields(Augmentation(), (1, 2, 2), 0)
    X = np.zeros((1, 4))
    _native.deform(INSTRUCTION_SET, fields, X, 0, 1, X.copy())
    with pytest.raises(ValueError, match="the augmentation's field 'sigma' is unknown"):
        _native.deform(INSTRUCTION_SET, fields | {"sigma": 1.0}, X, 0, 1, X.copy())


def test_the_version_goes_up_with_the_fields() -> None:
    """Whoever changes a field changes WIRE at both ends, and then this line."""
    text = json.dumps(KNOWN, sort_keys=True)
    assert (_native.WIRE, hashlib.sha256(text.encode()).hexdigest()[:8]) == (WIRE, "ecbc4f18")
    assert WIRE == 8
