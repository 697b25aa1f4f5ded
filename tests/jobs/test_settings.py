"""Which settings are for which data: an option that nothing would come of is refused."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from shoal.errors import ConfigurationError, DataError
from shoal.jobs.kinds import kind_of
from shoal.jobs.request import FitRequest
from shoal.jobs.settings import FOR
from shoal.jobs.sizing.study import AskedSize
from shoal.words import as_option, spoken

ASKED: dict[str, tuple[str, dict[str, Any]]] = {
    "b": ("adult.csv", {}),
    "x": ("reviews.csv", {"text": "review"}),
    "s": ("a.ts", {}),
    "l": ("steps.csv", {"id": "who"}),
    "i": ("t10k-images-idx3-ubyte.gz", {}),
    "f": ("sales.csv", {"horizon": 7}),
}
"""Requests about a table, texts, series of files and of a long table, images, and forecasts."""
KINDS = {"b": "a table", "x": "texts", "s": "sequences", "l": "sequences", "i": "images", "f": "to forecast"}
MEANT: dict[str, tuple[Any, str]] = {
    "target": ("y", "bxlf"),
    "drop": (("a",), "blf"),
    "columns": (("a",), "blf"),
    "task": ("regression", "bxsl"),
    "loss": ("huber", "bxsl"),
    "categorical": (("a",), "b"),
    "pieces": (0, "b"),
    "waves": (2, "b"),
    "group": ("a", "bxsli"),
    "time_order": ("a", "bxsl"),
    "weight": ("a", "bxsl"),
    "metric": ("auc", "bxsli"),
    "cost": (("a:b=2",), "bxsli"),
    "folds": (3, "bxsli"),
    "valid": ("v.csv", "bxsli"),
    "validation_share": (0.3, "bxsli"),
    "test_share": (0.3, "bxsli"),
    "choose": ("best", "bxsli"),
    "solver": ("adam", "bxsli"),
    "activation": ("relu", "bxi"),
    "rare": ("drop", "bxsli"),
    "on": ("ray", "bxsli"),
    "order": ("t", "lf"),
    "season": (12, "f"),
    "future": (("a",), "f"),
    "tested": (True, "f"),
    "characters": (True, "x"),
    "features": (100, "xsl"),
    "budget": (1e9, "xslf"),
    "image_size": ((8, 8), "i"),
    "augment": ("none", "i"),
    "strict": (True, "slif"),
}
"""A value of each setting, and the requests that it is for."""


@pytest.fixture(autouse=True)
def in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("adult.csv").write_text("a,y\n1,2\n")


def test_what_is_not_there_is_no_table() -> None:
    with pytest.raises(DataError, match="digits does not exist, expected a table; check the path"):
        kind_of(FitRequest("digits", features=100))
    with pytest.raises(
        ConfigurationError, match="season is for forecasts, and builtin:iris is read as a table"
    ):
        kind_of(FitRequest("builtin:iris", "species", season=3))


@pytest.mark.parametrize("name", MEANT)
def test_a_setting_is_taken_by_the_data_that_it_is_for_and_by_no_other(name: str) -> None:
    value, meant = MEANT[name]
    for which, (table, settings) in ASKED.items():
        if (name, which) in {("characters", c) for c in "bslif"} | {("future", c) for c in "bxsli"}:
            continue  # a request without texts, or a horizon, says so itself
        request = FitRequest(table, **(settings | {name: value}))
        if which in meant:
            kind_of(request)
            continue
        told = f"--{name.replace('_', '-')} is for .*, and {table} is read as .*{KINDS[which]}; leave it out"
        with spoken(as_option), pytest.raises(ConfigurationError, match=told):
            kind_of(request)


@pytest.mark.parametrize("size", [{"hidden": ((4,),)}, {"starts": 3}, {"l2": (0.0,)}, {"epochs": 5}])
def test_forecasts_take_no_size_of_a_study(size: dict[str, Any]) -> None:
    asked = FitRequest("sales.csv", horizon=7, size=AskedSize(**size))
    with pytest.raises(ConfigurationError, match=f"{next(iter(size))} is for tables, texts, sequences and"):
        kind_of(asked)
    kind_of(FitRequest("adult.csv", size=AskedSize(**size)))


def test_every_name_is_one_of_a_request() -> None:
    fields = {field.name for part in (FitRequest, AskedSize) for field in dataclasses.fields(part)}
    assert set(FOR) <= fields
