"""Devices that pods claim: what they and their claims name has to be there (`pkg/apis/{core,resource}/validation`)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from generator.checks.check import Basis, Check, Family, Problem, Scope
from generator.checks.example import deployment, manifest
from generator.finding import Severity
from generator.repository import Pointer
from generator.workload import items, listed

_CLAIMS: Final[Mapping[str, Pointer]] = {
    "ResourceClaim": ("spec", "devices"),
    "ResourceClaimTemplate": ("spec", "spec", "devices"),
}


def _claims(scope: Scope) -> Iterator[Problem]:
    if scope.drops("core.v1.PodSpec", "resourceClaims"):
        return
    for pod in scope.pods:
        known = dict.fromkeys(str(claim.get("name")) for _, claim in items(pod.spec, "resourceClaims"))
        for container in pod.containers:
            for index, claim in items(container.value, "resources", "claims"):
                if str(claim.get("name")) not in known:
                    there = f"it claims {', '.join(known)}" if known else "it claims nothing"
                    message = f"{container.placed.title}: {container.title} uses the claim {claim.get('name')}; {there}"
                    where = (*container.pointer, "resources", "claims", index, "name")
                    yield Problem(container.placed, where, message)


def _requests(scope: Scope) -> Iterator[Problem]:
    for kind, path in _CLAIMS.items():
        for placed in scope.of(kind):
            known = set(_requested(placed.value, path))
            for group in ("constraints", "config"):
                for index, entry in items(placed.value, *path, group):
                    for place, name in enumerate(listed(entry, "requests")):
                        if isinstance(name, str) and name not in known:
                            message = f"{placed.title}: {name} is no request of the claim"
                            yield Problem(placed, (*path, group, index, "requests", place), message)


def _requested(value: Mapping[str, Any], path: Pointer) -> Iterator[str]:
    """The names of the requests of a claim, and of the alternatives in them."""
    for index, request in items(value, *path, "requests"):
        yield str(request.get("name"))
        for _, one in items(value, *path, "requests", index, "firstAvailable"):
            yield f"{request.get('name')}/{one.get('name')}"


def _twice(scope: Scope) -> Iterator[Problem]:
    for kind, path in _CLAIMS.items():
        for placed in scope.of(kind):
            lists = [(*path, "requests")]
            lists += [(*path, "requests", one, "firstAvailable") for one, _ in items(placed.value, *path, "requests")]
            for where in lists:
                yield from (Problem(placed, at, f"{placed.title}: {words}") for at, words in _same(placed.value, where))
    for placed in scope.of("ResourceSlice"):
        for at, words in _same(placed.value, ("spec", "devices")):
            yield Problem(placed, at, f"{placed.title}: {words}")


def _same(value: Mapping[str, Any], path: Pointer) -> Iterator[tuple[Pointer, str]]:
    seen: set[str] = set()
    for index, item in items(value, *path):
        name = item.get("name")
        if isinstance(name, str) and name in seen:
            yield (*path, index, "name"), f"the name {name} is there already"
        seen.add(str(name))


_CLAIM: Final = """\
devices:
  requests: [{name: gpu, exactly: {deviceClassName: gpu.example.com}}]
  constraints: [{requests: [gpu], matchAttribute: gpu.example.com/numa}]"""


def _claim(spec: str) -> str:
    return manifest("resource.k8s.io/v1", "ResourceClaim", "gpu", spec)


_POD: Final = "resourceClaims: [{name: gpu, resourceClaimName: gpu}]"

FAMILY = Family(
    "devices",
    "Devices",
    "What containers and claims of devices refer to.",
    (
        Check(
            "device-claim",
            Severity.ERROR,
            Basis.REFUSED,
            "a container can only use what its pod claims",
            "add the claim to resourceClaims of the pod, or correct the name",
            _claims,
            deployment("resources: {claims: [{name: gpu}]}", pod=_POD),
            deployment("resources: {claims: [{name: gpus}]}", pod=_POD),
        ),
        Check(
            "device-request",
            Severity.ERROR,
            Basis.REFUSED,
            "constraints and configuration are for requests of the same claim",
            "correct the name; an alternative is written as request/alternative",
            _requests,
            _claim(_CLAIM),
            _claim(_CLAIM.replace("requests: [gpu]", "requests: [cpu]")),
            kinds=tuple(_CLAIMS),
        ),
        Check(
            "device-name",
            Severity.ERROR,
            Basis.REFUSED,
            "requests of a claim, alternatives of a request and devices of a slice are told apart by their names",
            "rename one of the two",
            _twice,
            _claim(_CLAIM),
            _claim(_CLAIM.replace("}}]", "}}, {name: gpu, exactly: {deviceClassName: other.example.com}}]")),
            kinds=(*_CLAIMS, "ResourceSlice"),
        ),
    ),
)
