"""What a model is made of, as C writes it: numbers, arrays, and names in comments."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

WIDTH = 110


def number(value: float | np.floating[Any]) -> str:
    """Return a finite number as C reads it back to the last bit, in single precision where it is.

    >>> number(np.float32(0.1)), number(0.1), number(3)
    ('1e-01f', '1e-01', '3e+00')
    """
    single = isinstance(value, np.float32)
    digits = np.format_float_scientific(value if single else np.float64(value), unique=True, trim="-")
    return f"{digits}f" if single else digits


def array(kind: str, name: str, values: npt.NDArray[Any]) -> str:
    """Return the definition of a constant array, of numbers of any shape, one after the other.

    >>> print(array("int8_t", "q", np.array([[1, -2], [3, 4]], dtype=np.int8)))
    static const int8_t q[4] = {
        1, -2, 3, 4
    };
    """
    flat = values.ravel()
    written = map(str, flat.tolist()) if flat.dtype.kind == "i" else map(number, flat)
    body = textwrap.fill(", ".join(written), WIDTH, initial_indent="    ", subsequent_indent="    ")
    return f"static const {kind} {name}[{flat.size}] = {{\n{body}\n}};"


def told(text: str) -> str:
    """Return a text of the user's in quotes, such that it neither ends nor opens a comment.

    >>> told("price /* in € */ now")
    "'price / * in € * / now'"
    """
    return repr(text).replace("*/", "* /").replace("/*", "/ *")


def indented(lines: Sequence[str]) -> str:
    """Return the statements of a function's body.

    >>> indented(["a();", "b();"])
    '    a();\\n    b();'
    """
    return textwrap.indent("\n".join(lines), "    ")
