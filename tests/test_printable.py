from __future__ import annotations

import json
import sys
import unicodedata

from shoal.printable import backslashed, on_one_line, printable

EVERYTHING = "".join(map(chr, range(sys.maxunicode + 1)))
OVERRIDES = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"


def controls(text: str) -> set[str]:
    return {c for c in text if unicodedata.category(c) in ("Cc", "Cs", "Zl", "Zp") or c in OVERRIDES}


def test_no_control_character_reaches_a_line() -> None:
    assert controls(EVERYTHING)
    assert controls(on_one_line(EVERYTHING)) == set()


def test_a_page_keeps_the_ends_of_lines_and_tabs() -> None:
    assert controls(printable(EVERYTHING)) == {"\t", "\n", "\r", "\u2028", "\u2029"}


def test_all_other_characters_stay() -> None:
    text = "größe (m²) · 身長 · שם · 🐟 · a  b"
    assert on_one_line(text) == printable(text) == backslashed(text) == text


def test_json_keeps_what_it_escapes() -> None:
    names = {"a\x9b\x7f\u202eb\ufffe": 1}
    written = backslashed(json.dumps(names, ensure_ascii=False))
    assert controls(written) == set()
    assert json.loads(written) == names
