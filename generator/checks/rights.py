"""Roles and who has them (`pkg/apis/rbac/validation`)."""

from __future__ import annotations

from collections.abc import Iterator

from generator.checks.check import Basis, Check, Family, Problem, Scope
from generator.checks.objects import RenderedObject
from generator.finding import Severity
from generator.repository import Pointer
from generator.workload import items, mapping


def _rules(scope: Scope) -> Iterator[Problem]:
    for placed in scope.of("Role", "ClusterRole"):
        for index, rule in items(placed.value, "rules"):
            urls, resources = rule.get("nonResourceURLs"), rule.get("resources")
            path = ("rules", index)
            if urls and placed.kind == "Role":
                yield _at(placed, (*path, "nonResourceURLs"), "URLs outside of the API belong to no namespace")
            elif urls and (resources or rule.get("apiGroups") or rule.get("resourceNames")):
                yield _at(placed, (*path, "nonResourceURLs"), "a rule is about resources or about URLs")
            elif not urls and not resources:
                yield _at(placed, path, "a rule needs resources")
            elif not urls and not rule.get("apiGroups"):
                yield _at(placed, path, 'a rule needs apiGroups; [""] is that of Pods, Services and Secrets')


def _bindings(scope: Scope) -> Iterator[Problem]:
    for placed in scope.of("ClusterRoleBinding"):
        if mapping(placed.value, "roleRef").get("kind") == "Role":
            yield _at(placed, ("roleRef", "kind"), "a Role is for one namespace; the binding is for all of them")
        for index, subject in items(placed.value, "subjects"):
            if subject.get("kind") == "ServiceAccount" and not subject.get("namespace"):
                yield _at(placed, ("subjects", index), "a ServiceAccount needs its namespace here")


def _wide(scope: Scope) -> Iterator[Problem]:
    for placed in scope.of("Role", "ClusterRole"):
        for index, rule in items(placed.value, "rules"):
            verbs, resources = rule.get("verbs"), rule.get("resources")
            if isinstance(verbs, list) and isinstance(resources, list) and "*" in verbs and "*" in resources:
                yield _at(placed, ("rules", index), "it allows everything, with all that will ever be added")
    for placed in scope.of("RoleBinding", "ClusterRoleBinding"):
        if mapping(placed.value, "roleRef").get("name") == "cluster-admin":
            yield _at(placed, ("roleRef", "name"), "whoever has cluster-admin can do everything")


def _at(placed: RenderedObject, path: Pointer, message: str) -> Problem:
    return Problem(placed, path, f"{placed.title}: {message}")


_RIGHTS = "rbac.authorization.k8s.io"


def _role(rule: str) -> str:
    return f"apiVersion: {_RIGHTS}/v1\nkind: Role\nmetadata: {{name: web}}\nrules:\n- {{{rule}}}\n"


def _binding(namespace: str) -> str:
    return (
        f"apiVersion: {_RIGHTS}/v1\nkind: ClusterRoleBinding\nmetadata: {{name: web}}\n"
        f"roleRef: {{apiGroup: {_RIGHTS}, kind: ClusterRole, name: view}}\n"
        f"subjects:\n- {{kind: ServiceAccount, name: web{namespace}}}\n"
    )


FAMILY = Family(
    "rights",
    "Rights",
    "Roles, and who has them. Whether a service may have any is `kind-not-allowed`.",
    (
        Check(
            "role-rule",
            Severity.ERROR,
            Basis.REFUSED,
            "a rule says which verbs it allows, on which resources of which API groups",
            "complete the rule",
            _rules,
            _role('apiGroups: [""], resources: [pods], verbs: [get]'),
            _role("resources: [pods], verbs: [get]"),
            kinds=("Role", "ClusterRole"),
        ),
        Check(
            "role-binding",
            Severity.ERROR,
            Basis.REFUSED,
            "a binding for the whole cluster needs a ClusterRole, and subjects with their namespace",
            "correct the reference",
            _bindings,
            _binding(", namespace: shop"),
            _binding(""),
            kinds=("ClusterRoleBinding",),
        ),
        Check(
            "all-rights",
            Severity.WARNING,
            Basis.PRACTICE,
            "who gets into a program with all rights has the cluster",
            "list the verbs and resources that are needed",
            _wide,
            _role("apiGroups: [apps], resources: ['*'], verbs: [get, list]"),
            _role("apiGroups: ['*'], resources: ['*'], verbs: ['*']"),
            kinds=("Role", "ClusterRole", "RoleBinding", "ClusterRoleBinding"),
        ),
    ),
)
