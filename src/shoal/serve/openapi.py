"""What the server takes and gives, as an OpenAPI document: a client can be made of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from shoal._version import __version__
from shoal.data.features.encoders import (
    BooleanEncoder,
    CategoricalEncoder,
    ColumnEncoder,
    DateEncoder,
    NumericEncoder,
)
from shoal.jobs.model import TableModel
from shoal.serve.rows import MOST_ROWS

ERRORS = {
    "400": "The request cannot be answered; `error` says why, `field` of what.",
    "401": "The token is missing or wrong.",
    "413": "The body is too large.",
    "503": "Too many requests wait.",
}
NOTES = "How values were read, where the rows leave it open or are written otherwise than those fitted."


def document(model: TableModel, name: str) -> dict[str, Any]:
    """Return the OpenAPI 3.1 document of a model that is served as ``name``."""
    answers = {"200": _said("Predictions, a row each.", "Predictions")}
    answers |= {status: _said(words, "Error") for status, words in ERRORS.items()}
    asked = {"required": True, "content": _content("Rows")}
    post = {"operationId": "predict", "summary": _summary(model), "requestBody": asked, "responses": answers}
    return {
        "openapi": "3.1.0",
        "info": {"title": f"{name}: {model.target.name}", "version": __version__},
        "paths": {"/predict": {"post": post}},
        "security": [{"token": []}],
        "components": {
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "schemas": _schemas(model),
        },
    }


def _summary(model: TableModel) -> str:
    return f"Predicts {model.target.name} for each row."


def _content(schema: str) -> dict[str, Any]:
    return {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}


def _said(words: str, schema: str) -> dict[str, Any]:
    return {"description": words, "content": _content(schema)}


def _schemas(model: TableModel) -> dict[str, Any]:
    encoders, target = model.preprocessor.encoders, model.target
    row = {
        "type": "object",
        "required": [encoder.column for encoder in encoders],
        "properties": {encoder.column: COLUMNS[encoder.name](encoder) for encoder in encoders},
    }
    labels = {f"P({target.name}={label})": {"type": "number"} for label in target.labels}
    value = {"type": "string", "enum": list(target.labels)} if target.labels else {"type": "number"}
    ends = {} if target.labels else {f"{target.name} {end}": {"type": "number"} for end in ("lower", "upper")}
    prediction = {
        "type": "object",
        "required": [target.name, *labels],
        "properties": {target.name: value, **labels, **ends},
    }
    rows = {
        "type": "array",
        "minItems": 1,
        "maxItems": MOST_ROWS,
        "items": {"$ref": "#/components/schemas/Row"},
    }
    share = {"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}
    asked = {"rows": rows} | ({} if target.labels else {"interval": share})
    error = {"error": {"type": "string"}, "field": {"type": "string"}}
    return {
        "Row": row,
        "Rows": {"type": "object", "required": ["rows"], "properties": asked, "additionalProperties": False},
        "Prediction": prediction,
        "Predictions": {
            "type": "object",
            "required": ["predictions"],
            "properties": {
                "predictions": {"type": "array", "items": {"$ref": "#/components/schemas/Prediction"}},
                "notes": {"type": "array", "items": {"type": "string"}, "description": NOTES},
            },
        },
        "Error": {"type": "object", "required": ["error"], "properties": error},
    }


def _category(encoder: Any) -> dict[str, Any]:
    examples = {"examples": list(encoder.levels)} if encoder.levels else {}
    return {"type": ["string", "number", "boolean", "null"], **examples}


COLUMNS: dict[str, Callable[[ColumnEncoder], dict[str, Any]]] = {
    NumericEncoder.name: lambda encoder: {"type": ["number", "string", "null"]},
    BooleanEncoder.name: lambda encoder: {"type": ["boolean", "string", "number", "null"]},
    CategoricalEncoder.name: _category,
    DateEncoder.name: lambda encoder: {
        "type": ["string", "null"],
        "description": "A date, as in 2026-01-31.",
    },
}
