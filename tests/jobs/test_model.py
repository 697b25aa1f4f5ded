from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np
import pytest

from shoal.data.features.preprocessing import TablePreprocessor
from shoal.data.targets.task import TargetEncoder
from shoal.errors import DataError
from shoal.jobs.job import FinishedJob
from shoal.jobs.model import TableModel
from shoal.layers import Dense
from shoal.populations.network import Network
from shoal.selection.candidates.architectures import loss_of
from shoal.shapes import Array

TABLE = {"x": [0.0, 1.0, 2.0, 3.0, 4.0], "target": ["no", "yes", "no", "yes", "no"]}
NEW = {"x": [0.5, 2.5]}


def build(target: TargetEncoder, members: int = 1) -> TableModel:
    loss, n_outputs = loss_of(len(target.labels))
    preprocessor = TablePreprocessor.fit(TABLE, "target")
    network = Network(len(preprocessor.feature_names), [Dense(n_outputs)], loss=loss)
    return TableModel(preprocessor, target, network.population(members, dtype="float64"))


def sigmoid(z: float) -> float:
    return float(1 / (1 + np.exp(-z)))


def test_one_output_gives_two_probabilities() -> None:
    model = build(TargetEncoder("target", "classification", ("no", "yes")))
    model.population.weights[0][:], model.population.biases[0][:] = 2.0, -0.5
    x = model.preprocessor.transform(NEW)
    given = model.predict(NEW)
    assert list(given) == ["target", "P(target=no)", "P(target=yes)"]
    yes = [sigmoid(2 * float(value) - 0.5) for value in x[:, 0]]
    np.testing.assert_allclose(given["P(target=yes)"], yes)
    np.testing.assert_allclose(given["P(target=no)"], [1 - p for p in yes])
    assert given["target"].tolist() == ["yes" if p > 0.5 else "no" for p in yes]


def test_an_ensemble_averages_probabilities_not_outputs() -> None:
    model = build(TargetEncoder("target", "classification", ("no", "yes")), members=2)
    model.population.weights[0][:] = 0.0
    model.population.biases[0][:, 0, 0] = [4.0, -1.0]
    mean = (sigmoid(4.0) + sigmoid(-1.0)) / 2
    np.testing.assert_allclose(model.predict(NEW)["P(target=yes)"], [mean, mean])


def test_the_temperature_is_that_of_the_mean() -> None:
    model = build(TargetEncoder("target", "classification", ("no", "yes")), members=2)
    model.population.weights[0][:] = 0.0
    model.population.biases[0][:, 0, 0] = [4.0, -1.0]
    mean = (sigmoid(4.0) + sigmoid(-1.0)) / 2
    z = np.log(mean / (1 - mean))
    given = dataclasses.replace(model, temperature=0.5).predict(NEW)
    np.testing.assert_allclose(given["P(target=yes)"], [sigmoid(2 * z)] * 2)


def test_several_classes_have_an_output_each() -> None:
    model = build(TargetEncoder("target", "classification", ("a", "b", "c")))
    model.population.weights[0][:] = 0.0
    model.population.biases[0][0, :, 0] = np.log([1.0, 2.0, 7.0])
    np.testing.assert_allclose(model.predict_features(np.zeros((1, 1))), [[0.1, 0.2, 0.7]])
    assert model.predict(NEW)["target"].tolist() == ["c", "c"]


def test_a_regression_gives_values_in_the_target_s_units() -> None:
    model = build(TargetEncoder("target", "regression", (), mean=100.0, sd=5.0))
    model.population.weights[0][:], model.population.biases[0][:] = 0.0, 2.0
    assert {name: values.tolist() for name, values in model.predict(NEW).items()} == {
        "target": [110.0, 110.0]
    }


def test_rows_do_not_influence_one_another(
    fitted: FinishedJob, mixed: Callable[..., dict[str, list[object]]]
) -> None:
    columns = mixed(12, seed=9)
    together = fitted.model.predict(columns)["P(target=yes)"]
    alone = [
        fitted.model.predict({name: values[row : row + 1] for name, values in columns.items()})[
            "P(target=yes)"
        ][0]
        for row in range(12)
    ]
    np.testing.assert_allclose(alone, together, rtol=1e-5)
    assert len(set(alone)) == 12


@pytest.mark.parametrize("labels", [("no", "yes"), ("a", "b", "c")])
def test_what_is_nearly_impossible_is_no_zero(labels: tuple[str, ...]) -> None:
    model = build(TargetEncoder("target", "classification", labels))
    single = model.population.network.population(1, dtype="float32")
    single.theta[:], single.biases[0][0, -1] = 0.0, 300.0
    model = dataclasses.replace(model, population=single)
    ((first, *_, last),) = model.predict_features(np.zeros((1, 1), "f4"))
    np.testing.assert_allclose([np.log(first), last], [-300.0, 1.0])


@pytest.mark.parametrize("labels", [("no", "yes"), ("a", "b", "c"), ()])
def test_weights_that_are_too_large_are_said(labels: tuple[str, ...]) -> None:
    model = build(TargetEncoder("target", "classification" if labels else "regression", labels), members=3)
    population = Network(
        1,
        [Dense(1, "relu"), Dense(4, "relu"), *model.population.network.layers],
        model.population.network.loss,
    )
    double = population.population(3, dtype="float64")
    double.weights[0][1], double.biases[0][1], double.weights[1][1] = 0, 4, 1e308
    double.weights[2][1] = [1e308, -1e308, 1e308, -1e308]
    model = dataclasses.replace(model, population=double)
    with pytest.raises(
        DataError, match="1 of 3 networks predict no finite number for 2 of 2 rows"
    ) as refused:
        model.predict(NEW)
    assert "\n" not in str(refused.value)


def long_table(rows: int) -> dict[str, list[str]]:
    """A table of numbers, categories, dates and gaps, as texts, with a target."""
    return {
        "x": ["" if k % 7 == 0 else f"{k * 37 % 101 / 8}" for k in range(rows)],
        "colour": [("red", "green", "", "blue")[k % 4] for k in range(rows)],
        "on": [f"20{k % 90 + 10}-0{k % 9 + 1}-11" for k in range(rows)],
        "target": [("no", "yes")[k * 31 % 5 > 2] for k in range(rows)],
    }


@pytest.mark.parametrize("members", [1, 3])
def test_rows_are_predicted_in_blocks_to_the_same_bits(members: int, monkeypatch: pytest.MonkeyPatch) -> None:
    table = long_table(1300)
    preprocessor = TablePreprocessor.fit(table, "target", pieces=4)
    network = Network(len(preprocessor.feature_names), [Dense(5, "tanh"), Dense(1)], loss="log_loss")
    target = TargetEncoder("target", "classification", ("no", "yes"))
    model = TableModel(preprocessor, target, network.population(members))
    whole, sizes = model.predict(table), list[int]()
    predict = TableModel.predict_features

    def counted(self: TableModel, X: Array) -> Array:
        sizes.append(len(X))
        return predict(self, X)

    monkeypatch.setattr(TableModel, "predict_features", counted)
    monkeypatch.setattr("shoal.jobs.model.TOGETHER", 1)
    parts = model.predict(table)
    assert sizes == [512, 512, 276]
    assert all(parts[name].tolist() == values.tolist() for name, values in whole.items())


def test_an_error_in_a_later_block_counts_rows_from_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shoal.jobs.model.TOGETHER", 1)
    model = build(TargetEncoder("target", "classification", ("no", "yes")))
    values = [str(k) for k in range(1300)]
    values[1100] = "many"
    with pytest.raises(DataError, match=r"'many' in data row 1101, .*1 of 1300 values"):
        model.predict({"x": values})
