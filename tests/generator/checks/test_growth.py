"""Checks do as much for each of many things as for each of few: counted are all calls of functions."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import pytest

from generator.checks.all import CHECKS
from generator.checks.check import Scope
from generator.checks.objects import RenderedObject
from tests.generator.checks.rendered import environment

Object = dict[str, Any]
Many = Callable[[int], list[Any]]
FEW, MOST = 30, 1.2
"""How many things few are, and how much more may be done for each of four times as many."""


def each(make: Callable[[int], Any]) -> Many:
    return lambda number: [make(at) for at in range(number)]


def obj(api_version: str, kind: str, name: str = "a", **fields: Any) -> Object:
    return {"apiVersion": api_version, "kind": kind, "metadata": {"name": name}, **fields}


def pod(container: Mapping[str, Any], **spec: Any) -> Object:
    containers = [{"name": "a", "image": "a:1", **container}]
    template = {"metadata": {"labels": {"app": "a"}}, "spec": {"containers": containers, **spec}}
    return obj("apps/v1", "Deployment", spec={"selector": {"matchLabels": {"app": "a"}}, "template": template})


def ingress(rules: Any, **spec: Any) -> Object:
    return obj("networking.k8s.io/v1", "Ingress", spec={"rules": rules, **spec})


def path(at: int) -> Object:
    return {"path": f"/{at}", "pathType": "Exact", "backend": {"service": {"name": "a", "port": {"number": 80}}}}


def definition(properties: Mapping[str, Any], rules: Sequence[Any], **version: Any) -> Object:
    spec = {"type": "object", "properties": properties, "x-kubernetes-validations": rules}
    schema = {"openAPIV3Schema": {"type": "object", "properties": {"spec": spec}}}
    versions = [{"name": "v1", "served": True, "storage": True, "schema": schema, **version}]
    names = {"kind": "Thing", "plural": "things"}
    crd = {"group": "a.b", "scope": "Namespaced", "names": names, "versions": versions}
    return obj("apiextensions.k8s.io/v1", "CustomResourceDefinition", "things.a.b", spec=crd)


def mounts(number: int) -> list[Object]:
    container = {"volumeMounts": [{"name": f"v{at}", "mountPath": f"/{at}"} for at in range(number)]}
    return [pod(container, volumes=[{"name": f"v{at}", "configMap": {"name": f"m{at}"}} for at in range(number)])]


def claims(number: int) -> list[Object]:
    container = {"resources": {"claims": [{"name": f"c{at}"} for at in range(number)]}}
    named = [{"name": f"c{at}", "resourceClaimName": "a"} for at in range(number)]
    return [pod(container, resourceClaims=named)]


def containers(number: int) -> list[Object]:
    probe = {"readinessProbe": {"httpGet": {"port": "http"}}}
    port = {"name": "http", "containerPort": 80}
    return [pod({}, containers=[{"name": f"c{at}", "image": "a:1", "ports": [port], **probe} for at in range(number)])]


def constraints(number: int) -> list[Object]:
    spread = {"maxSkew": 1, "whenUnsatisfiable": "DoNotSchedule", "labelSelector": {"matchLabels": {"app": "a"}}}
    near = [{"topologyKey": f"k{at}", "labelSelector": {"matchLabels": {"app": "a"}}} for at in range(number)]
    affinity = {"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": near}}
    spreads = [{**spread, "topologyKey": f"k{at}"} for at in range(number)]
    return [pod({}, affinity=affinity, topologySpreadConstraints=spreads)]


def policy(number: int) -> list[Object]:
    variables = [{"name": f"v{at}", "expression": f"variables.v{at - 1} + 1" if at else "1"} for at in range(number)]
    validations = [{"expression": f"variables.v{at} > 0"} for at in range(number)]
    spec = {"variables": variables, "validations": validations}
    return [obj("admissionregistration.k8s.io/v1", "ValidatingAdmissionPolicy", spec=spec)]


def needed(number: int) -> list[Object]:
    maps = [obj("v1", "ConfigMap", f"m{at}", data={"k": "v"}) for at in range(number)]
    env = [{"name": f"A{at}", "valueFrom": {"configMapKeyRef": {"name": f"m{at}", "key": "k"}}} for at in range(number)]
    return [*maps, pod({"env": env, "envFrom": [{"configMapRef": {"name": f"m{at}"}} for at in range(number)]})]


def scaled(number: int) -> list[Object]:
    found = []
    for at in range(number):
        target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": f"d{at}"}
        spec = {"minReplicas": 1, "maxReplicas": 3, "scaleTargetRef": target}
        found += [{**pod({}), "metadata": {"name": f"d{at}"}}]
        found += [obj("autoscaling/v2", "HorizontalPodAutoscaler", f"d{at}", spec=spec)]
    return found


def peers(number: int) -> list[Object]:
    found = [{"podSelector": {"matchLabels": {"app": f"b{at}"}}} for at in range(number)]
    blocks = [{"ipBlock": {"cidr": "10.0.0.0/8", "except": [f"10.{at}.0.0/16" for at in range(number)]}}]
    spec = {"podSelector": {}, "ingress": [{"from": [*found, *blocks]}]}
    return [pod({}), obj("networking.k8s.io/v1", "NetworkPolicy", spec=spec)]


MANY: Mapping[str, Many] = {
    "objects of one name": each(lambda _: obj("v1", "ConfigMap", "same")),
    "objects of unknown kinds": each(lambda at: obj("a.b/v1", f"Thing{at}")),
    "routes": each(lambda at: obj("gateway.networking.k8s.io/v1", "HTTPRoute", f"r{at}", spec={})),
    "fields that there are not": lambda n: [obj("v1", "ConfigMap") | {f"k{at}": 1 for at in range(n)}],
    "texts that are none": lambda n: [obj("v1", "ConfigMap", data={f"k{at}": 1 for at in range(n)})],
    "labels": lambda n: [pod({}) | {"metadata": {"name": "a", "labels": {f"k{at}": "v" for at in range(n)}}}],
    "variables": lambda n: [pod({"env": [{"name": f"A{at}", "value": "$(A0)"} for at in range(n)]})],
    "what a pod needs": needed,
    "volumes": mounts,
    "containers": containers,
    "devices": claims,
    "constraints": constraints,
    "autoscalers": scaled,
    "peers": peers,
    "paths": lambda n: [ingress([{"host": "a", "http": {"paths": [path(at) for at in range(n)]}}])],
    "hosts": lambda n: [
        ingress(
            [{"host": f"h{at}", "http": {"paths": [path(at)]}} for at in range(n)],
            tls=[{"hosts": [f"h{at}"], "secretName": f"s{at}"} for at in range(n)],
        )
    ],
    "fields of a definition": lambda n: [definition({f"f{at}": {"type": "string"} for at in range(n)}, [])],
    "rules of a definition": lambda n: [
        definition({"a": {"type": "integer"}}, [{"rule": f"self.a > {at}"} for at in range(n)])
    ],
    "rules that cost too much": lambda n: [
        definition(
            {"a": {"type": "array", "items": {"type": "string"}}},
            [{"rule": f"self.a.all(x, self.a.all(y, x == y || y == '{at}'))"} for at in range(n)],
        )
    ],
    "parts of a rule": lambda n: [
        definition(
            {f"f{at}": {"type": "array", "items": {"type": "string"}} for at in range(n)},
            [{"rule": " || ".join(f"self.f{at}.all(x, self.f0.all(y, x == y))" for at in range(n))}],
        )
    ],
    "columns of a definition": lambda n: [
        definition(
            {},
            [],
            additionalPrinterColumns=[{"name": f"c{at}", "type": "string", "jsonPath": f".c{at}"} for at in range(n)],
        )
    ],
    "variables of a policy": lambda n: policy(n // 4),  # so many environments are remembered
}


def calls(objects: Sequence[Object]) -> int:
    """How many functions all checks call for some objects, once everything is loaded."""
    placed = tuple(RenderedObject("web", "all.yaml", index, value) for index, value in enumerate(objects))
    called = 0

    def count(_: object, event: str, __: object) -> None:
        nonlocal called
        called += event in ("call", "c_call")

    for counting in (None, count):
        scope = Scope(environment(), placed)
        sys.setprofile(counting)
        try:
            decoded = scope.decoded()
            for check in CHECKS:
                list(check.run(decoded))
        finally:
            sys.setprofile(None)
    return called


@pytest.mark.parametrize("many", MANY.values(), ids=MANY)
def test_four_times_as_many_things_are_four_times_the_work(many):
    assert calls(many(4 * FEW)) <= 4 * MOST * calls(many(FEW))
