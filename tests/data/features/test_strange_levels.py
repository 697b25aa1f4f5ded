"""Categories that a model was not fitted to are told once of a table, however it is seen."""

from __future__ import annotations

import polars as pl

from shoal.data.features.encoders import CategoricalEncoder
from shoal.data.features.strange_levels import StrangeLevels

CODE = CategoricalEncoder("code", ("0", "1"), other=False, indicator=False)


def test_parts_are_counted_together() -> None:
    strange = StrangeLevels([CODE])
    for codes in (["1.0"] * 15, [None] * 30, ["0.0"] * 6):
        assert strange.notes == []
        strange.see(pl.DataFrame({"code": codes, "x": 0.5}))
    (note,) = strange.notes
    assert note.startswith("column 'code': none of 21 values such as '1.0' is a category")


def test_a_part_of_strange_ones_tells_nothing_of_the_others() -> None:
    for parts in ((["a"] * 40, ["1"]), (["1"], ["a"] * 40)):
        strange = StrangeLevels([CODE])
        for codes in parts:
            strange.see(pl.DataFrame({"code": codes}))
        assert strange.notes == []


def test_one_known_value_behind_many_strange_ones_is_enough() -> None:
    strange = StrangeLevels([CODE])
    strange.see(pl.DataFrame({"code": ["a"] * 1000 + ["1"]}))
    assert strange.notes == []
