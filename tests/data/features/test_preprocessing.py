from __future__ import annotations

import copy
import dataclasses
import datetime as dt
import json
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

import shoal.data.memory as memory
from shoal.data.columns import describe_columns
from shoal.data.features.preprocessing import TablePreprocessor
from shoal.data.frames import as_frame
from shoal.errors import CapacityError, DataError, ModelFolderError, ShoalWarning

Table = dict[str, list[Any]]

HOUSES: Table = {
    "size": ["50", "60", "?", "90", "70", "80"],
    "kind": ["flat", "house", "flat", "house", "hut", "flat"],
    "sold": ["2024-01-05", "2024-02-05", "2024-03-05", "2024-04-05", "2024-05-05", "2024-06-05"],
    "garden": ["no", "yes", "no", "yes", "yes", "no"],
    "country": ["NL"] * 6,
    "price": ["1", "2", "3", "4", "5", "7"],
}


def fit_quietly(table: Any, target: str, **options: Any) -> TablePreprocessor:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ShoalWarning)
        return TablePreprocessor.fit(table, target, **options)


def without(table: Table, *names: str) -> Table:
    return {name: values for name, values in table.items() if name not in names}


def test_features_stand_in_the_order_of_their_columns() -> None:
    preprocessor = fit_quietly(HOUSES, "price")
    assert preprocessor.feature_names == (
        *("size", "size is missing", "kind=flat", "kind=house", "kind=(other)"),
        *("sold", "sold month sin", "sold month cos", "sold weekday sin", "sold weekday cos", "garden"),
    )
    assert preprocessor.source_columns == (*["size"] * 2, *["kind"] * 3, *["sold"] * 5, "garden")
    X = preprocessor.transform(HOUSES)
    assert (X.dtype, X.shape, X.flags.c_contiguous) == (np.float64, (6, 11), True)
    assert_array_equal(X[:, 1], [0, 0, 1, 0, 0, 0])
    assert_array_equal(X[:, 2:5], np.eye(3)[[0, 1, 0, 1, 2, 0]])
    assert_array_equal(X[:, 10], [0, 1, 0, 1, 1, 0])


def test_numbers_in_pieces_stand_after_the_number_itself() -> None:
    preprocessor = fit_quietly(HOUSES, "price", pieces=2)
    assert preprocessor.feature_names[:5] == (
        "size",
        "size piece 1",
        "size piece 2",
        "size is missing",
        "kind=flat",
    )
    assert preprocessor.source_columns[:4] == ("size",) * 4
    again = TablePreprocessor.from_config(json.loads(json.dumps(preprocessor.to_config())))
    assert_array_equal(again.transform(HOUSES), preprocessor.transform(HOUSES))


def test_views_are_a_form_of_the_numbers_each_with_all_that_is_plain() -> None:
    houses = {"x": HOUSES["size"], "kind": HOUSES["kind"], "y": HOUSES["price"]}
    preprocessor = fit_quietly(houses, "y", pieces=2, waves=1)
    names = preprocessor.feature_names
    assert names[:6] == ("x", "x piece 1", "x piece 2", "x sin 1", "x cos 1", "x is missing")
    in_pieces, in_waves = (
        [names[place] for place in view] for view in preprocessor.views(("pieces", "waves"))
    )
    assert in_pieces == [*names[:3], *names[5:]]
    assert in_waves == [names[0], *names[3:]]
    for pieces, waves in ((0, 0), (2, 0), (0, 1)):
        assert fit_quietly(houses, "y", pieces=pieces, waves=waves).views(("pieces", "waves")) == ()


def test_each_unused_column_is_named_in_a_warning() -> None:
    with pytest.warns(ShoalWarning, match=r"^column 'country' is not used: constant, always 'NL'") as caught:
        preprocessor = TablePreprocessor.fit(HOUSES, "price")
    assert [str(warning.message) for warning in caught] == list(preprocessor.warnings)
    assert len(preprocessor.warnings) == 1
    assert [column.name for column in preprocessor.columns] == [name for name in HOUSES if name != "price"]


def test_only_the_fitted_rows_are_learned_from() -> None:
    rows = as_frame({"x": [0.0, 1.0, 2.0, 1e6], "c": ["a", "b", "a", "zzz"], "y": [0, 1, 0, 1]})
    preprocessor = TablePreprocessor.fit(rows[[0, 1, 2]], "y", describe_columns(rows, "y"))
    assert preprocessor.feature_names == ("x", "c=a", "c=(other)")
    assert preprocessor.encoders[0].median == 1.0  # type: ignore[attr-defined]
    assert_array_equal(preprocessor.transform(rows)[1], [0, 0, 1])


def test_the_kinds_can_be_those_of_the_whole_table() -> None:
    ids = as_frame({"number": list(range(40)), "x": [k * k % 7 for k in range(40)], "y": [0, 1] * 20})
    some = ids[list(range(0, 40, 3))]
    assert TablePreprocessor.fit(some, "y").feature_names == ("number", "x")
    assert fit_quietly(some, "y", columns=describe_columns(ids, "y")).feature_names == ("x",)


def test_it_is_fixed_once_fitted() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        fit_quietly(HOUSES, "price").target = "size"  # type: ignore[misc]


def test_the_target_and_unused_columns_may_be_absent() -> None:
    preprocessor = fit_quietly(HOUSES, "price")
    assert_array_equal(
        preprocessor.transform(without(HOUSES, "price", "country")), preprocessor.transform(HOUSES)
    )


def test_a_pandas_frame_gives_the_same_features_as_a_file_of_texts() -> None:
    typed = pd.DataFrame(HOUSES).assign(
        size=[50, 60, np.nan, 90, 70, 80],
        garden=[False, True, False, True, True, False],
        sold=pd.to_datetime(pd.Series(HOUSES["sold"])),
        kind=pd.Categorical(HOUSES["kind"]),
    )
    from_texts, from_types = fit_quietly(HOUSES, "price"), fit_quietly(typed, "price")
    assert_array_equal(from_texts.transform(typed), from_texts.transform(HOUSES))
    assert_array_equal(from_types.transform(HOUSES), from_texts.transform(HOUSES))


def test_a_missing_column_is_told_with_the_nearest_there_is(refuses: Any) -> None:
    preprocessor = fit_quietly(HOUSES, "price")
    table = {**without(HOUSES, "garden"), "gardn": HOUSES["garden"]}
    with refuses(DataError, "lacks the column 'garden'", "is 'gardn' meant?"):
        preprocessor.transform(table)
    with refuses(DataError, "lacks the column 'garden'", "is 'GARDEN' meant?"):
        preprocessor.transform({**without(HOUSES, "garden"), "GARDEN": HOUSES["garden"]})
    with refuses(DataError, "lacks the column 'size' and 2 more, which", "add it"):
        preprocessor.validate({"price": ["1"], "kind": ["flat"]})
    with refuses(DataError, "lacks the column 'x1', which", "add it"):  # x10 has a place of its own
        fit_quietly({"x1": [1, 2, 4], "x10": [3, 2, 1], "y": [1, 2, 3]}, "y").validate({"x10": [1]})


def test_a_column_that_was_not_there_is_told_unless_it_is_to_be_ignored(refuses: Any) -> None:
    preprocessor = fit_quietly(HOUSES, "price")
    table = {**HOUSES, "new": [1] * 6, "newer": [2] * 6}
    with refuses(DataError, "not trained on: 'new', 'newer'", "ignore_extra=True"):
        preprocessor.transform(table)
    with refuses(DataError, "not trained on: 'new', 'newer'"):
        preprocessor.validate(table)
    preprocessor.validate(table, ignore_extra=True)
    assert_array_equal(preprocessor.transform(table, ignore_extra=True), preprocessor.transform(HOUSES))


def test_a_column_of_another_kind_is_told_with_an_example(refuses: Any) -> None:
    with refuses(DataError, "column 'size' has 'large' in data row 2", "expected a number"):
        fit_quietly(HOUSES, "price").transform({**HOUSES, "size": ["1", "large", "2", "3", "4", "5"]})


def test_a_category_never_seen_and_a_missing_one_do_not_fail() -> None:
    X = fit_quietly(HOUSES, "price").transform({**HOUSES, "kind": ["castle", None, "flat", "", "hut", "NA"]})
    assert_array_equal(X[:, 2:5], [[0, 0, 1], [0, 0, 0], [1, 0, 0], [0, 0, 0], [0, 0, 1], [0, 0, 0]])


def test_a_table_without_a_usable_column_is_refused(refuses: Any) -> None:
    with refuses(DataError, "none of the 1 columns beside 'y'", "'unit' is not used: constant"):
        TablePreprocessor.fit({"unit": ["cm"] * 3, "y": [1, 2, 3]}, "y")
    with refuses(DataError, "none of the 0 columns beside 'y'", "there are none"):
        TablePreprocessor.fit({"y": [1, 2, 3]}, "y")
    with refuses(DataError, "4 rows to train on give no feature", "'c'"):
        TablePreprocessor.fit({"c": list("abcd"), "y": [1, 2, 3, 4]}, "y")


def test_a_matrix_larger_than_the_memory_is_refused_before_it_is_made(
    refuses: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = {f"c{k}": [f"{j % 40}th" for j in range(800)] for k in range(5)}
    preprocessor = TablePreprocessor.fit(table, "y")
    assert len(preprocessor.feature_names) == 200
    monkeypatch.setattr(memory, "available_bytes", lambda: 2 << 20)
    monkeypatch.setattr(np, "empty", None)
    with refuses(
        CapacityError, "feature matrix of 800 rows and 200 features", "needs 1.2 MiB", "2.0 MiB are free"
    ):
        preprocessor.transform(table)


# Properties of any table.

texts = st.sampled_from(["a", "b", "c", "?", "", " d ", "-", "+", "yes", "No", "1", "2.5", "é", "a,b", "01"])
COLUMNS = st.one_of(
    st.lists(st.none() | st.floats(-1e150, 1e150), min_size=1),
    st.lists(st.none() | st.integers(-(2**62), 2**62), min_size=1),
    st.lists(st.none() | st.booleans(), min_size=1),
    st.lists(st.none() | texts, min_size=1),
    st.lists(st.none() | st.floats(-10, 10).map(str), min_size=1),
    st.lists(st.none() | st.dates().map(str), min_size=1),
    st.lists(st.none() | st.datetimes(dt.datetime.fromisoformat("1700-01-01")), min_size=1),
)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Draw a table with at least one column to use, from short columns repeated to one length."""
    n_rows = draw(st.integers(2, 60))
    columns = draw(st.lists(COLUMNS, min_size=1, max_size=5))
    table = {f"c{k}": (column * n_rows)[:n_rows] for k, column in enumerate(columns)}
    return {**table, "used": [float(k % 3) for k in range(n_rows)]}


@given(tables(), st.randoms())
def test_whatever_the_table_is(table: Table, random: Any) -> None:
    """Three properties of each table that is drawn: to draw it and to fit to it is most of the work."""
    frame, columns = as_frame(table), describe_columns(table, "y")
    fitted = fit_quietly(frame, "y", columns=columns)
    X = fitted.transform(table)
    assert fitted == fit_quietly(table, "y")

    part = frame[random.choices(range(len(frame)), k=20)]
    for preprocessor, rows in ((fitted, part), (fit_quietly(part, "y", columns=columns), frame)):
        becomes_finite_features_of_bounded_size(preprocessor, rows)

    again = TablePreprocessor.from_config(json.loads(json.dumps(fitted.to_config())))
    assert again == fitted
    assert again.feature_names == fitted.feature_names
    assert_array_equal(again.transform(table), X)

    order = random.sample(range(len(frame)), len(frame))
    reordered = fit_quietly(frame[order], "y", columns=columns)
    assert reordered == fitted
    for preprocessor in (reordered, fitted):
        assert_array_equal(preprocessor.transform(frame[order]), X[order])


def becomes_finite_features_of_bounded_size(preprocessor: TablePreprocessor, rows: Any) -> None:
    X = preprocessor.transform(rows)
    assert X.shape == (len(rows), len(preprocessor.feature_names))
    assert len(preprocessor.source_columns) == len(preprocessor.feature_names)
    assert np.isfinite(X).all()
    assert (np.abs(X) <= 3).all()


# Altered configurations.

Alter = Callable[[dict[str, Any]], Any]

ALTERATIONS: dict[str, Alter] = {
    "no format": lambda c: c.pop("format"),
    "another format": lambda c: c.update(format=2),
    "more entries": lambda c: c.update(more=1),
    "no target": lambda c: c.update(target=None),
    "no columns": lambda c: c.update(columns=None),
    "fewer columns": lambda c: c["columns"].pop(0),
    "a column less used": lambda c: c["columns"][0].update(used=False),
    "a count as text": lambda c: c["columns"][0].update(missing="1"),
    "a use as number": lambda c: c["columns"][0].update(used=1),
    "a column of no kind": lambda c: c["columns"][-1].update(kind="prose"),
    "a column without name": lambda c: c["columns"][-1].pop("name"),
    "a name as number": lambda c: c["columns"][-1].update(name=5),
    "stray tokens as number": lambda c: c["columns"][0].update(stray_tokens=3),
    "a decimal mark as number": lambda c: c["columns"][0].update(decimal=3),
    "a format as number": lambda c: c["columns"][0].update(date_format=3),
    "fewer encoders": lambda c: c["encoders"].pop(),
    "encoders in another order": lambda c: c["encoders"].reverse(),
    "an encoder of no kind": lambda c: c["encoders"][0].update(name="pickle"),
    "an encoder as text": lambda c: c["encoders"].__setitem__(0, "numeric"),
    "an encoder without scale": lambda c: c["encoders"][0].pop("scale"),
    "a scale of zero": lambda c: c["encoders"][0].update(scale=0),
    "levels as text": lambda c: c["encoders"][1].update(levels="ab"),
}


@pytest.mark.parametrize("alter", ALTERATIONS.values(), ids=ALTERATIONS)
def test_an_altered_preprocessor_is_refused(alter: Alter, refuses: Any) -> None:
    config = json.loads(json.dumps(fit_quietly(HOUSES, "price").to_config()))
    altered = copy.deepcopy(config)
    alter(altered)
    assert json.dumps(altered) != json.dumps(config)
    with refuses(ModelFolderError, "the saved preprocessing cannot be used", "fit again"):
        TablePreprocessor.from_config(altered)


@pytest.mark.parametrize("config", [None, [], "x", {}])
def test_what_is_no_preprocessor_is_refused(config: Any, refuses: Any) -> None:
    with refuses(ModelFolderError, "the saved preprocessing cannot be used"):
        TablePreprocessor.from_config(config)


def test_columns_left_out_may_be_there_or_not_for_good() -> None:
    fitted = fit_quietly(HOUSES, "price", dropped=("kind", "sold"))
    assert [column.name for column in fitted.columns] == ["size", "garden", "country"]
    loaded = TablePreprocessor.from_config(json.loads(json.dumps(fitted.to_config())))
    assert loaded == fitted
    assert_array_equal(loaded.transform(HOUSES), loaded.transform(without(HOUSES, "kind", "sold")))
    with pytest.raises(DataError, match="not trained on: 'kinds'"):
        loaded.transform({**HOUSES, "kinds": HOUSES["kind"]})


def test_a_model_of_before_left_no_column_out() -> None:
    config = fit_quietly(HOUSES, "price").to_config()
    del config["dropped"]
    assert TablePreprocessor.from_config(config).dropped == ()
    for altered in ([1], 3):
        with pytest.raises(ModelFolderError, match="saved preprocessing cannot be used"):
            TablePreprocessor.from_config({**config, "dropped": altered})


def test_categories_that_are_all_strange_are_told() -> None:
    codes = [str(k % 4) for k in range(80)]
    fitted = fit_quietly(
        {"code": pd.Categorical(codes), "x": range(80), "y": [k % 2 for k in range(80)]}, "y"
    )
    told = (
        "column 'code': none of 80 values such as '0.0' is a category that the model was fitted to, as '0' "
        "is; they count as rare ones"
    )
    strange = [f"{code}.0" for code in codes]
    assert fitted.strange_levels({"code": strange, "x": range(80)}) == [told]
    assert fitted.strange_levels({"code": strange[:20], "x": range(20)}) == []
    assert fitted.strange_levels({"code": [None] * 80, "x": range(80)}) == []
    for known in (codes, [float(code) for code in codes], [*strange[:79], "3"]):
        assert fitted.strange_levels({"code": known, "x": range(80)}) == []
