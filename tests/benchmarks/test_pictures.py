from __future__ import annotations

import struct
from pathlib import Path

import pytest

pytest.importorskip("playwright")

from benchmarks import pictures
from tests.lab.pages import IN_A_BROWSER

PAGE = "<!doctype html><style>body {{ margin: 0 }} p {{ width: {width}; height: 2000px }}</style><p>"


def size_of(picture: Path) -> tuple[int, int]:
    """Return the width and height that a PNG says it has."""
    width, height = struct.unpack(">II", picture.read_bytes()[16:24])
    return width, height


def test_names_tell_pages_apart(tmp_path: Path) -> None:
    def named(*pages: str) -> list[str]:
        return pictures.names_of([tmp_path / page for page in pages])

    assert named("wine/report.html") == ["wine-report"]
    assert named("a/report.html", "b/report.html") == ["a-report", "b-report"]
    assert named("a/x/report.html", "b/x/report.html") == ["a-x-report", "b-x-report"]
    with pytest.raises(SystemExit, match="named twice"):
        named("a/report.html", "a/report.html")


def test_a_page_that_is_not_there_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        pictures.main([str(tmp_path / "report.html"), "--out", str(tmp_path / "out")])
    assert "report.html is no file; name the HTML files" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


@IN_A_BROWSER[0]
def test_whole_pages_are_pictured_and_what_is_wrong_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    narrow, wide, out = tmp_path / "narrow.html", tmp_path / "wide.html", tmp_path / "out"
    narrow.write_text(PAGE.format(width="100%"))
    wide.write_text(PAGE.format(width="700px") + "<script>throw new Error('of no use')</script>")
    assert pictures.main([str(narrow), "--out", str(out), "--widths", "500"]) == 0
    assert capsys.readouterr().out.endswith("narrow-500.png: nothing wrong\n")
    (picture,) = out.iterdir()
    width, height = size_of(picture)
    assert width == 500
    assert height >= 2000
    assert pictures.main([str(wide), "--out", str(out), "--widths", "800", "500"]) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert "pixels wide" not in first
    assert "wide-500.png: is 700 pixels wide in a window of 500; complains: of no use" in second
