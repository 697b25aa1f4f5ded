from __future__ import annotations

import numpy as np
import pytest
from sklearn import datasets

from shoal.data.columns import describe_columns
from shoal.data.readers.builtin import builtin_table
from shoal.data.tables import read_table
from shoal.data.targets.task import TargetEncoder, infer_task


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


@pytest.mark.parametrize("name", ["breast_cancer", "diabetes", "digits", "iris", "wine"])
def test_a_builtin_table_is_that_of_its_loader(name: str) -> None:
    bunch = getattr(datasets, f"load_{name}")(**({"scaled": False} if name == "diabetes" else {}))
    *columns, target = builtin_table(f"builtin:{name}").items()
    assert [column for column, _ in columns] == list(map(str, bunch.feature_names))
    np.testing.assert_array_equal(np.transpose([values for _, values in columns]), bunch.data)
    classes = bunch.get("target_names")
    expected = bunch.target if classes is None else [str(classes[k]) for k in bunch.target]
    np.testing.assert_array_equal(target[1], expected)


def test_diabetes_has_its_units() -> None:
    table = read_table("builtin:diabetes")
    assert table["age"].to_list()[:3] == [59.0, 48.0, 72.0]


def test_constant_pixels_of_digits_are_told() -> None:
    columns = describe_columns(read_table("builtin:digits"), "digit")
    assert [column.name for column in columns if not column.used] == ["pixel_0_0", "pixel_4_0", "pixel_4_7"]
