from __future__ import annotations

import pytest

from shoal.cli.options import comma_separated
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
