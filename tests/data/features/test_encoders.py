from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from shoal.data.columns import describe_column
from shoal.data.features.encoders import ENCODERS, ColumnEncoder
from shoal.data.frames import as_series
from shoal.errors import ConfigurationError, DataError
from shoal.registry import from_config, to_config


def fitted(values: Any, kind: str) -> ColumnEncoder:
    series = as_series(list(values), "x")
    summary = describe_column(series)
    return ENCODERS[kind].fit(series, summary)


def encoded(encoder: ColumnEncoder, values: Any) -> dict[str, list[float]]:
    features = encoder.encode(as_series(list(values), "x"))
    return {name: feature.tolist() for name, feature in zip(encoder.feature_names, features, strict=True)}


def test_a_number_is_centred_scaled_and_squashed() -> None:
    encoder = fitted([1.0, 2.0, 3.0, 4.0, 5.0], "numeric")
    assert encoded(encoder, [3, 5, 11]) == {"x": [0.0, 1 / np.sqrt(1 + 1 / 9), pytest.approx(2.4)]}


def test_a_missing_number_is_the_median_and_says_so_if_some_were_missing_before() -> None:
    assert encoded(fitted([1.0, None, 3.0], "numeric"), ["NA", "2"]) == {"x": [0, 0], "x is missing": [1, 0]}
    assert encoded(fitted([1.0, 2.0, 3.0], "numeric"), [None, "-", "2"]) == {"x": [0, 0, 0]}


def test_a_number_in_pieces_says_how_much_of_each_it_has_covered() -> None:
    series = as_series([1.0, 2.0, 3.0, 4.0, 9.0], "x")
    encoder = fitted([1.0, 2.0, 3.0, 4.0, 9.0], "numeric").in_pieces(series, 2)
    assert encoder.feature_names == ("x", "x piece 1", "x piece 2")
    features = encoded(encoder, [0, 2, 3, 4.5, 99, None])
    assert features["x piece 1"] == [-0.5, 0.0, 0.5, 0.5, 0.5, 0.5]  # from 1 to 3
    assert features["x piece 2"] == [-0.5, -0.5, -0.5, -0.25, 0.5, -0.5]  # from 3 to 9
    assert from_config("encoder", to_config(encoder), ENCODERS) == encoder


def test_a_number_in_waves_has_a_sine_and_a_cosine_of_each_frequency() -> None:
    values = [1.0, 2.0, 3.0, 4.0, 9.0, None]  # the median is 3, the interquartile range 2
    encoder = fitted(values, "numeric").in_waves(as_series(values, "x"), 2)
    assert encoder.feature_names == ("x", "x sin 1", "x cos 1", "x sin 2", "x cos 2", "x is missing")
    assert encoder.forms == ("plain", "waves", "waves", "waves", "waves", "plain")
    # a quarter and three quarters of all normal numbers are nearer to 0 than these
    assert_allclose(encoder.waves, [0.318639363964375, 1.15034938037601], rtol=1e-12)
    features = encoded(encoder, [3, 5, None])
    r = 1 / np.sqrt(1 + 1 / 9)
    for t, frequency in enumerate(encoder.waves, 1):
        assert_allclose(features[f"x sin {t}"], [0, np.sin(2 * np.pi * frequency * r), 0], rtol=1e-12)
        assert_allclose(features[f"x cos {t}"], [1, np.cos(2 * np.pi * frequency * r), 1], rtol=1e-12)
    assert from_config("encoder", to_config(encoder), ENCODERS) == encoder


def test_two_values_have_one_form_and_so_have_other_kinds() -> None:
    for values, kind in (([1.0, 5.0, 5.0], "numeric"), (["a", "b", "a"], "categorical")):
        encoder = fitted(values, kind)
        assert encoder.in_pieces(as_series(values, "x"), 8) == encoder
        assert encoder.in_waves(as_series(values, "x"), 4) == encoder
        assert set(encoder.forms) == {"plain"}


def test_a_tiny_piece_is_a_step() -> None:
    encoder = ENCODERS["numeric"](
        column="x", median=0.0, scale=1.0, indicator=False, knots=(-1.0, 0.0, 5e-324)
    )
    assert encoded(encoder, [1e150])["x piece 2"] == [0.5]
    assert encoded(encoder, [0.0])["x piece 2"] == [-0.5]


@pytest.mark.parametrize("knots", [[1.0, 1.0], [2.0, 1.0], [1.0, float("inf")], ["1", "2"], 3.0])
def test_knots_that_do_not_rise_are_refused(knots: Any) -> None:
    with pytest.raises(ConfigurationError, match="expected"):
        ENCODERS["numeric"](column="x", median=0.0, scale=1.0, indicator=False, knots=knots)


def test_strange_texts_seen_before_are_missing_and_others_an_error(refuses: Any) -> None:
    encoder = fitted([*(str(k) for k in range(3, 54)), "unknown"], "numeric")
    assert encoded(encoder, ["unknown", "28"]) == {"x": [0, 0], "x is missing": [1, 0]}
    with refuses(DataError, "'unheard' in data row 2", "a number"):
        encoded(encoder, ["28", "unheard"])


def test_a_number_far_beyond_the_scale_stays_finite() -> None:
    encoder = ENCODERS["numeric"](column="x", median=0.0, scale=5e-324, indicator=False)
    assert encoded(encoder, [1e150, -1e150, 0.0]) == {"x": [3.0, -3.0, 0.0]}


def test_a_boolean_is_one_or_zero_and_the_commoner_where_missing() -> None:
    assert encoded(fitted(["yes", "yes", "no", None], "boolean"), ["no", None, "1"]) == {
        "x": [0, 1, 1],
        "x is missing": [0, 1, 0],
    }
    assert encoded(fitted([True, False, False], "boolean"), [None, "T"]) == {"x": [0, 1]}
    assert encoded(fitted([True, False], "boolean"), [None]) == {"x": [0]}


def test_categories_are_one_hot_in_alphabetical_order() -> None:
    encoder = fitted(["b", "a", "b", "a", "a"], "categorical")
    assert encoded(encoder, ["a", "b", "new", None]) == {"x=a": [1, 0, 0, 0], "x=b": [0, 1, 0, 0]}


def test_rare_categories_and_new_ones_share_a_feature() -> None:
    encoder = fitted(["a"] * 3 + ["b"] * 3 + ["c", None], "categorical")
    assert encoded(encoder, ["a", "c", "new", None]) == {
        "x=a": [1, 0, 0, 0],
        "x=b": [0, 0, 0, 0],
        "x=(other)": [0, 1, 1, 0],
        "x is missing": [0, 0, 0, 1],
    }


@pytest.mark.parametrize(("n_rows", "enough"), [(10, 2), (40, 2), (60, 3), (190, 10), (200, 10), (5000, 10)])
def test_a_category_needs_ten_rows_or_one_in_twenty_of_a_small_table(n_rows: int, enough: int) -> None:
    values = ["few"] * (enough - 1) + ["enough"] * enough
    values += ["most"] * (n_rows - len(values))
    assert fitted(values, "categorical").feature_names == ("x=enough", "x=most", "x=(other)")


def test_the_fifty_commonest_categories_are_kept() -> None:
    values = [f"{k:02d} times" for k in range(10, 70) for _ in range(k)]
    names = fitted(values, "categorical").feature_names
    assert names == (*(f"x={k} times" for k in range(20, 70)), "x=(other)")


def test_a_column_of_rare_categories_alone_says_nothing() -> None:
    assert fitted([f"{k % 50}" + "th" for k in range(100)], "categorical").feature_names == ()
    half_missing = [f"{k % 30}" + "th" for k in range(60)] + [None] * 60
    assert fitted(half_missing, "categorical").feature_names == ("x=(other)", "x is missing")


def test_whole_numbers_match_categories_however_they_are_stored() -> None:
    encoder = fitted(["1", "2", "x", "1", "2", "x"], "categorical")
    expected = {"x=1": [1, 0], "x=2": [0, 1], "x=x": [0, 0]}
    assert (
        encoded(encoder, ["1", "2"]) == encoded(encoder, [1, 2]) == encoded(encoder, [1.0, 2.0]) == expected
    )


def test_a_date_is_a_number_of_days_and_angles_on_the_circles_that_varied() -> None:
    series = ["2024-01-01", "2024-01-03", "2024-01-05"]  # a Monday, a Wednesday, a Friday
    encoder = fitted(series, "date")
    assert encoder.feature_names == ("x", "x weekday sin", "x weekday cos")
    sunday = 2 * np.pi * 6 / 7
    assert_allclose(
        encoder.encode(as_series(["2024-01-03", "2024-01-07"])),
        [[0.0, 2 / np.hypot(1, 2 / 3)], np.sin([sunday / 3, sunday]), np.cos([sunday / 3, sunday])],
        rtol=1e-12,
    )


def test_months_and_hours_are_circles_too() -> None:
    at = dt.datetime.fromisoformat
    encoder = fitted([at("2024-01-31T06:00"), at("2023-04-03T18:00"), None], "date")
    assert encoder.feature_names == (
        "x",
        *(f"x {circle} {wave}" for circle in ("month", "weekday", "hour") for wave in ("sin", "cos")),
        "x is missing",
    )
    features = encoder.encode(as_series(["1969-10-01T18:00:00", None]))
    assert_allclose(features[1:3], [[-1.0, 0.0], [0.0, 0.0]], atol=1e-12)  # October: three quarters of a year
    assert_allclose(features[3:5], [[np.sin(4 * np.pi / 7), 0.0], [np.cos(4 * np.pi / 7), 0.0]], atol=1e-12)
    assert_allclose(features[5:7], [[-1.0, 0.0], [0.0, 0.0]], atol=1e-12)
    assert_array_equal(features[7], [0.0, 1.0])


def test_strange_texts_among_dates_are_missing_too() -> None:
    encoder = fitted([*(f"2024-01-{day:02d}" for day in range(1, 31)), "soon"], "date")
    assert encoder.feature_names == ("x", "x weekday sin", "x weekday cos", "x is missing")
    assert [feature[0] for feature in encoder.encode(as_series(["soon"]))] == [0.0, 0.0, 0.0, 1.0]


@pytest.mark.parametrize(("kind", "values"), [("numeric", [1, 2]), ("boolean", [True, False])])
def test_values_of_another_kind_are_refused(kind: str, values: Any, refuses: Any) -> None:
    with refuses(DataError, "column 'x' has 'Monday' in data row 2"):
        fitted(values, kind).encode(as_series([None, "Monday"], "x"))


GOOD = {
    "numeric": {
        "median": 1.5,
        "scale": 2.0,
        "indicator": True,
        "stray_tokens": ["tr."],
        "knots": [0.5, 2.0],
        "waves": [0.3],
        "decimal": ",",
    },
    "boolean": {"commoner": True, "indicator": False},
    "categorical": {"levels": ["a", "b"], "other": True, "indicator": False},
    "date": {
        "date_format": "%Y-%m-%d",
        "median": 19000,
        "scale": 30.5,
        "circles": ["month"],
        "indicator": False,
        "stray_tokens": ["soon"],
    },
}


@pytest.mark.parametrize("kind", ENCODERS)
def test_every_encoder_is_the_same_after_json(kind: str) -> None:
    config = {"name": kind, "column": "x", **GOOD[kind]}
    encoder = from_config("encoder", config, ENCODERS)
    again = to_config(encoder)
    assert from_config("encoder", again, ENCODERS) == encoder
    assert {key: list(value) if isinstance(value, tuple) else value for key, value in again.items()} == config


@pytest.mark.parametrize(
    ("kind", "field", "value"),
    [
        ("numeric", "column", 3),
        ("numeric", "median", float("nan")),
        ("numeric", "median", "1"),
        ("numeric", "median", True),
        ("numeric", "scale", 0.0),
        ("numeric", "scale", -1.0),
        ("numeric", "scale", float("inf")),
        ("numeric", "indicator", 1),
        ("numeric", "stray_tokens", "tr."),
        ("numeric", "stray_tokens", [1]),
        ("boolean", "commoner", "yes"),
        ("boolean", "indicator", None),
        ("categorical", "levels", ["a", "a"]),
        ("categorical", "levels", ["a", None]),
        ("categorical", "levels", None),
        ("categorical", "other", 0),
        ("date", "date_format", 5),
        ("date", "circles", ["year"]),
        ("date", "circles", ["month", "month"]),
        ("date", "scale", 0),
        ("date", "unknown", 0),
    ],
)
def test_an_altered_encoder_is_refused(kind: str, field: str, value: Any) -> None:
    with pytest.raises(ConfigurationError):
        from_config("encoder", {"name": kind, "column": "x", **GOOD[kind], field: value}, ENCODERS)
