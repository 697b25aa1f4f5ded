"""Bytes that are text, and those that are not."""

from __future__ import annotations

import pytest

from shoal.data.readers.plain_text import text_bytes
from shoal.errors import DataError


def test_a_byte_order_mark_is_left_out() -> None:
    assert text_bytes("\ufeffä,b\n".encode(), "t.csv") == "ä,b\n".encode()
    assert text_bytes(b"a,b\n", "t.csv") == b"a,b\n"


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "t.csv is empty; expected a header line and rows"),
        (b"\xef\xbb\xbf \n", "t.csv is empty"),
        ("a,b".encode("utf-16"), "t.csv is UTF-16 text, expected UTF-8"),
        (b"a,b\n\0", "byte 4 is zero"),
        (b"a,b\n1,\xe4\n", r"t.csv is not UTF-8 text: byte 6 \(0xe4, line 2\); save it as UTF-8"),
        (bytes(range(1, 256)), "it begins like binary data"),
    ],
)
def test_what_is_no_text_is_refused_with_the_place(data: bytes, message: str) -> None:
    with pytest.raises(DataError, match=message):
        text_bytes(data, "t.csv")
