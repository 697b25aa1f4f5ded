"""A scatter whose points show a curve each when pointed at: inline SVG, a little style, a little script."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from collections.abc import Sequence
from html import escape
from importlib import resources

SVG = "http://www.w3.org/2000/svg"
_DECIMALS = re.compile(r"(\d+\.\d)\d+")


def live_figure(picture: str, name: str, names: Sequence[str], columns: int, first: int) -> str:
    """Return ``picture`` as HTML in which point k shows curve k, on hover and from the keyboard.

    The picture, an SVG of ``shoal.plots.drawing`` with the prefix ``name``, holds the points in a group
    ``points`` and the curves in groups ``fit-k``; ``names[k]`` says what point k is. Points stand in
    ``columns`` of that many: left and right go from column to column, up and down within one.
    ``first`` is the point shown until another is asked for.
    """
    ET.register_namespace("", SVG)
    root = ET.fromstring(picture)  # noqa: S314 - our own drawing, not a stranger's file
    groups = {group.get("id"): group for group in root.iter(f"{{{SVG}}}g")}
    points = list(groups[f"{name}-points"].iter(f"{{{SVG}}}use"))
    for k, (point, words) in enumerate(zip(points, names, strict=True)):
        point.set("tabindex", "0" if k == first else "-1")
        point.set("role", "img")
        point.set("aria-label", words)
        curve = groups[f"{name}-fit-{k}"]
        curve.set("class", "fit")
        for path in curve.iter(f"{{{SVG}}}path"):
            path.set("d", _DECIMALS.sub(r"\1", path.get("d", "")))
    root.set("role", "group")
    root.set("class", "plot live")
    drawn = ET.tostring(root, encoding="unicode")
    style, script = (_source(f"live.{kind}") for kind in ("css", "js"))
    return (
        f'<div class="live" data-name="{escape(name)}" data-columns="{columns}" data-first="{first}">'
        f"<style>{style}</style>{drawn}"
        f'<p class="live-words" aria-live="polite">{escape(names[first])}</p>'
        f"<script>{script}</script></div>"
    )


def _source(name: str) -> str:
    return resources.files("shoal.lecture").joinpath(name).read_text(encoding="utf-8")
