"""The reference holds every public name, and pages show docstrings and maths as they are meant."""

from __future__ import annotations

import importlib
import importlib.util
import re
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

import shoal
from shoal.lecture.studies import STUDIES

DOCS = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def rendering() -> Any:
    pytest.importorskip("sphinx", reason="needs the extra docs")
    spec = importlib.util.spec_from_file_location("rendering", DOCS / "rendering.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def rendered(rendering: Any, name: str, obj: object, text: str) -> list[str]:
    lines = text.split("\n")
    rendering.docstring(None, "class", name, obj, None, lines)
    return lines


def test_every_public_name_is_in_the_reference_once() -> None:
    text = (DOCS / "reference.md").read_text(encoding="utf-8")
    names = re.findall(r"^\.\. auto(?:class|function|data):: shoal\.(\w+)$", text, re.MULTILINE)
    assert sorted(names) == sorted(shoal.__all__)


def test_no_page_has_a_name_of_those_that_sphinx_makes() -> None:
    """It would be in no list of pages, and overwritten."""
    assert not {page.stem for page in DOCS.glob("*.md")} & {"search", "genindex", "modindex", "py-modindex"}


def test_every_study_is_in_the_gallery_with_a_link() -> None:
    text = (DOCS / "index.md").read_text(encoding="utf-8")
    for name in STUDIES:
        assert f"{{figure}} lecture/made/{name}.svg\n" in text
        assert f":target: lecture/{name}.html\n" in text
        assert (DOCS / "lecture" / f"{name}.md").is_file()


def test_parameters_become_definitions_and_other_items_stay(rendering: Any) -> None:
    text = "One.\n\n- p is a point.\n- ``l2``: a strength,\n  or more.\n- ``epochs`` at most.\n- q too."
    assert rendered(rendering, "shoal.Recipe", shoal.Recipe, text) == [
        *("One.", "", "- p is a point.", "", "``l2``", "  a strength,", "  or more."),
        *("", "``epochs``", "  at most.", "", "- q too.", ""),
    ]


def test_names_are_links_but_for_the_own_one(rendering: Any) -> None:
    text = "``Dense``, ``shoal.Run``, ``Recipe``, ``l2``, classes_ of |W|\n\nRaises ``DataError`` for\nmore."
    assert rendered(rendering, "shoal.Recipe", shoal.Recipe, text) == [
        ":py:obj:`~shoal.Dense`, :py:obj:`shoal.Run`, ``Recipe``, ``l2``, classes\\_ of \\|W\\|",
        "",
        ":Raises: :py:obj:`~shoal.errors.DataError` for",
        "   more.",
        "",
    ]


def test_equations_and_examples_stay_as_they_stand(rendering: Any) -> None:
    text = "Forward::\n\n    z_ = |W| ``Dense``\n\n>>> a_ | b"
    assert rendered(rendering, "shoal.train", shoal.train, text) == [*text.split("\n"), ""]


def test_a_signature_has_its_types_as_they_are_written(rendering: Any) -> None:
    shown, returned = rendering.signature(None, "function", "shoal.begin", shoal.begin, None, "(…)", None)
    assert shown.startswith(
        "(network: Network | Population, X: ArrayLike, y: ArrayLike, recipe: Recipe | None"
    )
    assert "engine: str = 'auto'" in shown
    assert returned == "Run"


def test_a_page_that_needs_the_network_is_refused(rendering: Any, tmp_path: Path) -> None:
    app, page = SimpleNamespace(outdir=str(tmp_path)), tmp_path / "page.html"
    page.write_text('<a href="https://example.org/">there</a><script src="here.js"></script>')
    rendering.require_offline(app, None)
    for remote in (
        '<script async src="https://example.org/a.js">',
        '<link rel="stylesheet" href="//example.org/a.css">',
    ):
        page.write_text(remote)
        with pytest.raises(Exception, match="needs the network"):
            rendering.require_offline(app, None)


@pytest.fixture
def figures(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(str(DOCS))
    return importlib.import_module("figures")


def test_every_section_of_the_gallery_draws_a_figure_and_shows_it(figures: Any) -> None:
    _, *sections = figures.PAGE.read_text(encoding="utf-8").split("\n## ")
    assert len(sections) > 5
    for section in sections:  # which `make docs` runs
        code, shown = figures.PART.finditer(section)
        assert "figure = Figure(" in code["code"]
        assert shown["name"]


def test_a_figure_of_the_gallery_is_what_the_code_above_it_draws(figures: Any, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib", reason="needs the extra report")
    drawn = "from matplotlib.figure import Figure\nfigure = Figure()\nfigure.text(0, 0, 'drawn')\n"
    shown = "```{figure} gallery/made/first.svg\n:alt: One\n```\n"
    page = tmp_path / "page.md"
    page.write_text(f"# Figures\n\n```python\n{drawn}```\n\n{shown}")
    assert figures.make_figures(tmp_path / "made", page) == ["first"]
    assert "drawn" in (tmp_path / "made" / "first.svg").read_text()
    page.write_text(page.read_text() + f"```python\nfigured = 1\n```\n{shown}")
    with pytest.raises(KeyError):  # not the first one a second time
        figures.make_figures(tmp_path / "made", page)
