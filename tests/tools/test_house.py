"""The structure does not get worse unnoticed: see ``tools/house.py``."""

from __future__ import annotations

import ast

from tools.house import circles, imports, modules, places, signatures


def test_a_training_option_is_declared_once_and_passed_on_by_nobody() -> None:
    for option in ("label_smoothing", "weight_decay", "clip_norm"):
        assert len(places(option)) <= 7, option


def test_signatures_fit_in_the_head() -> None:
    assert max(signatures(modules()))[0] <= 12


def test_nothing_goes_round_in_circles() -> None:
    assert circles(imports(modules())) == []


def test_circles_are_found() -> None:
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"b", "d"}, "d": set()}) == [{"b", "c"}]


def test_only_kinds_ask_what_kind_something_is() -> None:
    kinds = {
        "TableModel",
        "ImageModel",
        "PreparedTable",
        "PreparedImages",
        "TablePreprocessor",
        "ImagePreprocessor",
    }
    for name, tree in modules().items():
        asked = {
            word.id
            for call in ast.walk(tree)
            if isinstance(call, ast.Call) and isinstance(call.func, ast.Name) and call.func.id == "isinstance"
            for word in ast.walk(call)
            if isinstance(word, ast.Name)
        }
        assert name.startswith("shoal.jobs.kinds") or not asked & kinds, name


NAMESAKES = {
    "Constant": "a schedule, and what nothing is drawn for",
    "Orthogonal": "an initializer, and what it draws",
    "Recurrent": "a layer, and the architecture of such layers",
}
"""Names of two classes that go together, and of which both are for users."""


def test_no_two_classes_that_others_see_have_one_name() -> None:
    """But for a study of the lecture, which stands alone, and commands, which are called as the page does."""
    homes: dict[str, list[str]] = {}
    for name, tree in modules().items():
        if not name.startswith(("shoal.lecture.", "shoal.lab.commands", "shoal.lab.demonstrations")):
            for node in tree.body:
                if isinstance(node, ast.ClassDef) and not node.name.startswith("_"):
                    homes.setdefault(node.name, []).append(name)
    twice = {name: found for name, found in homes.items() if len(found) > 1}
    assert {name: found for name, found in twice.items() if name not in NAMESAKES} == {}
    assert twice.keys() == NAMESAKES.keys()
