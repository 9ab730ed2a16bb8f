"""The names that the expressions of policies, webhooks and device classes may use.

Source: https://kubernetes.io/docs/reference/access-authn-authz/validating-admission-policy/ and
k8s.io/apiserver `pkg/admission/plugin/cel/compile.go` (BuildRequestType, BuildNamespaceType).
"""

from __future__ import annotations

from typing import Final

from generator.cel.signatures import DYN, Type
from generator.custom.cel_types import ANY, names
from generator.custom.structural import Node

_TEXT: Final[Node] = {"type": "string"}
_TIME: Final[Node] = {"type": "string", "format": "date-time"}


def _fields(**named: Node) -> Node:
    return {"type": "object", "properties": named}


_TEXTS: Final[Node] = {"type": "object", "additionalProperties": _TEXT}
_KIND: Final = _fields(group=_TEXT, version=_TEXT, kind=_TEXT)
_RESOURCE: Final = _fields(group=_TEXT, version=_TEXT, resource=_TEXT)
_USER: Final = _fields(
    username=_TEXT,
    uid=_TEXT,
    groups={"type": "array", "items": _TEXT},
    extra={"type": "object", "additionalProperties": {"type": "array", "items": _TEXT}},
)
_REQUEST: Final = _fields(
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
    options=ANY,
)
_CONDITION: Final = _fields(type=_TEXT, status=_TEXT, reason=_TEXT, message=_TEXT, lastTransitionTime=_TIME)
_NAMESPACE: Final = _fields(
    metadata=_fields(
        name=_TEXT,
        generateName=_TEXT,
        namespace=_TEXT,
        labels=_TEXTS,
        annotations=_TEXTS,
        UID=_TEXT,
        creationTimestamp=_TIME,
        deletionGracePeriodSeconds={"type": "integer"},
        deletionTimestamp=_TIME,
        generation={"type": "integer"},
        resourceVersion=_TEXT,
        finalizers={"type": "array", "items": _TEXT},
    ),
    spec=_fields(finalizers={"type": "array", "items": _TEXT}),
    status=_fields(phase=_TEXT, conditions={"type": "array", "items": _CONDITION}),
)
OF_POLICIES: Final = names(
    {"request": _REQUEST, "namespaceObject": _NAMESPACE},
    as_is=True,
    object=DYN,
    oldObject=DYN,
    authorizer=Type("authorizer"),
    **{"authorizer.requestResource": Type("resource_check")},
)
"""What the conditions of webhooks know, and the expressions of policies beside their variables and parameters."""
_OF_EACH: Final[Node] = {"type": "object", "additionalProperties": {"type": "object", "additionalProperties": ANY}}
OF_DEVICES: Final = names(
    {
        "device": _fields(
            driver=_TEXT, attributes=_OF_EACH, capacity=_OF_EACH, allowMultipleAllocations={"type": "boolean"}
        )
    },
    cel=DYN,  # for cel.bind
)
"""What the selectors of devices know."""
