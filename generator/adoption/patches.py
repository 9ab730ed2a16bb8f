"""What no value says, as entries of `patches:`: a strategic merge where it is enough, else a JSON patch."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from generator.server_defaults import equalised

Map = Mapping[str, Any]
Path = tuple[str | int, ...]
Operation = dict[str, Any]


def patch_for(rendered: Map, wanted: Map) -> dict[str, Any] | None:
    """The entry that turns a rendered object into the wanted one, both in their essential form; None for no change.

    An image that is rendered is never patched: releases would no longer change it.
    """
    operations = [one for one in _operations(rendered, wanted, ()) if not one["path"].endswith("/image")]
    if not operations:
        return None
    target = {"kind": rendered["kind"], "name": rendered["metadata"]["name"]}
    merged = _as_merge(operations)
    return {"target": target, "patch": merged} if merged is not None else {"target": target, "json": operations}


def _operations(old: Any, new: Any, path: Path) -> Iterator[Operation]:
    if _equal(old, new, path):
        return
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in old:
            if key not in new:
                yield {"op": "remove", "path": _pointer((*path, key))}
        for key, value in new.items():
            if key in old:
                yield from _operations(old[key], value, (*path, key))
            else:
                yield {"op": "add", "path": _pointer((*path, key)), "value": value}
    elif isinstance(old, list) and isinstance(new, list) and (steps := _aligned(old, new, path)) is not None:
        yield from steps
    else:
        yield {"op": "replace", "path": _pointer(path), "value": new}


def _aligned(old: list[Any], new: list[Any], path: Path) -> list[Operation] | None:
    """The operations on the items of a list that is the same but for some items more, or with changes inside.

    None where items are gone or have another order: then the list is replaced.
    """
    steps: list[Operation] = []
    index = 0
    for place, item in enumerate(new):
        if index < len(old) and (_same_item(old[index], item) or len(old) == len(new)):
            steps += _operations(old[index], item, (*path, place))
            index += 1
        else:
            steps.append({"op": "add", "path": _pointer((*path, place)), "value": item})
    return steps if index == len(old) and len(steps) <= 2 * len(new) else None


def _same_item(old: Any, new: Any) -> bool:
    """Whether two items of a list are the same thing, maybe changed: have the same name, as far as they have one."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in ("name", "containerPort", "port", "mountPath"):
            if key in old or key in new:
                return bool(old.get(key) == new.get(key))
    return bool(old == new)


def _equal(old: Any, new: Any, path: Path) -> bool:
    names = tuple(step for step in path if isinstance(step, str))
    one, other = equalised(old, names), equalised(new, names)
    return _kind(one) == _kind(other) and bool(one == other)


def _kind(value: Any) -> Any:
    """True is not 1."""
    return isinstance(value, bool)


def _pointer(path: Path) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in path)


def _as_merge(operations: list[Operation]) -> dict[str, Any] | None:
    """The operations as a strategic merge; None where one is about an item of a list, or replaces a list."""
    found: dict[str, Any] = {}
    for one in operations:
        steps = [step.replace("~1", "/").replace("~0", "~") for step in one["path"].split("/")[1:]]
        if any(step.isdigit() for step in steps) or (one["op"] == "replace" and isinstance(one["value"], (list, dict))):
            return None
        place = found
        for step in steps[:-1]:
            place = place.setdefault(step, {})
        place[steps[-1]] = one.get("value")
    return found
