from __future__ import annotations

import pytest

from tools.licences import main, needed, permissive


@pytest.mark.parametrize(
    ("said", "is_permissive"),
    [
        ("BSD-3-Clause", True),
        ("MIT License", True),
        ("Apache-2.0 OR BSD-2-Clause", True),
        ("GPL-3.0-only OR MIT", True),
        ("BSD-3-Clause AND Zlib AND CC0-1.0", True),
        ("MIT AND GPL-3.0-only", False),
        ("GNU General Public License v3", False),
        ("unknown", False),
    ],
)
def test_a_licence_is_permissive_where_one_may_choose_one_that_is(said: str, is_permissive: bool) -> None:
    assert permissive(said) is is_permissive


def test_all_that_is_installed_with_shoal_asks_for_no_more_than_to_be_named() -> None:
    assert needed("shoal", extras=()).keys() >= {"shoal", "numpy", "scipy", "scikit-learn", "rich", "typer"}
    assert main() == 0
