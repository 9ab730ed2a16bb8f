"""Strategic merge: laying a part of an object over an object, as `kubectl patch` and the API server do it.

Maps merge and null removes. Whether a list replaces or merges, and which field tells its items apart, is said by
Kubernetes' own schemas (`x-kubernetes-patch-strategy`, `x-kubernetes-patch-merge-key`). The rules and the order of
lists are those of k8s.io/apimachinery/pkg/util/strategicpatch/patch.go, which tests compare with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from generator.patches.sourced import Node, equal, plain
from generator.schemas import schema_for, supported_versions

_PATCH: Final = "$patch"
_RETAIN: Final = "$retainKeys"
_ORDER: Final = "$setElementOrder/"
_REMOVE: Final = "$deleteFromPrimitiveList/"


class PatchError(Exception):
    """A patch that cannot be applied: what is wrong, and the node of the patch that says so."""

    def __init__(self, what: str, node: Node) -> None:
        super().__init__(what)
        self.what = what
        self.node = node


def merge(original: Node, patch: Node, api_version: str, kind: str) -> Node | None:
    """The object with a patch laid over it; None where the patch deletes the whole of it.

    A kind that is not one of Kubernetes' own has no merge keys: its lists replace, as in a JSON merge patch
    (RFC 7396). Raises `PatchError`.
    """
    if _directive(patch) == "delete":
        return None
    return _merge_maps(original, patch, _type_of(api_version, kind))


@dataclass(frozen=True, slots=True, eq=False)
class _Type:
    """What a schema says about merging a node: its fields, and of a list how it merges and by which key."""

    schema: Mapping[str, Any]
    definitions: Mapping[str, Any]

    def field(self, name: str) -> _Type:
        """The type of a field of a map."""
        properties = self.schema.get("properties") or {}
        return self._of(properties.get(name) or self.schema.get("additionalProperties"))

    @property
    def items(self) -> _Type:
        """The type of the items of a list."""
        return self._of(self.schema.get("items"))

    @property
    def strategies(self) -> frozenset[str]:
        """`merge`, `replace`, `retainKeys`; nothing where the schema does not say."""
        return frozenset(str(self.schema.get("x-kubernetes-patch-strategy") or "").split(","))

    @property
    def key(self) -> str:
        """The field that tells the items of a list apart; empty for lists of scalars."""
        return str(self.schema.get("x-kubernetes-patch-merge-key") or "")

    def _of(self, schema: Any) -> _Type:
        if not isinstance(schema, Mapping):
            return _Type({}, self.definitions)
        reference = schema.get("$ref")
        named = self.definitions.get(reference.removeprefix("#/$defs/"), {}) if isinstance(reference, str) else {}
        return _Type({**named, **schema}, self.definitions)


@lru_cache(maxsize=256)
def _type_of(api_version: str, kind: str) -> _Type:
    """The type of a kind: as the newest version says that has it, so that nothing else decides how to merge."""
    for version in reversed(supported_versions()):
        schema = schema_for(version, api_version, kind)
        if schema is not None:
            return _Type({}, schema["$defs"])._of({"$ref": schema["$ref"]})
    return _Type({}, {})


def _directive(patch: Node) -> Any:
    return plain(patch.value[_PATCH]) if isinstance(patch.value, dict) and _PATCH in patch.value else None


def _merge_maps(original: Node, patch: Node, of: _Type) -> Node:
    fields: dict[str, Node] = dict(patch.value)
    directive = fields.pop(_PATCH, None)
    if directive is not None:
        if directive.value == "replace":
            return patch.holding(fields)
        if directive.value == "delete":
            return patch.holding({})
        raise PatchError("$patch is `replace` or `delete`", directive)
    result: dict[str, Node] = dict(original.value)
    _retain(result, fields)
    for name in [name for name in fields if name.startswith(_ORDER)]:
        _order(result, fields, name, of)
    for name, value in fields.items():
        if name.startswith(_REMOVE):
            _remove(result, name.removeprefix(_REMOVE), value)
        elif value.value is None or (_directive(value) == "delete" and name not in result):
            result.pop(name, None)
        else:
            result[name] = _merged(result.get(name), value, of.field(name))
    return original.holding(result)


def _merged(original: Node | None, patch: Node, of: _Type) -> Node:
    """A value that is not null laid over what there is at its place."""
    if original is not None and isinstance(original.value, dict) and isinstance(patch.value, dict):
        return patch if "replace" in of.strategies else _merge_maps(original, patch, of)
    if original is not None and isinstance(original.value, list) and isinstance(patch.value, list):
        return _merge_lists(original, patch, of) if "merge" in of.strategies else patch
    if original is not None and equal(original.value, patch.value):
        return original  # the patch only names it, as it does the key of an item
    return _taken(patch)


def _taken(node: Node) -> Node:
    """What a patch adds, without its directives and its nulls."""
    if isinstance(node.value, dict):
        kept = {name: _taken(item) for name, item in node.value.items() if item.value is not None}
        return node.holding({name: item for name, item in kept.items() if not _is_directive(name)})
    if isinstance(node.value, list):
        return node.holding([_taken(item) for item in node.value if _directive(item) is None])
    return node


def _is_directive(name: str) -> bool:
    return name in (_PATCH, _RETAIN) or name.startswith((_ORDER, _REMOVE))


def _retain(result: dict[str, Node], fields: dict[str, Node]) -> None:
    """`$retainKeys`: the only fields that are left, those of the patch among them."""
    directive = fields.pop(_RETAIN, None)
    if directive is None:
        return
    kept = plain(directive)
    if not isinstance(kept, list) or not set(fields) <= set(kept):
        raise PatchError("$retainKeys is a list that names all fields of the patch", directive)
    for name in set(result) - set(kept):
        del result[name]


def _remove(result: dict[str, Node], name: str, values: Node) -> None:
    """`$deleteFromPrimitiveList/<name>`: a list less some scalars."""
    unwanted = plain(values)
    if not isinstance(unwanted, list):
        raise PatchError(f"{_REMOVE}{name} takes a list", values)
    there = result.get(name)
    if there is not None and isinstance(there.value, list):
        result[name] = there.holding([item for item in there.value if not _among(item.value, unwanted)])


def _order(result: dict[str, Node], fields: dict[str, Node], directive: str, of: _Type) -> None:
    """`$setElementOrder/<name>`: merges a list and puts it into an order; the rest keeps its place where it can."""
    name, wanted = directive.removeprefix(_ORDER), fields.pop(directive)
    if not isinstance(wanted.value, list):
        raise PatchError(f"{directive} takes a list", wanted)
    there, patch, kind = result.get(name), fields.pop(name, None), of.field(name)
    before = list(there.value) if there is not None and isinstance(there.value, list) else []
    if patch is not None:
        _in_order(patch, wanted, kind.key)
        there = _merged(there, patch, kind)
    if there is not None and isinstance(there.value, list):
        result[name] = there.holding(_sorted(there.value, wanted.value, before, kind.key))


def _in_order(patch: Node, wanted: Node, key: str) -> None:
    """Whether the items of a patch are among those that are put in order, in that order."""
    listed = iter([_identity(item, key) for item in wanted.value])
    for item in patch.value if isinstance(patch.value, list) else ():
        if _directive(item) is None and not any(equal(_identity(item, key), other) for other in listed):
            raise PatchError("$setElementOrder does not list the items of the patch in their order", wanted)


def _merge_lists(original: Node, patch: Node, of: _Type) -> Node:
    if not any(isinstance(item.value, dict) for item in (*original.value, *patch.value)):
        return _ordered(original, patch, _unique([*original.value, *patch.value]), "")
    if not of.key:
        raise PatchError("this list has no key to tell its items apart by", patch)
    if any(_directive(item) == "replace" for item in patch.value):
        return _ordered(original, patch, [item for item in patch.value if _directive(item) is None], of.key)
    there: list[Node] = list(original.value)
    for item in patch.value:
        if _directive(item) == "delete":
            there = [one for one in there if not equal(_identity(one, of.key), _required(item, of.key))]
        elif _directive(item) is not None:
            raise PatchError("$patch is `replace` or `delete`", item.value[_PATCH])
    for item in (item for item in patch.value if _directive(item) is None):
        identity = _required(item, of.key)
        found = next((index for index, one in enumerate(there) if equal(_identity(one, of.key), identity)), None)
        if found is None:
            there.append(_taken(item))
        else:
            there[found] = _merge_maps(there[found], item, of.items)
    return _ordered(original, patch, there, of.key)


def _required(item: Node, key: str) -> Any:
    identity = _identity(item, key)
    if identity is None:
        raise PatchError(f"the item has no '{key}', by which it is found", item)
    return identity


def _ordered(original: Node, patch: Node, items: Sequence[Node], key: str) -> Node:
    return original.holding(_sorted(items, patch.value, original.value, key))


def _sorted(items: Sequence[Node], wanted: Sequence[Node], before: Sequence[Node], key: str) -> list[Node]:
    """Items in the order of a patch, the others between them where they were before.

    An item of the patch that is new comes before what is left of the others (`mergeSortedSlice`).
    """
    first = [_identity(item, key) for item in wanted]
    old = [_identity(item, key) for item in before]
    listed = [item for item in items if _among(_identity(item, key), first)]
    listed.sort(key=lambda item: _index(item, first, key))
    others = [item for item in items if not _among(_identity(item, key), first)]
    others.sort(key=lambda item: _index(item, old, key))
    return list(_interleaved(others, listed, old, key))


def _interleaved(others: Sequence[Node], listed: Sequence[Node], old: Sequence[Any], key: str) -> Iterator[Node]:
    rest = iter(listed)
    waiting = next(rest, None)
    for other in others:
        place = _index(other, old, key)
        while waiting is not None and not -1 < place < _index(waiting, old, key):
            yield waiting
            waiting = next(rest, None)
        yield other
    if waiting is not None:
        yield waiting
        yield from rest


def _index(item: Node, identities: Sequence[Any], key: str) -> int:
    """Where an item is in a list, or -1."""
    mine = _identity(item, key)
    return next((index for index, one in enumerate(identities) if equal(one, mine)), -1)


def _identity(item: Node, key: str) -> Any:
    """What tells an item of a list from the others: a field of it, or all of it."""
    if not key:
        return plain(item)
    return plain(item.value[key]) if isinstance(item.value, dict) and key in item.value else None


def _unique(items: Iterable[Node]) -> list[Node]:
    found: list[Node] = []
    for item in items:
        if not _among(item.value, [one.value for one in found]):
            found.append(item)
    return found


def _among(value: Any, values: Iterable[Any]) -> bool:
    return any(equal(value, one) for one in values)
