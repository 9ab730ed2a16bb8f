"""Everything that can be done to one value of an object, without knowing what it means."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

Pointer = tuple[str | int, ...]

_TWICE = "\u0001"
"""Marks a key that is to come a second time; it is taken out of the text again."""

_TEXTS = (
    *("Not_Valid", "a b", "käse", "Bogus", "-a-", "a..b", "a/b/c", "a:b", "a\nb", "150%", "-1", "$(x)", "*", "1.5"),
    *("a" * 64, "a" * 254, "10.0.0.1", "/a", "http", "1Gi", "true", " a", "UPPER", "1"),
)
_NUMBERS = (1, 2, 7, 80, 512, 599, 65535, 65536, 100001, 2**31 - 1)
_WORDS_OF_A_USER = (("metadata", "name"), ("metadata", "namespace"), ("apiVersion",), ("kind",))
"""Edits by hand try these: elsewhere they would only say that the object, its namespace or its kind is another."""


@dataclass(frozen=True, slots=True)
class Draft:
    """A change of the value at `path`: another value, no value, another key, or the same key again."""

    mutation: str
    path: Pointer
    new: Any = None
    action: str = "set"

    @property
    def what(self) -> str:
        """The place and, if it is short, the new value."""
        shown = json.dumps(self.new, ensure_ascii=False) if self.action != "remove" else ""
        return f"/{'/'.join(map(str, self.path))} {shown if len(shown) <= 60 else shown[:59] + '…'}".rstrip()

    def text(self, value: Any) -> str:
        """The object with this change, as JSON."""
        root = copy.deepcopy(value)
        parent = root
        for step in self.path[:-1]:
            parent = parent[step]
        last: Any = self.path[-1]
        match self.action:
            case "remove":
                del parent[last]
            case "rename":
                parent[self.new] = parent.pop(last)
            case "insert":
                parent.insert(last, self.new)
            case "twice":
                parent[f"{last}{_TWICE}"] = self.new
            case _:
                parent[last] = self.new
        return json.dumps(root).replace(json.dumps(_TWICE)[1:-1], "")


def drafts(value: Any, others: Sequence[Any], random: Random) -> Iterator[Draft]:
    """All changes of an object; `others` lend their values to fields of the same name."""
    lent = _by_field(others)
    for path, node in places(value):
        if path in _WORDS_OF_A_USER or path[0] == "status":
            continue
        yield from _of_field(path, node, lent, random)
        match node:
            case bool():
                yield Draft("text-for-truth", path, str(node).lower())
                yield Draft("number-for-truth", path, int(node))
            case int():
                yield from _of_number(path, node, random)
            case str():
                yield from _of_text(path, node, lent, random)
            case list():
                yield from _of_list(path, node)
            case dict():
                yield from _of_map(path, node, lent, random)


def places(value: Any, path: Pointer = ()) -> Iterator[tuple[Pointer, Any]]:
    """Every value below an object's root, with its path."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, node in inner:
        yield (*path, step), node
        yield from places(node, (*path, step))


def _by_field(values: Sequence[Any]) -> dict[str, list[Any]]:
    """Every value that a field has somewhere in the corpus, by the field's name; each once."""
    found: dict[str, dict[str, Any]] = {}
    for value in values:
        for path, node in places(value):
            found.setdefault(_field(path), {})[json.dumps(node, sort_keys=True)] = node
    return {field: list(nodes.values()) for field, nodes in found.items()}


def _field(path: Pointer) -> str:
    """The name of the field that a value is in; an item of a list is in the list's."""
    return next((str(step) for step in reversed(path) if isinstance(step, str)), "")


def _of_field(path: Pointer, node: Any, lent: dict[str, list[Any]], random: Random) -> Iterator[Draft]:
    yield Draft("null", path, None)
    if isinstance(path[-1], str):
        key = path[-1]
        yield Draft("remove-field", path, action="remove")
        yield Draft("duplicate-field", path, node, "twice")
        yield Draft("misspell-field", path, key[:-1] if len(key) > 3 else f"{key}s", "rename")
        yield Draft("field-case", path, key[0].swapcase() + key[1:], "rename")
        yield Draft("odd-key", path, random.choice(_TEXTS), "rename")
    else:
        yield Draft("remove-item", path, action="remove")
    if others := [one for one in lent[_field(path)] if type(one) is type(node) and one != node]:
        yield Draft("other-value", path, random.choice(others))
    for mutation, wrong in (("list-for-other", [node]), ("map-for-other", {"a": node}), ("text-for-other", "x")):
        if not isinstance(wrong, type(node)):
            yield Draft(mutation, path, wrong)


def _of_number(path: Pointer, node: int, random: Random) -> Iterator[Draft]:
    yield Draft("negative-number", path, -max(node, 1))
    yield Draft("zero", path, 0)
    yield Draft("other-number", path, random.choice(_NUMBERS))
    yield Draft("huge-number", path, random.choice((2**31, 2**53, 2**63, -(2**31) - 1)))
    yield Draft("fraction", path, node + 0.5)
    yield Draft("number-in-quotes", path, str(node))


def _of_text(path: Pointer, node: str, lent: dict[str, list[Any]], random: Random) -> Iterator[Draft]:
    yield Draft("empty-text", path, "")
    yield Draft("long-text", path, "a" * random.choice((64, 254, 300, 1025)))
    yield Draft("odd-text", path, random.choice(_TEXTS))
    yield Draft("odd-text", path, random.choice(_TEXTS))
    yield Draft("other-case", path, node.swapcase())
    yield Draft("number-for-text", path, random.choice((0, 1, 8080)))
    yield Draft("truth-for-text", path, True)
    field = random.choice(sorted(lent))
    if texts := [one for one in lent[field] if isinstance(one, str)]:
        yield Draft("text-of-another-field", path, random.choice(texts))


def _of_list(path: Pointer, node: list[Any]) -> Iterator[Draft]:
    yield Draft("empty-list", path, [])
    yield Draft("null-item", (*path, 0), None, "insert")
    if node:
        yield Draft("duplicate-item", (*path, 0), node[0], "insert")
        yield Draft("no-list", path, node[0])
    if len(node) > 1:
        yield Draft("reverse-list", path, node[::-1])


def _of_map(path: Pointer, node: dict[str, Any], lent: dict[str, list[Any]], random: Random) -> Iterator[Draft]:
    yield Draft("empty-map", path, {})
    yield Draft("unknown-field", (*path, "bogus"), random.choice((1, "x", {}, [])))
    known = {key: inner for one in lent[_field(path)] if isinstance(one, dict) for key, inner in one.items()}
    for key in sorted(set(known) - set(node)):
        yield Draft("added-field", (*path, key), known[key])
