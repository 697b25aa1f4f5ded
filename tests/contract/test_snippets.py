"""Every block of Python on a page runs: what readers copy is what we try.

Tutorials are tried by ``test_tutorials``, README by ``test_build``, the gallery where its figures are made.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal import Dense, Network
from shoal.export.torch import export_torch
from tests.snippets import Block, blocks_of, run_python

DOCS = Path(__file__).parents[2] / "docs"
ELSEWHERE = {DOCS / "gallery.md", *(DOCS / "tutorials").glob("*.md")}
PAGES = [
    page
    for page in sorted(DOCS.rglob("*.md"))
    if page not in ELSEWHERE
    and "made" not in page.parts
    and any(block.kind == "python" for block in blocks_of(page))
]


def brought(page: str) -> dict[str, Any]:
    """Return what readers of a page bring: their samples, and what the text above a block speaks of."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(120, 3))
    labels = np.where(X[:, 0] + 0.3 * rng.normal(size=120) > 0, "ill", "well")
    if page == "rows":
        return {"X": X, "y": X[:, 0], "illness": labels, "patients": np.arange(120) // 4}
    if page == "export":
        network = Network(4, [Dense(8, "tanh"), Dense(3)], loss="cross_entropy")
        export_torch(network.population(1), "network.safetensors")
        return {"X": X.astype(np.float32), "y": labels}
    if page == "lab":
        network = Network(3, [Dense(4, "tanh"), Dense(1)])
        y = X[:, 0]
        return {"network": network, "X": X[:80], "y": y[:80], "X_valid": X[80:], "y_valid": y[80:]}
    return {}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(DOCS).with_suffix("")))
def test_a_page_runs(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    names = {"__name__": page.stem, **brought(page.stem)}
    missing = list[str]()
    for block in blocks_of(page):
        if block.kind == "python":
            missing += run_python(block, names)
    if missing:
        pytest.skip(f"all but a block that needs {', '.join(missing)} has run")


def test_there_are_pages_and_no_python_under_another_name() -> None:
    assert len(PAGES) > 8
    for page in DOCS.rglob("*.md"):
        text = page.read_text(encoding="utf-8")
        assert "```py\n" not in text, page
        for block in text.split("```text\n")[1:]:
            assert "import " not in block.partition("```")[0], page


@pytest.mark.parametrize(
    "text",
    [
        "from shoal import CapacityStudio",
        "from shoal.selection.studies import CapacityStudy",
        "from shoal import ShoalClassifier\nShoalClassifier(onn='ray')",
        "from shoal import ShoalClassifier\nShoalClassifier(on='ray').fitt(X, y)",
    ],
)
def test_a_block_that_is_not_run_is_looked_up(text: str) -> None:
    block = Block(DOCS / "none.md", "python", "# needs a cluster\n" + text, 1)
    with pytest.raises((ImportError, TypeError, AssertionError)):
        run_python(block, {})
