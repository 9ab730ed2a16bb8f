"""Rules about how pods are reached (`pkg/apis/core/validation` validateService, `pkg/apis/networking/validation`)."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

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
    inside,
    keys,
    one_of,
    optional,
    since,
    until,
    values,
    when,
)
from generator.checks.fields.syntax import (
    CIDR,
    EXTERNAL_NAME,
    HOST,
    IP,
    IPS,
    OLD_CIDR,
    PORT,
    PORT_NAME,
    PORT_NUMBER,
    PORT_OR_NONE,
    WILD_HOST,
    dns_1035_label,
    dns_label,
    dns_subdomain,
    label_key,
    label_value,
    path_segment,
    qualified_name,
)

_PROTOCOL: Final = one_of("TCP", "UDP", "SCTP")
_CLUSTER_IP: Final = Rule("address", "an IP address or None", {"anyOf": [{"enum": ["None", "", None]}, IP.schema]})
_SOURCE_RANGE: Final = Rule(
    "address", OLD_CIDR.expects, {"anyOf": [{"type": "null"}, {"format": "towpath-padded-cidr"}]}
)
_STRICT_RANGE: Final = formatted("address", CIDR.expects, "towpath-padded-strict-cidr")
_NETWORK: Final = (until(35, OLD_CIDR), since(36, CIDR))
_HOST: Final = optional(HOST)
_FROM_OUTSIDE: Final = Rule(
    "address",
    "an address that others can reach",
    {"not": {"type": "string", "pattern": r"^(127\.|0\.0\.0\.0$|169\.254\.|224\.0\.0\.|::1?$|fe80:|ff02:)"}},
)


def _unless_zero(rule: Rule) -> Rule:
    return replace(rule, schema={"anyOf": [{"enum": [0, "", None]}, rule.schema]})


_CLASS: Final = "kubernetes.io/ingress.class"
_ANNOTATED: Final = {
    "required": ["metadata"],
    "properties": {
        "metadata": {
            "type": "object",
            "required": ["annotations"],
            "properties": {"annotations": {"type": "object", "required": [_CLASS]}},
        }
    },
}
NETWORKING: Final[Table] = {
    "networking.v1.Ingress": {
        "": (
            filled("spec"),
            until(
                26,
                when(
                    _ANNOTATED,
                    {"properties": {"spec": absent("ingressClassName")}},
                    "one-of",
                    f"ingressClassName or the annotation {_CLASS}",
                ),
            ),
        )
    },
    "core.v1.ServiceSpec": {
        "": when(
            has("type", "ExternalName"),
            {"properties": {"externalName": optional(EXTERNAL_NAME).schema}},
            "address",
            EXTERNAL_NAME.expects,
        ),
        "type": one_of("ClusterIP", "NodePort", "LoadBalancer", "ExternalName"),
        "selector": (keys(label_key("label-selector")), values(label_value("label-selector"))),
        "sessionAffinity": one_of("None", "ClientIP"),
        "externalTrafficPolicy": one_of("Cluster", "Local"),
        "internalTrafficPolicy": one_of("Cluster", "Local", empty=False),
        "ipFamilyPolicy": one_of("SingleStack", "PreferDualStack", "RequireDualStack", empty=False),
        "ipFamilies": (
            each(one_of("IPv4", "IPv6", empty=False)),
            Rule("unique-items", "each family once", {"uniqueItems": True}),
        ),
        "trafficDistribution": (
            until(33, one_of("PreferClose", empty=False)),
            since(34, one_of("PreferClose", "PreferSameZone", "PreferSameNode", empty=False)),
        ),
        "clusterIP": _CLUSTER_IP,
        "clusterIPs": (
            each(Rule("address", _CLUSTER_IP.expects, {"anyOf": [{"const": "None"}, IP.schema]})),
            Rule("address", "None alone", {"not": {"type": "array", "minItems": 2, "contains": {"const": "None"}}}),
        ),
        "externalIPs": (*map(each, IPS), each(_FROM_OUTSIDE)),
        "loadBalancerSourceRanges": (until(35, each(_SOURCE_RANGE)), since(36, each(_STRICT_RANGE))),
        "loadBalancerClass": qualified_name(),
        "healthCheckNodePort": PORT_OR_NONE,
    },
    "core.v1.ServicePort": {
        "name": optional(dns_label()),
        "port": PORT_NUMBER,
        "targetPort": tuple(_unless_zero(rule) for rule in PORT),
        "nodePort": PORT_OR_NONE,
        "protocol": _PROTOCOL,
        "appProtocol": qualified_name(),
    },
    "core.v1.ClientIPConfig": {"timeoutSeconds": between(1, 86400)},
    "networking.v1.IngressSpec": {
        "": Rule("empty-field", "rules or a defaultBackend", {"anyOf": [has("rules"), has("defaultBackend")]}),
        "ingressClassName": dns_subdomain(),
    },
    "networking.v1.IngressTLS": {"hosts": each(WILD_HOST), "secretName": optional(dns_subdomain())},
    "networking.v1.IngressRule": {"host": _HOST},
    "networking.v1.HTTPIngressRuleValue": {"": filled("paths")},
    "networking.v1.HTTPIngressPath": {
        "": (
            when(
                has("pathType", "Exact", "Prefix"),
                {
                    "required": ["path"],
                    "properties": {
                        "path": {
                            "pattern": "^/",
                            "not": {"type": "string", "pattern": "//|/\\./|/\\.\\./|%2[fF]|/\\.\\.?$"},
                        }
                    },
                },
                "path-syntax",
                "a path that begins with '/', without '//', '/./', '/../' and '%2f'",
            ),
            when(
                has("pathType", "ImplementationSpecific"),
                {"properties": {"path": {"pattern": "^(/|$)"}}},
                "path-syntax",
                "a path that begins with '/'",
            ),
        ),
        "pathType": one_of("Exact", "Prefix", "ImplementationSpecific", empty=False),
    },
    "networking.v1.IngressBackend": {
        "": exactly_one("resource", "service"),
        "resource": (
            filled("kind", "name"),
            inside("apiGroup", dns_subdomain()),
            inside("kind", path_segment()),
            inside("name", path_segment()),
        ),
    },
    "networking.v1.IngressServiceBackend": {
        "": filled("name", "port"),
        "name": (until(35, dns_1035_label()), since(36, dns_label())),
    },
    "networking.v1.ServiceBackendPort": {
        "": Rule(
            "one-of",
            "exactly one of name, number",
            {"oneOf": [has("name"), has("number")]},
            of=("name", "number"),
        ),
        "name": optional(PORT_NAME),
        "number": PORT_OR_NONE,
    },
    "networking.v1.NetworkPolicySpec": {
        "policyTypes": (
            each(one_of("Ingress", "Egress", empty=False)),
            Rule("number-range", "at most two policyTypes", {"maxItems": 2}),
        )
    },
    "networking.v1.NetworkPolicyPort": {
        "": when(
            {"required": ["endPort"], "properties": {"endPort": {"type": "integer"}}},
            {"required": ["port"], "properties": {"port": {"type": "integer"}}},
            "port-number",
            "a port as a number with endPort",
        ),
        "port": PORT,
        "endPort": PORT_NUMBER,
        "protocol": one_of("TCP", "UDP", "SCTP", empty=False),
    },
    "networking.v1.NetworkPolicyPeer": {
        "": (
            Rule(
                "one-of",
                "ipBlock, namespaceSelector or podSelector",
                {
                    "anyOf": [
                        {"required": [name], "properties": {name: {"type": "object"}}}
                        for name in ("ipBlock", "namespaceSelector", "podSelector")
                    ]
                },
            ),
            when(
                has("ipBlock"),
                absent("namespaceSelector", "podSelector"),
                "one-of",
                "ipBlock alone, or selectors",
            ),
        )
    },
    "networking.v1.IPBlock": {"": filled("cidr"), "cidr": _NETWORK, "except": tuple(each(one) for one in _NETWORK)},
}
