"""The figures of the gallery: the blocks of its page, run from top to bottom."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

PAGE = Path(__file__).parent / "gallery.md"
MADE = PAGE.with_suffix("") / "made"
PART = re.compile(
    r"^```python\n(?P<code>.*?)^```$|^```\{figure\} gallery/made/(?P<name>\w+)\.svg$",
    re.MULTILINE | re.DOTALL,
)


def make_figures(folder: Path, page: Path = PAGE) -> list[str]:
    """Run every block of ``page``; where a figure follows, save the block's ``figure`` in ``folder``.

    Returns the names of the figures. What a block does not draw anew is a ``KeyError``.
    """
    import matplotlib as mpl

    folder.mkdir(parents=True, exist_ok=True)
    text = page.read_text(encoding="utf-8")
    names: dict[str, Any] = {"__name__": "gallery"}
    made = []
    with mpl.rc_context({"svg.hashsalt": "shoal"}):
        for part in PART.finditer(text):
            if (name := part["name"]) is not None:
                names.pop("figure").savefig(folder / f"{name}.svg", metadata={"Date": None})
                made.append(name)
            else:
                lines_before = text.count("\n", 0, part.start("code"))
                exec(compile("\n" * lines_before + part["code"], page, "exec"), names)  # noqa: S102 - our page
    return made
