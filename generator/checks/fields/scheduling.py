"""Rules about selectors and about which nodes pods may run on (`pkg/apis/core/validation`, validateAffinity)."""

from __future__ import annotations

from typing import Any, Final

from generator.checks.fields.rule import (
    Rule,
    Table,
    between,
    each,
    filled,
    has,
    keys,
    lacks,
    one_of,
    optional,
    since,
    values,
    when,
)
from generator.checks.fields.syntax import dns_label, dns_subdomain, label_key, label_value


def _selector(*, numbers: bool) -> tuple[Rule, ...]:
    """What `operator` says about `values`."""
    operators = ("In", "NotIn", "Exists", "DoesNotExist", *(("Gt", "Lt") if numbers else ()))
    some: dict[str, Any] = {"required": ["values"], "properties": {"values": {"type": "array", "minItems": 1}}}
    single = {"required": ["values"], "properties": {"values": {"type": "array", "minItems": 1, "maxItems": 1}}}
    none: dict[str, Any] = {"properties": {"values": {"enum": [None, []]}}}
    return (
        when(has("operator", "In", "NotIn"), some, "label-selector", "values with the operator In or NotIn"),
        when(
            has("operator", "Exists", "DoesNotExist"), none, "label-selector", "no values with Exists or DoesNotExist"
        ),
        when(has("operator", "Gt", "Lt"), single, "label-selector", "one value with the operator Gt or Lt"),
        Rule(
            "label-selector",
            f"the operator {' or '.join(operators)}",
            {"properties": {"operator": {"enum": list(operators)}}},
        ),
    )


_NODE_LABELS: Final = Rule(
    "label-syntax",
    label_value().expects,
    {
        "items": {
            "properties": {
                "matchExpressions": {
                    "items": {"properties": {"values": {"items": label_value().schema}}},
                }
            }
        }
    },
)
_NODE_FIELD: Final = Rule(
    "label-selector",
    "metadata.name In or NotIn the name of one node",
    {
        "properties": {
            "key": {"const": "metadata.name"},
            "operator": {"enum": ["In", "NotIn"]},
            "values": {"minItems": 1, "maxItems": 1, "items": dns_subdomain().schema},
        }
    },
)
_LABEL_KEYS: Final = {field: each(label_key()) for field in ("matchLabelKeys", "mismatchLabelKeys")}
_KEYS_NEED_A_SELECTOR: Final = tuple(
    when(has(field), has("labelSelector"), "label-selector", f"a labelSelector with {field}")
    for field in ("matchLabelKeys", "mismatchLabelKeys")
)

SCHEDULING: Final[Table] = {
    "core.v1.NodeSelector": {
        "": filled("nodeSelectorTerms"),
        "nodeSelectorTerms": since(33, _NODE_LABELS),
    },
    "core.v1.NodeSelectorTerm": {"matchFields": each(_NODE_FIELD)},
    "core.v1.NodeSelectorRequirement": {"": _selector(numbers=True), "key": label_key()},
    "core.v1.PreferredSchedulingTerm": {"weight": between(1, 100)},
    "core.v1.WeightedPodAffinityTerm": {"weight": between(1, 100)},
    "core.v1.PodAffinityTerm": {
        "": (filled("topologyKey"), *(since(31, rule) for rule in _KEYS_NEED_A_SELECTOR)),
        "topologyKey": label_key(),
        "namespaces": each(dns_label()),
        **_LABEL_KEYS,
    },
    "core.v1.TopologySpreadConstraint": {
        "": (
            filled("topologyKey"),
            *(
                since(27, rule)
                for rule in (
                    *_KEYS_NEED_A_SELECTOR,
                    when(
                        {"required": ["minDomains"]},
                        {"properties": {"whenUnsatisfiable": {"const": "DoNotSchedule"}}},
                        "one-of",
                        "minDomains only with DoNotSchedule",
                    ),
                )
            ),
        ),
        **_LABEL_KEYS,
        "maxSkew": between(1),
        "minDomains": between(1),
        "whenUnsatisfiable": one_of("DoNotSchedule", "ScheduleAnyway", empty=False),
        "nodeAffinityPolicy": one_of("Honor", "Ignore", empty=False),
        "nodeTaintsPolicy": one_of("Honor", "Ignore", empty=False),
    },
    "core.v1.Toleration": {
        "": (
            when(lacks("key"), has("operator", "Exists"), "toleration", "the operator Exists where there is no key"),
            when(has("operator", "Exists"), lacks("value"), "toleration", "no value with the operator Exists"),
            when(
                {"required": ["tolerationSeconds"], "properties": {"tolerationSeconds": {"type": "integer"}}},
                has("effect", "NoExecute"),
                "toleration",
                "the effect NoExecute with tolerationSeconds",
            ),
        ),
        "key": optional(label_key()),
        "value": optional(label_value()),
        "operator": one_of("Exists", "Equal"),
        "effect": one_of("NoSchedule", "PreferNoSchedule", "NoExecute"),
    },
    "meta.v1.LabelSelector": {
        "matchLabels": (keys(label_key("label-selector")), values(label_value("label-selector")))
    },
    "meta.v1.LabelSelectorRequirement": {
        "": _selector(numbers=False),
        "key": label_key("label-selector"),
        "values": each(label_value("label-selector")),
    },
}
