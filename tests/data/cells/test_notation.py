"""How the columns of a file are written, as those who read others like it know it."""

from __future__ import annotations

import tracemalloc

import pytest

from shoal.data.cells.notation import NOTHING_KNOWN, Known


@pytest.mark.parametrize(
    ("text", "column", "named"),
    [
        ("zip", "zip", True),
        ("zip,code", "code", True),
        ("zip, code ,x", "code", True),
        ("zip,code", "zip,code", True),
        ("a,rent, cold,b", "rent, cold", True),
        ("zipcode,b", "zip", False),
        ("zipcode,b", "code", False),
        ("zip,code", "zip,x", False),
        ("", "zip", False),
    ],
)
def test_columns_that_a_list_may_name(text: str, column: str, named: bool) -> None:
    assert Known(listed=("other", text)).is_name(column) is named


def test_what_is_listed_stays_beside_other_names() -> None:
    known = Known(listed=("a,b",)).with_names(["id", None])
    assert [known.is_name(name) for name in ("a", "id", "None")] == [True, True, False]
    assert not NOTHING_KNOWN.is_name("id")


def test_long_lists_take_no_more_than_their_own_room() -> None:
    """All that commas could divide them into would be gigabytes."""
    names = [f"column {k}" for k in range(3000)]
    known = Known(listed=(",".join(names),))
    tracemalloc.start()
    try:
        assert all(known.is_name(name) for name in names[::100])
        assert tracemalloc.get_traced_memory()[1] < 2**22
    finally:
        tracemalloc.stop()
