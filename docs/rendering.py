"""How these pages show what the code says: docstrings with parameters and links, and maths as MathML."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from docutils import nodes
from docutils.utils.math import MathError
from docutils.utils.math.latex2mathml import tex2mathml
from sphinx.errors import SphinxError

import shoal
from shoal import errors

HOMES = {name: f"shoal.{name}" for name in shoal.__all__ if not name.startswith("_")} | {
    name: f"shoal.errors.{name}" for name in vars(errors) if name.endswith(("Error", "Warning"))
}
"""What each name that a docstring may mention is called in the reference."""

LITERAL = re.compile(r"``([^`]+)``")
BULLET = re.compile(r"- (?P<terms>``(?P<name>\w+)[^`]*``(?:, ``\w+``)*):? ?(?P<text>.*)")
FIELD = re.compile(r"(?P<name>Raises|Warns|Source|Attributes):? (?P<text>.*)")
REMOTE = re.compile(
    r"<(?:script|link|img|iframe|source|object)\b[^>]*\b(?:src|href|data)=\"(?:https?:)?//[^>]*>"
)


def docstring(app: Any, what: str, name: str, obj: object, options: object, lines: list[str]) -> None:
    """Rewrite what help() shows as what a page shows: parameters, fields and links instead of plain lines.

    A docstring is reStructuredText already: paragraphs, lists, equations as literal blocks, examples.
    """
    parameters = _parameters(obj)
    new: list[str] = []
    for block in _blocks(lines):
        if block[0].startswith("- "):
            new += _definitions(block, parameters)
        elif (field := FIELD.match(block[0])) is not None:
            new += [f":{field['name']}: {field['text']}", *(f"   {line}" for line in block[1:])]
        else:
            new += block
        new.append("")
    own = name.removeprefix("shoal.").split(".", maxsplit=1)[0]
    lines[:] = [line if line.startswith(("    ", ">>>")) else _linked(line, own) for line in new]


def _blocks(lines: list[str]) -> Iterator[list[str]]:
    """Cut lines where they are empty."""
    block: list[str] = []
    for line in [*lines, ""]:
        if line.strip():
            block.append(line)
        elif block:
            yield block
            block = []


def _definitions(block: list[str], parameters: set[str]) -> list[str]:
    """Return a list with the items that are about parameters as definitions."""
    new: list[str] = []
    defined = False
    for line in block:
        item = BULLET.match(line)
        if item is not None and item["name"] in parameters:
            whole = item["text"].startswith(("and ", ","))  # what is said is said of others, too
            text = line[2:] if whole else item["text"].removeprefix("= ")
            new += ["", item["terms"], f"  {text}"]
            defined = True
        else:
            new += ["", line] if defined and line.startswith("- ") else [line]
            defined = defined and not line.startswith("- ")
    return new


def _parameters(obj: object) -> set[str]:
    try:
        return set(inspect.signature(obj).parameters)  # type: ignore[arg-type]
    except (TypeError, ValueError):  # a property, a module
        return set()


def _linked(line: str, own: str) -> str:
    """Make links of the public names in a line; nothing else that looks like a link is one."""
    parts = LITERAL.split(line)
    for at, part in enumerate(parts):
        if at % 2 == 0:
            parts[at] = re.sub(r"(?<=\w)_(?!\w)|\|", r"\\\g<0>", part)
            continue
        home = HOMES.get(part.removeprefix("shoal."))
        here = home is None or part.removeprefix("shoal.") == own
        parts[at] = f"``{part}``" if here else f":py:obj:`{'' if '.' in part else '~'}{home}`"
    return "".join(parts)


def signature(
    app: Any, what: str, name: str, obj: Any, options: object, shown: str | None, returned: str | None
) -> tuple[str, str | None] | None:
    """Return a signature with its types as they are written, which is shorter than what they stand for."""
    if what not in ("function", "class", "method", "exception") or shown is None:
        return None
    try:
        found = inspect.signature(obj)
    except (TypeError, ValueError):
        return None
    parameters = [
        parameter.replace(default=...) if "<factory>" in str(parameter) else parameter
        for parameter in found.parameters.values()
        if not (what == "method" and parameter.name == "self")
    ]
    text = str(found.replace(parameters=parameters, return_annotation=found.empty))
    result = found.return_annotation
    written = str(result) if what != "class" and result is not found.empty else None
    text = re.sub(r": '([^']*)'(?=[,)= ])", r": \1", text).replace("Ellipsis", "...")
    return text.replace("npt.", ""), written


def show_inline_math(translator: Any, node: nodes.math) -> None:
    """Write maths in a line as MathML, which browsers show without a script."""
    translator.body.append(_mathml(node))
    raise nodes.SkipNode


def show_math_block(translator: Any, node: nodes.math_block) -> None:
    """Write maths in lines of their own as MathML."""
    translator.body.append(f'<div class="math">{_mathml(node, as_block=True)}</div>\n')
    raise nodes.SkipNode


def _mathml(node: nodes.Element, *, as_block: bool = False) -> str:
    try:
        return str(tex2mathml(node.astext(), as_block=as_block))
    except MathError as error:
        raise SphinxError(f"{node.astext()!r} is not maths that MathML can be made of: {error}") from None


def require_offline(app: Any, exception: Exception | None) -> None:
    """Fail where a page takes a script, a style or a picture from the network."""
    if exception is not None:
        return
    for page in Path(app.outdir).rglob("*.html"):
        found = REMOTE.search(page.read_text(encoding="utf-8"))
        if found is not None:
            raise SphinxError(f"{page} needs the network for {found[0]}; put a copy under docs/_static")
