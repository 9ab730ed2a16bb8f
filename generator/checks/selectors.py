"""Selectors and the pods they are meant for, and the ports that lead into them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import itemgetter
from typing import Any

from generator.checks.check import Basis, Check, Family, Problem, Scope
from generator.checks.example import deployment, manifest, service, stream
from generator.checks.objects import Pod, RenderedObject
from generator.checks.selection import holds
from generator.finding import Severity
from generator.repository import Pointer
from generator.workload import items, listed, mapping

_SELECTING = ("DaemonSet", "Deployment", "ReplicaSet", "StatefulSet")
_GIVEN = frozenset(
    "apps.kubernetes.io/pod-index batch.kubernetes.io/controller-uid batch.kubernetes.io/job-completion-index"
    " batch.kubernetes.io/job-name controller-revision-hash controller-uid job-name pod-template-hash"
    " statefulset.kubernetes.io/pod-name".split()
)
"""Labels that controllers give to the pods they make (Kubernetes' reference of well-known labels)."""


def _mismatches(scope: Scope) -> Iterator[Problem]:
    for pod in scope.pods:
        placed = pod.placed
        if placed.kind == "ReplicationController":
            yield from _missed(placed, ("spec", "selector"), pod.labels)
        by_hand = placed.kind == "Job" and mapping(placed.value, "spec").get("manualSelector") is True
        if placed.kind not in _SELECTING and not by_hand:
            continue
        yield from _missed(placed, ("spec", "selector", "matchLabels"), pod.labels)
        for index, expression in items(placed.value, "spec", "selector", "matchExpressions"):
            if not holds(expression, pod.labels):
                message = (
                    f"{placed.title} selects pods by {expression.get('key')}, which its pod template does not satisfy"
                )
                yield Problem(placed, ("spec", "selector", "matchExpressions", index), message)


def _missed(placed: RenderedObject, where: tuple[str, ...], labels: Mapping[str, Any]) -> Iterator[Problem]:
    for key, value in mapping(placed.value, *where).items():
        if labels.get(key) != value:
            got = f"has {labels[key]!r}" if key in labels else "does not have it"
            message = f"{placed.title} selects pods with {key}={value}, but its pod template {got}"
            yield Problem(placed, (*where, key), message)


def _empty(scope: Scope) -> Iterator[Problem]:
    for pod in scope.pods:
        placed = pod.placed
        selector = mapping(placed.value, "spec").get("selector")
        if placed.kind == "ReplicationController" and not mapping(selector) and not pod.labels:
            message = f"{placed.title} has neither a selector nor labels of its pods to take for one"
            yield Problem(placed, ("spec", "selector"), message)
        if placed.kind not in _SELECTING or not isinstance(selector, dict):
            continue
        if not selector.get("matchLabels") and not selector.get("matchExpressions"):
            yield Problem(placed, ("spec", "selector"), f"{placed.title} has an empty selector: it would own every pod")


def _keys_twice(scope: Scope) -> Iterator[Problem]:
    """ValidateMatchLabelKeysAndMismatchLabelKeys, and what the strategy of pods adds to a selector before it.

    Before 1.34 it adds nothing to those that spread pods, and refuses each key that is in both.
    """
    adds = scope.minor >= 34
    for pod in scope.pods:
        for path, term in (*_spreads(pod), *_terms(pod)):
            near = path[0] == "affinity"
            of = "PodAffinityTerm" if near else "TopologySpreadConstraint"
            if "matchLabelKeys" not in term or scope.drops(f"core.v1.{of}", "matchLabelKeys"):
                continue
            merges = adds or near
            others = listed(term, "mismatchLabelKeys")
            selector = mapping(term, "labelSelector")
            selected: list[object] = [*mapping(selector, "matchLabels")]
            selected += [one.get("key") for _, one in items(selector, "matchExpressions")]
            for index, key in enumerate(listed(term, "matchLabelKeys")):
                where = (*pod.spec_pointer, *path, "matchLabelKeys", index)
                if not isinstance(key, str):
                    continue
                added = merges and pod.placed.kind == "Pod" and key in pod.labels
                if key in others:
                    yield Problem(pod.placed, where, f"{pod.placed.title}: {key} is in mismatchLabelKeys too")
                elif selected.count(key) + added > merges:
                    yield Problem(pod.placed, where, f"{pod.placed.title}: {key} is in the labelSelector too")
                if added:
                    selected.append(key)


def _spreads(pod: Pod) -> Iterator[tuple[Pointer, Mapping[str, Any]]]:
    """Where a pod says how pods are spread."""
    for index, spread in items(pod.spec, "topologySpreadConstraints"):
        yield ("topologySpreadConstraints", index), spread


def _terms(pod: Pod) -> Iterator[tuple[Pointer, Mapping[str, Any]]]:
    """Where a pod says near which others it wants to run, or not."""
    for kind in ("podAffinity", "podAntiAffinity") if "affinity" in pod.spec else ():
        required: Pointer = ("affinity", kind, "requiredDuringSchedulingIgnoredDuringExecution")
        for index, term in items(pod.spec, *required):
            yield (*required, index), term
        preferred: Pointer = ("affinity", kind, "preferredDuringSchedulingIgnoredDuringExecution")
        for index, weighted in items(pod.spec, *preferred):
            yield (*preferred, index, "podAffinityTerm"), mapping(weighted, "podAffinityTerm")


def _lonely(scope: Scope) -> Iterator[Problem]:
    for placed in scope.of("Service"):
        selector = mapping(placed.value, "spec", "selector")
        written = {key: value for key, value in selector.items() if key not in _GIVEN}
        if written and not scope.selected(written) and not _operated(scope, written):
            wanted = ", ".join(f"{key}={value}" for key, value in selector.items())
            message = f"{placed.title} selects {wanted}, which no pod of {scope.environment.name} has"
            yield Problem(placed, ("spec", "selector"), message)


def _names(scope: Scope) -> Iterator[Problem]:
    for placed, pointer, target, pod in _astray(scope, "name", str):
        message = f"{placed.title} leads to port {target}, which no container of {pod.placed.title} has"
        yield Problem(placed, pointer, message)


def _numbers(scope: Scope) -> Iterator[Problem]:
    for placed, pointer, target, pod in _astray(scope, "containerPort", int):
        message = f"{placed.title} leads to port {target}, which no container of {pod.placed.title} declares"
        yield Problem(placed, pointer, message)


def _astray(
    scope: Scope, field: str, kind: type[str] | type[int]
) -> Iterator[tuple[RenderedObject, Pointer, Any, Pod]]:
    """The ports by name or number that Services lead to and pods do not have, pod by pod."""
    for placed in scope.of("Service"):
        selected = scope.selected(mapping(placed.value, "spec", "selector"))
        found: list[tuple[int, Pod, Pointer, Any]] = []
        for index, port in items(placed.value, "spec", "ports"):
            written = "targetPort" if "targetPort" in port else "port"
            if isinstance(target := port.get(written), kind):
                pointer = ("spec", "ports", index, written)
                found += ((number, pod, pointer, target) for number, pod in selected.without(field, target))
        yield from ((placed, pointer, target, pod) for _, pod, pointer, target in sorted(found, key=itemgetter(0)))


def _budgets(scope: Scope) -> Iterator[Problem]:
    for placed in scope.of("PodDisruptionBudget"):
        selector = mapping(placed.value, "spec").get("selector")
        if isinstance(selector, Mapping) and not _any_pod(scope, selector):
            message = f"{placed.title} protects no pod of {scope.environment.name}"
            yield Problem(placed, ("spec", "selector"), message)


def _any_pod(scope: Scope, selector: Mapping[str, Any]) -> bool:
    """Whether there are pods that a LabelSelector selects, or may be."""
    return bool(scope.selection.of(selector)) or _operated(scope, mapping(selector, "matchLabels"))


def _operated(scope: Scope, labels: Mapping[str, Any]) -> bool:
    """Whether a label names a custom resource that is there: its operator may make pods with that label."""
    return not scope.custom_names.isdisjoint(map(str, labels.values()))


def _policies(scope: Scope) -> Iterator[Problem]:
    for placed in scope.of("NetworkPolicy"):
        spec = mapping(placed.value, "spec")
        if not _any_pod(scope, mapping(spec, "podSelector")):
            message = f"{placed.title} is about no pod of {scope.environment.name}"
            yield Problem(placed, ("spec", "podSelector"), message)
        for direction, peers in (("ingress", "from"), ("egress", "to")):
            for index, rule in items(spec, direction):
                path = ("spec", direction, index, peers)
                yield from _strangers(scope, placed, path, rule)


def _strangers(scope: Scope, placed: RenderedObject, path: Pointer, rule: Mapping[str, Any]) -> Iterator[Problem]:
    for index, peer in items(rule, str(path[-1])):
        selector = mapping(peer, "podSelector")
        if selector and peer.get("namespaceSelector") is None and not _any_pod(scope, selector):
            message = f"{placed.title} names a peer that no pod of {scope.environment.name} is"
            yield Problem(placed, (*path, index, "podSelector"), message)


_LISTENING = deployment("ports: [{name: http, containerPort: 8080}]")
_SELECTED = "selector: {app: web}"
_NEAR = """\
affinity:
  podAffinity:
    requiredDuringSchedulingIgnoredDuringExecution:
    - {topologyKey: zone, labelSelector: {matchLabels: {app: web}}, matchLabelKeys: [team]"""


def _budget(app: str) -> str:
    spec = f"maxUnavailable: 1\nselector:\n  matchLabels: {{app: {app}}}"
    return stream(deployment(), manifest("policy/v1", "PodDisruptionBudget", "web", spec))


def _policy(app: str) -> str:
    spec = f"podSelector:\n  matchLabels: {{app: {app}}}\ningress: []"
    return stream(deployment(), manifest("networking.k8s.io/v1", "NetworkPolicy", "web", spec))


FAMILY = Family(
    "selectors",
    "Selectors",
    "Who is meant by a selector, and which port leads where.",
    (
        Check(
            "selector-mismatch",
            Severity.ERROR,
            Basis.REFUSED,
            "the API server refuses a workload whose selector misses its own pods",
            "give the selector and the labels of the pod template the same values",
            _mismatches,
            deployment(),
            deployment().replace("labels: {app: web}", "labels: {app: wob}"),
        ),
        Check(
            "empty-selector",
            Severity.ERROR,
            Basis.REFUSED,
            "a workload with an empty selector would take all pods of its namespace for its own",
            "select a label that only its own pods have",
            _empty,
            deployment(),
            deployment().replace("    matchLabels: {app: web}", "    matchLabels: {}"),
        ),
        Check(
            "label-key-twice",
            Severity.ERROR,
            Basis.REFUSED,
            "pods are compared by a label once: alike, or different",
            "keep the key in one of the lists",
            _keys_twice,
            deployment(pod=f"{_NEAR}, mismatchLabelKeys: [tier]}}"),
            deployment(pod=f"{_NEAR}, mismatchLabelKeys: [team]}}"),
        ),
        Check(
            "service-without-pods",
            Severity.ERROR,
            Basis.BROKEN,
            "a Service whose selector matches nothing answers nobody",
            "correct the selector, or add the workload to this environment",
            _lonely,
            stream(_LISTENING, service(_SELECTED)),
            stream(_LISTENING, service("selector: {app: wob}")),
            across=True,
        ),
        Check(
            "service-port",
            Severity.ERROR,
            Basis.BROKEN,
            "a name that no container gives to a port leads nowhere",
            "use the name or number of a container port",
            _names,
            stream(_LISTENING, service(_SELECTED, ports="ports: [{port: 80, targetPort: http}]")),
            stream(_LISTENING, service(_SELECTED, ports="ports: [{port: 80, targetPort: grpc}]")),
            across=True,
        ),
        Check(
            "undeclared-port",
            Severity.WARNING,
            Basis.PRACTICE,
            "where containers say which ports they listen on, another number is often a slip",
            "correct the number, or add the port to those of the container",
            _numbers,
            stream(_LISTENING, service(_SELECTED, ports="ports: [{port: 80, targetPort: 8080}]")),
            stream(_LISTENING, service(_SELECTED, ports="ports: [{port: 80, targetPort: 8008}]")),
            across=True,
        ),
        Check(
            "budget-without-pods",
            Severity.WARNING,
            Basis.BROKEN,
            "a budget that matches no pod protects nothing, and nobody notices",
            "correct the selector, or remove the budget",
            _budgets,
            _budget("web"),
            _budget("wob"),
            across=True,
        ),
        Check(
            "network-policy-without-pods",
            Severity.WARNING,
            Basis.BROKEN,
            "a network policy that matches no pod protects nothing, and a peer that nobody is lets nobody in",
            "correct the selector, or add the workload to this environment",
            _policies,
            _policy("web"),
            _policy("wob"),
            across=True,
        ),
    ),
)
