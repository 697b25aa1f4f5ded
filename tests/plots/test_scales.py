"""Axes that do not mislead."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shoal.plots import drawing
from shoal.plots.scales import finite, log_axis, plain_ticks, power_of_ten, scale_errors, spread_apart


@given(
    st.lists(st.floats(-1, 2), min_size=1, max_size=12),
    st.floats(0.001, 0.2),
)
def test_labels_keep_their_distance_order_and_mean(wanted: list[float], gap: float) -> None:
    placed = spread_apart(wanted, gap)
    order = np.argsort(wanted, kind="stable")
    assert (np.diff(placed[order]) >= gap * (1 - 1e-9)).all()
    assert placed.mean() == pytest.approx(np.mean(wanted), abs=1e-9)


def test_labels_that_do_not_collide_stay() -> None:
    assert spread_apart([0.9, 0.1, 0.5], 0.1).tolist() == pytest.approx([0.9, 0.1, 0.5])


def test_labels_stay_within_bounds_where_there_is_room() -> None:
    placed = spread_apart([0.0, 0.0, 0.0, 1.0, 1.0], 0.2, 0.0, 1.0)
    assert placed.tolist() == pytest.approx([0.0, 0.2, 0.4, 0.8, 1.0])


@pytest.mark.parametrize(
    ("errors", "scale"),
    [
        ([0.3, 0.4, 2.3], "linear"),
        ([0.3, 0.4, 2.5], "log"),
        ([0.0, 1.0], "linear"),
        ([-1.0, 100.0], "linear"),
        ([0.3, np.nan, np.inf], "linear"),
        ([], "linear"),
    ],
)
def test_axis_is_logarithmic_only_where_it_must_be_and_says_so(errors: list[float], scale: str) -> None:
    with drawing.axes(400, 300) as (_, axes):
        scale_errors(axes, np.array(errors), "loss")
        assert axes.get_yscale() == scale
        assert ("log scale" in axes.get_ylabel()) is (scale == "log")


@pytest.mark.parametrize(
    ("limits", "labels"),
    [
        ((0.38, 0.42), ["0.38", "0.39", "0.40", "0.41", "0.42"]),
        ((-2.0, 2.0), ["−2", "−1", "0", "1", "2"]),
        ((100_000.0, 300_000.0), ["100,000", "150,000", "200,000", "250,000", "300,000"]),
        ((1e6, 1e6 + 4), ["1,000,000", "1,000,001", "1,000,002", "1,000,003", "1,000,004"]),
        ((0.0, 4e-9), ["0", "1e-9", "2e-9", "3e-9", "4e-9"]),
    ],
)
def test_ticks_are_whole_numbers_with_as_many_decimals_as_they_need(
    limits: tuple[float, float], labels: list[str]
) -> None:
    with drawing.axes(400, 300) as (figure, axes):
        axes.set_xlim(*limits)
        axes.set_xticks(np.linspace(*limits, 5))
        plain_ticks(axes.xaxis)
        figure.canvas.draw()
        assert [label.get_text() for label in axes.get_xticklabels()] == labels


def test_finite_reads_null_as_nan() -> None:
    np.testing.assert_array_equal(finite([1.0, None]), [1.0, np.nan])


@pytest.mark.parametrize(("value", "text"), [(1e-3, "10⁻³"), (0.01, "0.01"), (1000, "1000"), (1e10, "10¹⁰")])
def test_a_power_of_ten(value: float, text: str) -> None:
    assert power_of_ten(value) == text


def test_ticks_of_a_logarithmic_axis_are_powers_of_ten() -> None:
    with drawing.axes(300, 200) as (figure, axes):
        axes.plot([1e-9, 1e3], [1, 2])
        log_axis(axes.xaxis)
        figure.draw_without_rendering()
        labels = [label.get_text() for label in axes.get_xticklabels()]
    assert 3 <= len(labels) <= 10
    assert set(labels) <= {power_of_ten(10.0**exponent) for exponent in range(-15, 10)}
    assert sum(label.startswith("10⁻") for label in labels) >= 2
