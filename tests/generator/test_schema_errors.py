from typing import Any

import jsonschema_rs
import pytest

from generator.schema_errors import explain

NAME = {"type": "string"}
ALTERNATIVES = {
    "anyOf": [
        {"type": "string"},
        {"type": "object", "required": ["secret", "key"], "additionalProperties": False,
         "properties": {"secret": NAME, "key": NAME}},
        {"type": "object", "required": ["configMap", "key"], "additionalProperties": False,
         "properties": {"configMap": NAME, "key": NAME}},
    ]
}  # fmt: skip

AMBIGUOUS = {"oneOf": [{"type": "object"}, {"minProperties": 1}]}


@pytest.mark.parametrize(
    ("schema", "instance", "expected"),
    [
        (ALTERNATIVES, {"secret": "a"}, "missing-field missing required field 'key'"),
        (ALTERNATIVES, {"secret": 1, "key": "k"}, 'wrong-type expected string, got integer 1: put it in quotes'),
        (ALTERNATIVES, {"sekret": "a", "key": "k"}, "bad-value map has none of the allowed forms"),
        (ALTERNATIVES, 3, "wrong-type expected string or map, got integer 3"),
        (AMBIGUOUS, {"a": 1}, "bad-value map has more than one of the allowed forms"),
        ({**ALTERNATIVES, "x-towpath-expects": "a reference"}, {}, "bad-value expected a reference, got map"),
    ],
)  # fmt: skip
def test_of_alternatives_the_one_that_was_meant_is_explained(schema: Any, instance: Any, expected: str) -> None:
    [error] = explain(jsonschema_rs.Draft202012Validator(schema), schema, instance)
    assert f"{error.check} {error.message}" == expected
