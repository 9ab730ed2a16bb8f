"""The names that the expressions of policies, webhooks and device classes may use, as structural schemas.

Source: https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/ and
k8s.io/apiserver `pkg/admission/plugin/cel/compile.go` (BuildRequestType, BuildNamespaceType).
"""

from __future__ import annotations

from typing import Final

from generator.custom.cel_types import ANY, Roots
from generator.custom.structural import Node

_TEXT: Final[Node] = {"type": "string"}


def fields(**named: Node | None) -> Node:
    """The schema of an object with these fields."""
    return {"type": "object", "properties": named}


EVERY_OBJECT: Final = {
    "apiVersion": _TEXT,
    "kind": _TEXT,
    "metadata": fields(name=_TEXT, generateName=_TEXT),
}
"""What the rules of a definition know of every object, whatever its schema says."""
_TEXTS: Final[Node] = {"type": "object", "additionalProperties": _TEXT}
_KIND: Final = fields(group=_TEXT, version=_TEXT, kind=_TEXT)
_RESOURCE: Final = fields(group=_TEXT, version=_TEXT, resource=_TEXT)
_USER: Final = fields(
    username=_TEXT,
    uid=_TEXT,
    groups={"type": "array", "items": _TEXT},
    extra={"type": "object", "additionalProperties": {"type": "array", "items": _TEXT}},
)
_REQUEST: Final = fields(
    kind=_KIND,
    resource=_RESOURCE,
    subResource=_TEXT,
    requestKind=_KIND,
    requestResource=_RESOURCE,
    requestSubResource=_TEXT,
    name=_TEXT,
    namespace=_TEXT,
    operation=_TEXT,
    userInfo=_USER,
    dryRun={"type": "boolean"},
    options=None,
)
_NAMESPACE: Final = fields(
    metadata=fields(
        name=_TEXT,
        generateName=_TEXT,
        namespace=_TEXT,
        labels=_TEXTS,
        annotations=_TEXTS,
        UID=_TEXT,
        creationTimestamp=None,
        deletionGracePeriodSeconds={"type": "integer"},
        deletionTimestamp=None,
        generation={"type": "integer"},
        resourceVersion=_TEXT,
        finalizers={"type": "array", "items": _TEXT},
    ),
    spec=fields(finalizers={"type": "array", "items": _TEXT}),
    status=fields(phase=_TEXT),
)
OF_POLICIES: Final[Roots] = {
    "object": ANY,
    "oldObject": ANY,
    "request": _REQUEST,
    "authorizer": None,
    "namespaceObject": _NAMESPACE,
}
"""What the conditions of webhooks know, and the expressions of policies beside their variables and parameters."""
OF_DEVICES: Final[Roots] = {
    "device": fields(driver=_TEXT, attributes=None, capacity=None, allowMultipleAllocations={"type": "boolean"})
}
"""What the selectors of devices know."""
