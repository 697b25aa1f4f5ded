"""The one place that knows matplotlib: a style, figures without global state, and SVG fit to stand in a page.

Colours are Okabe and Ito's, told apart with every common form of colour blindness
(Okabe & Ito 2008, *Color Universal Design*).
"""

from __future__ import annotations

import io
import re
import warnings
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from shoal.errors import MissingDependencyError
from shoal.plots.loading import figure_class
from shoal.printable import printable

if TYPE_CHECKING:
    from matplotlib.artist import Artist
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BLACK, BLUE, ORANGE, GREEN = "#000000", "#0072B2", "#E69F00", "#009E73"
VERMILLION, PURPLE, SKY = "#D55E00", "#CC79A7", "#56B4E9"
CATEGORIES = (BLUE, GREEN, PURPLE, ORANGE, BLACK, SKY)  # vermillion is for what was chosen
INK, GREY, UNCLEAR = "#222222", "#666666", "#B8B8B8"

# How the choice and the best are marked, around the points that they are.
RING: dict[str, Any] = {
    "linestyle": "none",
    "marker": "o",
    "markersize": 13,
    "markerfacecolor": "none",
    "markeredgecolor": VERMILLION,
    "markeredgewidth": 2.4,
    "zorder": 5,
}
DIAMOND = {**RING, "marker": "D", "markersize": 8, "markeredgecolor": INK, "markeredgewidth": 1.4}

Legend: TypeAlias = "Sequence[Sequence[tuple[Artist, str]]]"
"""Rows of (mark, name)."""
Form: TypeAlias = Literal["", "wide", "narrow"]
"""Which of two a figure is that is drawn twice, for a page to show the one that it has room for."""
NARROW = 360.0
"""SVG units: the pixels that a telephone has between its margins, so that text is no smaller there."""
UNITS_PER_INCH = 72.0  # matplotlib's SVG user unit is the point
FONT_STACK = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif"

STYLE: dict[str, Any] = {
    "svg.fonttype": "none",  # text stays text: searchable, in any script the reader has fonts for
    "svg.hashsalt": "shoal",  # ids are the same each time
    "text.parse_math": False,  # a column named $x_1$ is shown as written
    "text.usetex": False,
    "font.family": ["DejaVu Sans"],  # measures the text; wider than the fonts that will draw it
    "font.size": 10.5,
    "axes.labelsize": 10.5,
    "axes.titlesize": 11.0,
    "xtick.labelsize": 10.0,
    "ytick.labelsize": 10.0,
    "legend.fontsize": 10.0,
    "legend.frameon": False,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
    "axes.edgecolor": GREY,
    "axes.labelcolor": INK,
    "text.color": INK,
    "xtick.color": GREY,
    "ytick.color": GREY,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": "#E8E8E8",
    "grid.linewidth": 0.8,
}

_PICTURES: ContextVar[dict[str, bytes] | None] = ContextVar("pictures", default=None)
_SVG, _XLINK = "http://www.w3.org/2000/svg", "http://www.w3.org/1999/xlink"
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
_FONT_FAMILY = re.compile(r"font-family:[^;]*;?\s*")
_MISSING = "matplotlib is needed to draw; install it with: pip install 'shoal[report]'"


@contextmanager
def sheet(width: float, height: float) -> Iterator[Figure]:
    """Give an empty figure of ``width`` × ``height`` SVG units, in the report's style.

    The style is in force inside the ``with`` block, where the drawing, ``svg`` and ``png`` belong.
    Raises ``MissingDependencyError`` without matplotlib.
    """
    try:
        import matplotlib.style

        figure_of = figure_class()
    except ImportError:
        raise MissingDependencyError(_MISSING) from None
    with matplotlib.style.context(["default", STYLE]):
        size = (width / UNITS_PER_INCH, height / UNITS_PER_INCH)
        yield figure_of(figsize=size, dpi=UNITS_PER_INCH, layout="constrained")


@contextmanager
def axes(width: float, height: float) -> Iterator[tuple[Figure, Axes]]:
    """Give a figure with one pair of axes: see ``sheet``."""
    with sheet(width, height) as figure:
        yield figure, figure.add_subplot()


@dataclass(frozen=True)
class Annotations:
    """What explains a drawing: the ``legend`` of its marks, and ``tooltips`` as ``svg`` takes them."""

    legend: Legend
    tooltips: dict[str, list[str]]


def axes_or_new(given: Axes | None) -> Axes:
    """Return the axes given, or those of a new figure of pyplot, which notebooks show.

    Raises ``MissingDependencyError`` without matplotlib.
    """
    if given is not None:
        return given
    try:
        from matplotlib import pyplot
    except ImportError:
        raise MissingDependencyError(_MISSING) from None
    new: Axes = pyplot.subplots()[1]
    return new


def legend_within(axes: Axes, rows: Legend) -> None:
    """Explain marks within somebody's axes, whose figure may hold others."""
    entries = [entry for row in rows for entry in row]
    if entries:
        axes.legend(*zip(*entries, strict=True))


def legend(figure: Figure, rows: Legend) -> None:
    """Explain marks above the axes, in ``rows`` of (mark, name); a legend alone would fill by columns."""
    from matplotlib.lines import Line2D

    columns = max(map(len, rows))
    blank = (Line2D([], [], linestyle="none"), "")
    cells = [row[k] if k < len(row) else blank for k in range(columns) for row in rows]
    handles, names = zip(*cells, strict=True)
    figure.legend(handles, names, loc="outside upper left", ncols=columns)


def svg(
    figure: Figure,
    name: str,
    title: str,
    tooltips: Mapping[str, Sequence[str]] | None = None,
    form: Form = "",
) -> str:
    """Return ``figure`` as an ``<svg>`` element to stand in a page among others.

    Ids begin with ``name``, so two figures of one page never share one. ``title`` is what a screen
    reader says. ``tooltips[gid][i]`` is shown over mark ``i`` of the artist with that gid; the narrow form
    has none, for a finger hovers over nothing.
    """
    buffer = io.StringIO()
    with warnings.catch_warnings():
        # The reader's fonts draw the text; that ours lacks a glyph only makes its width a guess.
        warnings.filterwarnings("ignore", message="Glyph .* missing from", category=UserWarning)
        _make_printable(figure)
        _lay_out(figure)
        figure.savefig(buffer, format="svg", metadata={"Date": None})
        if (kept := _PICTURES.get()) is not None and form != "narrow":
            kept[name] = png(figure)
    root = ET.fromstring(buffer.getvalue())  # noqa: S314 - our own output, not a stranger's file
    _strip(root)
    for gid, texts in ({} if form == "narrow" else tooltips or {}).items():
        _add_tooltips(root, gid, texts)
    _prefix_ids(root, f"{name}-narrow" if form == "narrow" else name)
    _share_styles(root)
    width, height = (f"{inches * UNITS_PER_INCH:.0f}" for inches in figure.get_size_inches())
    root.set("xmlns", _SVG)
    root.set("width", width)
    root.set("height", height)
    root.set("style", f"--width: {width}px")
    root.set("stroke-linejoin", "round")
    root.set("role", "img")
    root.set("aria-label", title)
    root.set("class", f"plot {form}".rstrip())
    root.set("font-family", FONT_STACK)
    heading = ET.Element("title")
    heading.text = title
    root.insert(0, heading)
    for element in root.iter():
        if element.tag not in {"text", "tspan", "title"}:
            element.text = None
        element.tail = None
    return printable(ET.tostring(root, encoding="unicode"))


@contextmanager
def as_pictures() -> Iterator[dict[str, bytes]]:
    """Give the figures that the block draws for pages as PNG, too, by their names; the wide form of two."""
    found: dict[str, bytes] = {}
    token = _PICTURES.set(found)
    try:
        yield found
    finally:
        _PICTURES.reset(token)


def _make_printable(figure: Figure) -> None:
    """Replace characters that came with data and that no font takes, such as half a surrogate pair."""
    from matplotlib.text import Text

    for artist in figure.findobj(Text):
        assert isinstance(artist, Text)
        artist.set_text(printable(artist.get_text()))


def _lay_out(figure: Figure) -> None:
    """Find the places of everything now: to save a figure that has them yet to find draws it twice."""
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
        figure.set_layout_engine(None)


def png(figure: Figure, scale: float = 2.0) -> bytes:
    """Return ``figure`` on white as a PNG of ``scale`` pixels an SVG unit, the same bytes each time."""
    buffer = io.BytesIO()
    figure.savefig(
        buffer, format="png", dpi=scale * UNITS_PER_INCH, facecolor="white", metadata={"Software": None}
    )
    return buffer.getvalue()


def in_rows(entries: Sequence[tuple[Artist, str]], columns: int = 2) -> list[list[tuple[Artist, str]]]:
    """Return the entries of a legend in rows of so many, as a narrow figure has room for."""
    return [list(entries[i : i + columns]) for i in range(0, len(entries), columns)]


def shades(n: int) -> list[str]:
    """Return ``n`` colours for ordered things, from light to dark blue; blue itself for one.

    >>> shades(1)
    ['#0072B2']
    """
    if n == 1:
        return [BLUE]
    light, middle, dark = (0x8E, 0xCA, 0xE6), (0x00, 0x72, 0xB2), (0x03, 0x22, 0x3C)
    colours = []
    for k in range(n):
        at = 2 * k / (n - 1)
        low, high, share = (light, middle, at) if at <= 1 else (middle, dark, at - 1)
        mixed = (round(a + (b - a) * share) for a, b in zip(low, high, strict=True))
        colours.append("#" + "".join(f"{channel:02X}" for channel in mixed))
    return colours


def _strip(root: ET.Element) -> None:
    """Drop metadata and namespaces, which a page does not need, and matplotlib's choice of fonts."""
    for parent in list(root.iter()):
        for child in list(parent):
            # The style sheet is one rule for every element: it would hold for the page around the figure.
            if child.tag in {f"{{{_SVG}}}metadata", f"{{{_SVG}}}style"}:
                parent.remove(child)
    for element in root.iter():
        element.tag = element.tag.removeprefix(f"{{{_SVG}}}")
        target = element.attrib.pop(f"{{{_XLINK}}}href", None)
        if target is not None:
            element.set("href", target)
        if element.tag in {"text", "tspan"} and "style" in element.attrib:
            element.set("style", _FONT_FAMILY.sub("", element.get("style", "")))


def _add_tooltips(root: ET.Element, gid: str, texts: Sequence[str]) -> None:
    group = next(element for element in root.iter("g") if element.get("id") == gid)
    marks = list(group.iter("use")) or [e for e in group if e.tag in {"path", "text"}]
    for mark, text in zip(marks, texts, strict=True):
        ET.SubElement(mark, "title").text = text


def _prefix_ids(root: ET.Element, name: str) -> None:
    for element in root.iter():
        for key, value in element.attrib.items():
            if key == "id":
                element.set(key, f"{name}-{value}")
            elif key == "href" and value.startswith("#"):
                element.set(key, f"#{name}-{value[1:]}")
            elif "url(#" in value:
                element.set(key, _REFERENCE.sub(rf"url(#{name}-\1)", value))


def _share_styles(root: ET.Element) -> None:
    """Say once, at the group, the style that all its marks repeat: a third of the bytes of a scatter."""
    for group in root.iter("g"):
        styles = {mark.get("style") for mark in group if mark.tag == "use"}
        if len(styles) == 1 and len(group) > 1 and (style := styles.pop()) and "style" not in group.attrib:
            if any(child.tag not in {"use", "defs"} for child in group):
                continue
            group.set("style", style)
            for mark in group.findall("use"):
                del mark.attrib["style"]
