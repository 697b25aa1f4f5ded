from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from shoal.data.frames import as_frame
from shoal.errors import CapacityError, ConfigurationError, DataError
from shoal.jobs.kinds import prepare
from shoal.jobs.memory.footprint import PROGRAM
from shoal.jobs.prepared import Prepared
from shoal.jobs.request import FitRequest

Mixed = Callable[..., dict[str, list[Any]]]
Write = Callable[..., Path]


@pytest.fixture
def ready(write_csv: Write, tmp_path: Path) -> Callable[..., Prepared]:
    def build(table: dict[str, list[Any]], **settings: Any) -> Prepared:
        return prepare(FitRequest(str(write_csv(tmp_path / "table.csv", table)), "target", **settings))

    return build


def rows_of(prepared: Prepared, name: str = "train") -> list[int]:
    """The rows of the table that a part holds, by the feature of a column that numbers them."""
    part, preprocessor = getattr(prepared, name), prepared.preprocessor
    (encoder,) = [encoder for encoder in preprocessor.encoders if encoder.column == "number"]
    feature = part.X[:, preprocessor.feature_names.index("number")].astype(float)
    numbers = encoder.median + encoder.scale * feature / np.sqrt(1 - (feature / 3) ** 2)
    return [round(number - 0.5) for number in numbers]


def test_features_are_as_exact_as_the_solver_and_the_same_numbers(
    ready: Callable[..., Prepared], mixed: Mixed
) -> None:
    single, double = (ready(mixed(60), solver=solver, pieces=4, waves=2) for solver in ("adam", "scg"))
    assert (single.train.X.dtype, double.train.X.dtype) == (np.float32, np.float64)
    for part in ("train", "test"):
        X = getattr(double, part).X
        np.testing.assert_array_equal(getattr(single, part).X, X.astype(np.float32))


def numbered(columns: dict[str, list[Any]]) -> dict[str, list[Any]]:
    n = len(columns["target"])
    return {**columns, "number": [3 * row + 0.5 for row in range(n)]}


def test_every_row_is_in_one_part(ready: Callable[..., Prepared], mixed: Mixed) -> None:
    prepared = ready(numbered(mixed(60)), validation_share=0.25, seed=4)
    parts = [rows_of(prepared, name) for name in ("train", "validation", "test")]
    assert [len(part) for part in parts] == [36, 12, 12]
    assert sorted(row for part in parts for row in part) == [3 * row for row in range(60)]


def test_the_seed_moves_the_rows(ready: Callable[..., Prepared], mixed: Mixed) -> None:
    columns = numbered(mixed(60))
    first, again, other = (rows_of(ready(columns, seed=seed), "test") for seed in (0, 0, 1))
    assert first == again != other


def test_classes_keep_their_shares(ready: Callable[..., Prepared], mixed: Mixed) -> None:
    columns = mixed(100)
    columns["target"] = ["rare"] * 10 + ["common"] * 90
    prepared = ready(columns, validation_share=0.25)
    assert prepared.validation is not None
    for part, rare in ((prepared.train, 6), (prepared.validation, 2), (prepared.test, 2)):
        assert int((part.y == 1).sum()) == rare


def test_scales_are_those_of_the_training_rows(ready: Callable[..., Prepared], mixed: Mixed) -> None:
    columns = numbered(mixed(60, task="regression"))
    before = ready(columns, validation_share=0.25)
    train = {row // 3 for row in rows_of(before)}
    for row in set(range(60)) - train:
        columns["signal"][row], columns["colour"][row] = 1e6, "unheard of"
        columns["target"][row] += 1e4
    after = ready(columns, validation_share=0.25)
    np.testing.assert_array_equal(after.train.X, before.train.X)
    np.testing.assert_array_equal(after.train.y, before.train.y)
    assert after.preprocessor.feature_names == before.preprocessor.feature_names
    assert not np.array_equal(after.test.X, before.test.X)
    assert after.train.y.mean() == pytest.approx(0)
    assert after.train.y.std() == pytest.approx(1)


def test_a_small_table_is_folded_and_a_large_one_shared(ready: Callable[..., Prepared], mixed: Mixed) -> None:
    assert (ready(mixed(60)).folds, ready(mixed(60)).validation_share) == (5, None)
    columns = {name: values * 40 for name, values in mixed(100).items()}
    assert ready(columns).folds == 5  # an ensemble's folds train on all rows together
    large = ready(columns, choose="one-se")
    assert (large.folds, large.validation_share) == (None, 0.2)
    assert [len(part) for part in (large.train, large.validation or [], large.test)] == [2560, 640, 800]


@pytest.mark.parametrize(
    ("columns", "settings", "told"),
    [
        ({"x": [1, 2], "target": [1, 5]}, {"task": "regression"}, "leaves 1 row to train on and choose by"),
        (
            {"x": list(range(20)), "target": [0.5 * k for k in range(20)]},
            {"folds": 17},
            "--folds 17 asks for more folds than the 16 rows that are not for testing; ask for 16 or fewer",
        ),
        ({"x": [4] * 9, "target": [0.5 * k for k in range(9)]}, {}, "none of the 1 columns beside 'target'"),
    ],
)
def test_a_table_that_cannot_be_divided(
    ready: Callable[..., Prepared], columns: dict[str, list[Any]], settings: dict[str, Any], told: str
) -> None:
    with pytest.raises(DataError, match=told):
        ready(columns, **settings)


def broken(columns: dict[str, list[Any]], how: str) -> dict[str, list[Any]]:
    if how == "no target":
        del columns["target"]
    elif how == "empty target":
        columns["target"] = [""] * len(columns["target"])
    elif how == "unknown class":
        columns["target"][4] = "maybe"
    elif how == "missing column":
        del columns["signal"]
    elif how == "extra column":
        columns["new"] = columns["signal"]
    else:
        columns["signal"][7] = "loud"
    return columns


@pytest.mark.parametrize(
    ("how", "told"),
    [
        ("no target", "no column 'target' to predict"),
        ("empty target", "'target' is missing in all 30 rows"),
        ("unknown class", "the target 'target' is 'maybe' in data row 5, expected one of"),
        ("missing column", "lacks the column 'signal'"),
        ("extra column", "has the column 'new', which the table lacks; drop it"),
        ("text among numbers", "column 'signal' has 'loud' in data row 8, expected a number"),
    ],
)
def test_a_table_to_choose_by_that_does_not_fit_is_named(
    ready: Callable[..., Prepared], mixed: Mixed, write_csv: Write, tmp_path: Path, how: str, told: str
) -> None:
    valid = write_csv(tmp_path / "valid.csv", broken(mixed(30, seed=1), how))
    with pytest.raises(DataError, match=f"^--valid .*valid.csv.*{told}"):
        ready(mixed(60), valid=str(valid))


def test_rows_to_choose_by_without_a_target_are_left_out(
    ready: Callable[..., Prepared], mixed: Mixed, write_csv: Write, tmp_path: Path
) -> None:
    columns = mixed(30, seed=1)
    columns["target"][:4] = [""] * 4
    prepared = ready(mixed(60), valid=str(write_csv(tmp_path / "valid.csv", columns)))
    assert prepared.validation is not None
    assert len(prepared.validation) == 26
    assert any("4 of 30 rows have no value" in warning for warning in prepared.warnings)


def test_a_job_larger_than_the_memory_is_refused(
    ready: Callable[..., Prepared], monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = {"letter": [chr(97 + k % 8) for k in range(200)], "target": [k % 5 / 2 for k in range(200)]}
    monkeypatch.setattr("shoal.jobs.memory.footprint.LARGE", 0)
    monkeypatch.setattr("shoal.jobs.memory.footprint.available_bytes", lambda: 40_000)
    monkeypatch.setattr("shoal.jobs.memory.footprint.resident_bytes", lambda: 0)
    with pytest.raises(CapacityError, match=r"^fitting 200 rows of 9 features needs about 32\d\.\d MiB"):
        ready(columns)


def test_numbers_are_told_plainly_where_memory_is_short_and_that_is_said(
    ready: Callable[..., Prepared], mixed: Mixed, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual, short = ready(mixed(600)), PROGRAM + 600_000
    assert any(" piece " in name for name in usual.preprocessor.feature_names)
    plain = ready(mixed(600), memory=short)
    assert not any(" piece " in name for name in plain.preprocessor.feature_names)
    assert plain.less == {"pieces": 0}
    assert any(
        note.startswith("Numbers are told without pieces, as with --pieces 0:") for note in plain.warnings
    )
    as_asked = ready(mixed(600), pieces=0)
    np.testing.assert_array_equal(plain.train.X, as_asked.train.X)
    assert plain.method(FitRequest("t.csv", "target", memory=short)).pieces == 0


def with_rare(columns: dict[str, list[Any]]) -> dict[str, list[Any]]:
    n = len(columns["target"])
    return {**columns, "target": ["u", "v", *(["3.1", "3.10"] * n)[: n - 2]]}


@pytest.mark.parametrize(
    ("rare", "classes", "rows"), [("merge", ("3.1", "3.10", "other"), 60), ("drop", ("3.1", "3.10"), 58)]
)
def test_rare_classes_are_merged_or_dropped_here_and_in_other_tables(
    rare: str, classes: tuple[str, ...], rows: int, write_csv: Write, tmp_path: Path, mixed: Mixed
) -> None:
    table = str(write_csv(tmp_path / "table.csv", with_rare(mixed(60))))
    prepared = prepare(FitRequest(table, "target", rare=rare))
    assert (prepared.target.labels, prepared.n_rows) == (classes, rows)
    assert prepared.sentence.endswith(
        f"(4 classes); --task regression overrides; without rare classes there are {len(classes)}."
    )
    assert any("'u' 1, 'v' 1" in warning for warning in prepared.warnings)
    other = str(write_csv(tmp_path / "other.csv", {**mixed(8), "target": ["3.10", "v"] * 4}))
    of_another = prepare(FitRequest(table, "target", rare=rare, valid=other)).validation
    assert of_another is not None
    assert of_another.y.tolist() == ([1, 2] * 4 if rare == "merge" else [1] * 4)


def test_all_rare_classes_are_told_at_once(ready: Callable[..., Prepared], mixed: Mixed) -> None:
    with pytest.raises(DataError, match=r"2 classes .*: 'u' 1, 'v' 1; --rare merge .* --rare drop"):
        ready(with_rare(mixed(60)))


def test_numbers_have_no_rare_classes(ready: Callable[..., Prepared], mixed: Mixed) -> None:
    with pytest.raises(ConfigurationError, match="--rare is for classes, and this is a regression"):
        ready({**mixed(60), "target": [k * 0.37 for k in range(60)]}, rare="drop")


def test_labels_of_another_table_may_be_of_another_type(
    write_csv: Write, tmp_path: Path, mixed: Mixed
) -> None:
    table = str(write_csv(tmp_path / "table.csv", {**mixed(60), "target": ["007", "7", "Q"] * 20}))
    other = tmp_path / "other.parquet"
    columns = {**mixed(4), "target": ["Q", "7", "007", "7"]}
    as_frame(columns).write_parquet(other)
    part = prepare(FitRequest(table, "target", test=str(other))).test
    assert part.y.tolist() == [2, 1, 0, 1]
    codes = str(write_csv(tmp_path / "codes.csv", {**mixed(60), "target": ["1", "2", "2.0"] * 20}))
    as_frame({**mixed(4), "target": [2, 1, 1, 2]}).write_parquet(other)
    assert prepare(FitRequest(codes, "target", test=str(other))).test.y.tolist() == [1, 0, 0, 1]


def coded(columns: dict[str, list[Any]]) -> dict[str, list[Any]]:
    return {**columns, "code": [k % 4 + 1 for k in range(len(columns["target"]))]}


def test_columns_are_left_out_and_codes_are_categories(ready: Callable[..., Prepared], mixed: Mixed) -> None:
    prepared = ready(coded(mixed(60)), drop=("noise,seen", "unit"), categorical=("code",))
    assert [column.name for column in prepared.columns] == ["signal", "colour", "member", "code"]
    assert prepared.preprocessor.dropped == ("noise", "seen", "unit")
    assert prepared.preprocessor.feature_names[-4:] == ("code=1", "code=2", "code=3", "code=4")
    assert prepared.warnings[0] == "3 of 7 columns are left out, as asked: 'noise', 'seen', 'unit'"
    assert len(prepared.warnings) == 1  # nothing is said of a column that is not looked at


def test_a_table_without_those_left_out_is_the_same_table(
    ready: Callable[..., Prepared], mixed: Mixed
) -> None:
    columns = coded(mixed(60))
    alone = ready({name: columns[name] for name in ("signal", "code", "target")})
    for asked in ({"columns": ("code,signal",)}, {"drop": ("noise,colour,member,seen,unit",)}):
        chosen = ready(columns, **asked)
        np.testing.assert_array_equal(chosen.train.X, alone.train.X)
        np.testing.assert_array_equal(chosen.test.X, alone.test.X)


def test_a_column_left_out_may_hold_anything(ready: Callable[..., Prepared], mixed: Mixed) -> None:
    columns = {**mixed(60), "broken": ["inf", *range(59)]}
    with pytest.raises(DataError, match="'broken'"):
        ready(columns)
    assert "broken" in ready(columns, drop=("broken",)).preprocessor.dropped


@pytest.mark.parametrize("there", [True, False])
def test_other_tables_may_have_the_columns_left_out_or_not(
    ready: Callable[..., Prepared], mixed: Mixed, write_csv: Write, tmp_path: Path, there: bool
) -> None:
    other = mixed(12, seed=1)
    if not there:
        del other["noise"]
    path = str(write_csv(tmp_path / "other.csv", other))
    prepared = ready(mixed(60), drop=("noise",), test=path, valid=path)
    assert len(prepared.test) == 12
    np.testing.assert_array_equal(prepared.test.X, prepared.validation.X)


def test_codes_are_the_same_categories_whatever_the_file(
    ready: Callable[..., Prepared], mixed: Mixed, tmp_path: Path
) -> None:
    columns = coded(mixed(60))
    of_text = ready(columns, columns=("code",), categorical=("code",))
    for name, values in (("whole", columns["code"]), ("real", [float(code) for code in columns["code"]])):
        path = tmp_path / f"{name}.parquet"
        as_frame({**columns, "code": values}).write_parquet(path)
        request = FitRequest(str(path), "target", columns=("code",), categorical=("code",))
        np.testing.assert_array_equal(prepare(request).train.X, of_text.train.X)


def test_arrays_have_columns_to_choose_from(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    code = rng.integers(1, 4, 60)
    np.savez(tmp_path / "a.npz", X=np.stack([code, rng.normal(size=60)], axis=1), y=code % 2)
    known = prepare(FitRequest(str(tmp_path / "a.npz"), "y")).preprocessor.source_columns
    first = known[0]
    chosen = prepare(FitRequest(str(tmp_path / "a.npz"), "y", columns=(first,), categorical=(first,)))
    assert chosen.preprocessor.feature_names[:3] == (f"{first}=1", f"{first}=2", f"{first}=3")


def test_several_targets_are_refused(mixed: Mixed, write_csv: Write, tmp_path: Path) -> None:
    path = str(write_csv(tmp_path / "table.csv", {**mixed(60), "signal,noise": [k % 2 for k in range(60)]}))
    assert prepare(FitRequest(path, "signal,noise")).target.labels == ("0", "1")
    with pytest.raises(ConfigurationError, match=r"--target names 'signal', 'colour', .* with the others in"):
        prepare(FitRequest(path, "signal,colour"))


def test_labels_are_smoothed_as_the_rarest_class_to_train_on_bears(ready: Callable[..., Prepared]) -> None:
    rows = np.arange(400)
    table = {"number": (rows % 37).tolist(), "target": np.where(rows < 8, "ill", "well").tolist()}
    prepared = ready(table)
    share = float(np.mean(prepared.train.y == prepared.target.labels.index("ill")))
    method = prepared.method(FitRequest("t.csv", "target"))
    assert method.recipe.label_smoothing == pytest.approx(share)
    assert 0.01 < share < 0.03
