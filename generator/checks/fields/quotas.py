"""Rules about what namespaces and pods may use, and in which order (`pkg/apis/{core,node,scheduling}/validation`)."""

from __future__ import annotations

from typing import Final

from generator.checks.fields.containers import OVERHEAD
from generator.checks.fields.rule import (
    Rule,
    Schema,
    Table,
    absent,
    between,
    each,
    filled,
    has,
    keys,
    one_of,
    text,
    values,
    when,
)
from generator.checks.fields.syntax import (
    DOMAIN_NAME,
    MICROSECONDS,
    NOT_NEGATIVE,
    dns_label,
    label_key,
    label_value,
    qualified_name,
)

_SCOPES: Final = (
    *("Terminating", "NotTerminating", "BestEffort", "NotBestEffort", "PriorityClass"),
    *("CrossNamespacePodAffinity", "VolumeAttributesClass"),
)
_COUNTED: Final = (
    "cpu|memory|ephemeral-storage|(requests|limits)\\.(cpu|memory|ephemeral-storage)|requests\\.storage|hugepages-.+"
    "|requests\\.hugepages-.+|pods|services|replicationcontrollers|resourcequotas|secrets|configmaps"
    "|persistentvolumeclaims|services\\.(nodeports|loadbalancers)"
)
_STANDARD: Final = (
    "cpu|memory|ephemeral-storage|(requests|limits)\\.(cpu|memory|ephemeral-storage)|requests\\.storage|pods|services"
    "|replicationcontrollers|resourcequotas|secrets|configmaps|persistentvolumeclaims"
    "|services\\.(nodeports|loadbalancers)"
)
_QUALIFIED: Final = qualified_name().schema["pattern"]
_QUOTA_NAME: Final = Rule(
    "resource-name",
    "pods, requests.cpu, limits.memory, … or a name with a domain such as count/deployments.apps",
    {"allOf": [{"pattern": _QUALIFIED}, {"pattern": f"^(?:{_COUNTED}|.+/.+)$"}]},
)
_WHOLE: Final = {
    "anyOf": [{"type": "integer"}, {"not": {"type": "string", "pattern": r"^[0-9]*\.[0-9]*[1-9]$|[num]$"}}]
}
_COUNTED_ONES: Final = (
    r"^(count/.+|pods|services|secrets|configmaps|replicationcontrollers|resourcequotas"
    r"|persistentvolumeclaims|services\.(nodeports|loadbalancers))$"
)
_FOREIGN: Final = r"^(?!requests\.)(?!.*kubernetes\.io/)[^/]+/"
"""Resources of others, such as nvidia.com/gpu (IsExtendedResourceName)."""
_COUNTS_ARE_WHOLE: Final = Rule(
    "quantity",
    "a whole number",
    {
        "patternProperties": {
            names: {
                "not": {"type": "number", "not": {"multipleOf": 1}},
                **_WHOLE,
            }
            for names in (_COUNTED_ONES, _FOREIGN)
        }
    },
)
_LIMIT_NAME: Final = {
    "allOf": [{"pattern": _QUALIFIED}, {"pattern": "^(?:cpu|memory|ephemeral-storage|hugepages-.+|.+/.+)$"}]
}
_OTHER_LIMIT_NAME: Final = {"allOf": [{"pattern": _QUALIFIED}, {"pattern": f"^(?:storage|{_COUNTED}|.+/.+)$"}]}
_RATIO: Final = Rule(
    "quantity",
    "a ratio of at least 1",
    {"minimum": 1, "not": {"type": "string", "pattern": r"^(-|\+?0*(\.[0-9]*)?$|[0-9]{1,3}m$)"}},
)
_CONTRARY: Final = (("BestEffort", "NotBestEffort"), ("Terminating", "NotTerminating"))
_LISTS: Final = ("default", "defaultRequest", "max", "maxLimitRequestRatio", "min")


def _either(*words: str, field: str = "") -> Rule:
    """One of two words in a list, or in a field of its items."""
    found: list[Schema] = [{"const": word} for word in words]
    if field:
        found = [{"type": "object", "required": [field], "properties": {field: one}} for one in found]
    return Rule("one-of", " or ".join(words), {"not": {"allOf": [{"type": "array", "contains": one} for one in found]}})


_OF_ITS_TYPE: Final = Rule(
    "resource-name",
    "a resource of its type: cpu, memory, …, for a PersistentVolumeClaim storage",
    {
        "if": has("type", "Container", "Pod"),
        "then": {"properties": {field: {"propertyNames": _LIMIT_NAME} for field in _LISTS}},
        "else": {"properties": {field: {"propertyNames": _OTHER_LIMIT_NAME} for field in _LISTS}},
    },
)
"""What a LimitRange may limit (validateLimitRangeResourceName)."""


_OF_PODS: Final = ("pods", *(f"{part}{name}" for part in ("", "requests.", "limits.") for name in ("cpu", "memory")))
_COUNTED_BY: Final[dict[str, tuple[str, ...]]] = {
    "BestEffort": ("pods",),
    **dict.fromkeys(
        ("CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "PriorityClass", "Terminating"), _OF_PODS
    ),
    "VolumeAttributesClass": ("persistentvolumeclaims", "requests.storage"),
}
"""The resources that a quota of this scope can count, apart from those with a domain."""
_ALWAYS_EXISTS: Final = ("BestEffort", "CrossNamespacePodAffinity", "NotBestEffort", "NotTerminating", "Terminating")


def _counts(scope: str, names: tuple[str, ...]) -> Rule:
    chosen = {"required": ["scopeName"], "properties": {"scopeName": {"const": scope}}}
    selected = {"properties": {"matchExpressions": {"contains": chosen}}, "required": ["matchExpressions"]}
    scoped = [
        {"required": ["scopes"], "properties": {"scopes": {"type": "array", "contains": {"const": scope}}}},
        {"required": ["scopeSelector"], "properties": {"scopeSelector": {"type": "object", **selected}}},
    ]
    known = {"anyOf": [{"enum": list(names)}, {"not": {"pattern": f"^(?:{_STANDARD})$"}}]}
    return when(
        {"anyOf": scoped},
        {"properties": {"hard": {"propertyNames": known}}},
        "resource-name",
        f"what a quota with the scope {scope} can count: {', '.join(names)}",
    )


QUOTAS: Final[Table] = {
    "core.v1.ResourceQuotaSpec": {
        "": tuple(_counts(scope, names) for scope, names in _COUNTED_BY.items()),
        "hard": (keys(_QUOTA_NAME), values(NOT_NEGATIVE), _COUNTS_ARE_WHOLE),
        "scopes": (each(one_of(*_SCOPES, empty=False)), *(_either(*pair) for pair in _CONTRARY)),
    },
    "core.v1.ScopeSelector": {"matchExpressions": tuple(_either(*pair, field="scopeName") for pair in _CONTRARY)},
    "core.v1.ScopedResourceSelectorRequirement": {
        "": (
            when(has("operator", "In", "NotIn"), filled("values").schema, "empty-field", "values with this operator"),
            when(
                has("operator", "Exists", "DoesNotExist"),
                {"properties": {"values": {"maxItems": 0}}},
                "one-of",
                "no values with this operator",
            ),
            when(
                has("scopeName", *_ALWAYS_EXISTS),
                {"properties": {"operator": {"const": "Exists"}}},
                "unknown-value",
                "the operator Exists with this scope",
            ),
        ),
        "scopeName": one_of(*_SCOPES, empty=False),
        "operator": one_of("In", "NotIn", "Exists", "DoesNotExist", empty=False),
    },
    "core.v1.LimitRangeItem": {
        "": (
            _OF_ITS_TYPE,
            when(
                has("type", "Pod"),
                absent("default", "defaultRequest"),
                "one-of",
                "no defaults for type Pod",
            ),
            when(
                has("type", "PersistentVolumeClaim"),
                {
                    "anyOf": [
                        {"required": [field], "properties": {field: {"required": ["storage"]}}}
                        for field in ("min", "max")
                    ]
                },
                "empty-field",
                "min.storage or max.storage",
            ),
        ),
        "type": text(
            "unknown-value",
            "Container or Pod or PersistentVolumeClaim, or a name with a domain",
            rf"Container|Pod|PersistentVolumeClaim|{DOMAIN_NAME}",
        ),
        "maxLimitRequestRatio": values(_RATIO),
    },
    "scheduling.v1.PriorityClass": {
        "": Rule(
            "number-range",
            "a value of at most 1000000000",
            {
                "if": {"not": {"properties": {"metadata": {"properties": {"name": {"pattern": "^system-"}}}}}},
                "then": {"properties": {"value": {"maximum": 10**9}}},
            },
        ),
        "preemptionPolicy": one_of("Never", "PreemptLowerPriority", empty=False),
    },
    "node.v1.Scheduling": {
        "nodeSelector": (keys(label_key()), values(label_value())),
    },
    "node.v1.RuntimeClass": {"": filled("handler"), "handler": dns_label()},
    "node.v1.Overhead": {
        "podFixed": (
            keys(Rule("resource-name", "cpu, memory, ephemeral-storage, or a name with a domain", _LIMIT_NAME)),
            values(NOT_NEGATIVE),
            OVERHEAD,
        )
    },
    "coordination.v1.LeaseSpec": {
        "leaseDurationSeconds": between(1),
        "leaseTransitions": between(0),
        "acquireTime": MICROSECONDS,
        "renewTime": MICROSECONDS,
    },
}
