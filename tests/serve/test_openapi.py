"""The document of a server: what rows hold, what answers have, and that every reference leads somewhere."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from shoal._version import __version__
from shoal.data.features.encoders import (
    ENCODERS,
    BooleanEncoder,
    CategoricalEncoder,
    DateEncoder,
    NumericEncoder,
)
from shoal.serve.openapi import COLUMNS, document
from shoal.serve.rows import MOST_ROWS

ENCODED = (
    NumericEncoder("age", 0.0, 1.0, False),
    BooleanEncoder("member", True, False),
    CategoricalEncoder("colour", ("green", "red"), True, False),
    CategoricalEncoder("code", (), True, False),
    DateEncoder("since", None, 0.0, 1.0, (), False),
)


def told(*labels: str) -> dict[str, Any]:
    """Return the document of a model of the target "y", with such labels, or of a number."""
    target = SimpleNamespace(name="y", labels=labels)
    return document(SimpleNamespace(target=target, preprocessor=SimpleNamespace(encoders=ENCODED)), "pets")


def references(part: Any) -> Iterator[str]:
    for name, value in part.items() if isinstance(part, dict) else enumerate(part):
        if name == "$ref":
            yield value
        elif isinstance(value, dict | list):
            yield from references(value)


@pytest.mark.parametrize("labels", [(), ("cat", "newt")])
def test_every_reference_leads_to_a_schema_and_every_schema_is_used(labels: tuple[str, ...]) -> None:
    found = told(*labels)
    named = {reference.removeprefix("#/components/schemas/") for reference in references(found)}
    assert named == set(found["components"]["schemas"])


def test_a_row_has_every_column_in_types_that_are_read() -> None:
    row = told()["components"]["schemas"]["Row"]
    assert row["required"] == list(row["properties"]) == ["age", "member", "colour", "code", "since"]
    types = {name: set(each["type"]) for name, each in row["properties"].items()}
    assert types == {
        "age": {"number", "string", "null"},
        "member": {"boolean", "string", "number", "null"},
        "colour": {"string", "number", "boolean", "null"},
        "code": {"string", "number", "boolean", "null"},
        "since": {"string", "null"},
    }
    assert row["properties"]["colour"]["examples"] == ["green", "red"]
    assert "examples" not in row["properties"]["code"]


def test_every_encoder_has_a_type() -> None:
    assert set(COLUMNS) == set(ENCODERS)


def test_of_classes_the_answer_is_a_label_with_a_probability_for_each() -> None:
    schemas = told("cat", "newt")["components"]["schemas"]
    answer = schemas["Prediction"]
    assert answer["properties"] == {
        "y": {"type": "string", "enum": ["cat", "newt"]},
        "P(y=cat)": {"type": "number"},
        "P(y=newt)": {"type": "number"},
    }
    assert answer["required"] == list(answer["properties"])
    assert list(schemas["Rows"]["properties"]) == ["rows"]  # classes have no intervals


def test_of_a_number_the_answer_has_the_ends_of_an_interval_where_one_was_asked_for() -> None:
    schemas = told()["components"]["schemas"]
    answer = schemas["Prediction"]
    assert list(answer["properties"]) == ["y", "y lower", "y upper"]
    assert answer["required"] == ["y"]
    interval = schemas["Rows"]["properties"]["interval"]
    assert interval == {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}
    assert schemas["Rows"]["required"] == ["rows"]


def test_there_are_as_many_rows_as_the_server_takes() -> None:
    rows = told()["components"]["schemas"]["Rows"]["properties"]["rows"]
    assert (rows["minItems"], rows["maxItems"]) == (1, MOST_ROWS)


def test_answers_are_predictions_or_what_is_wrong() -> None:
    found = told()
    (path,) = found["paths"].items()
    assert path[0] == "/predict"
    answers = path[1]["post"]["responses"]
    assert list(answers) == ["200", "400", "401", "413", "503"]
    schemas = {status: next(references(answer)).rsplit("/", 1)[1] for status, answer in answers.items()}
    assert schemas == {"200": "Predictions"} | dict.fromkeys(["400", "401", "413", "503"], "Error")
    assert found["info"] == {"title": "pets: y", "version": __version__}
    assert found["security"] == [{"token": []}]
    assert found["components"]["securitySchemes"] == {"token": {"type": "http", "scheme": "bearer"}}
