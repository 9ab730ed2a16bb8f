"""Which API servers take an expression: held against those of 1.25 to 1.37."""

from __future__ import annotations

import json

import pytest

from generator.checks.definitions import FAMILY
from tests.generator.checks.rendered import scope, webhook

LIMITED = {"type": "string", "maxLength": 20}
FIELDS = {
    "name": LIMITED,
    "size": {"type": "integer"},
    "weight": {"type": "number"},
    "tags": {"type": "array", "maxItems": 5, "items": LIMITED},
    "labels": {"type": "object", "maxProperties": 5, "additionalProperties": LIMITED},
}
WEBHOOK = webhook('{name: a, expression: "isIP(object.a)"}')
CLASS = """\
apiVersion: resource.k8s.io/v1
kind: DeviceClass
metadata: {name: a}
spec: {selectors: [{cel: {expression: "device.driver == 'a' && isSemver('1.0.0')"}}]}
"""


def definition(rule: str) -> str:
    spec = {"type": "object", "properties": FIELDS, "x-kubernetes-validations": [{"rule": rule}]}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}
    names = {"kind": "A", "plural": "as"}
    versions = [{"name": "v1", "served": True, "storage": True, "schema": schema}]
    whole = {"group": "a.b", "scope": "Namespaced", "names": names, "versions": versions}
    head = {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition", "metadata": {"name": "as.a.b"}}
    return json.dumps({**head, "spec": whole})


def refused(text: str, version: int) -> bool:
    looked_at = scope(text).in_version(f"1.{version}")
    return any(True for check in FAMILY.checks for _ in check.run(looked_at))


@pytest.mark.parametrize(
    ("rule", "first_to_take"),
    [
        ("self.size > 1", 0),
        ("self.weight == 1.0", 0),
        ("self.weight > 1", 29),
        ("isQuantity(self.name)", 29),
        ("self.?name.hasValue()", 29),
        ("self.tags[?0].hasValue()", 29),
        ("sets.contains(self.tags, ['a'])", 30),
        ("'%s'.format([self.name]) == 'a'", 30),
        ("isIP(self.name)", 31),
        ("cidr(self.name).prefixLength() == 4", 31),
        ("format.dns1123Label().validate(self.name).hasValue()", 32),
        ("self.labels.all(k, v, v == 'a')", 33),
        ("self.tags.all(t, t == 'a')", 0),
        ("self.tags.first().hasValue()", 33),
        ("isSemver(self.name)", 34),
        ("self.tags.distinct().size() == 1", 35),
        ("self.tags.sortBy(t, t) == self.tags", 35),
    ],
)
def test_what_a_rule_may_use_depends_on_the_version(rule: str, first_to_take: int) -> None:
    for version in (26, 28, 29, 30, 31, 32, 33, 34, 35, 36):
        assert refused(definition(rule), version) is (version < first_to_take), version


def test_conditions_of_webhooks_are_dropped_before_they_know_as_much_and_selectors_of_devices_more() -> None:
    assert [refused(WEBHOOK, version) for version in (27, 28, 30, 31)] == [False, True, True, False]
    assert [refused(CLASS, version) for version in (34, 36)] == [False, False]


def test_it_is_said_which_version_knows_it() -> None:
    looked_at = scope(definition("isIP(self.name)")).in_version("1.30")
    (message,) = [problem.message for check in FAMILY.checks for problem in check.run(looked_at)]

    assert message.endswith("isIP is known since Kubernetes 1.31")
