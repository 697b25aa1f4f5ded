"""Text that came with data, made fit to be shown: it is read, and steers neither page nor terminal."""

from __future__ import annotations

import re

# Control characters (C0, DEL, C1), halves of surrogate pairs, and marks that turn text around.
_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\u202a-\u202e\u2066-\u2069\ufffe\uffff]"
)
_MARKED = re.compile(r"([\\`*_{}\[\]<>#|$&~]|:(?=//)|(?<=www)\.)", re.IGNORECASE)
"""What marks up a text; also what makes a link of a bare address."""
_BREAKS = re.compile("[\t\n\x0b\x0c\r\x1c-\x1e\x85\u2028\u2029]+")


def printable(text: str) -> str:
    """Return ``text`` with every character replaced by U+FFFD that a page cannot hold.

    Tabs and the ends of lines stay.

    >>> printable("a\\x00b\\tc")
    'a\ufffdb\\tc'
    """
    return _UNPRINTABLE.sub("\ufffd", text)


def on_one_line(text: str) -> str:
    """Return ``text`` as a line of a terminal: ``printable``, with a space for tabs and the ends of lines.

    >>> on_one_line("a\\r\\nb\\x1b[31m")
    'a b\ufffd[31m'
    """
    return printable(_BREAKS.sub(" ", text))


def in_markdown(text: str) -> str:
    """Return text that Markdown shows as it is, on one line, without a link or HTML in it.

    >>> in_markdown("hours_worked | <b>")
    'hours\\\\_worked \\\\| \\\\<b\\\\>'
    """
    return _MARKED.sub(r"\\\1", on_one_line(text))


def backslashed(text: str) -> str:
    r"""Return ``text`` with what ``printable`` replaces as escapes of JSON and Python instead.

    >>> print(backslashed("a\x9bb"))
    a\u009bb
    """
    return _UNPRINTABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
