"""Rules about devices, what offers them and who claims them (`pkg/apis/resource/validation`, resource.k8s.io)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from generator.checks.fields.objects import OF_TEMPLATE
from generator.checks.fields.rule import (
    Rule,
    Rules,
    Table,
    absent,
    between,
    each,
    exactly_one,
    filled,
    has,
    keys,
    once,
    one_of,
    optional,
    text,
    when,
)
from generator.checks.fields.syntax import (
    DRIVER,
    dns_label,
    dns_subdomain,
    label_key,
    label_value,
    qualified_name,
)

_DOMAIN: Final = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*"
_IDENTIFIER: Final = "[A-Za-z_][A-Za-z0-9_]{0,31}"
_OWNED: Final = rf"(?=[^/]{{1,63}}/)(?i:{_DOMAIN})/{_IDENTIFIER}|.*/.*/.*"
_ATTRIBUTE: Final = text("name-syntax", "a domain, '/' and an identifier", _OWNED)
_QUALIFIED: Final = text(
    "name-syntax", "an identifier of at most 32 letters, perhaps after a domain and '/'", f"{_IDENTIFIER}|{_OWNED}"
)
_SHORT: Final = Rule("number-range", "at most 64 characters", {"maxLength": 64})
_VERSION: Final = r"(0|[1-9][0-9]*)(\.(0|[1-9][0-9]*)){2}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?"
_EFFECT: Final = one_of("NoExecute", "NoSchedule", "None", empty=False)


def _one_value(*kinds: str) -> Rule:
    choices = [{"required": [kind], "properties": {kind: {"not": {"type": "null"}}}} for kind in kinds]
    return Rule("one-of", "one value", {"type": "object", "oneOf": choices})


_VALUES: Final = _one_value("bool", "int", "string", "version")


def _at_most(count: int) -> Rule:
    return Rule("number-range", f"at most {count}", {"maxItems": count})


_COUNTERS: Final = (keys(dns_label()), Rule("number-range", "at most 32 counters", {"maxProperties": 32}))
_BINDING: Final = ("bindingConditions", "bindingFailureConditions")
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


_PLACED: Final = when(
    {"required": ["perDeviceNodeSelection"], "properties": {"perDeviceNodeSelection": _TRUE}},
    {"properties": {"devices": {"items": _one_place("allNodes").schema}}},
    "one-of",
    "a node, a selector of nodes or allNodes for each device with perDeviceNodeSelection",
)
_NOT_PLACED: Final = when(
    {
        "not": {
            "required": ["perDeviceNodeSelection"],
            "properties": {"perDeviceNodeSelection": _TRUE},
        }
    },
    {"properties": {"devices": {"items": absent("allNodes", "nodeName", "nodeSelector")}}},
    "one-of",
    "nodes of single devices with perDeviceNodeSelection only",
)
_ONE_TERM: Final = Rule(
    "number-range",
    "one term in the selector of nodes",
    {"properties": {"nodeSelectorTerms": {"maxItems": 1}}},
)
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
    "ResourceClaimTemplateSpec": {"metadata": OF_TEMPLATE},
    "DeviceClaim": {"requests": _at_most(32), "constraints": _at_most(32), "config": _at_most(32)},
    "DeviceRequest": {
        "": exactly_one("exactly", "firstAvailable"),
        "name": dns_label(),
        "firstAvailable": (Rule("empty-field", "at least one request", {"minItems": 1}), _at_most(8)),
    },
    "ExactDeviceRequest": _ASKED,
    "DeviceSubRequest": {**_ASKED, "name": dns_label()},
    "DeviceSelector": {"": filled("cel")},
    "CELDeviceSelector": {
        "": filled("expression"),
        "expression": Rule("number-range", "at most 10 KiB", {"maxLength": 10 * 1024}),
    },
    "DeviceConstraint": {
        "": Rule(
            "empty-field",
            "matchAttribute or distinctAttribute",
            {"anyOf": [has("matchAttribute"), has("distinctAttribute")]},
        ),
        "requests": (_at_most(32), once()),
        "matchAttribute": _ATTRIBUTE,
        "distinctAttribute": _ATTRIBUTE,
    },
    "DeviceClaimConfiguration": {"": filled("opaque"), "requests": (_at_most(32), once())},
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
        "effect": one_of("NoExecute", "NoSchedule", "None"),
        "key": optional(label_key()),
        "value": optional(label_value()),
    },
    "DeviceClassSpec": {
        "selectors": _at_most(32),
        "config": _at_most(32),
        "extendedResourceName": text(
            "resource-name",
            "a name with a domain, such as example.com/gpu",
            rf"(?!requests\.)(?!.*kubernetes\.io/){_DOMAIN}/[A-Za-z0-9]([-A-Za-z0-9_.]{{0,61}}[A-Za-z0-9])?",
        ),
    },
    "ResourceSliceSpec": {
        "": (
            filled("driver", "pool"),
            _one_place("allNodes", "perDeviceNodeSelection"),
            when(has("sharedCounters"), absent("devices"), "one-of", "sharedCounters or devices"),
            _PLACED,
            _NOT_PLACED,
            when(
                {"properties": {"devices": {"contains": {"anyOf": [has("taints"), has("consumesCounters")]}}}},
                {"properties": {"devices": {"maxItems": 64}}},
                "number-range",
                "at most 64 devices where some have taints or consume counters",
            ),
        ),
        "driver": DRIVER,
        "devices": _at_most(128),
        "sharedCounters": _at_most(8),
        "nodeName": dns_subdomain(),
        "nodeSelector": _ONE_TERM,
        **dict.fromkeys(("allNodes", "perDeviceNodeSelection"), Rule("unknown-value", "true", {"enum": [True, None]})),
    },
    "ResourcePool": {
        "": filled("name"),
        "name": text("name-syntax", "DNS names with '/' between them", f"{_DOMAIN}(/{_DOMAIN})*", 253),
        "generation": between(0),
        "resourceSliceCount": between(1),
    },
    "CounterSet": {"": filled("name", "counters"), "name": dns_label(), "counters": _COUNTERS},
    "DeviceCounterConsumption": {
        "": filled("counterSet", "counters"),
        "counterSet": dns_label(),
        "counters": _COUNTERS,
    },
    "Device": {
        "": (
            *(
                when(has(one), has(other), "empty-field", f"{other} with {one}")
                for one, other in (_BINDING, _BINDING[::-1])
            ),
            when(
                {"not": {"required": ["allowMultipleAllocations"], "properties": {"allowMultipleAllocations": _TRUE}}},
                {"properties": {"capacity": {"additionalProperties": absent("requestPolicy")}}},
                "one-of",
                "a requestPolicy only with allowMultipleAllocations",
            ),
        ),
        "name": dns_label(),
        "nodeName": dns_subdomain(),
        "taints": _at_most(16),
        "attributes": keys(_QUALIFIED),
        "capacity": keys(_QUALIFIED),
        "consumesCounters": _at_most(2),
        **dict.fromkeys(_BINDING, (_at_most(4), once(), each(qualified_name()))),
    },
    "DeviceAttribute": {
        "": _VALUES,
        "string": _SHORT,
        "version": (_SHORT, text("name-syntax", "a version such as 1.2.3 (semver.org)", _VERSION)),
    },
    "CapacityRequestPolicy": {
        "": (
            Rule("one-of", "validRange or validValues", {"not": {"allOf": [has("validRange"), has("validValues")]}}),
            *(
                when(has(field), {"required": ["default"]}, "empty-field", f"a default with {field}")
                for field in ("validRange", "validValues")
            ),
        ),
        "validValues": once(),
    },
    "DeviceTaint": {"": filled("key", "effect"), "key": label_key(), "value": label_value(), "effect": _EFFECT},
}
DEVICES: Final[Table] = {
    f"resource.{version}.{name}": rules for version in ("v1", "v1beta2") for name, rules in _TYPES.items()
}
