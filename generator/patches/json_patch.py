"""JSON patches (RFC 6902): a list of operations on the nodes of an object, addressed by JSON pointers (RFC 6901)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from generator.patches.sourced import Node, changed, equal, plain
from generator.patches.strategic_merge import PatchError
from generator.repository import Pointer

MAX_COPIED: Final = 20_000
"""Values that a patch may copy: a copy of a copy of all that is there doubles with each."""
_INDEX: Final = re.compile(r"0|[1-9][0-9]*")


def apply(original: Node, operations: Node) -> Node:
    """The object after all operations, the first one first. Raises `PatchError` at the operation that fails."""
    result, left = original, MAX_COPIED
    for operation in operations.value:
        fields: dict[str, Node] = operation.value
        name = plain(fields["op"])
        if name == "copy":
            origin = _field(operation, fields, "from")
            left -= _size(_found(result, _path(fields, "from"), origin), left)
            if left < 0:
                raise PatchError(f"copies come to more than {MAX_COPIED:,} keys and values", operation)
        result = _OPERATIONS[name](result, operation, fields)
    return result


def _size(node: Node, most: int) -> int:
    """How many values there are in one; a little more than `most` where it is more."""
    value, found = node.value, 1
    for one in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        if found > most:
            break
        found += _size(one, most - found)
    return found


def _add(root: Node, operation: Node, fields: Mapping[str, Node]) -> Node:
    return _added(root, _path(fields, "path"), _field(operation, fields, "value"), fields["path"])


def _remove(root: Node, _operation: Node, fields: Mapping[str, Node]) -> Node:
    return _removed(root, _path(fields, "path"), fields["path"])


def _replace(root: Node, operation: Node, fields: Mapping[str, Node]) -> Node:
    value = _field(operation, fields, "value")
    return changed(root, _pointer(root, _path(fields, "path"), fields["path"]), lambda _: value)


def _move(root: Node, operation: Node, fields: Mapping[str, Node]) -> Node:
    origin = _field(operation, fields, "from")
    source, target = _path(fields, "from"), _path(fields, "path")
    if target[: len(source)] == source and target != source:
        raise PatchError("a value cannot be moved into itself", origin)
    value = _found(root, source, origin)
    return root if source == target else _added(_removed(root, source, origin), target, value, fields["path"])


def _copy(root: Node, operation: Node, fields: Mapping[str, Node]) -> Node:
    origin = _field(operation, fields, "from")
    return _added(root, _path(fields, "path"), _found(root, _path(fields, "from"), origin), fields["path"])


def _test(root: Node, operation: Node, fields: Mapping[str, Node]) -> Node:
    wanted = plain(_field(operation, fields, "value"))
    if not equal(plain(_found(root, _path(fields, "path"), fields["path"])), wanted):
        raise PatchError(f"the test fails: {plain(fields['path'])} has another value", fields["value"])
    return root


_OPERATIONS: Final[Mapping[str, Callable[[Node, Node, Mapping[str, Node]], Node]]] = {
    "add": _add,
    "remove": _remove,
    "replace": _replace,
    "move": _move,
    "copy": _copy,
    "test": _test,
}


def _field(operation: Node, fields: Mapping[str, Node], name: str) -> Node:
    if name not in fields:
        raise PatchError(f"`op: {plain(fields['op'])}` needs '{name}'", operation)
    return fields[name]


def _path(fields: Mapping[str, Node], name: str) -> tuple[str, ...]:
    """The keys of a JSON pointer."""
    text = str(plain(fields[name]))
    return tuple(part.replace("~1", "/").replace("~0", "~") for part in text.split("/")[1:])


def _pointer(root: Node, path: Sequence[str], at: Node) -> Pointer:
    """The keys and indices that lead to a node that there is; `at` is the operation's pointer, for the error."""
    found: Pointer = ()
    for step in path:
        if isinstance(root.value, list):
            found = (*found, _position(root.value, step, at))
        elif isinstance(root.value, dict) and step in root.value:
            found = (*found, step)
        else:
            raise PatchError(f"{plain(at)}: there is no '{step}'{_instead(root)}", at)
        root = _child(root, found[-1])
    return found


def _found(root: Node, path: Sequence[str], at: Node) -> Node:
    for step in _pointer(root, path, at):
        root = _child(root, step)
    return root


def _child(node: Node, step: str | int) -> Node:
    children: Any = node.value
    found: Node = children[step]
    return found


def _position(items: Sequence[Node], step: str, at: Node, *, end: bool = False) -> int:
    """The index of an item that there is, or with `end` of the place behind the last one."""
    if end and step == "-":
        return len(items)
    if not _INDEX.fullmatch(step):
        raise PatchError(f"{plain(at)}: '{step}' is no index of a list of {len(items)}", at)
    if int(step) >= len(items) + end:
        raise PatchError(f"{plain(at)}: the list has only {len(items)} items, counted from 0", at)
    return int(step)


def _instead(node: Node) -> str:
    names = ", ".join(node.value) if isinstance(node.value, dict) else ""
    return f"; there is: {names}" if names else ""


def _added(root: Node, path: Sequence[str], value: Node, at: Node) -> Node:
    if not path:
        return value

    def add(parent: Node) -> Node:
        if isinstance(parent.value, dict):
            return parent.holding({**parent.value, path[-1]: value})
        if not isinstance(parent.value, list):
            raise PatchError(f"{plain(at)}: nothing can be added to a scalar", at)
        index = _position(parent.value, path[-1], at, end=True)
        return parent.holding([*parent.value[:index], value, *parent.value[index:]])

    return changed(root, _pointer(root, path[:-1], at), add)


def _removed(root: Node, path: Sequence[str], at: Node) -> Node:
    if not path:
        raise PatchError("the whole object cannot be removed so; write `patch: {$patch: delete}`", at)
    pointer = _pointer(root, path, at)

    def remove(parent: Node) -> Node:
        copied: Any = dict(parent.value) if isinstance(parent.value, dict) else list(parent.value)
        del copied[pointer[-1]]
        return parent.holding(copied)

    return changed(root, pointer[:-1], remove)
