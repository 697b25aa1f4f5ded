"""Figures of forecasts: every curve where its numbers are, and what the legend calls it."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Callable

import numpy as np
import pytest

from shoal.plots import drawing, forecasts
from shoal.plots.forecasts import ForecastsHeldOut, Shown

Group = Callable[[str, str], ET.Element]
Curve = Callable[[str, str], np.ndarray]
Texts = Callable[[str], list[str]]
IDS = re.compile(r"^(forecasts|by-step)-(narrow-)?")
ONE: Shown = {
    "name": "shops, north", "start": "2024-03-01", "end": "2024-03-04",
    "history": [4.0, None, 2.0], "actual": [3.0, 5.0, 4.0, 6.0],
    "lines": {"shoal": [3.0, 4.0, 4.0, 5.0], "seasonal naive": [2.0, 2.0, 2.0, 2.0]},
    "bands": {
        "0.8": {"lower": [2.0] * 4, "upper": [5.0] * 4},
        "0.95": {"lower": [1.0] * 4, "upper": [7.0] * 4},
    },
}  # fmt: skip
TEST: ForecastsHeldOut = {
    "values": 8, "outcome": "chosen", "sentence": "", "models": [], "covered": [],
    "by_step": {"shoal": [0.5, 1.0, None, 2.0], "naive": [1.0, 2.0, 3.0, 4.0]},
}  # fmt: skip
both_forms = pytest.mark.parametrize("form", ["wide", "narrow"])


@pytest.fixture
def group(parsed: Callable[[str], ET.Element]) -> Group:
    """Return a function from a figure and a gid to the group with that gid."""

    def find(figure: str, gid: str) -> ET.Element:
        (found,) = (g for g in parsed(figure).iter("g") if IDS.sub("", g.get("id", "")) == gid)
        return found

    return find


@pytest.fixture
def curve(group: Group) -> Curve:
    """Return a function from a figure and a gid to its points, (x, −y) in the figure's units."""

    def points(figure: str, gid: str) -> np.ndarray:
        (path,) = group(figure, gid).findall("path")
        found = re.findall(r"[ML] (\S+) (\S+)", path.attrib["d"])
        return np.array(found, dtype=float) * (1, -1)

    return points


@both_forms
def test_every_curve_is_where_its_numbers_are(curve: Curve, form: drawing.Form) -> None:
    figure = forecasts.series([ONE], form)
    actual = curve(figure, "actual-0")
    (x, y), per_step, per_unit = actual[0], actual[1, 0] - actual[0, 0], actual[1, 1] - actual[0, 1]
    # of the last of the history (2 at step 0) and what came then
    for gid, steps, values in (
        ("actual-0", [0, 1, 2, 3, 4], [2, 3, 5, 4, 6]),
        ("shoal-0", [1, 2, 3, 4], [3, 4, 4, 5]),
        ("seasonal-naive-0", [1, 2, 3, 4], [2, 2, 2, 2]),
    ):
        drawn = curve(figure, gid)
        expected = np.array([x + per_step * np.array(steps), y + per_unit * (np.array(values) - 2)]).T
        np.testing.assert_allclose(drawn, expected, atol=1e-3, err_msg=gid)


@both_forms
def test_the_legend_begins_with_the_forecast_and_names_what_is_drawn_alone(
    texts: Texts, form: drawing.Form
) -> None:
    told = texts(forecasts.series([ONE, {**ONE, "name": "shops, south"}], form))
    named = ["forecast", "held out", "history", "holds 80%", "holds 95%", "seasonal naive"]
    columns = 2 if form == "narrow" else 4
    assert sorted(text for text in told if text in {*named, "naive", "linear"}) == sorted(named)
    # matplotlib writes a legend column by column
    rows = [named[i : i + columns] for i in range(0, len(named), columns)]
    by_columns = [row[k] for k in range(columns) for row in rows if k < len(row)]
    assert [text for text in told if text in named] == by_columns
    assert {"shops, north", "shops, south", "steps ahead (1: 2024-03-01)"} <= set(told)


def test_several_series_are_told_to_a_screen_reader() -> None:
    assert "Forecasts of 2 series" in forecasts.series([ONE, ONE])
    assert "Forecasts of 1 series" in forecasts.series([ONE])


def test_a_band_is_a_surface_between_its_ends_and_the_wider_one_is_paler() -> None:
    figure = forecasts.series([{**ONE, "lines": {}}])
    dark = re.findall(r"fill-opacity: ([0-9.]+)", figure)
    assert dark == ["0.16", "0.3", "0.3", "0.16"]  # the surfaces, and their patches in the legend
    outlines = re.findall(r'<path id="forecasts-m[^"]*" d="([^"]*)"', figure)
    heights = [np.unique([float(y) for y in re.findall(r"[ML] \S+ (\S+)", one)]) for one in outlines]
    bands = [ends for ends in heights if len(ends) == 2 and np.ptp(ends) > 20]  # marks of ticks are small
    assert np.ptp(bands[0]) / np.ptp(bands[1]) == pytest.approx((7 - 1) / (5 - 2), rel=1e-5)


@both_forms
def test_errors_stand_above_their_steps_from_zero_on_with_gaps_where_none_is_known(
    curve: Curve, form: drawing.Form
) -> None:
    figure = forecasts.by_step(TEST, form)
    naive, shoal = curve(figure, "naive"), curve(figure, "shoal")
    per_step, per_error = (naive[-1] - naive[0]) / 3
    np.testing.assert_allclose(shoal[:2] - naive[0], [[0, -0.5 * per_error], [per_step, 0]], atol=1e-3)
    np.testing.assert_allclose(shoal[2:], [[naive[3, 0], naive[1, 1]]], atol=1e-3)  # 2 again


def test_what_has_no_neighbour_is_a_mark_for_a_line_would_leave_it_out(group: Group, texts: Texts) -> None:
    def marks(figure: str, gid: str) -> int:
        return len(list(group(figure, gid).iter("use")))

    figure = forecasts.by_step({**TEST, "by_step": {"linear": [0.25]}})
    assert marks(figure, "linear") == 1
    assert "linear" in texts(figure)
    assert "forecast" not in texts(figure)
    gaps = forecasts.by_step(TEST)
    assert (marks(gaps, "naive"), marks(gaps, "shoal")) == (0, 1)
    whole = forecasts.series([{**ONE, "history": [4.0, 3.0, 2.0]}])
    assert [marks(whole, gid) for gid in ("history-0", "actual-0", "shoal-0")] == [0, 0, 0]
    between: Shown = {**ONE, "history": [4.0, None, 2.0, None], "actual": [3.0, None, 4.0, 6.0]}
    broken = forecasts.series([between])
    assert [marks(broken, gid) for gid in ("history-0", "actual-0", "shoal-0")] == [2, 1, 0]
    apart = forecasts.series([{**ONE, "actual": [None, 5.0, 4.0, 6.0]}])
    assert (marks(apart, "history-0"), marks(apart, "actual-0")) == (2, 0)
