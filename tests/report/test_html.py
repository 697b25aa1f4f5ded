"""The page: whole, safe whatever the data says, the same each time, and in need of nothing but itself."""

from __future__ import annotations

import copy
import json
import os
import string
import subprocess
import sys
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest

from shoal.errors import MissingDependencyError, ModelFolderError
from shoal.report.html import _template, render, write_report

Builder = Callable[..., dict[str, Any]]
VOID = {"meta", "br", "img"}
FIGURE = {"svg", "g", "path", "use", "text", "title", "defs", "clippath", "rect"}
HOSTILE = [
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "'><svg onload=alert(1)>",
    "</style><script>",
    "$x_1$",
    "{{7*7}}",
    "{% raw %}",
    "&lt;b&gt;",
    "javascript:alert(1)",
]
SMALL: dict[str, Any] = {"sizes": {"0": 3}, "l2": (0.5,), "starts": 1, "diverged": 0}
CASES: dict[str, dict[str, Any]] = {
    "two classes": {},
    "26 classes": {"labels": tuple(string.ascii_uppercase)},
    "50 classes": {"labels": tuple(f"class {i}" for i in range(50))},
    "regression": {"task": "regression"},
    "folds": {"folds": 5},
    "ensemble": {"choose": "ensemble"},
    "best": {"choose": "best"},
    "evidence": {"choose": "evidence", "l2": (1.0,)},
    "none diverged": {"diverged": 0},
    "many diverged": {"diverged": 36},
    "one network": SMALL,
    "long names": {"labels": ("a" * 300, "b" * 300), "columns": tuple(f"{i}{300 * 'c'}" for i in range(60))},
}


class Page(HTMLParser):
    """A page taken apart: its elements with their attributes, its text, and whether tags are balanced."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open[-1:] != ["style"]:
            self.text.append(data)

    @property
    def words(self) -> str:
        return " ".join(" ".join(self.text).split())


@pytest.fixture(scope="module")
def pages() -> dict[str, Page]:
    """The pages there are by now: to draw one takes a second."""
    return {}


@pytest.fixture(params=CASES)
def page(request: pytest.FixtureRequest, sample: Builder, pages: dict[str, Page]) -> Page:
    if request.param not in pages:
        pages[request.param] = Page(render(sample(**{"starts": 3, **CASES[request.param]})))
    return pages[request.param]


def test_ids_are_unique_and_links_lead_somewhere(page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    links = [a["href"] or "" for tag, a in page.elements if tag == "a"]
    assert len(links) >= 10
    assert {link.removeprefix("#") for link in links} <= set(ids)


def test_page_needs_nothing_from_elsewhere(page: Page) -> None:
    assert {tag for tag, _ in page.elements} <= {
        *("html", "head", "meta", "title", "style", "body", "header", "nav", "main", "section", "div"),
        *("span", "h1", "h2", "h3", "p", "a", "b", "i", "br", "small", "strong", "code", "pre", "ul", "li"),
        *("time", "dl", "dt", "dd", "table", "thead", "tbody", "tfoot", "tr", "th", "td"),
        *("figure", "figcaption", *FIGURE),
    }
    for _, attributes in page.elements:
        assert not {name for name in attributes if name.startswith("on")}
        assert not {"src", "srcset", "action", "data"} & set(attributes)
        assert (attributes.get("href") or "#").startswith("#")
        assert (attributes.get("xmlns") or "http://www.w3.org/2000/svg") == "http://www.w3.org/2000/svg"
        for value in attributes.values():
            assert "url(" not in (value or "").replace("url(#", "")


def test_policy_forbids_everything_but_its_own_style(page: Page) -> None:
    policies = [a["content"] for _, a in page.elements if a.get("http-equiv") == "Content-Security-Policy"]
    assert policies == ["default-src 'none'; style-src 'unsafe-inline'; img-src data:"]


def test_style_fetches_nothing(sample: Builder) -> None:
    style = render(sample(**SMALL)).split("<style>")[1].split("</style>")[0]
    assert "url(" not in style
    assert "@import" not in style


def test_page_tells_the_key_numbers(sample: Builder) -> None:
    evidence = sample()
    words = Page(render(evidence)).words
    choice, ours = evidence["choice"], evidence["test"]["models"][0]["metrics"]
    for text in [
        choice["sentence"],
        f"{choice['validation_loss']:.4f}",
        f"{choice['best']['validation_loss']:.4f} ± 0.0060",
        f"{ours['log loss']:.4f}",
        f"{100 * ours['error']:.2f}%",
        "200 networks (5 sizes × 10 random starts × 4 L2 strengths)",
        "train: 31,258 rows validate: 7,815 rows test: 9,769 rows",
        "shoal fit adult.csv.gz --target income --out adult",
        "10 starts instead of 30, to end within two minutes on 2 cores",
        "2,799",
        "seed 0",
        "2026-01-02 03:04 UTC",
        "took 1 min 21 s",
        "numpy 2.4.0",
        "2 networks of 200 left the finite numbers",
        "6,900 93%",
    ]:
        assert text in words, text


@pytest.mark.parametrize("task", ["classification", "regression"])
def test_no_string_of_the_data_becomes_markup(sample: Builder, task: str) -> None:
    pages, named = [], {}
    for texts in (["harmless"], HOSTILE):
        evidence, named = sample(task, starts=2), {}
        _rename(evidence, texts, named)
        pages.append(Page(render(evidence)))
    around = [
        [entry for entry in page.elements if entry[0] not in FIGURE and entry != ("span", {})]  # of a command
        for page in pages
    ]
    assert [tag for tag, _ in around[0]] == [tag for tag, _ in around[1]]
    assert [sorted(a) for _, a in around[0]] == [sorted(a) for _, a in around[1]]
    assert {tag for tag, _ in pages[1].elements} == {tag for tag, _ in pages[0].elements}
    for name in ("age", "education", "row_id", "income", "adult.csv.gz", "0.1.0", evidence["title"]):
        assert named.get(name, name) in pages[1].words
    assert "49" not in {word for text in pages[1].text for word in text.split()}


def _rename(part: Any, texts: list[str], named: dict[str, str]) -> None:
    """Give every string of the data another, made from ``texts``, in place; the format's own words stay."""
    entries = part.items() if isinstance(part, dict) else enumerate(part)
    for key, value in list(entries):
        if isinstance(value, dict | list):
            _rename(value, texts, named)
        elif isinstance(value, str) and key not in {"task", "choose", "rule", "kind"}:
            text = f"{texts[len(named) % len(texts)]}-{len(named) + 100}"
            part[key] = named.setdefault(value, text)


@pytest.mark.parametrize("character", ["\x00", "\x1b", "\ud800", "\u202e"])
def test_characters_that_no_page_can_hold_are_replaced(
    sample: Builder, tmp_path: Path, character: str
) -> None:
    evidence = sample(columns=(f"a{character}b",), **SMALL)
    evidence["title"] = evidence["data"]["target"]["name"] = f"a{character}b"
    write_report(evidence, tmp_path / "report.html")
    written = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert character not in written
    assert "<h1>a\ufffdb</h1>" in written


def test_same_evidence_same_page_in_any_process(sample: Builder, tmp_path: Path) -> None:
    evidence = sample(sizes={"1": 4, "2": 7}, starts=3)
    page = render(copy.deepcopy(evidence))
    write_report(evidence, tmp_path / "here.html")
    assert (tmp_path / "here.html").read_text(encoding="utf-8") == page
    program = (
        "import json, sys; from shoal.report.html import render; "
        "sys.stdout.reconfigure(encoding='utf-8'); sys.stdout.write(render(json.load(sys.stdin)))"
    )
    other = subprocess.run(
        [sys.executable, "-c", program],
        input=json.dumps(evidence),
        capture_output=True,
        encoding="utf-8",
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert other.stdout == page


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"test": None}, "No rows were held back for a test"),
        ({"curves": None}, "No losses were recorded for the chosen network."),
        ({"curves": {"train_loss": [], "validation_loss": [], "best_epoch": 0}}, "No losses were recorded"),
        ({"importances": []}, "Importances were not computed."),
        ({"diverged": {"count": 0, "of": 40, "sentences": []}}, "None of the 40 networks diverged."),
    ],
)
def test_what_is_missing_is_said(sample: Builder, change: dict[str, Any], sentence: str) -> None:
    assert sentence in Page(render({**sample(starts=2), **change})).words


def test_scales_stand_with_the_columns_that_matter(sample: Builder) -> None:
    evidence = sample(starts=2)
    assert "were multiplied by how much their column mattered" not in Page(render(evidence)).words
    evidence["scales"] = {
        "columns": [{"column": "<age>", "scale": 1.0}], "plain": 0.3, "scaled": 0.2, "counted": 1
    }  # fmt: skip
    assert "The scales are <age> 1." in Page(render(evidence)).words


def test_one_strength_is_a_sentence_and_no_figure(sample: Builder) -> None:
    page = render(sample(l2=(0.5,), starts=2))
    assert "Only one L2 strength (0.5) was tried, so" in page
    assert 'id="strength-' not in page
    assert 'id="strength-' in render(sample(starts=2))


def test_sequences_of_one_length_have_no_histogram_of_lengths(sample: Builder) -> None:
    shape = {
        "channels": ["x"], "shortest": 7, "median": 8.0, "longest": 12, "missing": 0.0,
        "edges": [7, 10, 13], "counts": [3, 1],
    }  # fmt: skip
    evidence = sample(**SMALL)
    evidence["data"]["sequences"] = shape
    assert 'id="lengths' in render(evidence)
    evidence["data"]["sequences"] = {**shape, "shortest": 12}
    assert 'id="lengths' not in render(evidence)


def test_reliability_is_for_classes_that_have_it(sample: Builder) -> None:
    evidence = sample(**SMALL)
    assert "One temperature, 0.720," in Page(render(evidence)).words
    assert 'id="reliability"' not in render(sample("regression", **SMALL))
    del evidence["test"]["reliability"]  # as an earlier version left it
    assert 'id="reliability"' not in render(evidence)


def test_a_baseline_that_wins_is_said_at_the_top(sample: Builder) -> None:
    words = Page(render(sample(linear=0.9, **SMALL))).words
    assert "The linear model does better" in words.split("What was asked")[0]


def test_an_ensemble_lists_its_members(sample: Builder) -> None:
    evidence = sample(choose="ensemble")
    words = Page(render(evidence)).words
    assert "ensemble of 5 networks" in words
    for member in evidence["choice"]["members"]:
        assert f"{member['hidden'].replace('x', '×')} hidden units, L2 {member['l2']:g}" in words


def test_very_many_columns_are_cut_with_a_word(sample: Builder) -> None:
    page = render(sample(columns=tuple(f"pixel{i}" for i in range(1200)), **SMALL))
    assert "200 more columns in evidence.json." in page
    assert "It rises by nothing for the other 1,180 columns" in page
    assert page.count("<tr") < 1100


def test_malformed_evidence_is_refused() -> None:
    with pytest.raises(ModelFolderError, match="format None, expected 1"):
        render({})


def test_without_jinja2_the_error_says_what_to_install(
    sample: Builder, monkeypatch: pytest.MonkeyPatch
) -> None:
    _template.cache_clear()
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(MissingDependencyError, match=r"pip install 'shoal\[report\]'"):
        render(sample())


def image_evidence(sample: Builder) -> dict[str, Any]:
    """Evidence of a study of images, with one picture for every place that has some."""
    evidence = sample(labels=("cat", "<b>dog</b>"))
    evidence["asked"]["architecture"] = "convolutional"
    evidence["data"] |= {"columns": [], "noun": "image", "images": {"rows": 8, "columns": 9, "channels": 1}}
    evidence["importances"] = []
    evidence["choice"]["sentence"] = "8 filters: because."
    example = {
        "name": "<i>x</i>.png",
        "actual": "cat",
        "called": "<b>dog</b>",
        "sure": 0.9,
        "picture": "iVBORw0K",
    }
    evidence["seen"] = {
        "wrong": 3,
        "mistakes": [example],
        "layers": [{"layer": "dense: 3 units", "parameters": 1234, "operations": 5678}],
        "filters": ["iVBORw0K"],
        "example": example,
        "responses": [{"layer": "convolution", "pictures": ["iVBORw0K"]}],
        "units": [
            {"layer": "c", "field": "3×3", "units": [{"unit": 0, "ideal": "AAAA", "patches": ["BBBB"]}]}
        ],
        "classes": [{"label": "<b>dog</b>", "ideal": "CCCC"}],
        "saliency": [{**example, "saliency": "DDDD"}],
    }
    return evidence


def test_a_report_of_images_speaks_of_images(sample: Builder) -> None:
    html = render(image_evidence(sample))
    words = Page(html).words
    for told in (
        "How many filters?",
        "grey images of 8×9 pixels",
        "Which images are mistaken?",
        "1,234",
        "5,678",
    ):
        assert told in words
    for untold in ("hidden unit", "Which columns matter?", "test row", " columns of "):
        assert untold not in words
    for picture in ("iVBORw0K", "AAAA", "BBBB", "CCCC", "DDDD"):
        assert f'src="data:image/png;base64,{picture}"' in html
    assert "<b>dog" not in html
    assert "<i>x" not in html


def test_what_is_no_picture_is_refused(sample: Builder) -> None:
    evidence = image_evidence(sample)
    evidence["seen"]["units"][0]["units"][0]["patches"] = ['x" onerror="alert(1)']
    with pytest.raises(
        ModelFolderError, match=r"seen\.units\[0\]\.units\[0\]\.patches is .* expected a picture"
    ):
        render(evidence)


def test_images_are_seen_where_they_are_tested_and_have_a_size(sample: Builder) -> None:
    evidence = image_evidence(sample)
    with pytest.raises(ModelFolderError, match=r"test is null, expected what the images that are seen were"):
        render({**evidence, "test": None})
    evidence["data"]["images"] = None
    with pytest.raises(ModelFolderError, match=r"data\.images is null, expected the size of the images"):
        render(evidence)


def test_no_mistakes_are_a_sentence(sample: Builder) -> None:
    evidence = image_evidence(sample)
    evidence["seen"] |= {"wrong": 0, "mistakes": [], "filters": [], "units": []}
    words = Page(render(evidence)).words
    assert "No test image is called something else than it is." in words
    assert "The filters of the first layer" not in words
