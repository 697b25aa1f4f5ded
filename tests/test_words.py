from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import shoal
from shoal.words import as_argument, as_option, plural, setting, spoken

PACKAGE = Path(shoal.__file__).parent


def test_an_edge_says_what_settings_are_called_for_as_long_as_it_lasts() -> None:
    with spoken(as_option):
        assert setting("test_share") == "--test-share"
        with spoken(lambda name, value: f"<{name}>"):
            assert setting("test_share", 1) == "<test_share>"
        assert setting("test_share", 0.25) == "--test-share 0.25"
    assert setting("test_share", 0.25) == "test_share=0.25"


def test_an_error_ends_it_too() -> None:
    with pytest.raises(KeyError), spoken(as_option):
        raise KeyError
    assert setting("folds") == "folds"


@pytest.mark.parametrize(
    ("name", "value", "option", "argument"),
    [
        ("overwrite", True, "--overwrite", "overwrite=True"),
        ("task", "regression", "--task regression", "task='regression'"),
        ("learning_rate", 1e-05, "--learning-rate 1e-05", "learning_rate=1e-05"),
        ("folds", None, "--folds None", "folds=None"),
    ],
)
def test_values_are_written_as_each_writes_them(name: str, value: object, option: str, argument: str) -> None:
    assert (as_option(name, value), as_argument(name, value)) == (option, argument)


def test_a_count_goes_with_its_noun() -> None:
    assert [plural(n, "row") for n in (0, 1, 2, 1000)] == ["0 rows", "1 row", "2 rows", "1,000 rows"]
    assert plural(2, "class", "classes") == "2 classes"


COMMANDS = {PACKAGE / "cli", PACKAGE / "jobs" / "reproduction.py", PACKAGE / "lab" / "repeating.py"}
# whose business options are
OTHERS = {
    PACKAGE / "engines" / "compiled" / "module.py",
    PACKAGE / "plots" / "drawing.py",
}  # pip's, and styles
ROOMS = sorted(path for path in PACKAGE.iterdir() if path.is_dir() or path.suffix == ".py")


@pytest.mark.parametrize("room", [room for room in ROOMS if room not in COMMANDS], ids=lambda room: room.name)
def test_below_the_command_line_nobody_speaks_of_its_options(room: Path) -> None:
    for path in set(room.rglob("*.py") if room.is_dir() else [room]) - COMMANDS - OTHERS:
        tree = ast.parse(path.read_text("utf-8"))
        documented = [n for n in ast.walk(tree) if isinstance(n, ast.Module | ast.ClassDef | ast.FunctionDef)]
        docs = {ast.get_docstring(node, clean=False) for node in documented}
        texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant))
        told = [text for text in texts if isinstance(text, str) and text not in docs]
        assert [text for text in told if re.search(r"(^|[ '\"(=])--[a-z]", text)] == [], path
