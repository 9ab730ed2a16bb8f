"""What containers ask for, and may use (`pkg/apis/core/validation`, validateResourceRequirements)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import lru_cache
from typing import Any, Final

from generator.checks.check import Basis, Check, Family, Problem, Scope
from generator.checks.example import deployment, manifest
from generator.checks.objects import Container, Pod, RenderedObject
from generator.finding import Severity
from generator.quantity import amount
from generator.repository import Pointer
from generator.workload import at, items, mapping


def _above(scope: Scope) -> Iterator[Problem]:
    for container in scope.containers:
        requests = mapping(container.value, "resources", "requests")
        limits = mapping(container.value, "resources", "limits") if requests else {}
        for name, request in requests.items():
            limit = limits.get(name)
            asked, most = amount(request), amount(limit)
            if asked is not None and most is not None and asked > most:
                message = (
                    f"{container.placed.title}: {container.title} asks for {name} {request}, above its limit of {limit}"
                )
                yield Problem(container.placed, (*container.pointer, "resources", "requests", name), message)
    for pod in _with_resources(scope):
        yield from _above_the_pod(pod)


def _with_resources(scope: Scope) -> Iterator[Pod]:
    """The pods that say what they need as a whole."""
    if not scope.drops("core.v1.PodSpec", "resources"):
        yield from (pod for pod in scope.pods if "resources" in pod.spec)


def _above_the_pod(pod: Pod) -> Iterator[Problem]:
    """What a pod asks for as a whole: at most its limit, and at least what its containers ask for."""
    requests, limits = mapping(pod.spec, "resources", "requests"), mapping(pod.spec, "resources", "limits")
    path = (*pod.spec_pointer, "resources")
    for name, request in requests.items():
        asked, most, needed = amount(request), amount(limits.get(name)), _asked_by_containers(pod, name)
        if asked is not None and most is not None and asked > most:
            message = f"{pod.placed.title}: the pod asks for {name} {request}, above its limit of {limits[name]}"
            yield Problem(pod.placed, (*path, "requests", name), message)
        if asked is not None and asked < needed:
            message = f"{pod.placed.title}: the pod asks for {name} {request}, less than its containers together"
            yield Problem(pod.placed, (*path, "requests", name), message)
    for name, limit in limits.items():
        most = amount(limit)
        if name not in requests and most is not None and _asked_by_containers(pod, name) > most:
            message = f"{pod.placed.title}: the containers ask for more {name} together than the pod's limit of {limit}"
            yield Problem(pod.placed, (*path, "limits", name), message)
    for container in pod.containers:
        for name, limit in mapping(container.value, "resources", "limits").items():
            least, most = amount(limit), amount(limits.get(name))
            if least is not None and most is not None and least > most:
                message = f"{pod.placed.title}: {container.title} may use {name} {limit}, and the pod {limits[name]}"
                yield Problem(pod.placed, (*container.pointer, "resources", "limits", name), message)


def _asked_by_containers(pod: Pod, name: str) -> Fraction:
    """The most that is asked for at a time: by what lasts, or by an init container and the sidecars before it.

    What is not asked for is as much as the limit.
    """
    lasting = sidecars = starting = Fraction(0)
    for container in pod.containers:
        resources = mapping(container.value, "resources")
        asked = Fraction(amount(mapping(resources, "requests").get(name, mapping(resources, "limits").get(name))) or 0)
        if container.lasting:
            lasting += asked
        if container.sidecar:
            sidecars += asked
        elif container.group == "initContainers":
            starting = max(starting, sidecars + asked)
    return max(lasting, starting)


def _fixed(scope: Scope) -> Iterator[Problem]:
    for container in scope.containers:
        resources = mapping(container.value, "resources")
        for group in ("limits", "requests"):
            for name, value in mapping(resources, group).items():
                whole = _is_indivisible(str(name))
                if whole and (words := _unfit(str(name), value, mapping(resources, "limits"), group)):
                    path = (*container.pointer, "resources", group, name)
                    yield Problem(container.placed, path, f"{container.placed.title}: {name} {words}")
    yield from _fixed_of_pods(scope)
    yield from _fixed_of_overheads(scope)


def _fixed_of_pods(scope: Scope) -> Iterator[Problem]:
    """The huge pages of a pod as a whole: before 1.37, where it asks for some, it gets no limit from its containers."""
    inherits = scope.minor >= 37
    for pod in _with_resources(scope):
        resources = mapping(pod.spec, "resources")
        limits = {*mapping(resources, "limits")}
        for container in pod.containers if inherits else ():
            limits.update(mapping(container.value, "resources", "limits"))
        for name in mapping(resources, "requests"):
            if str(name).startswith("hugepages-") and name not in limits:
                message = f"{pod.placed.title}: {name} needs a limit: nobody can have more of it than was asked for"
                yield Problem(pod.placed, (*pod.spec_pointer, "resources", "requests", name), message)


def _fixed_of_overheads(scope: Scope) -> Iterator[Problem]:
    """What pods need beside their containers, which is read as limits."""
    found: list[tuple[RenderedObject, Pointer]] = [
        (pod.placed, (*pod.spec_pointer, "overhead")) for pod in scope.pods if "overhead" in pod.spec
    ]
    found += [(placed, ("overhead", "podFixed")) for placed in scope.of("RuntimeClass")]
    for placed, path in found:
        overhead = at(placed.value, path)
        if not isinstance(overhead, Mapping):
            continue
        for name, value in overhead.items():
            if _is_indivisible(str(name)) and (words := _unfit(str(name), value, {}, "limits")):
                yield Problem(placed, (*path, name), f"{placed.title}: {name} {words}")


@lru_cache(maxsize=1024)
def _is_indivisible(name: str) -> bool:
    """Whether a resource is given out whole: all but cpu, memory and storage."""
    return name.startswith("hugepages-") or ("/" in name and "kubernetes.io/" not in name)


def _unfit(name: str, value: object, limits: Any, group: str) -> str:
    """What is wrong with a resource that is given out whole."""
    found = amount(value)
    if found is None:
        return ""
    page = amount(name.removeprefix("hugepages-")) if name.startswith("hugepages-") else None
    if name.startswith("hugepages-") and (not page or found % page):
        return f"is given out in whole pages of this size, not {value}"
    if "/" in name and found % 1:
        return f"is given out as a whole, not {value}"
    if group == "requests" and name not in limits:
        return "needs a limit: nobody can have more of it than was asked for"
    if group == "requests" and amount(limits[name]) != found:
        return f"must have the limit that is asked for, {value}"
    return ""


_ORDER: Final = ("min", "defaultRequest", "default", "max")


def _ranges(scope: Scope) -> Iterator[Problem]:
    for placed in scope.of("LimitRange"):
        kinds: set[str] = set()
        for index, limit in items(placed.value, "spec", "limits"):
            path = ("spec", "limits", index)
            kind = str(limit.get("type"))
            if kind in kinds:
                yield Problem(placed, (*path, "type"), f"{placed.title} has two entries for {kind}")
            kinds.add(kind)
            for lower, upper, name in _reversed(limit):
                message = f"{placed.title}: {lower} of {name} is above {upper}"
                yield Problem(placed, (*path, lower, name), message)
            for name in _unequal(limit):
                message = f"{placed.title}: {name} is given out whole, so default and defaultRequest are the same"
                yield Problem(placed, (*path, "defaultRequest", name), message)
            for name, ratio in _unreachable(limit):
                message = f"{placed.title}: the ratio {ratio} of {name} is above max divided by min"
                yield Problem(placed, (*path, "maxLimitRequestRatio", name), message)


def _reversed(limit: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """(field, field, resource) where the first must not be above the second, and is."""
    for place, lower in enumerate(_ORDER):
        for upper in _ORDER[place + 1 :]:
            for name, low in mapping(limit, lower).items():
                least, most = amount(low), amount(mapping(limit, upper).get(name))
                if least is not None and most is not None and least > most:
                    yield lower, upper, name


def _unequal(limit: Mapping[str, Any]) -> Iterator[str]:
    """The resources that nobody gets more of than was asked for, with a default that is more."""
    default = mapping(limit, "default")
    for name, request in mapping(limit, "defaultRequest").items():
        asked, most = amount(request), amount(default.get(name))
        if _is_indivisible(str(name)) and asked is not None and most is not None and asked < most:
            yield name


def _unreachable(limit: Mapping[str, Any]) -> Iterator[tuple[str, object]]:
    """(resource, ratio) where no limit and request between min and max are so far apart."""
    for name, written in mapping(limit, "maxLimitRequestRatio").items():
        ratio = amount(written)
        least, most = amount(mapping(limit, "min").get(name)), amount(mapping(limit, "max").get(name))
        if ratio and least and most and ratio * least > most:
            yield name, written


def _lasting(scope: Scope) -> Iterator[Container]:
    return (container for container in scope.containers if container.lasting)


def _no_requests(scope: Scope) -> Iterator[Problem]:
    for container in _lasting(scope):
        resources = mapping(container.value, "resources")
        known = {*mapping(resources, "requests"), *mapping(resources, "limits")}
        missing = [name for name in ("cpu", "memory") if name not in known]
        if missing:
            message = (
                f"{container.placed.title}: {container.title} does not say how much {' and '.join(missing)} it needs"
            )
            yield Problem(container.placed, container.pointer, message)


def _no_limit(name: str) -> Any:
    def run(scope: Scope) -> Iterator[Problem]:
        for container in _lasting(scope):
            if name not in mapping(container.value, "resources", "limits"):
                message = f"{container.placed.title}: {container.title} has no limit of {name}"
                yield Problem(container.placed, container.pointer, message)

    return run


_BOTH = "resources: {requests: {cpu: 100m, memory: 64Mi}, limits: {memory: 128Mi}}"


def _limit_range(amounts: str) -> str:
    return manifest("v1", "LimitRange", "defaults", f"limits: [{{type: Container, {amounts}}}]")


FAMILY = Family(
    "resources",
    "Resources",
    "What containers ask for, and what they may use at most.",
    (
        Check(
            "requests-above-limits",
            Severity.ERROR,
            Basis.REFUSED,
            "a container cannot be promised more than it may use",
            "raise the limit or lower the request",
            _above,
            deployment("resources: {requests: {memory: 128Mi}, limits: {memory: 0.5Gi}}"),
            deployment("resources: {requests: {memory: 1Gi}, limits: {memory: 512Mi}}"),
        ),
        Check(
            "limit-range",
            Severity.ERROR,
            Basis.REFUSED,
            "in a LimitRange, min <= defaultRequest <= default <= max, ratio <= max / min, and each type is there once",
            "put the amounts in order",
            _ranges,
            _limit_range("min: {cpu: 50m}, max: {cpu: 1}"),
            _limit_range("min: {cpu: 2}, max: {cpu: 1}"),
            kinds=("LimitRange",),
        ),
        Check(
            "indivisible-resource",
            Severity.ERROR,
            Basis.REFUSED,
            "devices and huge pages are given out whole, and nobody gets more than was asked for",
            "write the same whole number as request and limit, or the limit only",
            _fixed,
            deployment("resources: {limits: {nvidia.com/gpu: 1}}"),
            deployment("resources: {limits: {nvidia.com/gpu: 2}, requests: {nvidia.com/gpu: 1}}"),
        ),
        Check(
            "resource-requests",
            Severity.WARNING,
            Basis.PRACTICE,
            "without requests the scheduler puts the pod anywhere, and it is the first to be evicted",
            "set resources.requests for cpu and memory",
            _no_requests,
            deployment(_BOTH),
            deployment(),
        ),
        Check(
            "memory-limit",
            Severity.WARNING,
            Basis.PRACTICE,
            "a leak in one container can take all memory of its node",
            "set resources.limits.memory",
            _no_limit("memory"),
            deployment(_BOTH),
            deployment("resources: {requests: {cpu: 100m, memory: 64Mi}}"),
        ),
        Check(
            "cpu-limit",
            None,
            Basis.PRACTICE,
            "a busy container takes all the CPU that its node has to spare; a limit makes its speed predictable",
            "set resources.limits.cpu",
            _no_limit("cpu"),
            deployment("resources: {limits: {cpu: 500m, memory: 64Mi}}"),
            deployment(_BOTH),
        ),
    ),
)
