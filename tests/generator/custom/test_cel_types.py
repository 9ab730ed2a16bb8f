"""Expressions that compile to Kubernetes and those that do not: names, fields and types."""

import pytest

from generator.cel.signatures import BOOL, DYN, STRING
from generator.custom.admission_names import OF_DEVICES, OF_POLICIES
from generator.custom.cel_types import mistake, names, type_of

TEXT, NUMBER = {"type": "string"}, {"type": "integer"}
SELF = {
    "type": "object",
    "properties": {
        "name": TEXT,
        "size": NUMBER,
        "ratio": {"type": "number"},
        "open": {"type": "boolean"},
        "port": {"x-kubernetes-int-or-string": True},
        "since": {"type": "string", "format": "date-time"},
        "words": {"type": "array", "items": TEXT},
        "parts": {"type": "array", "items": {"type": "object", "properties": {"id": TEXT, "in": NUMBER}}},
        "labels": {"type": "object", "additionalProperties": TEXT},
        "free": {"type": "object", "x-kubernetes-preserve-unknown-fields": True},
        "pod": {"type": "object", "x-kubernetes-embedded-resource": True},
        "perhaps": {"type": "string", "nullable": True},
        "a__b": TEXT,
    },
}
RULE = names({"self": SELF, "oldSelf": SELF})


@pytest.mark.parametrize(
    "rule",
    [
        "self.size > 1 && self.name != ''",
        "!has(self.name) || self.name.startsWith('a')",
        "has(self.parts) ? self.parts.all(p, p.id != '' && p.__in__ > 1) : true",
        "self.parts.exists(p, self.words.exists(w, w == p.id))",
        "self.labels.all(k, self.labels[k].size() < 3) && self.labels.app == 'x'",
        "self.ratio > 1 && self.ratio < 2.5 && self.size < 2.5",
        "self.port == 80 || self.port == 'http'",
        "self.since > timestamp('2026-01-01T00:00:00Z') + duration('-1h30m5.5s')",
        "self.a__underscores__b == 'x'",
        "!has(self.perhaps) || self.perhaps == 'x'",
        "self.pod.metadata.name == 'x'",
        "self.name == 'self.nothing' && self.size == oldSelf.size",
        "self.?name.orValue('') != ''",
        "self.parts.filter(p, p.id == 'a').map(x, x.id).size() == 0",
        "quantity(self.name).isGreaterThan(quantity('1'))",
        "!format.dns1123Label().validate(self.name).hasValue()",
        "self.labels.transformList(k, v, v + k).size() == 1",
        "self.labels.all(k, v, k != v) && sets.contains(self.words, ['a'])",
        "self.ratio == 1.0 && self.size > 0u",
        "self.name.matches('^[a-z]\\\\.(b|c)+$') && self.name.matches(r'^\\d$')",
        "self.parts.all(x, has(x.id) && x.id == '') && self.words.all(x, x.size() > 1 && x == '')",
        "[1, 2].all(p, p > 0) && self.parts.all(p, p.id == '')",
    ],
)
def test_nothing_is_wrong(rule):
    assert mistake(rule, RULE, ("bool",)) == ""


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("self.size >", "it is no CEL"),
        ("self.sise > 1", "self.sise: there is no field sise"),
        ("has(self.sise)", "self.sise: there is no field sise"),
        ("self.free.x == 1", "there is no field x"),
        ("self.a__b == 'x'", "there is no field a__b"),
        ("self.parts.all(p, p.idd != '')", "p.idd: there is no field idd"),
        ("oldSelf.sise > 1", "there is no field sise"),
        ("has(slef.size)", "there is nothing named slef"),
        ("self.name.beginsWith('a')", "there is no function beginsWith"),
        ("self.name > 1", "cannot be applied to (string, int)"),
        ("self.name.matches('^(a')", "'^(a' is no regular expression"),
        ("self.since > timestamp('2026-01-01')", "'2026-01-01' is no time such as"),
        ("self.since + duration('1d') > self.since", "'1d' is no duration of Go's, such as 1h30m"),
        ("self.words.all(w, w > 1)", "cannot be applied to (string, int)"),
        ("self.labels.app == 1", "cannot be applied to (string, int)"),
        ("self.size in self.words", "in cannot be applied to (int, list(string))"),
        ("has(self.name) && self.name", "cannot be applied to (bool, string)"),
        ("self.size", "it has to be of the type bool, and is int"),
        ("self.size == 1.0", "cannot be applied to (int, double)"),
        ("self.ratio == 1", "cannot be applied to (double, int)"),
        ("has(self) && self.size > 1", "has() argument must be a field selection"),
        ("self['name'] == 'a'", "[] cannot be applied to (object, string)"),
        ("self.parts.all(p, p.exists(k, k == 'id'))", "a loop goes over a list or a map, and not over object"),
        ("self.pod.metadata.size() > 1 || self.size() > 1", "size cannot be applied to (object)"),
        ("has(self.labels['a'])", "has() argument must be a field selection"),
        ("cel.bind(x, self.name, x == 'a')", "there is nothing named cel"),
        ("math.greatest(self.size, 2) == 2", "there is nothing named math"),
    ],
)
def test_what_is_wrong_is_said(rule, words):
    assert words in mistake(rule, RULE, ("bool",))


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("request.namespace == 'a' && request.userInfo.groups.exists(g, g == 'x')", ""),
        ("request.dryRun", ""),
        ("request.user.name == 'a'", "there is no field user"),
        ("namespaceObject.metadata.labels['a'] == 'b'", ""),
        ("namespaceObject.labels['a'] == 'b'", "there is no field labels"),
        ("namespaceObject.status.conditions.exists(c, c.type == 'a')", ""),
        ("authorizer.requestResource.check('get').allowed()", ""),
        ("authorizer.group('').allowed()", "cannot be applied to (group_check)"),
        ("authorizer.group('').resource('pods').check('get').allowed()", ""),
        ("object.spec.replicas <= 5 && (oldObject == null || oldObject.spec == object.spec)", ""),
        ("object.spec.replicas", "it has to be of the type bool, and is dyn"),
        ("params.most > 1", "there is nothing named params"),
    ],
)
def test_policies_know_requests_and_namespaces(expression, words):
    assert words in mistake(expression, OF_POLICIES, ("bool",))
    assert words or not mistake(expression, OF_POLICIES, ("bool",))


def test_devices_have_a_driver_and_attributes():
    assert not mistake("device.driver == 'a' && device.attributes['a'].model == 'x'", OF_DEVICES, ("bool",))
    assert "no field name" in mistake("device.name == 'a'", OF_DEVICES, ("bool",))


def test_selectors_of_devices_may_give_values_names():
    assert not mistake("cel.bind(x, device.attributes['a'], x.on && x.free)", OF_DEVICES, ("bool", "dyn"))
    assert "there is nothing named x" in mistake("cel.bind(a, 1, x)", OF_DEVICES)
    assert "there is nothing named cel" in mistake("cel.bind(a, 1, a > 0)", OF_POLICIES)


def test_mutations_make_objects_and_patches():
    change = "Object{spec: Object.spec{replicas: object.spec.replicas + 1}}"
    assert not mistake(change, OF_POLICIES, ("Object",))
    patch = "JSONPatch{op: 'add', path: '/a/' + jsonpatch.escapeKey('b/c'), value: Object.a{b: 1}}"
    assert not mistake(f"has(object.a) ? [{patch}] : []", OF_POLICIES, ("list(JSONPatch)",))
    assert "and is list(JSONPatch)" in mistake(f"[{patch}]", OF_POLICIES, ("Object",))


def test_the_type_of_a_variable_is_that_of_its_expression():
    assert type_of("object.spec.replicas > 1", OF_POLICIES) == BOOL
    assert type_of("string(object.spec.replicas)", OF_POLICIES) == STRING
    assert type_of("object.spec", OF_POLICIES) == type_of("1 +", OF_POLICIES) == DYN
    known = OF_POLICIES.and_fields("variables", {"words": type_of("request.userInfo.groups", OF_POLICIES)})
    assert mistake("variables.words.all(x, x > 1)", known) == "> cannot be applied to (string, int)"
    assert mistake("variables.others", known) == "variables.others: there is no field others"


def test_schemas_of_any_shape_are_looked_at():
    shapes: list[object] = [[], {"a": 1}, {"a": {"type": "array", "items": []}}, {1: {}}]
    odd: list[dict[str, object]] = [{"type": "object", "properties": properties} for properties in shapes]
    odd += [{"type": []}, {"items": [1]}, {"type": "object", "additionalProperties": True}, {"required": [[]]}]
    odd += [{"type": "string", "format": {}, "maxLength": "1", "enum": 1}, {"type": "object", "required": [{}]}]
    for schema in odd:
        mistake("self.a.b == 1 && self.all(x, x.y == 1)", names({"self": schema}), ("bool",))
