"""What a structural schema says to CEL: of which types values are, and how large they can be.

Source: k8s.io/apiserver, pkg/cel/common/schemas.go and limits.go. Where a schema has no limit, what fits into a request
of 3 MiB at the smallest is the limit.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from generator.cel.names import is_expressible, spellings
from generator.cel.nodes import NotUnderstood
from generator.cel.signatures import DYN, STRING, Type
from generator.workload import listed, mapping

Node = Mapping[str, Any]
"""A schema."""

REQUEST: Final = 3 * 2**20
"""Bytes that a request to the API server may have."""

_TIMES: Final = {"duration": ("duration", 32, 3), "date": ("timestamp", 12, 12), "date-time": ("timestamp", 32, 21)}
"""By format: the type, and the most and fewest bytes in JSON."""
_BOTH: Final = "x-kubernetes-int-or-string"
_EMBEDDED: Final = "x-kubernetes-embedded-resource"


@dataclass(frozen=True, slots=True)
class Declared:
    """A type with its sizes: how many characters, items or fields there are at most, and bytes in JSON at least.

    `limit` is what would limit the first, where nothing does but the size of a request.
    """

    type: Type
    most: int
    smallest: int
    limit: str = ""
    keys: Declared | None = None
    values: Declared | None = None
    fields: Mapping[str, Declared] = field(default_factory=dict)


_SCALARS: Final = {
    "boolean": Declared(Type("bool"), 0, 4),
    "number": Declared(Type("double"), 0, 1),
    "integer": Declared(Type("int"), 0, 1),
}
_KINDS: Final = {"kind": "string", "apiVersion": "string", "metadata": "object"}
_EVERY_OBJECT: Final[Node] = {
    "kind": {"type": "string"},
    "apiVersion": {"type": "string"},
    "metadata": {"type": "object", "properties": {"name": {"type": "string"}, "generateName": {"type": "string"}}},
}


class Declarations:
    """Those of the nodes of a schema, each made once. Of schemas that are not of users, names are taken `as_is`."""

    def __init__(self, *, as_is: bool = False) -> None:
        self._as_is = as_is
        self._made: dict[int, Declared | NotUnderstood | None] = {}
        self.fields: dict[str, dict[str, Type]] = {}
        """The types of the fields of each type that has any."""

    def of(self, node: Node, *, is_root: bool = False) -> Declared | None:
        """That of a node; None for what CEL does not see. Raises `NotUnderstood` for lists in lists without end."""
        if id(node) not in self._made:
            try:
                self._made[id(node)] = self._declared(node, is_root or node.get(_EMBEDDED) is True)
            except NotUnderstood as error:
                self._made[id(node)] = error
        found = self._made[id(node)]
        if isinstance(found, NotUnderstood):
            raise found
        return found

    def _declared(self, node: Node, is_resource: bool) -> Declared | None:
        if node.get(_BOTH) is True:
            return _limited(Declared(DYN, REQUEST - 2, 1, "maxLength"), node, 4)
        kind = node.get("type")
        if kind == "array":
            return self._list(node)
        if kind == "object":
            values = node.get("additionalProperties")
            return self._map(node, values) if isinstance(values, Mapping) else self._object(node, is_resource)
        return _text(node) if kind == "string" else _SCALARS.get(str(kind))

    def _list(self, node: Node) -> Declared | None:
        items = node.get("items")
        values = self.of(items) if isinstance(items, Mapping) else None
        if values is None:
            return None
        most = (REQUEST - 2) // (values.smallest + 1)
        return _limited(Declared(Type("list", (values.type,)), most, 2, "maxItems", values=values), node)

    def _map(self, node: Node, inside: Node) -> Declared | None:
        values = self.of(inside)
        if values is None:
            return None
        most, kind = (REQUEST - 2) // (values.smallest + 6), Type("map", (STRING, values.type))
        return _limited(Declared(kind, most, 2, "maxProperties", keys=_KEY, values=values), node)

    def _object(self, node: Node, is_resource: bool) -> Declared:
        properties = of_resource(mapping(node, "properties")) if is_resource else mapping(node, "properties")
        required = {one for one in listed(node, "required") if isinstance(one, str)}
        fields: dict[str, Declared] = {}
        types: dict[str, Type] = {}
        smallest = 2
        for name, inside in properties.items():
            found = self.of(inside) if isinstance(inside, Mapping) else None
            if found is None:
                continue
            if self._as_is or is_expressible(name):
                names = (name,) if self._as_is else spellings(name)
                fields[names[0]] = found  # nothing else has a size there
                types.update(dict.fromkeys(names, found.type))
            if name in required and inside.get("default") is None:
                smallest += len(name.encode()) + found.smallest + 4
        kind = Type(f"object {len(self.fields)}")
        self.fields[kind.name] = types
        return Declared(kind, 0, smallest, fields=fields)


_KEY: Final = Declared(STRING, 0, 2)
"""The keys of a map have no size there, whatever they are."""


def of_resource(properties: Mapping[str, Any]) -> Mapping[str, Any]:
    """The fields of a whole object: those that each has are as a schema says only if it says all of them."""
    fields = mapping(properties, "metadata", "properties")
    says_all = (
        all(mapping(properties, name).get("type") == kind for name, kind in _KINDS.items())
        and all(mapping(fields, name).get("type") == "string" for name in ("name", "generateName"))
    )  # fmt: skip
    return properties if says_all else {**properties, **_EVERY_OBJECT}


def _text(node: Node) -> Declared:
    form, words = node.get("format"), listed(node, "enum")
    if isinstance(form, str) and form in _TIMES:
        name, most, smallest = _TIMES[form]
        return Declared(Type(name), most, smallest)
    if form == "byte":
        return _limited(Declared(Type("bytes"), REQUEST - 2, 2, "maxLength"), node)
    if words and node.get("maxLength") is None:
        return Declared(STRING, max((len(one.encode()) for one in words if isinstance(one, str)), default=0), 2)
    return _limited(Declared(STRING, REQUEST - 2, 2, "maxLength"), node, 4)


def _limited(declared: Declared, node: Node, bytes_each: int = 1) -> Declared:
    """The same with the limit of the schema, if there is one; that of texts is in characters, of so many bytes each."""
    told = limit(node, declared.limit)
    return declared if told is None else replace(declared, most=told * bytes_each % 2**64, limit="")


def limit(node: Node, key: str) -> int | None:
    """A limit that a schema sets."""
    told = node.get(key)
    return max(told, 0) if isinstance(told, int) else None
