from __future__ import annotations

import io
import tarfile
import zipfile
from pathlib import Path

import pytest

from tools.contents import IN_EVERY_WHEEL, IN_THE_SOURCES, faults, main

LICENCE = "shoal-1.dist-info/licenses/LICENSE"


def wheel(folder: Path, *names: str, tag: str = "py3-none-any") -> Path:
    path = folder / f"shoal-1-{tag}.whl"
    with zipfile.ZipFile(path, "w") as archive:
        for name in (*IN_EVERY_WHEEL, *names):
            archive.writestr(name, "")
    return path


def test_a_whole_wheel_has_no_fault(tmp_path: Path) -> None:
    assert faults(wheel(tmp_path, LICENCE)) == []
    compiled = wheel(tmp_path, LICENCE, "shoal/_native.abi3.so", tag="cp312-abi3-linux_x86_64")
    assert faults(compiled) == []


@pytest.mark.parametrize(
    ("names", "tag", "fault"),
    [
        ([], "py3-none-any", "the licence is missing"),
        ([LICENCE, "tests/test_a.py"], "py3-none-any", "tests is no part of the package"),
        ([LICENCE, "shoal/__pycache__/a.pyc"], "py3-none-any", "shoal/__pycache__/a.pyc should not be there"),
        ([LICENCE, "shoal/_native.abi3.so"], "py3-none-any", "a compiled module in a pure wheel"),
        ([LICENCE], "cp312-abi3-linux_x86_64", "the compiled module is missing"),
    ],
)
def test_what_a_wheel_lacks_or_should_not_have_is_named(
    tmp_path: Path, names: list[str], tag: str, fault: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = wheel(tmp_path, *names, tag=tag)
    assert faults(path) == [fault]
    assert main([str(path)]) == 1
    assert fault in capsys.readouterr().out


def test_sources_are_read_below_their_folder(tmp_path: Path) -> None:
    path = tmp_path / "shoal-1.tar.gz"
    with tarfile.open(path, "w:gz") as archive:
        for name in (*IN_THE_SOURCES[1:], "web/node_modules/a.js"):
            archive.addfile(tarfile.TarInfo(f"shoal-1/{name}"), io.BytesIO())
    assert faults(path) == [f"{IN_THE_SOURCES[0]} is missing", "web/node_modules/a.js should not be there"]
