"""Schemas that the API server takes for structural, and those that it does not."""

from typing import Any

import pytest

from generator.checks.definitions import FAMILY
from generator.checks.structure import not_structural
from generator.k8syaml import dump, load_all
from tests.generator.checks.rendered import scope

CRD, _ = (FAMILY.checks[0].good, FAMILY.checks[0].bad)


def wrong(spec, **root):
    """What is wrong with a definition whose schema has these properties beside `spec`, as (path, message)."""
    (value,) = load_all(CRD)
    schema = {"type": "object", **root}
    schema["properties"] = {**({"spec": spec} if spec else {}), **root.get("properties", {})}
    value["spec"]["versions"][0]["schema"]["openAPIV3Schema"] = schema
    found = list(FAMILY.checks[0].run(scope(dump(value))))
    return [(".".join(map(str, one.pointer[5:])), one.message.rpartition(": ")[2]) for one in found]


KEYED = {"type": "object", "properties": {"name": {"type": "string"}, "ports": {"type": "object"}}}
ALTERNATIVES = [{"required": ["a"]}, {"properties": {"a": {"maximum": 3}}}]


@pytest.mark.parametrize(
    "spec",
    [
        {"type": "object", "properties": {"a": {"type": "integer"}}, "oneOf": ALTERNATIVES},
        {"x-kubernetes-int-or-string": True, "anyOf": [{"type": "integer"}, {"type": "string"}]},
        {
            "x-kubernetes-int-or-string": True,
            "allOf": [{"anyOf": [{"type": "integer"}, {"type": "string"}]}, {"pattern": "a"}],
        },
        {"x-kubernetes-int-or-string": True, "type": "integer", "pattern": "^.*"},
        {"x-kubernetes-preserve-unknown-fields": True},
        {"type": "object", "x-kubernetes-embedded-resource": True, "x-kubernetes-preserve-unknown-fields": True},
        {
            "type": "array",
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": ["name"],
            "items": {**KEYED, "required": ["name"]},
        },
        {"type": "string", "default": "a", "pattern": "^[a-z]$"},
        {"type": "integer", "default": 4, "x-kubernetes-validations": [{"rule": "self < 5 && self == oldSelf"}]},
        {
            "type": "object",
            "properties": {"a": {"type": "string"}},
            "x-kubernetes-validations": [
                {
                    "rule": "quantity(self.a).isGreaterThan(quantity('1'))",
                    "fieldPath": ".a",
                    "messageExpression": "self.a",
                }
            ],
        },
    ],
)
def test_structural_schemas_are_fine(spec):
    assert wrong(spec) == []


@pytest.mark.parametrize(
    ("spec", "path"),
    [
        ({"minimum": 1}, ""),
        ({"type": "object", "properties": {"a": {"description": "x"}}}, "properties.a"),
        ({"type": "array", "items": {}}, "items"),
        ({"type": "object", "oneOf": [{"properties": {"b": {"maximum": 1}}}]}, "oneOf.0.properties.b"),
        ({"type": "string", "anyOf": [{"type": "string"}]}, "anyOf.0.type"),
        ({"type": "string", "not": {"nullable": True}}, "not.nullable"),
        ({"type": "string", "allOf": [{"x-kubernetes-int-or-string": True}]}, "allOf.0.x-kubernetes-int-or-string"),
        ({"x-kubernetes-int-or-string": True, "x-kubernetes-preserve-unknown-fields": True}, ""),
        ({"type": "object", "x-kubernetes-embedded-resource": True}, ""),
        ({"type": "string", "x-kubernetes-list-type": "set"}, ""),
        ({"type": "array", "items": KEYED, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["x"]}, ""),
        (
            {"type": "array", "items": KEYED, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["name"]},
            "",
        ),
        (
            {"type": "array", "items": KEYED, "x-kubernetes-list-type": "map", "x-kubernetes-list-map-keys": ["ports"]},
            "",
        ),
        ({"type": "string", "pattern": "a(?=b)"}, "pattern"),
        ({"type": "string", "default": 1}, "default"),
        (
            {
                "type": "object",
                "x-kubernetes-embedded-resource": True,
                "x-kubernetes-preserve-unknown-fields": True,
                "default": {"apiVersion": "v1"},
            },
            "default",
        ),
        ({"type": "integer", "default": 5, "x-kubernetes-validations": [{"rule": "self < 5"}]}, "default"),
        (
            {
                "type": "object",
                "default": {},
                "properties": {"a": {"type": "integer", "default": 5}},
                "x-kubernetes-validations": [{"rule": "has(self.a)"}],
            },
            "default",
        ),
        ({"type": "object", "x-kubernetes-validations": [{"rule": " "}]}, "x-kubernetes-validations.0.rule"),
        (
            {"type": "object", "x-kubernetes-validations": [{"rule": "true", "messageExpression": " "}]},
            "x-kubernetes-validations.0.messageExpression",
        ),
        ({"type": "object", "x-kubernetes-validations": [{"rule": "1 +"}]}, "x-kubernetes-validations.0.rule"),
        ({**KEYED, "x-kubernetes-validations": [{"rule": "self.nam == ''"}]}, "x-kubernetes-validations.0.rule"),
        (
            {**KEYED, "x-kubernetes-validations": [{"rule": "true", "messageExpression": "1"}]},
            "x-kubernetes-validations.0.messageExpression",
        ),
        (
            {**KEYED, "x-kubernetes-validations": [{"rule": "true", "fieldPath": ".nam"}]},
            "x-kubernetes-validations.0.fieldPath",
        ),
        (
            {**KEYED, "x-kubernetes-validations": [{"rule": "true", "fieldPath": "name"}]},
            "x-kubernetes-validations.0.fieldPath",
        ),
    ],
)
def test_others_are_refused_at_their_place(spec, path):
    assert [place for place, _ in wrong(spec)] == [f"properties.spec.{path}".rstrip(".")]


RULE = {"rule": "self.list.all(x, self.list.all(y, x == y && x.size() > 1))"}
LISTS: dict[str, Any] = {"type": "object", "properties": {"list": {"type": "array", "items": {"type": "string"}}}}


def test_rules_are_told_that_cost_too_much_or_mean_nothing_unless_the_schema_itself_is_refused():
    spec = {**LISTS, "x-kubernetes-validations": [RULE, {"rule": "size(self) > 1"}]}
    assert wrong(spec) == [
        ("properties.spec.x-kubernetes-validations.1.rule", "size cannot be applied to (object)"),
        (
            "properties.spec.x-kubernetes-validations.0.rule",
            "set maxItems of spec.list and maxLength of spec.list[], or make the rule simpler",
        ),
    ]
    spec["properties"] = {"list": {**LISTS["properties"]["list"], "nullable": True}, "other": {}}
    assert [place for place, _ in wrong(spec)] == ["properties.spec.properties.other"]


def test_what_is_told_of_a_rule_already_is_not_told_again():
    (found,) = wrong({**LISTS, "x-kubernetes-validations": [{"rule": "self.lost == 1"}]})
    assert found == ("properties.spec.x-kubernetes-validations.0.rule", "there is no field lost")


@pytest.mark.parametrize(("version", "count"), [("1.32", 0), ("1.33", 1)])
def test_costs_are_estimated_for_the_versions_that_estimate_so(version, count):
    root = {"type": "object", "properties": {"spec": {**LISTS, "x-kubernetes-validations": [RULE]}}}
    assert len(list(not_structural(version, root))) == count


def test_the_root_knows_of_metadata_only_the_name():
    assert wrong(None, properties={"metadata": {"type": "object", "properties": {"name": {"type": "string"}}}}) == []
    assert [place for place, _ in wrong(None, properties={"metadata": {"type": "object", "required": ["labels"]}})] == [
        "properties.metadata"
    ]
    assert [place for place, _ in wrong(None, properties={"kind": {"type": "object"}})] == ["properties.kind"]
    assert [place for place, _ in wrong(None, additionalProperties={"type": "string"})] == ["additionalProperties"]


def test_what_is_written_into_the_status_is_not_looked_at():
    status = "status: {acceptedNames: {kind: '', plural: ''}, conditions: [], storedVersions: []}\n"
    assert scope(CRD + status).broken_rules == {}


POLICY = FAMILY.checks[2].good


@pytest.mark.parametrize(
    ("spec", "place"),
    [
        (
            "variables: [{name: a, expression: 'variables.b'}, {name: b, expression: '1'}]",
            "spec.variables.0.expression",
        ),
        ("matchConditions: [{name: a, expression: 'variables.b'}]", "spec.matchConditions.0.expression"),
        ("matchConditions: [{name: a, expression: 'params.a == 1'}]", "spec.matchConditions.0.expression"),
        ("auditAnnotations: [{key: a, valueExpression: '1'}]", "spec.auditAnnotations.0.valueExpression"),
    ],
)
def test_what_an_expression_of_a_policy_may_use_depends_on_its_place(spec, place):
    found = list(FAMILY.checks[2].run(scope(f"{POLICY}  {spec}\n")))
    assert [".".join(map(str, one.pointer)) for one in found] == [place]


def test_variables_know_those_before_them_and_parameters_are_there_with_their_kind():
    variables = "variables: [{name: a, expression: 'params.a'}, {name: b, expression: 'variables.a == 1'}]"
    text = f"{POLICY}  paramKind: {{apiVersion: v1, kind: ConfigMap}}\n  {variables}\n"
    assert list(FAMILY.checks[2].run(scope(text.replace("object.spec.replicas <= 5", "variables.b")))) == []
