from __future__ import annotations

import re

import numpy as np
import pytest

from shoal.export.c.text import array, number, told


@pytest.mark.parametrize(
    "value", [0.0, -0.0, 1.0, 0.1, -1 / 3, 1e-45, 3.4e38, 2**24 + 1, 5e-324, 1.7e308, np.pi]
)
def test_a_number_is_read_back_to_the_last_bit(value: float) -> None:
    double = number(value)
    assert "f" not in double
    assert np.float64(double).tobytes() == np.float64(value).tobytes()
    with np.errstate(over="ignore"):
        single = np.float32(value)
    if np.isfinite(single):
        written = number(single)
        assert written.endswith("f")
        assert re.search(r"[.e]", written)  # 1f is no number in C
        assert np.float32(written[:-1]).tobytes() == single.tobytes()


def test_an_array_holds_all_numbers_in_their_order() -> None:
    values = np.arange(60, dtype=np.float32).reshape(3, 20) / 7
    text = array("float", "W", values)
    assert text.startswith("static const float W[60] = {")
    body = text.partition("{")[2].rpartition("}")[0]
    assert [float(each.strip().removesuffix("f")) for each in body.split(",")] == pytest.approx(
        values.ravel()
    )
    assert max(map(len, text.splitlines())) <= 110


@pytest.mark.parametrize("text", ["*/ int main() {", "/* open", "a\nb", "//", "*/*/", "/*/", "\\"])
def test_a_users_text_stays_inside_a_comment_and_on_its_line(text: str) -> None:
    comment = told(text)
    assert "*/" not in comment
    assert "/*" not in comment
    assert "\n" not in comment
