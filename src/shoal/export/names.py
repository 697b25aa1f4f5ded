"""Names of columns and files as other languages ask for them."""

from __future__ import annotations

import re
import unicodedata


def identifier(name: str) -> str:
    """Return a name as ONNX asks for it, like one of a variable in C: ASCII letters, digits and ``_``.

    >>> identifier("median_value"), identifier("Größe (cm)"), identifier("2nd"), identifier("目标")
    ('median_value', 'Gro_e_cm', '_2nd', 'target')
    """
    if re.fullmatch(r"[A-Za-z_][0-9A-Za-z_]*", name):
        return name
    letters = "".join(c for c in unicodedata.normalize("NFKD", name) if not unicodedata.combining(c))
    plain = re.sub(r"[^0-9A-Za-z]+", "_", letters).strip("_") or "target"
    return f"_{plain}" if plain[0].isdigit() else plain
