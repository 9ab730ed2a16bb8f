"""Rules about devices, what offers them and who claims them (`pkg/apis/resource/validation`, resource.k8s.io)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from generator.checks.fields.rule import (
    Rule,
    Rules,
    Table,
    between,
    exactly_one,
    filled,
    has,
    one_of,
    optional,
    text,
    when,
)
from generator.checks.fields.syntax import DRIVER, NOT_NEGATIVE, dns_label, dns_subdomain, label_key, label_value

_DOMAIN: Final = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_ATTRIBUTE: Final = text("name-syntax", "a domain, '/' and an identifier", f"{_DOMAIN}/.+")
_KINDS: Final = ("bool", "bools", "int", "ints", "string", "strings", "version", "versions")
_SHORT: Final = Rule("number-range", "at most 64 characters", {"maxLength": 64})
_VERSION: Final = r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){2}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?"
_EFFECT: Final = one_of("NoExecute", "NoSchedule", "None", empty=False)


_VALUES: Final = Rule(
    "one-of",
    "one value",
    {
        "type": "object",
        "oneOf": [{"required": [name], "properties": {name: {"not": {"type": "null"}}}} for name in _KINDS],
    },
)


def _at_most(count: int) -> Rule:
    return Rule("number-range", f"at most {count}", {"maxItems": count})


_TRUE: Final = {"const": True}


def _one_place(*switches: str) -> Rule:
    """Exactly one of a node, a selector of nodes, and switches that are on."""
    choices: list[dict[str, Any]] = [
        {"required": [field], "properties": {field: {"not": {"enum": [None, ""]}}}}
        for field in ("nodeName", "nodeSelector")
    ]
    choices += [{"required": [field], "properties": {field: _TRUE}} for field in switches]
    fields = ("nodeName", "nodeSelector", *switches)
    return Rule("one-of", f"exactly one of {', '.join(fields)}", {"oneOf": choices}, of=fields)


_ASKED: Final[Mapping[str, Rules]] = {
    "": (
        filled("deviceClassName"),
        when(
            has("allocationMode", "All"),
            {"properties": {"count": {"enum": [None, 0]}}},
            "one-of",
            "no count with the allocationMode All",
        ),
    ),
    "deviceClassName": dns_subdomain(),
    "allocationMode": one_of("All", "ExactCount"),
    "count": between(0),
    "selectors": _at_most(32),
}
_TYPES: Final[dict[str, Mapping[str, Rules]]] = {
    "ResourceClaimTemplateSpec": {
        "metadata": Rule(
            "unknown-value",
            "labels and annotations only",
            {"properties": {field: {"enum": ["", None]} for field in ("name", "namespace", "generateName")}},
        )
    },
    "DeviceClaim": {"requests": _at_most(32), "constraints": _at_most(32), "config": _at_most(32)},
    "DeviceRequest": {
        "": exactly_one("exactly", "firstAvailable"),
        "name": dns_label(),
        "firstAvailable": _at_most(8),
    },
    "ExactDeviceRequest": _ASKED,
    "DeviceSubRequest": {**_ASKED, "name": dns_label()},
    "DeviceSelector": {"": filled("cel")},
    "CELDeviceSelector": {"": filled("expression")},
    "DeviceConstraint": {
        "": Rule(
            "empty-field",
            "matchAttribute or distinctAttribute",
            {"anyOf": [has("matchAttribute"), has("distinctAttribute")]},
        ),
        "matchAttribute": _ATTRIBUTE,
        "distinctAttribute": _ATTRIBUTE,
    },
    "DeviceClaimConfiguration": {"": filled("opaque")},
    "DeviceClassConfiguration": {"": filled("opaque")},
    "OpaqueDeviceConfiguration": {"": filled("driver"), "driver": DRIVER},
    "DeviceToleration": {
        "": (
            when(
                has("operator", "Exists"),
                {"properties": {"value": {"enum": ["", None]}}},
                "toleration",
                "no value with the operator Exists",
            ),
        ),
        "operator": one_of("Equal", "Exists"),
        "effect": one_of("NoExecute", "NoSchedule"),
        "key": optional(label_key()),
    },
    "DeviceClassSpec": {
        "extendedResourceName": text(
            "resource-name",
            "a name with a domain, such as example.com/gpu",
            rf"(?!requests\.)(?!([^/]+\.)?kubernetes\.io/){_DOMAIN}/[A-Za-z0-9]([-A-Za-z0-9_.]{{0,61}}[A-Za-z0-9])?",
        )
    },
    "ResourceSliceSpec": {
        "": (filled("driver", "pool"), _one_place("allNodes", "perDeviceNodeSelection")),
        "driver": DRIVER,
        "devices": _at_most(128),
    },
    "ResourcePool": {
        "": filled("name"),
        "name": text("name-syntax", "DNS names with '/' between them", f"{_DOMAIN}(/{_DOMAIN})*", 253),
        "generation": between(0),
        "resourceSliceCount": between(1),
    },
    "Device": {"name": dns_label(), "taints": _at_most(16)},
    "DeviceAttribute": {
        "": _VALUES,
        "string": _SHORT,
        "version": (_SHORT, text("name-syntax", "a version such as 1.2.3 (semver.org)", _VERSION)),
    },
    "DeviceCapacity": {"value": NOT_NEGATIVE},
    "DeviceTaint": {"": filled("key", "effect"), "key": label_key(), "value": label_value(), "effect": _EFFECT},
}
DEVICES: Final[Table] = {
    f"resource.{version}.{name}": rules for version in ("v1", "v1beta2") for name, rules in _TYPES.items()
}
