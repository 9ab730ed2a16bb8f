"""The conditions that rules about fields are made of."""

import jsonschema_rs
import pytest

from generator.checks.fields.rule import absent, has, lacks


@pytest.mark.parametrize(
    ("condition", "holds", "fails"),
    [
        (absent("a", "b"), [{}, {"c": 1}, {"a": None}], [{"a": 1}, {"b": {}}, {"a": None, "b": ""}]),
        (
            lacks("a"),
            [{}, {"b": 1}, {"a": None}, {"a": ""}, {"a": []}, {"a": {}}],
            [{"a": 1}, {"a": [1]}, {"a": False}],
        ),
        (has("a", "x"), [{"a": "x"}, {"a": "x", "b": 1}], [{}, {"a": "y"}, {"a": None}, {"b": "x"}]),
        (has("a"), [{"a": 1}, {"a": "x"}], [{}, {"a": None}, {"b": 1}]),
    ],
)
def test_a_condition_holds_exactly_where_it_says(condition, holds, fails):
    validator = jsonschema_rs.Draft202012Validator(condition)
    assert [validator.is_valid(value) for value in holds] == [True] * len(holds)
    assert [validator.is_valid(value) for value in fails] == [False] * len(fails)
