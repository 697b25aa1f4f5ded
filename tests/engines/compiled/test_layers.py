"""What travels of a layer, by name; that the other side reads it, tests/contract/test_native_wire.py says."""

from __future__ import annotations

from typing import Any

import pytest

from shoal.engines.compiled.layers import layer_fields
from shoal.layers import GRU, Bidirectional, Conv1D, Conv2D, Dense, Layer, MaxPool1D, Residual


@pytest.mark.parametrize(
    ("layer", "before", "expected"),
    [
        (Conv2D(4, (3, 2), stride=(2, 5)), (3, 9, 4), {"in": (3, 9, 4), "out": (4, 4, 1), "stride": (2, 4)}),
        (
            Conv1D(4, 3, dilation=2, padding="same"),
            (2, 9),
            {"in": (2, 9, 1), "before": (2, 0), "dilation": (2, 1)},
        ),
        (Conv1D(4, 1, dilation=7), (2, 9), {"size": (1, 1), "dilation": (1, 1)}),
        (Dense(5), (2, 9), {"in": (2, 9, 1), "out": (5, 9, 1), "size": (1, 1)}),
    ],
    ids=["image", "dilated", "one step", "dense over time"],
)
def test_windows_are_told_as_those_of_images(
    layer: Layer, before: tuple[int, ...], expected: dict[str, Any]
) -> None:
    geometry = layer_fields(layer, before, {})["geometry"]
    assert isinstance(geometry, dict)
    assert {name: geometry[name] for name in expected} == expected


def test_a_dense_layer_is_one_of_rows_unless_there_is_time() -> None:
    assert layer_fields(Dense(5), (4,), {"W": 0, "b": 20})["name"] == "dense"
    assert layer_fields(Dense(5), (4, 3), {"W": 0, "b": 20})["name"] == "conv1d"


def test_layers_inside_have_their_own_parameters() -> None:
    fields = layer_fields(Residual([Dense(3), Dense(3)]), (3,), {"0.W": 0, "0.b": 9, "1.W": 12, "1.b": 21})
    assert "0.W" not in fields
    assert [(each["W"], each["b"]) for each in fields["layers"]] == [(0, 9), (12, 21)]


def test_the_other_direction_has_the_parameters_in_reverse() -> None:
    layer = Bidirectional(GRU(2))
    own = {name: number for number, name in enumerate(layer.parameter_shapes((1, 4)))}
    upper, lower = layer_fields(layer, (1, 4), own)["layers"]
    assert (upper["reverse"], lower["reverse"]) == (False, True)
    assert (upper["W"], lower["W"]) == (own["W"], own["W_reverse"])


def test_pools_over_time_say_channels_and_steps() -> None:
    fields = layer_fields(MaxPool1D(2, stride=3), (4, 9), {})
    assert (fields["channels"], fields["steps"], fields["size"], fields["stride"]) == (4, 9, 2, 3)
