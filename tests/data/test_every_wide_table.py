"""Wide tables: what is asked of all columns is asked once, and not again for each of them."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from shoal.data.columns import describe_columns


def test_who_lists_all_columns_does_so_as_often_for_many_as_for_few(monkeypatch: pytest.MonkeyPatch) -> None:
    counted: list[str] = []
    for name in ("schema", "columns", "dtypes"):
        plain = getattr(pl.DataFrame, name)

        def listed(self: pl.DataFrame, name: str = name, plain: property = plain) -> Any:
            if self.width > 9:  # other tables are parts of a column
                counted.append(name)
            return plain.__get__(self)

        monkeypatch.setattr(pl.DataFrame, name, property(listed))

    def lists(columns: int) -> int:
        kinds = (["1.5", "2.25", "7"], ["1.234", "2.345", "529"], ["a", "b", "b"], ["1,5", "2", "-"])
        table = pl.DataFrame({f"c{k}": kinds[k % len(kinds)] for k in range(columns)})
        counted.clear()
        describe_columns(table)
        return len(counted)

    assert lists(40) == lists(80) > 0
