"""Where objects have expressions (CEL), and what each of these may use.

Source: https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/ and, of devices,
https://kubernetes.io/docs/concepts/scheduling-eviction/dynamic-resource-allocation/.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from generator.cel.signatures import DYN, Type
from generator.custom.admission_names import OF_DEVICES, OF_POLICIES
from generator.custom.cel_types import Names, type_of
from generator.repository import Pointer
from generator.workload import at, items, mapping

_POLICIES: Final = ("ValidatingAdmissionPolicy", "MutatingAdmissionPolicy")
_WANTED: Final = {"expression": ("bool",), "messageExpression": ("string",), "valueExpression": ("string", "null")}


@dataclass(frozen=True, slots=True)
class Expression:
    """An expression: where it stands, what it may use, and of which types it may be (of any, if there are none)."""

    pointer: Pointer
    text: str
    known: Names
    wanted: tuple[str, ...]


def expressions(value: Mapping[str, Any]) -> Iterator[Expression]:
    """Where an object has expressions."""
    for index, _ in items(value, "webhooks"):
        yield from _listed(value, ("webhooks", index, "matchConditions"), OF_POLICIES)
    if value.get("kind") in _POLICIES:
        yield from _of_policy(value)
    for above in (("spec",), ("spec", "devices", "requests"), ("spec", "spec", "devices", "requests")):
        yield from _of_selectors(at(value, above), above)


def _listed(value: Mapping[str, Any], path: Pointer, known: Names) -> Iterator[Expression]:
    """The expressions in the entries of a list."""
    for index, entry in items(value, *path):
        for key, wanted in _WANTED.items():
            if isinstance(entry.get(key), str) and entry[key]:
                yield Expression((*path, index, key), entry[key], known, wanted)


def _of_policy(policy: Mapping[str, Any]) -> Iterator[Expression]:
    """Those of an admission policy: variables know the ones before them, conditions know none."""
    spec = mapping(policy, "spec")
    known = OF_POLICIES.and_(params=DYN) if spec.get("paramKind") else OF_POLICIES
    yield from _listed(policy, ("spec", "matchConditions"), known)
    variables: dict[str, Type] = {}
    for index, variable in items(spec, "variables"):
        before = known.and_fields("variables", {**variables})
        text = variable.get("expression")
        if isinstance(text, str) and text:
            yield Expression(("spec", "variables", index, "expression"), text, before, ())
            variables[str(variable.get("name"))] = type_of(text, before)
    if variables:
        known = known.and_fields("variables", variables)
    for field in ("validations", "auditAnnotations"):
        yield from _listed(policy, ("spec", field), known)
    for index, mutation in items(spec, "mutations"):
        for kind, wanted in (("applyConfiguration", "Object"), ("jsonPatch", "list(JSONPatch)")):
            text = mapping(mutation, kind).get("expression")
            if isinstance(text, str) and text:
                yield Expression(("spec", "mutations", index, kind, "expression"), text, known, (wanted,))


def _of_selectors(node: object, path: Pointer) -> Iterator[Expression]:
    """The selectors of devices in a class, or at any depth of the requests of a claim."""
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, value in inner:
        if step == "selectors":
            for index, selector in items(node, "selectors"):
                text = mapping(selector, "cel").get("expression")
                if isinstance(text, str) and text:
                    yield Expression((*path, step, index, "cel", "expression"), text, OF_DEVICES, ("bool", "dyn"))
        elif step in ("exactly", "firstAvailable") or isinstance(step, int):
            yield from _of_selectors(value, (*path, step))
