from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from shoal.data.cells.notation import Notation
from shoal.jobs.model import TableModel
from shoal.serve.app import LARGEST_BODY, Service
from shoal.serve.rows import MOST_ROWS

Ask = Callable[..., Any]
ROWS = [{"weight": 0.5, "kind": "furry"}, {"weight": None, "kind": "scaly"}, {"weight": "1.5", "kind": "new"}]


def body(**said: Any) -> bytes:
    return json.dumps(said).encode()


def test_predictions_are_those_of_the_model(pets: TableModel, ask: Ask) -> None:
    status, answer, headers = ask(Service(pets, "pets").app(), "/predict", body(rows=ROWS))
    assert status == 200
    assert headers["content-type"] == "application/json"
    expected = pets.predict({"weight": [0.5, None, 1.5], "kind": ["furry", "scaly", "new"]})
    assert [row["pet"] for row in answer["predictions"]] == expected["pet"].tolist()
    found = [row["P(pet=cat)"] for row in answer["predictions"]]
    np.testing.assert_allclose(found, expected["P(pet=cat)"], rtol=1e-12)
    assert set(answer["predictions"][0]) == {"pet", "P(pet=cat)", "P(pet=newt)"}


def test_numbers_may_have_intervals(trained: Callable[..., TableModel], ask: Ask) -> None:
    rng = np.random.default_rng(0)
    table = {"x": rng.normal(size=40).tolist(), "y": rng.normal(size=40).tolist()}
    app = Service(trained(table, "y", starts=1), "numbers").app()
    status, answer, _ = ask(app, "/predict", body(rows=[{"x": 0.5}]))
    assert status == 200
    assert set(answer["predictions"][0]) == {"y"}
    status, answer, _ = ask(app, "/predict", body(rows=[{"x": 0.5}], interval=0.9))
    assert (status, "no intervals" in answer["error"]) == (400, True)  # it was saved without its errors


def test_who_writes_numbers_otherwise_than_the_fitted_table_is_told(pets: TableModel, ask: Ask) -> None:
    preprocessor = dataclasses.replace(pets.preprocessor, notations={"weight": Notation(",", ".")})
    service = Service(dataclasses.replace(pets, preprocessor=preprocessor), "pets")
    fields = service.document["components"]["schemas"]["Predictions"]["properties"]
    for weight, told in (("0.5", True), ("0,5", False), (0.5, False), ("1.234", False)):
        status, answer, _ = ask(service.app(), "/predict", body(rows=[{"weight": weight, "kind": "furry"}]))
        assert status == 200
        assert set(answer) == {"predictions", *(["notes"] if told else [])} <= fields.keys()
        if told:
            (note,) = answer["notes"]
            assert note.startswith(
                "numbers are read with decimal points, as column 'weight' with '0.5' tells"
            )


@pytest.mark.parametrize(
    ("said", "field", "sentence"),
    [
        ({"rows": [{"weight": 1}]}, "kind", "row 0 lacks the column 'kind'; give null where it is missing"),
        ({"rows": [{"weight": 1, "kind": "a", "wieght": 2}]}, "wieght", "did you mean 'weight'?"),
        ({"rows": [{"weight": [1], "kind": "a"}]}, "weight", "'weight' of row 0 is"),
        ({"rows": ["cat"]}, "rows", "row 0 of rows is"),
        ({"rows": []}, "rows", "a list of 1 to 10,000 rows, got 0 rows"),
        ({"rows": {}}, "rows", "a list of 1 to 10,000 rows"),
        ({"rows": ROWS, "interval": 2}, "interval", "between 0 and 1"),
        ({"rows": ROWS, "interval": True}, "interval", "between 0 and 1"),
        ({"rows": ROWS, "more": 1}, None, "the body must be"),
        ({}, None, "the body must be"),
    ],
)
def test_what_is_wrong_is_said_with_its_field(
    pets: TableModel, ask: Ask, said: Any, field: str | None, sentence: str
) -> None:
    status, answer, _ = ask(Service(pets, "pets").app(), "/predict", body(**said))
    assert status == 400
    assert sentence in answer["error"]
    assert answer.get("field") == field


def test_values_of_another_kind_are_named_by_their_column(pets: TableModel, ask: Ask) -> None:
    rows = [ROWS[0], {"weight": "heavy", "kind": "furry"}]
    status, answer, _ = ask(Service(pets, "pets").app(), "/predict", body(rows=rows))
    assert status == 400
    assert "'weight'" in answer["error"]
    assert "heavy" in answer["error"]


def test_texts_are_the_numbers_that_they_are_in_a_file(pets: TableModel, ask: Ask) -> None:
    preprocessor = dataclasses.replace(pets.preprocessor, notations={"weight": Notation(",", ".")})
    app = Service(dataclasses.replace(pets, preprocessor=preprocessor), "pets").app()

    def found(weight: Any) -> Any:
        return ask(app, "/predict", body(rows=[{"weight": weight, "kind": "furry"}]))[:2]

    for text, number in (("1.234", 1234), ("0,5", 0.5), ("1.234,5", 1234.5)):
        assert found(text) == found(number)
        assert found(text)[0] == 200
    status, answer = found("5%")
    assert (status, "'weight'" in answer["error"], "per cent sign" in answer["error"]) == (400, True, True)


@pytest.mark.parametrize("text", [b"", b"{", b'{"rows": [NaN]}', b"\xff", b"[" * 5000, b'{"rows":1e999}'])
def test_what_is_no_json_is_refused(pets: TableModel, ask: Ask, text: bytes) -> None:
    status, answer, _ = ask(Service(pets, "pets").app(), "/predict", text)
    assert status == 400
    assert answer["error"].endswith("send JSON")


def test_bodies_and_rows_are_bounded(pets: TableModel, ask: Ask) -> None:
    app = Service(pets, "pets").app()
    assert ask(app, "/predict", b" " * (LARGEST_BODY + 1))[0] == 413
    status, answer, _ = ask(app, "/predict", body(rows=[ROWS[0]] * (MOST_ROWS + 1)))
    assert (status, answer["field"]) == (400, "rows")


@pytest.mark.parametrize(("path", "method"), [("/", "GET"), ("/predict", "GET"), ("/openapi.json", "POST")])
def test_other_places_say_which_there_are(pets: TableModel, ask: Ask, path: str, method: str) -> None:
    status, answer, _ = ask(Service(pets, "pets").app(), path, method=method)
    assert status in (404, 405)
    assert answer == {"error": "there are POST /predict and GET /openapi.json"}


def test_the_document_describes_rows_and_predictions(pets: TableModel, ask: Ask) -> None:
    status, document, _ = ask(Service(pets, "pets").app(), "/openapi.json", method="GET")
    assert status == 200
    assert document["openapi"] == "3.1.0"
    schemas = document["components"]["schemas"]
    assert schemas["Row"]["required"] == ["weight", "kind"]
    assert schemas["Row"]["properties"]["kind"]["examples"] == ["furry", "scaly"]
    assert set(schemas["Prediction"]["required"]) == {"pet", "P(pet=cat)", "P(pet=newt)"}
    assert "interval" not in schemas["Rows"]["properties"]  # classes have none
    references = set(json.dumps(document).split('"#/components/schemas/')[1:])
    assert {reference.split('"')[0] for reference in references} <= set(schemas)
