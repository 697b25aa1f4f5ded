"""A frame (series, time) is as many series as a dict of them, to the same numbers."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest

from shoal import Forecaster
from shoal.errors import DataError, ShoalWarning
from shoal.estimators.sequences.pandas_panels import rows_of_each

FEW: dict[str, Any] = {"window": 4, "season": 1, "networks": [], "n_jobs": 1}
T = np.arange(70)
LEVELS = ["shop", "day"]


def dates(first: str, steps: int) -> pd.DatetimeIndex:
    return pd.date_range(first, periods=steps, name="day")


PARTS = {
    "west": pd.Series(np.sin(0.5 * T) + 3, index=dates("2024-01-01", 70), name="sold"),
    "east": pd.Series(np.sin(0.9 * T[:62]) + 9, index=dates("2024-02-01", 62), name="sold"),
    "north": pd.Series(np.sin(1.4 * T[:40]) - 5, index=dates("2023-12-01", 40), name="sold"),
}  # of unequal ends, and not in the order of their names
PANEL = pd.concat(PARTS, names=LEVELS)


def together(each: Any) -> Any:
    return pd.concat(each, names=LEVELS)


def same(ours: Any, theirs: Any) -> None:
    if isinstance(theirs, pd.Series):
        pd.testing.assert_series_equal(ours, theirs, check_freq=False)
    else:
        pd.testing.assert_frame_equal(ours, theirs, check_freq=False)


@pytest.fixture(scope="module")
def by_name() -> Forecaster:
    return Forecaster(3, **FEW).fit(PARTS)


@pytest.fixture(scope="module")
def of_panel() -> Forecaster:
    return Forecaster(3, **FEW).fit(PANEL)


def test_a_panel_is_a_dict_of_its_series(by_name: Forecaster, of_panel: Forecaster) -> None:
    forecasts = of_panel.predict()
    assert forecasts.index.names == LEVELS
    assert forecasts.loc["north"].index[0] == pd.Timestamp("2024-01-10")
    same(forecasts, together(by_name.predict()))
    for ours, theirs in zip(of_panel.predict_interval(0.6), by_name.predict_interval(0.6), strict=True):
        same(ours, together(theirs))
    for name, theirs in by_name.baselines().items():
        same(of_panel.baselines()[name], together(theirs))


def test_rows_of_a_panel_may_stand_anywhere(of_panel: Forecaster) -> None:
    by_day = PANEL.sort_index(level=1, kind="stable")
    assert by_day.index[0][0] == "north"
    again = Forecaster(3, **FEW).fit(by_day).predict()
    same(again.loc[["west"]], of_panel.predict().loc[["west"]])


def test_channels_and_the_class_of_a_panel_come_back(of_panel: Forecaster) -> None:
    channels = pd.DataFrame({"sold": PANEL, "lost": -PANEL})
    forecasts = Forecaster(3, **FEW).fit(channels).predict()
    named = Forecaster(3, **FEW).fit({name: channels.loc[name] for name in PARTS}).predict()
    same(forecasts, together(named))
    one = Forecaster(3, **FEW).fit(PANEL.to_frame()).predict()
    same(one["sold"], of_panel.predict())
    months = PANEL[:60].set_axis(
        pd.MultiIndex.from_product([[4, 2], pd.period_range("2020-01", periods=30, freq="M")])
    )
    assert Forecaster(2, **FEW).fit(months).predict().index.tolist() == [
        (shop, pd.Period(month)) for shop in (4, 2) for month in ("2022-07", "2022-08")
    ]


def test_other_panels_are_known_by_the_names_of_their_series(
    by_name: Forecaster, of_panel: Forecaster
) -> None:
    other = together({"east": PARTS["east"][:50], "stranger": PARTS["west"][:30]})
    theirs = by_name.predict({"east": PARTS["east"][:50], "stranger": PARTS["west"][:30]})
    same(of_panel.predict(other), together(theirs))
    same(of_panel.predict(PANEL[::-1].sort_index()).loc[list(PARTS)], of_panel.predict())


def test_columns_known_ahead_of_a_panel() -> None:
    sale = {
        name: pd.DataFrame(
            {"sale": (np.arange(len(part) + 3) % 5 == 2) * 1.0},
            index=dates(str(part.index[0]), len(part) + 3),
        )
        for name, part in PARTS.items()
    }
    sold = {name: part + 4 * sale[name]["sale"][: len(part)] for name, part in PARTS.items()}
    known = {name: sale[name][: len(part)] for name, part in sold.items()}
    by_name = Forecaster(3, **FEW).fit(sold, future=known)
    of_panel = Forecaster(3, **FEW).fit(together(sold), future=together(known).sort_index())
    theirs = together(by_name.predict(future=sale))
    same(of_panel.predict(future=together(sale)), theirs)
    following = together({name: sale[name][-3:] for name in reversed(list(sale))})
    same(of_panel.predict(future=following), theirs)
    state, steps = of_panel.start(), following.groupby(level=0).head(3)
    ahead = together({name: sale[name][-4:] for name in reversed(list(sale))})
    before = of_panel.start(together({name: part[:-1] for name, part in sold.items()}))
    last = together({name: part[-1:] for name, part in sold.items()})[::-1]
    stepped, _ = of_panel.step(last, before, future=ahead)
    assert stepped.to_numpy().tolist() == theirs.to_numpy().tolist()
    with pytest.raises(DataError, match=r"future must be \(3, 4, 1\) finite numbers"):
        of_panel.step(last, state, future=steps)
    with pytest.raises(DataError, match="future has no columns for the series 'north'"):
        of_panel.predict(future=following.drop("north"))


def test_steps_of_a_panel_go_by_the_names_of_its_series(of_panel: Forecaster) -> None:
    state = of_panel.start(together({name: part[:-1] for name, part in PARTS.items()}))
    last = together({name: part[-1:] for name, part in PARTS.items()})
    for x in (last, last.sort_index(), last.groupby(level=0).last(), last.droplevel(1).to_dict(), list(last)):
        stepped, after = of_panel.step(x, state)
        assert stepped.index.tolist() == [(name, step) for name in PARTS for step in (1, 2, 3)]
        assert stepped.tolist() == of_panel.predict().tolist()
        assert len(after.values) == 3
    with pytest.raises(DataError, match=r"x is of the series \['west', 'east'\], expected \['west', "):
        of_panel.step(last[:2], state)
    with pytest.raises(DataError, match="x has not as many steps for each series"):
        of_panel.step(PANEL, state)
    with pytest.raises(DataError, match="x has a series twice"):
        of_panel.step(pd.concat([last, last[:1]]).droplevel(1), state)


def test_what_followed_a_panel_goes_by_the_names_of_its_series(
    by_name: Forecaster, of_panel: Forecaster
) -> None:
    followed = {name: pd.Series([3.0, 2.0], index=dates("2025-01-01", 2)) for name in PARTS}
    followed["west"] += 2
    score = by_name.score(followed)
    assert of_panel.score(together(followed)) == score
    assert of_panel.score(together(followed).sort_index()) == score
    assert by_name.score(dict(reversed(followed.items()))) == score
    with pytest.raises(DataError, match="score has nothing of the series 'north'; give them for each"):
        of_panel.score(together(followed).drop("north"))
    with pytest.raises(DataError, match="as many series"):
        of_panel.score(together({**followed, "south": followed["west"]}))


def test_times_that_a_panel_leaves_out_are_missing() -> None:
    with pytest.warns(ShoalWarning) as told:
        forecasts = Forecaster(3, **FEW).fit(PANEL.drop(("east", pd.Timestamp("2024-02-20")))).predict()
    assert str(told[0].message).startswith("1 step between the times of series 'east' of y is left out")
    assert forecasts.loc["east"].index[0] == pd.Timestamp("2024-04-03")


def test_a_panel_has_one_kind_of_times() -> None:
    days = pd.Timestamp("2024-01-01") + pd.to_timedelta(np.cumsum(np.arange(40) ** 2 % 13 + 1), unit="D")
    uneven = together({**PARTS, "north": PARTS["north"].set_axis(days)})
    with pytest.warns(ShoalWarning, match="the times of series 'north' of y are uneven"):
        forecaster = Forecaster(3, **FEW).fit(uneven)
    with pytest.warns(ShoalWarning, match="times of 1 of 3 series have no constant step"):
        forecasts = forecaster.predict()
    assert forecasts.loc["west"].index.tolist() == [1, 2, 3]


def test_what_is_no_panel_is_told() -> None:
    deeper = pd.concat({"country": PANEL}, names=["country"])
    advice = 'y.set_axis(pd.MultiIndex.from_tuples([("/".join(map(str, i[:-1])), i[-1]) for i in y.index]))'
    with pytest.raises(DataError, match=r"an index of 3 levels, expected two, \(series, time\)") as told:
        Forecaster(3, **FEW).fit(deeper)
    assert str(told.value).endswith(f"join all but the last, as {advice}")
    y = deeper
    joined = y.set_axis(pd.MultiIndex.from_tuples([("/".join(map(str, i[:-1])), i[-1]) for i in y.index]))
    assert joined.index[0] == ("country/west", PANEL.index[0][1])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(Forecaster(3, **FEW).fit(joined).predict()) == 9
    for several in ([PANEL, PANEL], {"a": PANEL}):
        with pytest.raises(DataError, match="has an index of 2 levels, expected that of one series; give a"):
            Forecaster(3, **FEW).fit(several)
    with pytest.raises(DataError, match="series 'west' of y has 1 time twice"):
        Forecaster(3, **FEW).fit(pd.concat([PANEL, PANEL[:1]]))
    with pytest.raises(DataError, match="the times of series 'west' of y are not in order"):
        Forecaster(3, **FEW).fit(PANEL[::-1].loc[["west", "east"]])
    with pytest.raises(DataError, match="y is empty"):
        Forecaster(3, **FEW).fit(PANEL[:0])
    unnamed = PANEL[:20].set_axis(pd.MultiIndex.from_arrays([["a"] * 18 + [None] * 2, range(20)]))
    with pytest.raises(DataError, match="2 rows of y do not say whose, for the first level of the index"):
        Forecaster(3, **FEW).fit(unnamed)


def test_rows_of_each_series() -> None:
    keys, rows = rows_of_each(pd.MultiIndex.from_tuples([("z", 1), ("a", 1), ("z", 2)]), "X")
    assert (list(keys), [each.tolist() for each in rows]) == (["z", "a"], [[0, 2], [1]])
