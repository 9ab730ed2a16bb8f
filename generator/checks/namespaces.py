"""A service stays in its own namespace; what reaches further has to be allowed (`allow.kinds`)."""

from __future__ import annotations

from collections.abc import Iterator

from generator.checks.check import Basis, Check, Family, Problem, Scope
from generator.checks.example import config_map
from generator.checks.objects import RenderedObject
from generator.finding import Severity
from generator.workload import mapping

_RIGHTS = "rbac.authorization.k8s.io"


def _is_cluster_scoped(scope: Scope, placed: RenderedObject) -> bool:
    found = scope.catalogue.kind(scope.version, placed.api_version, placed.kind)
    return found is not None and not found.namespaced


def _strangers(scope: Scope) -> Iterator[Problem]:
    own = scope.environment.namespace
    for placed in scope.objects:
        if placed.namespace in (None, own) or _is_cluster_scoped(scope, placed):
            continue
        message = f"{placed.title} is for the namespace {placed.namespace}; that of {scope.environment.name} is {own}"
        yield Problem(placed, ("metadata", "namespace"), message)


def _unallowed(scope: Scope) -> Iterator[Problem]:
    allowed = scope.environment.allowed_kinds
    for placed in scope.objects:
        if allowed and (placed.kind in allowed or f"{placed.api_group}/{placed.kind}" in allowed):
            continue
        if placed.api_group == _RIGHTS:
            yield Problem(placed, ("kind",), f"{placed.title} gives rights, which services may not by default")
        elif _is_cluster_scoped(scope, placed):
            yield Problem(placed, ("kind",), f"{placed.title} belongs to no namespace: it affects the whole cluster")


def _of_elsewhere(scope: Scope) -> Iterator[Problem]:
    """legacyValidateEvent"""
    for placed in scope.of("Event"):
        field = "involvedObject" if placed.api_version == "v1" else "regarding"
        about = mapping(placed.value, field).get("namespace") or ""
        timed = bool(placed.value.get("eventTime"))
        fine = (about, "default", "kube-system") if timed else (about or "default",)
        if placed.namespace is not None and not (timed and about) and placed.namespace not in fine:
            message = f"{placed.title} is in {placed.namespace}, and about {about or 'what is in no namespace'}"
            yield Problem(placed, (field, "namespace"), message)


_EVENT = "apiVersion: v1\nkind: Event\nmetadata: {name: web.1, namespace: shop}\ninvolvedObject: "
_ROLE = "apiVersion: rbac.authorization.k8s.io/v1\nkind: Role\nmetadata: {name: web}\nrules: []\n"

FAMILY = Family(
    "namespaces",
    "Namespaces",
    "A service stays in its own namespace; what reaches further has to be allowed (`allow.kinds`).",
    (
        Check(
            "foreign-namespace",
            Severity.ERROR,
            Basis.RULE,
            "a service may only change what is in its environment's namespace",
            "write the environment's namespace ({{ namespace }} in a template)",
            _strangers,
            config_map().replace("{name: settings}", "{name: settings, namespace: shop}"),
            config_map().replace("{name: settings}", "{name: settings, namespace: kube-system}"),
        ),
        Check(
            "event-namespace",
            Severity.ERROR,
            Basis.REFUSED,
            "an event is in the namespace of what it is about, or in default where that is in none",
            "write the same namespace twice",
            _of_elsewhere,
            f"{_EVENT}{{kind: Pod, name: web, namespace: shop}}\n",
            f"{_EVENT}{{kind: Pod, name: web, namespace: cart}}\n",
            kinds=("Event",),
        ),
        Check(
            "kind-not-allowed",
            Severity.ERROR,
            Basis.RULE,
            "cluster-scoped objects and rights reach beyond the service",
            "remove the object, or add its kind to allow.kinds in environment.yaml",
            _unallowed,
            config_map(),
            _ROLE,
        ),
    ),
)
