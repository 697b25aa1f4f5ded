from __future__ import annotations

import pytest

from shoal.cli.options import comma_separated, parse_bytes
from shoal.errors import ConfigurationError


def whole(text: str) -> int:
    if not text.isdigit():
        raise ConfigurationError(f"{text!r} is not a size")
    return int(text)


def test_values_are_parsed_one_by_one() -> None:
    assert comma_separated("0, 0.1 ,1", "--l2", float) == (0.0, 0.1, 1.0)


def test_a_refused_value_names_its_option() -> None:
    with pytest.raises(ConfigurationError, match=r"^--hidden 1,x: 'x' is not a size$"):
        comma_separated("1,x", "--hidden", whole)
    with pytest.raises(ConfigurationError, match=r"^--l2 takes values separated by commas, got '1,,2'; "):
        comma_separated("1,,2", "--l2", float)


@pytest.mark.parametrize(
    ("text", "size"),
    [("7", 7), ("10kB", 10_000), ("2GB", 2 * 10**9), (" 1.5 gib ", 3 * 2**29), ("1T", 10**12), ("3B", 3)],
)
def test_sizes_of_memory(text: str, size: int) -> None:
    assert parse_bytes(text, "--memory") == size


@pytest.mark.parametrize("text", ["", "much", "-1GB", "2 XB", "1iB", "1e9", "nan", "1,5GB"])
def test_a_size_that_is_none_names_its_option(text: str) -> None:
    with pytest.raises(
        ConfigurationError, match=r"^--memory takes a size, got .*; write it as in 500MB or 2GB$"
    ):
        parse_bytes(text, "--memory")
