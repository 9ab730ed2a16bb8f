"""What extends the API: definitions whose schemas are not structural, and policies that do not compile, are refused.

Source: k8s.io/apiextensions-apiserver `pkg/apis/apiextensions/validation`; `structure.py` has the rules of schemas.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from generator.checks.admission import WITH_RULES, covered
from generator.checks.check import Basis, Check, Family, Problem, Scope
from generator.checks.objects import RenderedObject
from generator.custom.crds import KIND
from generator.custom.structural import child
from generator.finding import Severity
from generator.repository import Pointer
from generator.workload import at, items, mapping

if TYPE_CHECKING:
    from generator.checks.structure import Wrong

WITH_EXPRESSIONS: Final = (
    *("ValidatingAdmissionPolicy", "MutatingAdmissionPolicy"),
    *("ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"),
    *("DeviceClass", "ResourceClaim", "ResourceClaimTemplate"),
)
"""The kinds that have expressions, apart from definitions of custom resources."""
_ADMISSION: Final = "admissionregistration.k8s.io"
_VERSION: Final = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1.CustomResourceDefinitionVersion"


# What reads expressions is loaded where there are some: it takes as long as all other checks.
def _not_structural(scope: Scope) -> Iterator[Problem]:
    from generator.checks.structure import not_structural

    for placed in scope.of(KIND):
        for index, version in items(placed.value, "spec", "versions"):
            root = at(version, ("schema", "openAPIV3Schema"))
            if isinstance(root, Mapping):
                above: Pointer = ("spec", "versions", index, "schema", "openAPIV3Schema")
                yield from _told(placed, above, not_structural(scope.version, root))
                if not scope.drops(_VERSION, "selectableFields"):
                    yield from _told(placed, ("spec", "versions", index), _selectable(version, root))


def _selectable(version: Mapping[str, Any], root: Mapping[str, Any]) -> Wrong:
    """Objects can be selected by fields that the schema has, outside of metadata, and that hold one word."""
    seen: set[str] = set()
    for index, field in items(version, "selectableFields"):
        path = field.get("jsonPath")
        if not isinstance(path, str):
            continue
        found: Mapping[str, Any] | None = root
        for name in path.split(".")[1:]:
            found = child(found, name) if found is not None else None
        if path in seen:
            yield ("selectableFields", index), f"{path} is there already"
        elif path.startswith(".metadata.") or found is None:
            yield ("selectableFields", index, "jsonPath"), f"the schema has no field {path}"
        elif found.get("type") not in ("string", "boolean", "integer"):
            yield ("selectableFields", index, "jsonPath"), f"{path} is neither a string nor a boolean nor an integer"
        seen.add(path)


def _told(placed: RenderedObject, above: Pointer, wrong: Wrong) -> Iterator[Problem]:
    for pointer, message in wrong:
        place = ".".join(map(str, pointer))
        yield Problem(placed, (*above, *pointer), f"{placed.title}: {place + ': ' if place else ''}{message}")


def _misnamed(scope: Scope) -> Iterator[Problem]:
    for placed in scope.of(KIND):
        group, plural = at(placed.value, ("spec", "group")), at(placed.value, ("spec", "names", "plural"))
        if isinstance(group, str) and isinstance(plural, str) and placed.name != f"{plural}.{group}":
            message = f"{placed.title} has to be named {plural}.{group}, after its plural and its group"
            yield Problem(placed, ("metadata", "name"), message)
        names = mapping(placed.value, "spec", "names")
        if names.get("kind") and names.get("kind") == names.get("listKind"):
            message = f"{placed.title}: the kind and the listKind cannot both be {names['kind']}"
            yield Problem(placed, ("spec", "names", "listKind"), message)
    for placed in scope.of("APIService"):
        group, version = at(placed.value, ("spec", "group")), at(placed.value, ("spec", "version"))
        if isinstance(version, str) and placed.name != (expected := f"{version}.{group or ''}"):
            message = f"{placed.title} has to be named {expected}, after its version and its group"
            yield Problem(placed, ("metadata", "name"), message)


def _entry(kind: str) -> str:
    """The type of what a configuration of webhooks lists."""
    return f"admissionregistration.v1.{kind.removesuffix('Configuration')}"


def _not_cel(scope: Scope) -> Iterator[Problem]:
    from generator.checks.expressions import expressions
    from generator.custom.cel_types import mistake

    for placed in scope.of(*(kind for kind in WITH_EXPRESSIONS if not scope.drops(_entry(kind), "matchConditions"))):
        # Selectors of devices know more from the beginning.
        number = scope.minor if placed.api_group == _ADMISSION else 999
        for one in expressions(placed.value):
            if error := mistake(one.text, one.known, one.wanted, number):
                place = ".".join(map(str, one.pointer))
                yield Problem(placed, one.pointer, f"{placed.title}: {place}: {error}")


_POLICY: Final = """\
apiVersion: admissionregistration.k8s.io/v1
kind: ValidatingAdmissionPolicy
metadata: {name: replicas}
spec:
  matchConstraints:
    resourceRules:
    - {apiGroups: [apps], apiVersions: [v1], operations: [CREATE], resources: [deployments]}
  validations:
  - expression: object.spec.replicas <= 5
"""
_CRD: Final = """\
apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata: {name: widgets.example.com}
spec:
  group: example.com
  scope: Namespaced
  names: {kind: Widget, plural: widgets}
  versions:
  - name: v1
    served: true
    storage: true
    schema:
      openAPIV3Schema:
        type: object
        properties:
          spec: {type: object, properties: {size: {type: integer}}}
"""
FAMILY = Family(
    "definitions",
    "Definitions and policies",
    "What extends the API: definitions of custom resources, services of APIs, and admission policies.",
    (
        Check(
            "structural-schema",
            Severity.ERROR,
            Basis.REFUSED,
            "the API server takes only schemas that say of every field what it is, and once only",
            "change the schema there; see structural schemas in the documentation of Kubernetes",
            _not_structural,
            _CRD,
            _CRD.replace("size: {type: integer}", "size: {minimum: 1}"),
            kinds=(KIND,),
        ),
        Check(
            "definition-name",
            Severity.ERROR,
            Basis.REFUSED,
            "the name of a definition says where its objects are served",
            "rename it, or correct the plural or the group",
            _misnamed,
            _CRD,
            _CRD.replace("name: widgets.example.com", "name: widget.example.com"),
            kinds=(KIND, "APIService"),
        ),
        Check(
            "policy-expression",
            Severity.ERROR,
            Basis.REFUSED,
            "a policy whose expression cannot be compiled is not taken",
            "correct the expression (CEL)",
            _not_cel,
            _POLICY,
            _POLICY.replace("<= 5", "<= "),
            kinds=WITH_EXPRESSIONS,
        ),
        Check(
            "covered-resource",
            Severity.ERROR,
            Basis.REFUSED,
            "what a wildcard includes is not listed once more",
            "remove the resource, or the wildcard",
            covered,
            _POLICY.replace("[deployments]", "[deployments, deployments/scale]"),
            _POLICY.replace("[deployments]", '["deployments/*", deployments/scale]'),
            kinds=WITH_RULES,
        ),
    ),
)
