"""Which network is meant: a saved one or one of the classroom, never both and never none."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from shoal.cli.subject import chosen_subject, require_output
from shoal.errors import ConfigurationError, ModelFolderError, OutputError

GIVEN: dict[str, Any] = {
    "row": 3, "batch": 4, "member": 2, "activation": "tanh", "loss": None, "initializer": "normal", "seed": 9
}  # fmt: skip


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Note what is asked for in the place of making it."""
    notes: list[Any] = []
    monkeypatch.setattr(
        "shoal.jobs.subjects.saved.saved_subject", lambda *given: notes.append(("saved", *given))
    )
    monkeypatch.setattr(
        "shoal.jobs.subjects.subject.fresh_subject", lambda *given: notes.append(("fresh", *given))
    )
    return notes


@pytest.mark.parametrize(("folder", "layers"), [(None, None), (Path("out"), "2,1")])
def test_one_of_the_two_is_to_be_given(asked: list[Any], folder: Path | None, layers: str | None) -> None:
    with pytest.raises(
        ConfigurationError, match="give either a folder that shoal fit wrote, or --layers 4,3,2,1"
    ):
        chosen_subject(folder, None, layers=layers, **GIVEN)
    assert asked == []


def test_a_folder_is_asked_for_its_rows_and_member(asked: list[Any]) -> None:
    chosen_subject(Path("out"), "t.csv", layers=None, **GIVEN)
    assert asked == [("saved", Path("out"), "t.csv", 3, 4, 2)]


def test_a_fresh_network_has_its_sizes_and_seed(asked: list[Any]) -> None:
    chosen_subject(None, None, layers="4, 3,1", **GIVEN)
    assert asked == [("fresh", (4, 3, 1), "tanh", None, 4, 9, "normal")]


@pytest.mark.parametrize("layers", ["4,x", "", "4,,1", "1.5,1"])
def test_sizes_are_whole_numbers(asked: list[Any], layers: str) -> None:
    with pytest.raises(ConfigurationError, match="--layers takes values separated by commas"):
        chosen_subject(None, None, layers=layers, **GIVEN)


def test_a_page_may_replace_neither_what_is_read_nor_what_a_folder_holds(tmp_path: Path) -> None:
    table, folder = tmp_path / "t.csv", tmp_path / "out"
    table.write_text("a,b\n1,2\n")
    folder.mkdir()
    with pytest.raises(OutputError, match="is the same file as"):
        require_output(table, True, folder, str(table))
    with pytest.raises(OutputError, match="lies in the folder of the model"):
        require_output(folder / "page.html", False, folder, str(table))
    require_output(tmp_path / "page.html", False, folder, str(table))


def test_a_page_that_is_there_is_replaced_where_that_is_asked_for(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    page.touch()
    with pytest.raises(OutputError, match="exists already"):
        require_output(page, False, None, None)
    require_output(page, True, None, None)


def test_a_folder_that_names_no_table_is_asked_for_one(tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match="does not say which table it was fitted to; name one"):
        require_output(tmp_path / "page.html", False, tmp_path, None)
