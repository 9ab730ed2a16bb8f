"""Rules about the addresses behind Services, and about Ingress classes (`pkg/apis/{core,discovery}/validation`)."""

from __future__ import annotations

from typing import Final

from generator.checks.fields.rule import (
    Rule,
    Schema,
    Table,
    absent,
    each,
    filled,
    formatted,
    has,
    once,
    one_of,
    optional,
    since,
    until,
    when,
)
from generator.checks.fields.syntax import (
    DOMAIN_PATH,
    HOST_NAME,
    IP,
    IPS,
    OLD_IP,
    ONE_OF_EACH_FAMILY,
    PORT_NUMBER,
    SHORT_CIDR,
    dns_label,
    dns_subdomain,
    label_value,
    path_segment,
    qualified_name,
)

_PROTOCOL: Final = one_of("TCP", "UDP", "SCTP")

_NO_LOOPBACK: Final = Rule(
    "address",
    "no address of the machine itself or of its link",
    {"not": {"type": "string", "pattern": r"^(127\.|::1$|0\.0\.0\.0$|::$|169\.254\.|224\.0\.0\.|fe80:|ff02:)"}},
)
_SHORT: Final = formatted("address", "addresses in their shortest form, such as fd00::1", "towpath-short-ip")
_FAMILIES: Final = {"IPv4": "^[0-9.]+$", "IPv6": ":"}


def _addressed(family: str, schema: Schema, words: str) -> Rule:
    """What the addresses of a type may be."""
    endpoint = {"properties": {"addresses": {"items": schema}}}
    return when(has("addressType", family), {"properties": {"endpoints": {"items": endpoint}}}, "address", words)


def _of_family(family: str, address: Rule) -> Rule:
    schema: Schema = {"allOf": [address.schema, {"pattern": _FAMILIES[family]}]}
    return _addressed(family, schema, f"{family} addresses")


ENDPOINTS: Final[Table] = {
    "networking.v1.IngressClass": {"": filled("spec")},
    "core.v1.EndpointSubset": {
        "": (
            Rule(
                "empty-field",
                "addresses or notReadyAddresses",
                {"anyOf": [has("addresses"), has("notReadyAddresses")]},
            ),
            Rule(
                "empty-field",
                "a name for each of several ports",
                {"properties": {"ports": {"anyOf": [{"maxItems": 1}, {"items": filled("name").schema}]}}},
            ),
        )
    },
    "core.v1.EndpointAddress": {
        "ip": (*IPS, _NO_LOOPBACK),
        "hostname": optional(dns_label()),
        "nodeName": dns_subdomain(),
    },
    "core.v1.EndpointPort": {
        "name": optional(dns_label()),
        "port": PORT_NUMBER,
        "protocol": _PROTOCOL,
        "appProtocol": qualified_name(),
    },
    "discovery.v1.EndpointSlice": {
        "": (
            *(until(35, _of_family(family, OLD_IP)) for family in _FAMILIES),
            *(since(36, _of_family(family, IP)) for family in _FAMILIES),
            _addressed("FQDN", HOST_NAME.schema, "FQDN addresses"),
            since(33, _addressed("IPv6", _SHORT.schema, _SHORT.expects)),
        ),
        "addressType": one_of("IPv4", "IPv6", "FQDN", empty=False),
        "endpoints": Rule("number-range", "at most 1000 endpoints", {"maxItems": 1000}),
        "ports": Rule("number-range", "at most 20000 ports", {"maxItems": 20000}),
    },
    "discovery.v1.Endpoint": {
        "": filled("addresses"),
        "addresses": (each(_NO_LOOPBACK), Rule("number-range", "at most 100 addresses", {"maxItems": 100})),
        "hostname": dns_label(),
        "nodeName": dns_subdomain(),
    },
    "discovery.v1.EndpointHints": {
        field: (once(), Rule("number-range", "at most eight", {"maxItems": 8})) for field in ("forNodes", "forZones")
    },
    "discovery.v1.EndpointPort": {
        "name": optional(dns_label()),
        "protocol": one_of("TCP", "UDP", "SCTP", empty=False),
        "appProtocol": qualified_name(),
    },
    "discovery.v1.ForNode": {"name": dns_subdomain()},
    "discovery.v1.ForZone": {"name": label_value()},
    "networking.v1.ServiceCIDR": {"": filled("spec")},
    "networking.v1.ServiceCIDRSpec": {
        "cidrs": (
            Rule("number-range", "one network or two", {"minItems": 1, "maxItems": 2}),
            each(SHORT_CIDR),
            ONE_OF_EACH_FAMILY,
        )
    },
    "networking.v1.IPAddressSpec": {"": filled("parentRef")},
    "networking.v1.ParentReference": {
        "": filled("resource", "name"),
        "group": optional(dns_subdomain()),
        **dict.fromkeys(("name", "namespace", "resource"), path_segment()),
    },
    "networking.v1.IngressClassSpec": {
        "": filled("controller"),
        "controller": (DOMAIN_PATH, Rule("name-syntax", "at most 250 characters", {"maxLength": 250})),
    },
    "networking.v1.IngressClassParametersReference": {
        "": (
            filled("kind", "name"),
            when(has("scope", "Namespace"), filled("namespace").schema, "empty-field", "a namespace"),
            when(
                {"not": has("scope", "Namespace")},
                absent("namespace"),
                "one-of",
                "no namespace with scope Cluster, which it has if nothing is said",
            ),
        ),
        "apiGroup": dns_subdomain(),
        "kind": path_segment(),
        "name": path_segment(),
        "namespace": dns_label(),
        "scope": one_of("Cluster", "Namespace", empty=False),
    },
}
