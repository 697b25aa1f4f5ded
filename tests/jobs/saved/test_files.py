from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from shoal.errors import ModelFolderError, OutputError
from shoal.jobs.saved.files import read_saved, write_saved

ARRAYS = {"theta": np.arange(6.0, dtype=np.float32).reshape(2, 3).T}  # not contiguous


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write_saved(tmp_path / "a" / "b", {"kind": "x"}, {"columns": ["é"]}, ARRAYS)
    saved = read_saved(tmp_path / "a" / "b")
    assert saved.description["kind"] == "x"
    assert saved.preprocessing == {"columns": ["é"]}
    np.testing.assert_array_equal(saved.arrays["theta"], ARRAYS["theta"])


@pytest.mark.parametrize("name", ["weights.safetensors", "preprocessing.json", "model.json"])
def test_files_of_these_names_are_replaced_only_when_asked(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(OutputError, match=f"{name} exists already; name another folder"):
        write_saved(tmp_path, {}, {}, ARRAYS)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    write_saved(tmp_path, {}, {}, ARRAYS, overwrite=True)
    assert read_saved(tmp_path).arrays.keys() == {"theta"}


def test_a_folder_whose_description_was_left_out_is_none(tmp_path: Path) -> None:
    write_saved(tmp_path, {}, {}, ARRAYS)
    (tmp_path / "model.json").unlink()
    with pytest.raises(ModelFolderError, match=r"is no model folder: it has no model\.json"):
        read_saved(tmp_path)


def test_a_file_is_no_folder_of_a_model(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ModelFolderError, match=r"table\.csv is no model folder"):
        read_saved(tmp_path / "table.csv")


def test_a_description_with_another_word_is_altered(tmp_path: Path) -> None:
    write_saved(tmp_path, {"kind": "x"}, {}, ARRAYS)
    path = tmp_path / "model.json"
    said = json.loads(path.read_text())
    assert said["format"] == 4
    path.write_text(json.dumps(said | {"kind": "y"}))
    with pytest.raises(ModelFolderError, match=r"model\.json is truncated or was altered"):
        read_saved(tmp_path)


def test_a_file_of_another_folder_does_not_belong(tmp_path: Path) -> None:
    write_saved(tmp_path / "a", {}, {}, ARRAYS)
    write_saved(tmp_path / "b", {}, {}, {"theta": ARRAYS["theta"] + 1})
    (tmp_path / "a" / "weights.safetensors").replace(tmp_path / "b" / "weights.safetensors")
    with pytest.raises(ModelFolderError, match=r"weights\.safetensors is truncated or was altered"):
        read_saved(tmp_path / "b")
