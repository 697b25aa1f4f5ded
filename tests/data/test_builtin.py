from __future__ import annotations

import pytest
from sklearn import datasets

from shoal.data.columns import describe_columns
from shoal.data.tables import read_table
from shoal.data.task import TargetEncoder, infer_task


@pytest.mark.parametrize(
    ("name", "rows", "features", "target", "labels"),
    [
        ("breast_cancer", 569, 30, "diagnosis", ("benign", "malignant")),
        ("diabetes", 442, 10, "progression", None),
        ("digits", 1797, 64, "digit", tuple("0123456789")),
        ("iris", 150, 4, "species", ("setosa", "versicolor", "virginica")),
        ("wine", 178, 13, "cultivar", ("class_0", "class_1", "class_2")),
    ],
)
def test_a_builtin_table_has_its_names_and_its_task(
    name: str, rows: int, features: int, target: str, labels: tuple[str, ...] | None
) -> None:
    table = read_table(f"builtin:{name}")
    assert (len(table), len(table.columns) - 1, table.columns[-1]) == (rows, features, target)
    choice = infer_task(table[target])
    assert choice.task == ("classification" if labels else "regression")
    assert TargetEncoder.fit(table[target], choice.task).labels == (labels or ())


def test_rows_keep_their_features_and_their_class() -> None:
    table = read_table("builtin:breast_cancer")
    bunch = datasets.load_breast_cancer()
    assert table.columns[:2] == ["mean radius", "mean texture"]
    assert (table.drop("diagnosis").to_numpy() == bunch.data).all()
    assert [str(bunch.target_names[k]) for k in bunch.target] == table["diagnosis"].to_list()


def test_diabetes_has_its_units() -> None:
    table = read_table("builtin:diabetes")
    assert table["age"].to_list()[:3] == [59.0, 48.0, 72.0]


def test_constant_pixels_of_digits_are_told() -> None:
    columns = describe_columns(read_table("builtin:digits"), "digit")
    assert [column.name for column in columns if not column.used] == ["pixel_0_0", "pixel_4_0", "pixel_4_7"]
