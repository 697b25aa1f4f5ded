"""The rows of the report's tables."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from shoal.report import tables

Builder = Callable[..., dict[str, Any]]


def test_scores_mark_the_best_of_each_in_its_own_direction(sample: Builder) -> None:
    evidence = sample("regression")
    evidence["test"]["models"][1]["metrics"].update({"MAE": 1.2, "R²": None})
    names, rows = tables.scores(evidence["test"], evidence["choice"])
    assert names == ["RMSE", "MAE", "R²"]
    assert [row.name for row in rows] == ["chosen network", "linear model", "constant baseline"]
    assert [row.ours for row in rows] == [True, False, False]
    assert [row.best for row in rows] == [[True, False, True], [False, True, False], [False, False, False]]
    assert rows[0].cells == ["2.080", "1.490", "0.5670"]
    assert rows[1].cells[2] == "–"


def test_contenders_of_a_single_choice_and_of_an_ensemble(sample: Builder) -> None:
    evidence = sample()
    rows = tables.contenders(evidence["choice"])
    assert [row[0] for row in rows] == ["chosen", "lowest error"]
    assert rows[0][1:5] == ["4", "1", "9", "57"]
    assert rows[1][5].endswith(" ± 0.0060")
    assert [row[0] for row in tables.contenders(sample(choose="ensemble")["choice"])] == ["lowest error"]


def spread_entry(hidden: str, l2: float, values: list[float | None], diverged: int = 0) -> Any:
    five = dict(zip(("min", "q1", "median", "q3", "max"), values, strict=True))
    return {"hidden": hidden, "l2": l2, "starts": 4, "diverged": diverged, **five}


def test_spread_is_ordered_and_on_one_scale() -> None:
    rows = tables.spread(
        [
            spread_entry("8", 1.0, [2.0, 2.0, 3.0, 4.0, 5.0]),
            spread_entry("8", 0.0, [None] * 5, diverged=4),
            spread_entry("2", 0.0, [1.0, 2.0, 3.0, 3.0, 4.0]),
        ],
        ["2", "8"],
    )
    assert [(row.hidden, row.l2) for row in rows] == [
        ("2 hidden units", "0"),
        ("8 hidden units", "0"),
        ("8 hidden units", "1"),
    ]
    assert rows[0].track == [0, 25, 50, 50, 75]
    assert rows[2].track == [25, 25, 50, 75, 100]
    assert (rows[1].track, rows[1].min, rows[1].diverged) == (None, "–", 4)


def test_spread_over_decades_is_logarithmic_and_of_one_value_in_the_middle() -> None:
    (row,) = tables.spread([spread_entry("2", 0.0, [1.0, 10.0, 100.0, 1e3, 1e4])], ["2"])
    assert row.track == [0, 25, 50, 75, 100]
    (row,) = tables.spread([spread_entry("2", 0.0, [3.0] * 5)], ["2"])
    assert row.track == [50] * 5


CONFUSION: Any = {"labels": ["a", "b", "c"], "counts": [[6, 2, 0], [1, 9, 0], [0, 0, 0]]}


PAIRS: Any = {"labels": CONFUSION["labels"], "pairs": [[0, 0, 6], [0, 1, 2], [1, 0, 1], [1, 1, 9]]}


def test_pairs_say_what_a_square_says() -> None:
    for told in (tables.confusion_rows, tables.precisions, tables.mistakes):
        assert told(PAIRS) == told(CONFUSION)


def test_confusion_shares_are_those_of_the_row() -> None:
    rows = tables.confusion_rows(CONFUSION)
    assert [[cell.count for cell in row.cells] for row in rows] == [list("620"), list("190"), list("000")]
    assert [cell.share for cell in rows[0].cells] == ["75%", "25%", "0%"]
    assert [row.found for row in rows] == ["75%", "90%", "–"]
    assert [row.total for row in rows] == ["8", "10", "0"]
    assert rows[0].cells[1].tooltip == "a called b: 2 rows, 25% of a"
    assert [[cell.diagonal for cell in row.cells] for row in rows] == [
        [True, False, False],
        [False, True, False],
        [False, False, True],
    ]
    assert rows[0].cells[0].depth > rows[0].cells[1].depth > rows[0].cells[2].depth == 0


def test_precision_is_the_share_of_the_column() -> None:
    assert tables.precisions(CONFUSION) == ["86%", "82%", "–"]


def test_mistakes_are_the_largest_off_the_diagonal() -> None:
    assert tables.mistakes(CONFUSION) == [["a", "b", "2", "25%"], ["b", "a", "1", "10%"]]


def test_at_most_ten_mistakes() -> None:
    counts = [[10 * i + j for j in range(6)] for i in range(6)]
    rows = tables.mistakes({"labels": list("abcdef"), "counts": counts})
    assert len(rows) == 10
    assert rows[0][:3] == ["f", "e", "54"]


def test_axes_of_a_search_have_no_value_of_all(sample: Builder) -> None:
    axes = ["learning-rate=1e-4..0.1,dropout", "batch_size"]
    asked = sample()["asked"] | {"dropout": 0.1, "search": {"axes": axes, "points": 9, "halving": None}}
    told = dict(tables.settings(asked))
    assert {told[name] for name in ("learning rate", "dropout", "batch")} == {"searched"}
    assert told["activation"] == asked["activation"]


@pytest.mark.parametrize(
    ("change", "term", "value"),
    [
        ({"folds": 5}, "validation", "5 folds"),
        ({"validation_share": None, "validation_table": "v.csv"}, "validation", "the table v.csv"),
        ({}, "validation", "a share of 20%"),
        ({"test_share": None}, "test", "none"),
        ({"test_share": None, "test_table": "t.csv"}, "test", "the table t.csv"),
        ({"learning_rate": None}, "learning rate", "set by the solver"),
        ({"batch_size": None}, "batch", "all rows"),
        ({"patience": None}, "early stopping", "none"),
        ({"patience": 1}, "early stopping", "after 1 epoch without progress"),
        ({"schedule": "cosine_log"}, "schedule of the rate", "cosine_log"),
        ({"weight_decay": 0.02}, "weight decay", "0.02"),
        ({"label_smoothing": 0.1}, "label smoothing", "0.1"),
        ({"dropout": 0.15}, "dropout", "0.15"),
        ({"pieces": 8}, "pieces", "8 for every number"),
        (
            {"augmentation": {"translate": 1.4, "scale": 0.1, "rotate": 0.0, "elastic": 34.0, "sigma": 4.0}},
            "augmentation",
            "moved by up to 1.4 pixels, stretched by up to 10%, deformed elastically (α 34, σ 4)",
        ),
        ({"hidden": ["1", "16x8"]}, "hidden units", "1, 16×8"),
        ({"choose": "best"}, "rule of choice", "the lowest validation error (best)"),
        ({"estimate_seconds": 100.0}, "estimated time", "1 min 40 s"),
    ],
)
def test_settings(sample: Builder, change: dict[str, Any], term: str, value: str) -> None:
    assert dict(tables.settings({**sample()["asked"], **change}))[term] == value


def test_plain_training_has_no_refinements(sample: Builder) -> None:
    plain = {
        "schedule": "constant", "weight_decay": 0.0, "dropout": 0.0, "label_smoothing": 0.0, "pieces": 0,
        "augmentation": None,
    }  # fmt: skip
    asked = sample()["asked"]
    assert tables.settings({**asked, **plain}) == tables.settings(asked)  # as evidence of before


def test_other_data_than_tables_are_called_by_their_noun(sample: Builder) -> None:
    asked = {**sample()["asked"], "validation_share": None, "test_share": None, "batch_size": 32}
    told = dict(tables.settings(asked, "image"))
    assert (told["images"], told["batch"]) == (asked["table"], "32 images")
    assert told["validation"] == told["test"] == "the part of the data that is made for it"
    assert dict(tables.settings({**asked, "test_table": "t.npz"}, "image"))["test"] == "the images t.npz"


def test_no_estimate_no_entry(sample: Builder) -> None:
    assert "estimated time" not in dict(tables.settings({**sample()["asked"], "estimate_seconds": None}))


def test_classes_from_the_largest_down_and_the_rest_in_words() -> None:
    entries = [{"label": f"c{i}", "count": i} for i in range(1, 43)]
    target: Any = {"classes": entries}
    rows, rest = tables.classes(target)
    assert [row.label for row in rows] == [f"c{i}" for i in range(42, 2, -1)]
    assert (rows[0].width, rows[20].width) == (100, round(100 * 22 / 42, 2))
    assert rest == "2 smaller classes with 3 rows."
    assert tables.classes({**target, "classes": entries[:2]})[1] is None


def test_parts_of_the_rows() -> None:
    split: Any = {"train": 60, "validation": 20, "test": 20}
    assert [(part.words, part.width) for part in tables.parts(split, None)] == [
        ("train: 60 rows", 60),
        ("validate: 20 rows", 20),
        ("test: 20 rows", 20),
    ]
    folded = tables.parts({"train": 80, "validation": 80, "test": 20}, 5)
    assert [(part.words, part.width) for part in folded] == [
        ("train and validate in turn, 5 folds: 80 rows", 80),
        ("test: 20 rows", 20),
    ]
    assert len(tables.parts({"train": 80, "validation": 20, "test": None}, None)) == 2
