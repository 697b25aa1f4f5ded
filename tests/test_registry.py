from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.activations import ACTIVATIONS, Activation, Relu, Tanh
from shoal.errors import ConfigurationError, UnknownNameError
from shoal.initializers import INITIALIZERS
from shoal.layers import (
    GRU,
    LAYERS,
    LSTM,
    RNN,
    Bidirectional,
    Conv1D,
    Conv2D,
    Dense,
    Embedding,
    LocallyConnected2D,
    Residual,
)
from shoal.losses import LOSSES
from shoal.penalties import PENALTIES
from shoal.registry import LazyFamily, Named, family, from_config, resolve, to_config
from shoal.schedules import SCHEDULES
from shoal.solvers import SOLVERS

REGISTRIES: dict[str, Mapping[str, type[Any]]] = {
    "activation": ACTIVATIONS,
    "initializer": INITIALIZERS,
    "layer": LAYERS,
    "loss": LOSSES,
    "penalty": PENALTIES,
    "schedule": SCHEDULES,
    "solver": SOLVERS,
}
NEED_ARGUMENTS: dict[str, Any] = {
    "dense": Dense(3),
    "conv1d": Conv1D(2, 3),
    "conv2d": Conv2D(2, 3),
    "locally_connected2d": LocallyConnected2D(2, 3),
    "residual": Residual([Dense(3)]),
    "rnn": RNN(3, "relu"),
    "gru": GRU(3, truncate=2),
    "lstm": LSTM(3, initial_state="learnt"),
    "bidirectional": Bidirectional(GRU(3)),
    "embedding": Embedding(5, 2),
}
EVERY_ENTRY = [(kind, name) for kind, registry in REGISTRIES.items() for name in registry]
every_entry = pytest.mark.parametrize(("kind", "name"), EVERY_ENTRY)


@dataclass(frozen=True)
class Plain(Named):
    name = "plain"
    size: int = 3


@dataclass(frozen=True)
class Nested(Named):
    name = "nested"
    inner: Plain = field(default_factory=Plain)


FAMILY: dict[str, type[Named]] = family(Plain, Nested)


@every_entry
def test_entries_are_filed_under_their_names(kind: str, name: str) -> None:
    assert REGISTRIES[kind][name].name == name


@every_entry
def test_entries_are_documented_with_their_source(kind: str, name: str) -> None:
    documentation = REGISTRIES[kind][name].__doc__ or ""
    assert "Source" in documentation or "the lecture" in documentation
    assert ">>>" in documentation


@every_entry
def test_entries_resolve_by_name_and_survive_json(kind: str, name: str) -> None:
    registry = REGISTRIES[kind]
    entry = NEED_ARGUMENTS[name] if name in NEED_ARGUMENTS else resolve(kind, name, registry)
    assert type(entry) is registry[name]
    config = json.loads(json.dumps(to_config(entry)))
    assert config["name"] == name
    if kind != "layer":  # whose nested configurations the network reads
        assert from_config(kind, config, registry) == entry


@every_entry
def test_entries_are_values(kind: str, name: str) -> None:
    given = NEED_ARGUMENTS.get(name)
    first, second = (dataclasses.replace(given) if given else REGISTRIES[kind][name]() for _ in range(2))
    assert first == second
    assert hash(first) == hash(second)
    with pytest.raises(AttributeError):
        first.name = "other"


def test_a_family_is_keyed_by_names() -> None:
    assert list(FAMILY.items()) == [("plain", Plain), ("nested", Nested)]


def test_another_name_finds_a_member_and_is_neither_listed_nor_saved() -> None:
    homes = {"tanh": "shoal.activations:Tanh"}
    lazy: LazyFamily[Activation] = LazyFamily({"th": "tanh", "lost": "nowhere"}, **homes)
    assert list(lazy) == ["tanh"]
    assert "th" in lazy
    assert "lost" not in lazy
    assert to_config(resolve("activation", "th", lazy)) == {"name": "tanh"}
    assert type(from_config("activation", {"name": "th"}, lazy)) is Tanh
    with pytest.raises(UnknownNameError):
        resolve("activation", "lost", lazy)


def test_a_lazy_family_imports_a_class_when_it_is_asked_for() -> None:
    lazy: LazyFamily[Activation] = LazyFamily(tanh="shoal.activations:Tanh", lost="shoal.nowhere:Lost")
    assert list(lazy) == ["tanh", "lost"]
    assert len(lazy) == 2
    assert "lost" in lazy
    assert "relu" not in lazy
    assert lazy.homes == {"Tanh": "shoal.activations", "Lost": "shoal.nowhere"}
    assert lazy["tanh"] is Tanh
    with pytest.raises(ModuleNotFoundError):
        lazy["lost"]
    with pytest.raises(KeyError):
        lazy["relu"]


def test_a_lazy_family_takes_classes_and_lets_them_go() -> None:
    lazy: LazyFamily[Activation] = LazyFamily(tanh="shoal.activations:Tanh")
    lazy["relu"] = Relu
    assert dict(lazy) == {"tanh": Tanh, "relu": Relu}
    del lazy["tanh"]
    assert list(lazy) == ["relu"]


def test_an_instance_resolves_without_importing_the_others() -> None:
    lazy: LazyFamily[Activation] = LazyFamily(tanh="shoal.activations:Tanh", lost="shoal.nowhere:Lost")
    tanh = Tanh()
    assert resolve("activation", tanh, lazy) is tanh


def test_an_instance_of_a_subclass_resolves_under_any_name() -> None:
    @dataclass(frozen=True)
    class Own(Tanh):
        name = "own"

    own = Own()
    assert resolve("activation", own, ACTIVATIONS) is own


def test_an_instance_resolves_to_itself() -> None:
    tanh = Tanh()
    assert resolve("activation", tanh, ACTIVATIONS) is tanh


def test_a_name_that_is_nearly_right() -> None:
    with pytest.raises(UnknownNameError) as error:
        resolve("activation", "rellu", ACTIVATIONS)
    assert str(error.value).startswith("unknown activation 'rellu'; did you mean 'relu'? Known: elu, gelu,")


@pytest.mark.parametrize("value", [3, None, Relu, Plain(), ["tanh"]])
def test_what_is_neither_name_nor_instance(value: object) -> None:
    with pytest.raises(
        ConfigurationError, match=r"activation must be a name or an instance, got .+ Known names: elu"
    ):
        resolve("activation", value, ACTIVATIONS)  # type: ignore[type-var]


def test_configurations_nest() -> None:
    assert to_config(Nested(Plain(5))) == {"name": "nested", "inner": {"name": "plain", "size": 5}}


def test_fields_that_are_left_out_take_their_defaults() -> None:
    assert from_config("piece", {"name": "plain"}, FAMILY) == Plain()
    assert from_config("piece", {"name": "plain", "size": 4}, FAMILY) == Plain(4)


@pytest.mark.parametrize(
    ("config", "kind_of_error", "message"),
    [
        (
            {"name": "plane"},
            UnknownNameError,
            "unknown piece 'plane'; did you mean 'plain'? Known: nested, plain",
        ),
        ({}, UnknownNameError, "unknown piece None. Known: nested, plain"),
        (
            {"name": ["plain"]},
            UnknownNameError,
            "unknown piece ['plain']; did you mean 'plain'? Known: nested, plain",
        ),
        (
            {"name": "plain", "width": 3},
            ConfigurationError,
            "piece 'plain' cannot be built from {'width': 3}: "
            "Plain.__init__() got an unexpected keyword argument 'width'",
        ),
        ("plain", ConfigurationError, "piece must be described by a mapping with a name, got 'plain'"),
        (None, ConfigurationError, "piece must be described by a mapping with a name, got None"),
        ([("name", "plain")], ConfigurationError, "piece must be described by a mapping with a name, got [("),
    ],
    ids=str,
)
def test_configurations_that_are_refused(
    config: object, kind_of_error: type[Exception], message: str
) -> None:
    with pytest.raises(kind_of_error) as error:
        from_config("piece", config, FAMILY)  # type: ignore[arg-type]
    assert str(error.value).startswith(message)


def test_numbers_of_numpy_are_numbers_in_configurations_too() -> None:
    solver = SOLVERS["adam"](beta1=np.float32(0.5), beta2=np.float64(0.25))  # type: ignore[call-arg]
    assert json.loads(json.dumps(to_config(solver)))["beta1"] == 0.5
    assert from_config("solver", to_config(solver), SOLVERS) == solver


def test_the_readme_counts_what_there_is() -> None:
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    counts = f"{len(ACTIVATIONS)} activations, {len(LOSSES)} losses, {len(INITIALIZERS)} initialisers"
    assert f"; {counts}, " in readme
