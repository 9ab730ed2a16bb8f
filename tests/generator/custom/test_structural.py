"""The rules of the API server for custom resources, one by one: each case says what is found, by path and check."""

import time
import tracemalloc

import pytest

from generator.custom import cel, structural
from generator.custom.crds import defined
from generator.k8syaml import parse

CRD = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {"name": "things.example.com"},
}


def kind_of(spec, *, root=None, versions=None):
    schema = {"type": "object", "properties": {"spec": {"type": "object", **spec}}, **(root or {})}
    version = {"name": "v1", "served": True, "storage": True, "schema": {"openAPIV3Schema": schema}}
    names = {"kind": "Thing", "plural": "things"}
    crd = {**CRD, "spec": {"group": "example.com", "names": names, "versions": versions or [version]}}
    (found,) = defined(crd, "crd.yaml")
    return found


def problems(spec_schema, spec, **more):
    obj = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "a"}, "spec": spec}
    found = kind_of(spec_schema, **more).validate("1.36", obj)
    return [(".".join(map(str, error.path)), error.check) for error in found]


NAMED = {"properties": {"size": {"type": "integer"}}}
CASES = [
    ("a known field", NAMED, {"size": 1}, []),
    ("a field that would be pruned", NAMED, {"siez": 1}, [("spec.siez", "unknown-field")]),
    ("a map that names no fields", {}, {"a": 1}, [("spec.a", "unknown-field")]),
    ("unknown fields that are kept", {**NAMED, "x-kubernetes-preserve-unknown-fields": True}, {"a": 1}, []),
    (
        "a known field beside those that are kept",
        {**NAMED, "x-kubernetes-preserve-unknown-fields": True},
        {"size": "1"},
        [("spec.size", "wrong-type")],
    ),
    (
        "pruning starts again below what is kept",
        {"x-kubernetes-preserve-unknown-fields": True, "properties": {"in": {"type": "object", **NAMED}}},
        {"in": {"x": 1}},
        [("spec.in.x", "unknown-field")],
    ),
    ("any value of a map", {"additionalProperties": {"type": "string"}}, {"a": "b"}, []),
    ("a wrong value of a map", {"additionalProperties": {"type": "string"}}, {"a": 1}, [("spec.a", "wrong-type")]),
    (
        "a null that may be there, in an enum without it",
        {"properties": {"e": {"type": "string", "enum": ["a"], "nullable": True}}},
        {"e": None},
        [("spec.e", "bad-value")],
    ),
    (
        "no number and no text, but null",
        {
            "properties": {
                "p": {
                    "x-kubernetes-int-or-string": True,
                    "nullable": True,
                    "anyOf": [{"type": "integer"}, {"type": "string"}],
                }
            }
        },
        {"p": None},
        [],
    ),
    (
        "a required field of any type that is null",
        {"properties": {"k": {"x-kubernetes-preserve-unknown-fields": True}}, "required": ["k"]},
        {"k": None},
        [("spec", "missing-field")],
    ),
    (
        "the same number twice",
        {"properties": {"s": {"type": "array", "items": {"type": "number"}, "x-kubernetes-list-type": "set"}}},
        {"s": [1, 1.0]},
        [("spec.s.1", "duplicate-item")],
    ),
    ("a number or a text", {"properties": {"p": {"x-kubernetes-int-or-string": True}}}, {"p": "50%"}, []),
    (
        "neither a number nor a text",
        {"properties": {"p": {"x-kubernetes-int-or-string": True}}},
        {"p": 1.5},
        [("spec.p", "wrong-type")],
    ),
    ("a null", {**NAMED, "required": []}, {"size": None}, [("spec.size", "wrong-type")]),
    ("a required field that is null", {**NAMED, "required": ["size"]}, {"size": None}, [("spec.size", "wrong-type")]),
    ("a null with a default", {"properties": {"s": {"type": "string", "default": "x"}}}, {"s": None}, []),
    ("a null that is allowed", {"properties": {"s": {"type": "string", "nullable": True}}}, {"s": None}, []),
    (
        "a null in a list",
        {"properties": {"l": {"type": "array", "items": {"type": "string"}}}},
        {"l": [None]},
        [("spec.l.0", "wrong-type")],
    ),
    (
        "a required field with a default",
        {"properties": {"s": {"type": "string", "default": "x"}}, "required": ["s"]},
        {},
        [],
    ),
    (
        "a default inside a default",
        {
            "properties": {
                "o": {"type": "object", "default": {}, "required": ["s"], "properties": {"s": {"default": 1}}}
            }
        },
        {},
        [],
    ),
    (
        "an exclusive bound as OpenAPI 3.0 writes it",
        {"properties": {"n": {"type": "integer", "minimum": 1, "exclusiveMinimum": True}}},
        {"n": 1},
        [("spec.n", "bad-value")],
    ),
    (
        "an int32 too large",
        {"properties": {"n": {"type": "integer", "format": "int32"}}},
        {"n": 2**31},
        [("spec.n", "bad-value")],
    ),
    ("a duration", {"properties": {"d": {"type": "string", "format": "duration"}}}, {"d": "1h30m"}, []),
    (
        "no duration",
        {"properties": {"d": {"type": "string", "format": "duration"}}},
        {"d": "soon"},
        [("spec.d", "bad-value")],
    ),
    ("an address", {"properties": {"a": {"type": "string", "format": "ipv4"}}}, {"a": "10.0.0.1"}, []),
    (
        "no address",
        {"properties": {"a": {"type": "string", "format": "ipv4"}}},
        {"a": "10.0.0.300"},
        [("spec.a", "bad-value")],
    ),
    (
        "a list that keeps unknown fields, in its items too",
        {
            "properties": {
                "l": {
                    "type": "array",
                    "x-kubernetes-preserve-unknown-fields": True,
                    "items": {"type": "object", "properties": {"known": {"type": "object"}}},
                }
            }
        },
        {"l": [{"unknown": {"a": 1}}, {"known": {"a": 1}}]},
        [("spec.l.1.known.a", "unknown-field")],
    ),
    (
        "a map of anything, which has no fields",
        {"properties": {"m": {"type": "object", "additionalProperties": True}}},
        {"m": {"a": 1, "b": ["x"], "c": {}, "d": {"e": 1}, "f": [{"g": 1}]}},
        [("spec.m.d.e", "unknown-field"), ("spec.m.f.0.g", "unknown-field")],
    ),
    (
        "addresses as loose as Go once read them",
        {"properties": {name: {"type": "string", "format": "ipv4"} for name in "ab"}},
        {"a": "010.0.0.1", "b": "::ffff:10.0.0.1"},
        [],
    ),
    (
        "ranges of addresses",
        {"properties": {"c": {"type": "array", "items": {"type": "string", "format": "cidr"}}}},
        {"c": ["10.0.0.1/8", "010.0.0.0/08", "2001:db8::/32", "::ffff:1.2.3.4/120", "2001:00db8::/32"]},
        [],
    ),
    (
        "no ranges of addresses",
        {"properties": {"c": {"type": "array", "items": {"type": "string", "format": "cidr"}}}},
        {"c": ["NODE_IP/32", "10.0.0.0/33", "10.0.0.0", "10.0.0.0/255.0.0.0", "fe80::%eth0/64", "10.0.0.0/+8"]},
        [(f"spec.c.{index}", "bad-value") for index in range(6)],
    ),
    (
        "alternatives name no fields of their own",
        {
            "properties": {"a": {"type": "string"}, "b": {"type": "string"}},
            "anyOf": [{"required": ["a"]}, {"required": ["b"]}],
        },
        {"b": "x"},
        [],
    ),
    (
        "a set with a repeated item",
        {"properties": {"l": {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"}}},
        {"l": ["a", "b", "a"]},
        [("spec.l.2", "duplicate-item")],
    ),
    (
        "a list with a repeated key, which is a default in one of the two",
        {
            "properties": {
                "l": {
                    "type": "array",
                    "x-kubernetes-list-type": "map",
                    "x-kubernetes-list-map-keys": ["port", "protocol"],
                    "items": {
                        "type": "object",
                        "properties": {"port": {"type": "integer"}, "protocol": {"type": "string", "default": "TCP"}},
                    },
                }
            }
        },
        {"l": [{"port": 1}, {"port": 2}, {"port": 1, "protocol": "TCP"}]},
        [("spec.l.2", "duplicate-item")],
    ),
    (
        "an embedded object",
        {
            "properties": {
                "t": {
                    "type": "object",
                    "x-kubernetes-embedded-resource": True,
                    "properties": {"spec": {"type": "object"}},
                }
            }
        },
        {"t": {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "a"}}},
        [],
    ),
    (
        "an embedded object without a kind and with a wrong label",
        {"properties": {"t": {"type": "object", "x-kubernetes-embedded-resource": True}}},
        {"t": {"apiVersion": "v1", "metadata": {"labels": {"a": 1}}}},
        [("spec.t", "missing-field"), ("spec.t.metadata.labels.a", "wrong-type")],
    ),
]


@pytest.mark.parametrize(("schema", "spec", "found"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_structural_rules(schema, spec, found):
    assert problems(schema, spec) == found


def test_the_metadata_of_a_custom_resource_is_that_of_every_object():
    obj = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "a", "lables": {}}}
    (error,) = kind_of(NAMED).validate("1.36", obj)
    assert (error.path, error.message) == (("metadata", "lables"), "unknown field 'lables'; did you mean 'labels'?")


def test_a_definition_may_limit_names():
    named = {"metadata": {"type": "object", "properties": {"name": {"type": "string", "maxLength": 3}}}}
    root = {"properties": {"spec": {"type": "object"}, **named}}
    obj = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "long"}}
    (error,) = kind_of({}, root=root).validate("1.36", obj)
    assert error.path == ("metadata", "name")


RULE = {"rule": "self.min <= self.max", "message": "min must not be above max"}
BOUNDS = {"properties": {"min": {"type": "integer", "default": 0}, "max": {"type": "integer"}}}


@pytest.mark.parametrize(
    ("rule", "spec", "found"),
    [
        (RULE, {"min": 1, "max": 2}, []),
        (RULE, {"min": 3, "max": 2}, ["min must not be above max"]),
        (RULE, {"max": -1}, ["min must not be above max"]),
        ({"rule": "has(self.min)"}, {}, []),
        ({"rule": "self.max == oldSelf.max"}, {"max": 1}, []),
        ({"rule": "self.max > 1", "messageExpression": "'got ' + string(self.max)"}, {"max": 1}, ["got 1"]),
        ({"rule": "self.max > 1"}, {"max": 1}, ["breaks the rule self.max > 1"]),
    ],
)
def test_rules_in_cel(rule, spec, found):
    schema = {**BOUNDS, "x-kubernetes-validations": [rule]}
    obj = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "a"}, "spec": spec}
    assert [error.message for error in kind_of(schema).validate("1.36", obj)] == found


def test_a_rule_that_fails_to_evaluate_is_a_finding_as_in_the_api_server():
    obj = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "a"}, "spec": {}}
    (error,) = kind_of({**BOUNDS, "x-kubernetes-validations": [RULE]}).validate("1.36", obj)
    assert error.path == ("spec",)
    assert "fails: " in error.message
    assert "max" in error.message


LIST = {"type": "array", "items": {"type": "integer"}}
WITHOUT_END = {
    "turns": ("self.l.all(x, self.l.all(y, x <= 9000 || y <= 9000))", {"l": list(range(9_000))}),
    "loops in loops": ("".join(f"[1,2,3,4,5,6,7,8,9].all(x{n}, " for n in range(9)) + "true" + ")" * 9, {}),
    "a text that grows": ("self.t.replace('a', self.t).replace('a', self.t).size() > 0", {"t": "a" * 2_000}),
    "a long text": ("self.t.replace('a', self.t).size() > 0", {"t": "a" * 100_000}),
    "joined texts": ("self.t.split('').map(x, self.t).join(self.t).size() > 0", {"t": "a" * 9_000}),
}


@pytest.mark.parametrize("case", WITHOUT_END)
def test_a_rule_without_end_ends(case):
    rule, spec = WITHOUT_END[case]
    schema = {"properties": {"l": LIST, "t": {"type": "string"}}, "x-kubernetes-validations": [{"rule": rule}]}
    obj = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "a"}, "spec": spec}
    begun = time.process_time()
    tracemalloc.start()
    assert kind_of(schema).validate("1.36", obj) == []  # the API server never takes a definition with such a rule
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert time.process_time() - begun < 12  # with what it costs to trace memory
    assert most < 100 * 2**20


def test_defaults_that_come_to_more_than_any_object_has_are_told():
    default = {f"k{number}": "x" for number in range(500)}
    field = {"type": "object", "x-kubernetes-preserve-unknown-fields": True, "default": default}
    schema = {"properties": {"l": {"type": "array", "items": {"type": "object", "properties": {"d": field}}}}}
    assert problems(schema, {"l": [{}] * 9_000}) == [("", "bad-value")]
    assert problems(schema, {"l": [{}] * 9}) == []


def test_rules_wait_until_the_schema_accepts_the_object():
    obj = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "a"}, "spec": {"min": "9", "max": 1}}
    (error,) = kind_of({**BOUNDS, "x-kubernetes-validations": [RULE]}).validate("1.36", obj)
    assert error.check == "wrong-type"


def test_a_rule_points_at_the_field_that_it_names():
    rule = {**RULE, "fieldPath": ".max"}
    obj = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "a"}, "spec": {"min": 3, "max": 2}}
    (error,) = kind_of({**BOUNDS, "x-kubernetes-validations": [rule]}).validate("1.36", obj)
    assert error.path == ("spec", "max")


TYPED = {
    "type": "object",
    "properties": {
        "namespace": {"type": "string"},
        "a-b": {"type": "number"},
        "blob": {"type": "string", "format": "byte"},
        "since": {"type": "string", "format": "date-time"},
        "labels": {"type": "object", "additionalProperties": {"type": "string"}},
    },
}


def test_values_are_typed_as_their_schema_says():
    rule = "self.__namespace__ == 'x' && self.a__dash__b == 1.0 && self.labels['a-b'] == 'c' && self.blob == b'hi'"
    value = {"namespace": "x", "a-b": 1, "labels": {"a-b": "c"}, "blob": "aGk="}
    schema = {**TYPED, "x-kubernetes-validations": [{"rule": rule}]}
    assert list(cel.Rules(schema).violations(value)) == []
    assert len(list(cel.Rules(schema).violations({**value, "a-b": 2}))) == 1


def test_words_of_cels_own_are_found_under_their_name_as_it_is():
    schema = {**TYPED, "x-kubernetes-validations": [{"rule": "!has(self.namespace) || self.namespace == 'x'"}]}
    assert list(cel.Rules(schema).violations({"namespace": "x"})) == []
    assert len(list(cel.Rules(schema).violations({"namespace": "y"}))) == 1


TIMES = {
    "type": "object",
    "properties": {
        "since": {"type": "string", "format": "date-time"},
        "until": {"type": "string", "format": "date-time"},
        "day": {"type": "string", "format": "date"},
        "every": {"type": "object", "properties": {"a-b": {"type": "string", "format": "duration"}}},
        "all": {"type": "array", "items": {"type": "string", "format": "duration"}},
        "note": {"type": "string"},
    },
}


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("self.since < timestamp('2026-01-02T00:00:00Z')", True),
        ("self.since < timestamp('2025-01-02T00:00:00Z')", False),
        ("!has(self.until) || self.since < self.until", True),
        ("self.since.getFullYear() == 2026 && self.note == 'x'", True),
        ("self.day == timestamp('2026-01-01T00:00:00Z')", True),
        ("self.every.a__dash__b <= duration('1h')", False),
        ("self.every.a__dash__b > duration('89m')", True),
    ],
)
def test_rules_about_times_by_their_path_are_evaluated(rule, holds):
    value = {"since": "2026-01-01T00:00:00Z", "day": "2026-01-01", "every": {"a-b": "90m"}, "note": "x"}
    schema = {**TIMES, "x-kubernetes-validations": [{"rule": rule}]}
    assert cel.Rules(schema).unknown() == 0
    assert (list(cel.Rules(schema).violations(value)) == []) is holds


@pytest.mark.parametrize(
    ("rule", "holds"),
    [
        ("self.all.all(one, one > duration('1h'))", False),
        ("self.all.sum() == duration('3s')", True),
        ("self.note != 'self.since'", False),
        ("self.every.a__dash__b > duration('1s')", True),
        ("string(self.since) == '2026-01-01T00:00:00Z'", True),
    ],
)
def test_times_are_times_wherever_a_rule_reaches_them(rule, holds):
    schema = {**TIMES, "x-kubernetes-validations": [{"rule": rule}]}
    value = {"since": "2026-01-01T00:00:00Z", "all": ["1s", "2 s"], "note": "self.since", "every": {"a-b": "5 days"}}
    assert cel.Rules(schema).unknown() == 0
    assert (list(cel.Rules(schema).violations(value)) == []) is holds


@pytest.mark.parametrize(
    ("rule", "value"),
    [
        ("self.all.indexOf(duration('1s')) == 0", {"all": ["1 parsec", "1s"]}),
        ("self.note.matches('a')", {"note": "\ud800"}),
    ],
)
def test_values_that_no_api_server_has_crash_nothing(rule, value):
    schema = {**TIMES, "x-kubernetes-validations": [{"rule": rule}]}
    assert len(list(cel.Rules(schema).violations(value))) == 1


def test_without_the_library_all_rules_are_counted(monkeypatch):
    monkeypatch.setattr("generator.cel.tree._library", lambda: None)
    schema = {**TIMES, "x-kubernetes-validations": [{"rule": "self.note == 'b'"}]}
    assert cel.Rules(schema).unknown() == 1
    assert list(cel.Rules(schema).violations({"note": "a"})) == []


def test_rules_with_functions_that_nobody_knows_are_counted():
    rules = [
        {"rule": "self.a.find('a+') == 'a'"},
        {"rule": "self == oldSelf"},
        {"rule": "isIP(self.a)"},
    ]
    kind = kind_of({"properties": {"a": {"type": "string"}}, "x-kubernetes-validations": rules})
    assert kind.unknown_rules() == 1


@pytest.mark.parametrize(
    ("rule", "value", "holds"),
    [
        ("isIP(self)", "10.0.0.1", True),
        ("isIP(self)", "10.0.0", False),
        ("isIP(self)", "fe80::1%eth0", False),
        ("isCIDR(self)", "10.0.0.0/8", True),
        ("isCIDR(self)", "10.0.0.0", False),
        ("isURL(self)", "https://example.com/a", True),
        ("isURL(self)", "example.com", False),
        ("self.isSorted()", [1, 2, 3], True),
        ("self.isSorted()", [2, 1], False),
        ("self.sum() == 6 && self.max() == 3 && self.min() == 1", [1, 2, 3], True),
        ("self.substring(1) == 'bc' && self.split('b')[1] == 'c'", "abc", True),
    ],
)
def test_functions_of_kubernetes(rule, value, holds):
    one = {"type": "string"} if isinstance(value, str) else {"type": "array", "items": {"type": "integer"}}
    schema = {"type": "object", "properties": {"a": {**one, "x-kubernetes-validations": [{"rule": rule}]}}}
    assert cel.Rules(schema).unknown() == 0
    assert (list(cel.Rules(schema).violations({"a": value})) == []) is holds


@pytest.mark.parametrize("broken", ["spec: 1", "spec: {names: {kind: A}, versions: 3}", "spec: {names: 1}", "spec: {}"])
def test_definitions_of_any_shape_define_nothing_and_crash_nothing(broken):
    crd = {**CRD, **parse(broken)[0].value}
    assert list(defined(crd, "x")) == []


def test_versions_that_are_not_served_and_schemas_that_are_none_define_nothing():
    good = {"name": "v1", "served": True, "schema": {"openAPIV3Schema": {"type": "object"}}}
    retired = {**good, "name": "v0", "served": False}
    unsaid = {field: value for field, value in good.items() if field != "served"} | {"name": "v3"}
    broken = {**good, "name": "v2", "schema": {"openAPIV3Schema": {"properties": []}}}
    versions = [retired, unsaid, {**unsaid, "served": None}, good, broken]
    assert kind_of({}, versions=versions).kind.api_version == "example.com/v1"


def test_a_schema_that_cannot_be_compiled_is_said_and_nothing_crashes():
    obj = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "a"}}
    (error,) = kind_of({"properties": {"a": {"type": "text"}}}).validate("1.36", obj)
    assert "the schema in crd.yaml is none" in error.message


def test_the_object_itself_is_not_changed():
    spec = {"a": None, "l": [None]}
    schema = {
        "properties": {"spec": {"properties": {"a": {"type": "string"}, "b": {"default": 1}, "l": {"items": {}}}}}
    }
    assert structural.admitted({"spec": spec}, schema) == {"spec": {"a": None, "b": 1, "l": [None]}}
    assert spec == {"a": None, "l": [None]}


@pytest.mark.parametrize(
    ("bounds", "taken", "refused"),
    [
        ({"minimum": 1, "maximum": 65535}, [1, 65535], [0, 65536]),
        ({"maximum": 2**40}, [-(2**31), 2**31 - 1], [2**31, -(2**31) - 1]),
        ({"minimum": 0, "exclusiveMinimum": True}, [1], [0, 2**31]),
    ],
)
def test_bounds_hold_beside_those_of_a_format(bounds, taken, refused):
    node = {"type": "integer", "format": "int32", **bounds}
    assert all(structural.fits(value, node) for value in taken)
    assert not any(structural.fits(value, node) for value in refused)


def test_a_pattern_holds_beside_that_of_a_format():
    node = {"type": "string", "format": "duration", "pattern": "^[0-9]+h$"}
    assert structural.fits("1h", node)
    assert not structural.fits("1m", node)
    assert not structural.fits("1h", {**node, "pattern": "^x"})
    assert not structural.fits("hh", {**node, "pattern": "h$"})


@pytest.mark.parametrize(
    ("status", "found"),
    [
        ({}, []),
        ({"ready": "Maybe", "count": -1}, []),
        ({"ready": None}, []),
        ({"ready": True}, [("status.ready", "wrong-type")]),
        ({"raedy": "Yes"}, [("status.raedy", "unknown-field")]),
        ("Yes", [("status", "wrong-type")]),
    ],
)
def test_a_status_is_read_but_dropped_before_it_is_validated(status, found):
    fields = {"ready": {"type": "string", "enum": ["Yes", "No"]}, "count": {"type": "integer", "minimum": 0}}
    rule = [{"rule": "self.ready == 'Yes'"}]
    schema = {"type": "object", "required": ["ready"], "properties": fields, "x-kubernetes-validations": rule}
    kind = kind_of({}, root={"properties": {"status": schema, "spec": {"type": "object"}}})
    obj = {"apiVersion": "example.com/v1", "kind": "Thing", "metadata": {"name": "a"}, "spec": {}, "status": status}
    assert [(".".join(map(str, one.path)), one.check) for one in kind.validate("1.36", obj)] == found
