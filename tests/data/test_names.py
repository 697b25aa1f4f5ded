from __future__ import annotations

from shoal.data.names import meant, names_shown, nearest


def test_the_nearest_names_are_found_whatever_their_case() -> None:
    assert nearest("ID", ["colour", "id", "x"]) == ["id"]
    assert nearest("Strasse", ["strasse", "STRASSE", "city"]) == ["strasse", "STRASSE"]
    assert nearest("x", ["alpha", "beta"]) == []


def test_three_at_most_are_named() -> None:
    assert nearest("sensor 1", [f"sensor {k}" for k in range(50)])[0] == "sensor 1"
    assert len(nearest("sensor", [f"sensor {k}" for k in range(50)])) == 3


def test_a_message_ends_with_those_or_with_the_first_columns() -> None:
    assert meant("pricee", ["price", "prices"]) == "did you mean 'price' or 'prices'?"
    columns = [f"c{k}" for k in range(12)]
    assert meant("zzz", columns) == f"its columns: {names_shown(columns)}"
    assert names_shown(columns).endswith("'c9' …")
