"""Rules about pods (`pkg/apis/core/validation`, ValidatePodSpec and below)."""

from __future__ import annotations

from typing import Final

from generator.checks.fields.containers import OVERHEAD, RESOURCE_NAME
from generator.checks.fields.rule import (
    Rule,
    Table,
    absent,
    between,
    each,
    exactly_one,
    filled,
    formatted,
    has,
    keys,
    lacks,
    one_of,
    optional,
    since,
    text,
    until,
    values,
    when,
)
from generator.checks.fields.security import HAS_HOST_NETWORK, OF_POD, OWN_USERS
from generator.checks.fields.syntax import (
    IPS,
    NOT_NEGATIVE,
    NOT_TOO_LONG,
    SUBDOMAIN,
    dns_label,
    dns_subdomain,
    label_key,
    label_value,
    qualified_name,
)
from generator.workload import CONTAINERS

_OF_POD: Final = (
    *(
        Rule(rule.check, rule.expects, {"properties": {"limits": rule.schema, "requests": rule.schema}})
        for rule in (
            keys(text("resource-name", "cpu, memory or hugepages-<size>", "cpu|memory|hugepages-.+")),
            values(NOT_NEGATIVE),
        )
    ),
    Rule("one-of", "no claims: they are those of containers", {"not": {"required": ["claims"]}}),
)

_SEARCH: Final = "_?[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_SEARCHES: Final = rf"\.|(?=[-_.a-z0-9]{{1,253}}\.?$){_SEARCH}(\.{_SEARCH})*\.?"
_SECCOMP: Final = text(
    "unknown-value",
    "runtime/default, docker/default, unconfined, or localhost/ and a relative path without '..'",
    r"runtime/default|docker/default|unconfined|localhost/(?!/)(?!(.*/)?\.\.(/|$)).*",
)
_DELETION_COST: Final = formatted("number-range", "a whole number of at most 32 bits", "towpath-int32")
_TOLERATIONS: Final = formatted("unknown-value", "a list of tolerations in JSON", "towpath-json-objects")


def _annotated(rule: Rule, keyword: str, key: str) -> Rule:
    return Rule(rule.check, rule.expects, {"properties": {"annotations": {keyword: {key: rule.schema}}}})


_ANNOTATED: Final = (
    _annotated(_SECCOMP, "properties", "seccomp.security.alpha.kubernetes.io/pod"),
    _annotated(_SECCOMP, "patternProperties", r"^container\.seccomp\.security\.alpha\.kubernetes\.io/"),
    _annotated(_DELETION_COST, "properties", "controller.kubernetes.io/pod-deletion-cost"),
    _annotated(_TOLERATIONS, "properties", "scheduler.alpha.kubernetes.io/tolerations"),
)
"""What annotations of pods mean to Kubernetes (ValidatePodSpecificAnnotations)."""

_MIRROR: Final = "kubernetes.io/config.mirror"
_MIRRORED: Final = {
    "required": ["metadata"],
    "properties": {
        "metadata": {
            "type": "object",
            "required": ["annotations"],
            "properties": {"annotations": {"type": "object", "required": [_MIRROR]}},
        }
    },
}
_NODE_OF_A_MIRROR: Final = when(
    _MIRRORED,
    {"properties": {"spec": filled("nodeName").schema}},
    "empty-field",
    f"a nodeName with the annotation {_MIRROR}",
)
_ALIVE: Final = {
    "properties": {"resizePolicy": {"items": {"properties": {"restartPolicy": {"not": {"const": "RestartContainer"}}}}}}
}
_WITHOUT_DEVICES: Final = {"items": {"properties": {"volumeDevices": {"maxItems": 0}}}}
_KEPT_WHEN_RESIZED: Final = when(
    {"not": has("restartPolicy", "Always")},
    _ALIVE,
    "unknown-value",
    "RestartContainer in containers and sidecars only",
)
_CLASSED: Final = when(
    lacks("priorityClassName"),
    {
        "properties": {
            "priority": {"enum": [0, None]},
            "preemptionPolicy": {"enum": ["PreemptLowerPriority", None]},
        }
    },
    "one-of",
    "a priorityClassName, which priority and preemptionPolicy come from",
)
"""Admission compares them with the class of the pod; without one, and without a default in the cluster, with these
(plugin/pkg/admission/priority).
"""
_NAMED_OTHERWISE: Final = {
    "setHostnameAsFQDN": {"required": ["setHostnameAsFQDN"], "properties": {"setHostnameAsFQDN": {"const": True}}},
    "hostNetwork": HAS_HOST_NETWORK,
}
POD_SPEC: Final[Table] = {
    "core.v1.PodSpec": {
        "": (
            filled("containers"),
            *(
                since(35, when(condition, absent("hostnameOverride"), "one-of", f"{field} or hostnameOverride"))
                for field, condition in _NAMED_OTHERWISE.items()
            ),
            since(
                33,
                when(
                    has("restartPolicy", "Never"),
                    {"properties": {group: {"items": _ALIVE} for group in ("containers", "initContainers")}},
                    "unknown-value",
                    "NotRequired in each resizePolicy with restartPolicy: Never",
                ),
            ),
            since(
                33,
                when(
                    OWN_USERS,
                    {"properties": {field: {"const": False} for field in ("hostNetwork", "hostPID", "hostIPC")}},
                    "one-of",
                    "hostUsers: false, or a namespace of the host",
                ),
            ),
            since(
                34,
                when(
                    OWN_USERS,
                    {"properties": dict.fromkeys(CONTAINERS, _WITHOUT_DEVICES)},
                    "one-of",
                    "hostUsers: false, or volumeDevices",
                ),
            ),
            *OF_POD,
        ),
        "initContainers": since(36, each(_KEPT_WHEN_RESIZED)),
        "restartPolicy": one_of("Always", "OnFailure", "Never"),
        "dnsPolicy": one_of("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
        "preemptionPolicy": one_of("PreemptLowerPriority", "Never", empty=False),
        "activeDeadlineSeconds": between(1, 2**31 - 1),
        "hostname": optional(dns_label()),
        "hostnameOverride": (dns_subdomain(), Rule("name-syntax", "at most 64 characters", {"maxLength": 64})),
        "subdomain": optional(dns_label()),
        "ephemeralContainers": Rule(
            "unknown-value", "no ephemeral containers: a running pod gets them", {"maxItems": 0}
        ),
        "serviceAccountName": optional(dns_subdomain()),
        "nodeName": optional(dns_subdomain()),
        "priorityClassName": optional(dns_subdomain()),
        "runtimeClassName": dns_subdomain(),
        "nodeSelector": (keys(label_key()), values(label_value())),
        "overhead": (keys(RESOURCE_NAME), values(NOT_NEGATIVE), OVERHEAD),
        "resources": _OF_POD,
    },
    "core.v1.PodOS": {"name": one_of("linux", "windows", empty=False)},
    "core.v1.PodReadinessGate": {"conditionType": qualified_name()},
    "core.v1.PodSchedulingGate": {"name": qualified_name()},
    "core.v1.HostAlias": {"": filled("ip"), "ip": IPS, "hostnames": each(dns_subdomain("address"))},
    "core.v1.PodDNSConfig": {
        "nameservers": (*map(each, IPS), Rule("number-range", "at most 3 nameservers", {"maxItems": 3})),
        "searches": (
            until(25, Rule("number-range", "at most 6 search domains", {"maxItems": 6})),
            since(26, Rule("number-range", "at most 32 search domains", {"maxItems": 32})),
            until(32, each(text("address", "a search domain", rf"(?={NOT_TOO_LONG}\.?$){SUBDOMAIN}\.?"))),
            since(33, each(text("address", "a search domain", _SEARCHES))),
        ),
    },
    "core.v1.PodDNSConfigOption": {"": filled("name")},
    "core.v1.PodResourceClaim": {
        "": exactly_one("resourceClaimName", "resourceClaimTemplateName"),
        "name": dns_label(),
        "resourceClaimName": dns_subdomain(),
        "resourceClaimTemplateName": dns_subdomain(),
    },
    "core.v1.ResourceClaim": {"": filled("name"), "request": optional(dns_label())},
}

PODS: Final[Table] = {
    "core.v1.Pod": {
        "metadata": _ANNOTATED,
        "spec": (
            Rule(
                "name-syntax",
                "an image without spaces around it",
                {
                    "properties": {
                        group: {"items": {"properties": {"image": {"not": {"type": "string", "pattern": r"^\s|\s$"}}}}}
                        for group in ("containers", "initContainers")
                    }
                },
            ),
            when(has("schedulingGates"), lacks("nodeName"), "one-of", "schedulingGates or nodeName"),
            _CLASSED,
        ),
        "": (
            filled("spec"),
            _NODE_OF_A_MIRROR,
            since(
                35,
                Rule(
                    "empty-field",
                    "a reference of the image",
                    {
                        "properties": {
                            "spec": {
                                "properties": {
                                    "volumes": {"items": {"properties": {"image": filled("reference").schema}}}
                                }
                            }
                        }
                    },
                ),
            ),
        ),
    },
    "core.v1.PodTemplate": {"": filled("template")},
    "core.v1.PodTemplateSpec": {"": (filled("spec"), _NODE_OF_A_MIRROR), "metadata": _ANNOTATED},
}
