"""Services, and network policies (`pkg/apis/core/validation` validateService, `pkg/apis/networking/validation`)."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any, Final

from generator.checks.check import Basis, Check, Family, Problem, Scope
from generator.checks.example import manifest, service
from generator.checks.objects import RenderedObject
from generator.finding import Severity
from generator.quantity import whole
from generator.repository import Pointer
from generator.workload import items, listed, mapping

_OUTSIDE: Final = ("NodePort", "LoadBalancer")
_GIVEN_OUT: Final = range(30000, 32768)
"""The ports of nodes that a cluster gives out, unless it runs with another --service-node-port-range."""
_RANGES: Final = "service.beta.kubernetes.io/load-balancer-source-ranges"
_STRICT: Final = 36
"""The minor version from which on a network has no bits beyond its prefix (KEP-4858)."""
_HINTS: Final = "service.kubernetes.io/topology-aware-hints"
_MODE: Final = "service.kubernetes.io/topology-mode"
_ONLY_BALANCED: Final = ("loadBalancerSourceRanges", "loadBalancerClass", "allocateLoadBalancerNodePorts")


def _types(scope: Scope) -> Iterator[Problem]:
    for placed in scope.of("Service"):
        spec = mapping(placed.value, "spec")
        kind = str(spec.get("type") or "ClusterIP")
        for field, words in _of_type(kind, spec):
            yield Problem(placed, ("spec", *field), f"{placed.title}: {words}")
        if annotations := mapping(placed.metadata, "annotations"):
            for key, words in _annotations(kind, annotations, spec, strict=scope.minor >= _STRICT):
                yield Problem(placed, ("metadata", "annotations", key), f"{placed.title}: {words}")


def _annotations(
    kind: str, annotations: Mapping[str, Any], spec: Mapping[str, Any], *, strict: bool
) -> Iterator[tuple[str, str]]:
    """The older ways to write fields (validateService, validateLoadBalancerSourceRanges)."""
    ranges = annotations.get(_RANGES)
    if ranges is not None and kind != "LoadBalancer":
        yield _RANGES, f"this annotation needs the type LoadBalancer, not {kind}"
    elif isinstance(ranges, str) and ranges.strip() and not spec.get("loadBalancerSourceRanges"):
        for text in ranges.strip().split(","):
            if "/" not in text or _network(text.strip(), strict=strict) is None:
                yield _RANGES, f"{text.strip()!r} is no network such as 10.0.0.0/8"
    hints, mode = annotations.get(_HINTS), annotations.get(_MODE)
    if hints is not None and mode is not None and hints != mode:
        yield _MODE, f"{_HINTS} says {hints}, not {mode}"


def _of_type(kind: str, spec: Mapping[str, Any]) -> Iterator[tuple[Pointer, str]]:
    yield from _addresses(kind, spec)
    yield from _external(kind, spec)
    if "clusterIPs" in spec or "ipFamilies" in spec:
        yield from _families(spec)


def _addresses(kind: str, spec: Mapping[str, Any]) -> Iterator[tuple[Pointer, str]]:
    address = spec.get("clusterIP")
    if kind in _OUTSIDE and address == "None":
        yield ("clusterIP",), f"a Service of type {kind} needs an address inside the cluster"
    if kind != "ExternalName":
        return
    if not spec.get("externalName"):
        yield (), "the type ExternalName needs externalName"
    for field in ("clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
        if spec.get(field) not in (None, "", []):
            yield (field,), f"a Service of type ExternalName is a name only and has no {field}"


def _external(kind: str, spec: Mapping[str, Any]) -> Iterator[tuple[Pointer, str]]:
    for field in _ONLY_BALANCED if kind != "LoadBalancer" else ():
        if spec.get(field) not in (None, []):
            yield (field,), f"{field} needs the type LoadBalancer, not {kind}"
    policy = spec.get("externalTrafficPolicy")
    if policy and kind not in _OUTSIDE and not (kind == "ClusterIP" and spec.get("externalIPs")):
        yield ("externalTrafficPolicy",), f"externalTrafficPolicy needs the type LoadBalancer or NodePort, not {kind}"
    if spec.get("healthCheckNodePort") and not (kind == "LoadBalancer" and policy == "Local"):
        words = "healthCheckNodePort needs the type LoadBalancer and externalTrafficPolicy: Local"
        yield ("healthCheckNodePort",), words
    for index, port in items(spec, "ports") if kind == "ClusterIP" else ():
        if port.get("nodePort"):
            yield ("ports", index, "nodePort"), "nodePort needs the type NodePort or LoadBalancer, not ClusterIP"


def _node_ports(scope: Scope) -> Iterator[Problem]:
    for placed in scope.of("Service"):
        for index, port in items(placed.value, "spec", "ports"):
            number = whole(port.get("nodePort"))
            if number and number not in _GIVEN_OUT:
                first, last = _GIVEN_OUT[0], _GIVEN_OUT[-1]
                message = f"{placed.title}: the node port {number} is not among those from {first} to {last}"
                yield Problem(placed, ("spec", "ports", index, "nodePort"), message)


def _families(spec: Mapping[str, Any]) -> Iterator[tuple[Pointer, str]]:
    """The addresses of a Service: at most one of each family, the first of them is `clusterIP`."""
    addresses = [str(one) for one in listed(spec, "clusterIPs")]
    if addresses and addresses[0] != (spec.get("clusterIP") or ""):
        yield ("clusterIPs",), f"clusterIPs begins with {addresses[0]}, which must be clusterIP too"
    if len(addresses) > len({":" in one for one in addresses}):
        yield ("clusterIPs",), "clusterIPs may hold one address of each family"
    families = listed(spec, "ipFamilies")
    for index, (address, family) in enumerate(zip(addresses, families, strict=False)):
        if address != "None" and (":" in address) is not (family == "IPv6"):
            yield ("clusterIPs", index), f"{address} is not of the family {family}, as ipFamilies says"
    if len(families) > 1 and spec.get("ipFamilyPolicy") not in ("PreferDualStack", "RequireDualStack"):
        yield ("ipFamilyPolicy",), "several ipFamilies need ipFamilyPolicy: PreferDualStack or RequireDualStack"


def _ports(scope: Scope) -> Iterator[Problem]:
    for placed in scope.of("Service"):
        spec = mapping(placed.value, "spec")
        ports = list(items(spec, "ports"))
        headless = spec.get("clusterIP") == "None" and spec.get("type") in (None, "", "ClusterIP")
        if not ports and not headless and spec.get("type") != "ExternalName":
            yield Problem(placed, ("spec",), f"{placed.title} has no ports")
        for index, port in ports if len(ports) > 1 else ():
            if not port.get("name"):
                message = f"{placed.title} has {len(ports)} ports, so each needs a name"
                yield Problem(placed, ("spec", "ports", index), message)


def _ranges(scope: Scope) -> Iterator[Problem]:
    for placed in scope.of("NetworkPolicy"):
        for direction, peers in (("ingress", "from"), ("egress", "to")):
            for index, rule in items(placed.value, "spec", direction):
                path = ("spec", direction, index)
                yield from _port_ranges(placed, path, rule)
                for number, peer in items(rule, peers):
                    yield from _exceptions(placed, (*path, peers, number, "ipBlock"), mapping(peer, "ipBlock"))


def _port_ranges(placed: RenderedObject, path: Pointer, rule: Mapping[str, Any]) -> Iterator[Problem]:
    for index, port in items(rule, "ports"):
        first, last = whole(port.get("port")), whole(port.get("endPort"))
        if first is not None and last is not None and last < first:
            message = f"{placed.title}: the ports end at {last}, before they begin at {first}"
            yield Problem(placed, (*path, "ports", index, "endPort"), message)


def _exceptions(placed: RenderedObject, path: Pointer, block: Mapping[str, Any]) -> Iterator[Problem]:
    whole_network = _network(block.get("cidr"))
    excepted = block.get("except")
    if whole_network is None or not isinstance(excepted, list):
        return
    for index, text in enumerate(excepted):
        network = _network(text)
        if network is None:
            continue
        inside = network.version == whole_network.version and network.prefixlen > whole_network.prefixlen
        if not inside or network.network_address not in whole_network:
            message = f"{placed.title}: {text} is no part of {block['cidr']}, from which it is excepted"
            yield Problem(placed, (*path, "except", index), message)


def _network(text: object, *, strict: bool = False) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    try:
        return ipaddress.ip_network(text, strict=strict) if isinstance(text, str) else None
    except ValueError:
        return None


def _policy(block: str) -> str:
    rule = f"podSelector: {{}}\ningress:\n- from:\n  - ipBlock: {{{block}}}"
    return manifest("networking.k8s.io/v1", "NetworkPolicy", "web", rule)


FAMILY = Family(
    "services",
    "Services and network policies",
    "Fields of Services and network policies that must fit each other.",
    (
        Check(
            "service-type",
            Severity.ERROR,
            Basis.REFUSED,
            "some fields have a meaning only for some types of Services",
            "remove the field, or change the type",
            _types,
            service("type: LoadBalancer\nexternalTrafficPolicy: Local"),
            service("type: ClusterIP\nexternalTrafficPolicy: Local"),
        ),
        Check(
            "service-ports",
            Severity.ERROR,
            Basis.REFUSED,
            "a Service has ports, and the names tell several apart",
            "add the ports, or their names",
            _ports,
            service(ports="ports:\n- {name: http, port: 80}\n- {name: metrics, port: 9090}"),
            service(ports="ports:\n- {port: 80}\n- {port: 9090}"),
        ),
        Check(
            "node-port-range",
            Severity.WARNING,
            Basis.PRACTICE,
            "a cluster gives out the ports from 30000 to 32767 and refuses others, unless it was set up otherwise",
            "leave nodePort out, or take one of these",
            _node_ports,
            service("type: NodePort", ports="ports: [{port: 80, nodePort: 30080}]"),
            service("type: NodePort", ports="ports: [{port: 80, nodePort: 8080}]"),
            kinds=("Service",),
        ),
        Check(
            "network-policy-range",
            Severity.ERROR,
            Basis.REFUSED,
            "a range begins before it ends, and exceptions are parts of the whole",
            "correct the range",
            _ranges,
            _policy("cidr: 10.0.0.0/8, except: [10.1.0.0/16]"),
            _policy("cidr: 10.0.0.0/8, except: [192.168.0.0/16]"),
            kinds=("NetworkPolicy",),
        ),
    ),
)
