"""Numbers and names as readers see them."""

from __future__ import annotations

import math

import pytest

from shoal.plots.text import number, percent, plain, printable, shortened, size_name


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (1.0, "1"),
        (0.30, "0.3000"),
        (0.99999, "1.000"),
        (12.3456, "12.35"),
        (17.0, "17"),
        (-2500.4, "−2,500"),
        (12345.0, "12,345"),
        (123456.7, "123,457"),
        (-0.00123456, "−0.001235"),
        (1e-9, "1e-9"),
        (1e12, "1e12"),
        (math.inf, "∞"),
        (-math.inf, "−∞"),
        (math.nan, "not a number"),
        (None, "–"),
        (31258, "31,258"),
    ],
)
def test_number(value: float | None, text: str) -> None:
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (0.001, "0.001"), (1e-5, "1e-5"), (1e10, "1e10"), (-1500.0, "−1,500"), (2.5, "2.5")],
)
def test_plain(value: float, text: str) -> None:
    assert plain(value) == text


@pytest.mark.parametrize(
    ("share", "text"), [(0.0, "0%"), (1.0, "100%"), (0.999, "99.9%"), (0.5, "50%"), (0.0004, "0.0%")]
)
def test_percent(share: float, text: str) -> None:
    assert percent(share) == text


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\x7f", "\ud800", "\u202e", "\uffff"])
def test_what_a_page_cannot_hold_is_replaced(character: str) -> None:
    assert printable(f"a{character}b") == "a\ufffdb"
    assert shortened(f"a{character}b", 10) == "a\ufffdb"


def test_printable_text_is_kept() -> None:
    assert printable("Größe\t$x_1$ 日本 😀") == "Größe\t$x_1$ 日本 😀"


def test_shortened_keeps_what_fits() -> None:
    assert shortened("x" * 12, 12) == "x" * 12
    assert shortened("x" * 13, 12) == "x" * 11 + "…"


def test_size_name() -> None:
    assert size_name("64x32x8") == "64×32×8"
