"""Rules that the API server takes for too expensive, and what would make them cheaper."""

import json
from pathlib import Path

import pytest

from generator.custom.budget import RULE, factor, too_expensive
from generator.custom.rules import Understood, read

TEXT = {"type": "string"}
DEFINITIONS = Path("schemas/crds/definitions.tsv")


def rules(*texts, **beside):
    return {"x-kubernetes-validations": [{"rule": text, **beside} for text in texts]}


def root(**properties):
    return {"type": "object", "properties": properties}


def listed(items, **limits):
    return {"type": "array", "items": items, **limits}


def understood(schema):
    return [one for one in read(schema) if isinstance(one, Understood)]


def told(schema):
    return [(".".join(map(str, pointer)), message) for pointer, message in too_expensive(understood(schema))]


def test_a_rule_is_told_with_what_would_limit_it():
    lists = root(a=listed(TEXT), b=listed({**TEXT, "maxLength": 5}))
    schema = root(spec={**lists, **rules("self.a.all(x, self.b.all(y, x == y)) && self.a.size() < 3")})
    assert told(schema) == [
        (
            "properties.spec.x-kubernetes-validations.0.rule",
            (
                "its estimated cost exceeds the budget by a factor of more than 100x: set maxItems of spec.a, "
                "maxLength of spec.a[] and maxItems of spec.b, or make the rule simpler"
            ),
        )
    ]


def test_where_all_has_limits_these_are_to_be_smaller():
    text = {**TEXT, "maxLength": 10_000_000}
    schema = root(spec={**root(a=text), **rules("self.a.matches('^[a-z]{1,63}$')")})
    ((_, message),) = told(schema)
    assert message.endswith(": make the limits of what it goes over smaller, or the rule simpler")


def test_lists_around_a_rule_count_and_those_without_a_limit_are_named():
    item = {**root(name=TEXT), **rules("self.name.matches('^[a-z]+$')")}
    assert told(root(spec=root(list=listed(item)))) == [
        (
            "properties.spec.properties.list.items.x-kubernetes-validations.0.rule",
            (
                "its estimated cost exceeds the budget by a factor of more than 100x: set maxItems of spec.list "
                "and maxLength of spec.list[].name, or make the rule simpler"
            ),
        )
    ]
    limited = {**root(name={**TEXT, "maxLength": 20}), **rules("self.name.matches('^[a-z]+$')")}
    assert told(root(spec=root(list=listed(limited, maxItems=1000)))) == []
    map_of = {"type": "object", "additionalProperties": item}
    assert "maxProperties of spec.map and maxLength of spec.map.*.name" in told(root(spec=root(map=map_of)))[0][1]


@pytest.mark.parametrize(("items", "words"), [(31, []), (32, ["1.006650x"])])
def test_the_factor_is_as_near_as_the_api_server_tells_it(items, words):
    schema = root(spec={**root(a=TEXT, b=listed(TEXT, maxItems=items)), **rules("self.b.all(x, self.a.matches('a'))")})
    assert [message.split()[10].rstrip(":") for _, message in told(schema)] == words


def test_a_message_has_a_budget_of_its_own():
    join = "self.a.map(x, x).join(',')"
    schema = root(spec={**root(a=listed(TEXT)), **rules("self.a.size() < 3", messageExpression=join)})
    ((place, message),) = told(schema)
    assert place == "properties.spec.x-kubernetes-validations.0.messageExpression"
    assert message.startswith("its estimated cost exceeds the budget by a factor of more than 100x: ")


def test_what_rules_may_cost_together_is_told_where_none_is_too_expensive_alone():
    costly = {**root(a=TEXT), **rules(*[f"self.a.matches('{'a' * 60}')"] * 25)}
    ((place, message),) = told(root(spec=costly))
    assert place == ""
    exceeds = "exceeds the budget by a factor of 1.179649x"
    assert message == f"the estimated cost of all its rules {exceeds}: most have those of spec"


def test_what_is_not_understood_costs_nothing():
    unknown = ("self.a.unknown()", "self.nothing", "1 +", " ", "self.a")
    assert understood(root(spec={**root(a=TEXT), **rules(*unknown, messageExpression="'a'")})) == []


def test_lists_in_lists_without_end_are_not_judged():
    schema = TEXT
    for _ in range(90):
        schema = {**listed(schema, maxItems=2), **rules("self.size() > 1")}
    assert 0 < len(understood(root(a=schema))) < 90


@pytest.mark.parametrize(
    ("cost", "words"),
    [
        (RULE + 1, "1.000000x"),
        (RULE * 3 // 2, "1.5x"),
        (RULE * 1000 // 100 + 1, "10.0x"),
        (RULE * 101, "more than 100x"),
    ],
)
def test_factors_are_in_the_api_servers_words(cost, words):
    assert factor(cost, RULE) == words


@pytest.mark.parametrize("line", DEFINITIONS.read_text(encoding="utf-8").splitlines(), ids=lambda line: line[:60])
def test_definitions_that_travel_with_the_tool_are_within_the_budget(line):
    schema = json.loads(line.split("\t")[4])
    assert told(schema) == []
    written = json.dumps(schema)
    assert len(understood(schema)) == written.count('"rule":') + written.count('"messageExpression":')
