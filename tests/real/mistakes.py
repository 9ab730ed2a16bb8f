"""Mistakes as people make them: a block at the wrong depth, a wrong unit, a word of another field, a name too long."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

from tests.real.mutations import Pointer, places

_UNITS = (
    "100MB",
    "1 Gi",
    "1GB",
    "0.5x",
    "1gi",
    "10M i",
    "1.5.5",
    "1e3Mi",
    "-1Mi",
    "+1Gi",
    "1Kib",
    "1e3",
    ".5",
    "5.",
    "0x10",
)
_MORE_TIMES = ("5s", "1h30m", "1d", "5 s", "PT5S", "-5s", "0s", "1.5h", "300", "5m5", "1ms")
_ADDRESSES = (
    "256.1.1.1",
    "010.0.0.1",
    "::1",
    "10.0.0.0/8",
    "10.0.0.0/33",
    "10.0.0.1/8",
    "fe80::1%eth0",
    "1.2.3",
    "::ffff:1.2.3.4",
)
_PATHS = ("../x", "/a/../b", "relative/a", "/a:b", "//a", "/a/", "a/..", "..", ".", "C:\\a", "~", "/a b")
_NAMES = (
    *("a.b", "a_b", "A", "a.", ".a", "a--b", "-", "1a", "a1", "1", "a" * 63, "a" * 64, "a" * 15, "a" * 16, "a" * 253),
    *(
        "a." * 126 + "a",
        "kubernetes.io/a",
        "a/b",
        "/a",
        "a/",
        "example.com/" + "a" * 64,
        "x--y",
        "ä",
        "a ",
        "a\tb",
        "a\\b",
    ),
)
_PERCENTS = ("50%", "150%", "5 %", "%", "-5%", "0%", "50.5%", "101%", "100%")
_ODD = (
    *_UNITS,
    *_MORE_TIMES,
    *_ADDRESSES,
    *_PATHS,
    *_NAMES,
    *_PERCENTS,
    "",
    "null",
    "yes",
    "None",
    "0",
    "TCP",
    "tcp",
    "IfNotPresent",
)
_ODD_NUMBERS = (
    -1,
    0,
    1,
    3,
    10,
    99,
    101,
    255,
    256,
    1023,
    1025,
    32768,
    65535,
    65536,
    86401,
    2**31 - 1,
    2**31,
    5,
    100,
    0.1,
)
_ODD_KEYS = (
    "A/b",
    "a//b",
    "/a",
    "a/",
    "-a",
    "a-",
    "a b",
    "a" * 64,
    "b/" + "a" * 64,
    "ä",
    "a.b/c",
    "",
    "x" * 254 + "/a",
    "a:b",
    "kubernetes.io/x",
)
_APIS = (
    "v1",
    "apps/v1",
    "batch/v1",
    "apps/v1beta2",
    "networking.k8s.io/v1",
    "policy/v1",
    "v2",
    "apps",
    "apps/v1/x",
    "example.com/v1",
)
_KINDS = (
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "Job",
    "Pod",
    "Service",
    "ConfigMap",
    "ReplicaSet",
    "deployment",
    "List",
)


@dataclass(frozen=True, slots=True)
class Mistake:
    """An object with a mistake: what was tried, where and with what, and the object as JSON."""

    mutation: str
    what: str
    text: str


def mistakes(value: Any, others: Sequence[Any], random: Random) -> Iterator[Mistake]:
    """Mistakes in an object; `others` lend their blocks."""
    at_hand = [node for other in others for _, node in places(other)]
    for path, node in places(value):
        if path[0] == "status":
            continue
        for mutation, new in _instead(path, node, at_hand, random):
            yield _made(value, mutation, path, _putting(new), new)
        if isinstance(path[-1], str):
            key = random.choice(_ODD_KEYS)
            if isinstance(node, str) or random.random() < 0.3:
                yield _made(value, "key-odd", path, _renaming(key), key)
            yield from _moved(value, path, random)
        else:
            yield from _of_item(value, path, node, random)


def _instead(path: Pointer, node: Any, at_hand: Sequence[Any], random: Random) -> Iterator[tuple[str, Any]]:
    """What people write instead of a value."""
    yield "block-of-another-field", copy.deepcopy(random.choice(at_hand))
    match node:
        case bool():
            yield "word-for-truth", random.choice(("yes", "True", "false", "", 0, 1, None, [], {}))
        case int() | float():
            yield "odd-amount", random.choice(_ODD_NUMBERS)
            yield "amount-with-unit", f"{node}{random.choice(('', 's', '%', 'Mi', ' ', 'm'))}"
            yield "nothing", random.choice((None, "", [], {}))
        case str():
            for _ in range(3):
                yield "odd-word", random.choice(_ODD)
            yield "case-of-a-word", random.choice((node.lower(), node.upper(), node.title(), node.capitalize()))
            yield "space-in-a-word", random.choice((f" {node}", f"{node} ", f"{node}\n", f"{node[:2]} {node[2:]}"))
            yield (
                "sign-in-a-word",
                random.choice((f"{node}.", f"-{node}", f"{node}_", f"{node}/", f"{node}:", f"{node},", f"{node}%")),
            )
            yield "longer-word", (node or "a") * random.choice((2, 5, 17, 70))
            yield "odd-amount", random.choice((*_ODD_NUMBERS, True, None, [], {}, [node], {node: node}))
        case list():
            yield (
                "items-of-another-kind",
                [random.choice((1, "x", None, {}, [], True)) for _ in range(random.choice((1, 2)))],
            )
            yield "list-in-a-list", [node]
            yield "list-as-a-map", {str(index): item for index, item in enumerate(node)}
            yield "list-as-text", ",".join(map(str, node))
            yield "many-items", node * random.choice((3, 20, 101))
        case dict():
            yield "map-in-a-list", [node]
            yield "map-as-items", [{"name": key, "value": inner} for key, inner in node.items()]
            yield "map-as-lines", [f"{key}={inner}" for key, inner in node.items()]
            yield "map-of-nulls", dict.fromkeys(node)
            yield "nothing", random.choice((None, "", [], 0, "{}"))


def _moved(value: Any, path: Pointer, random: Random) -> Iterator[Mistake]:
    """The indentation is wrong: a field stands one level higher or lower than it should."""
    if len(path) > 1:

        def higher(root: Any) -> None:
            parent = _at(root, path[:-1])
            above = next(
                _at(root, path[:end]) for end in range(len(path) - 2, -1, -1) if isinstance(_at(root, path[:end]), dict)
            )
            above.setdefault(path[-1], parent.pop(path[-1]))

        yield _changed(value, "one-level-higher", path, higher)
    siblings = [
        key for key, inner in _at(value, path[:-1]).items() if isinstance(inner, dict | list) and key != path[-1]
    ]
    if siblings:
        into = random.choice(siblings)

        def lower(root: Any) -> None:
            parent = _at(root, path[:-1])
            taken, block = parent.pop(path[-1]), parent[into]
            block = block[-1] if isinstance(block, list) and block else block
            if isinstance(block, dict):
                block[path[-1]] = taken

        yield _changed(value, "one-level-lower", (*path, "->", into), lower)
        if isinstance(_at(value, path), dict | list):

            def swap(root: Any) -> None:
                parent = _at(root, path[:-1])
                parent[path[-1]], parent[into] = parent[into], parent[path[-1]]

            yield _changed(value, "blocks-swapped", (*path, "<->", into), swap)


def _of_item(value: Any, path: Pointer, node: Any, random: Random) -> Iterator[Mistake]:
    """A list with an item that was copied and half changed, or that ran into the one before."""
    if isinstance(node, dict):
        key = random.choice(list(node) or ["name"])

        def copied(root: Any) -> None:
            another = copy.deepcopy(node)
            another[key] = random.choice((node.get(key), "other", 7, None))
            _at(root, path[:-1]).append(another)

        yield _changed(value, "item-copied", (*path, key), copied)

        def without(root: Any) -> None:
            _at(root, path).pop(key, None)

        yield _changed(value, "item-without-a-field", (*path, key), without)
        yield _made(value, "item-empty", path, _putting({}), {})
        yield _made(value, "item-as-text", path, _putting(key), key)


def wrong_kinds(value: Any, random: Random) -> Iterator[Mistake]:
    """The object under another apiVersion or kind."""
    for field, words in (("apiVersion", _APIS), ("kind", _KINDS)):
        for word in random.sample(words, 3):
            yield _made(value, "wrong-kind", (field,), _putting(word), word)


def _made(value: Any, mutation: str, path: Pointer, change: Callable[[Any, Any], None], new: Any) -> Mistake:
    return _changed(value, mutation, path, lambda root: change(_at(root, path[:-1]), path[-1]), new)


def _changed(value: Any, mutation: str, path: Pointer, change: Callable[[Any], None], new: Any = "") -> Mistake:
    root = copy.deepcopy(value)
    change(root)
    shown = json.dumps(new, ensure_ascii=False) if new != "" else ""
    what = f"/{'/'.join(map(str, path))} {shown if len(shown) <= 60 else shown[:59] + '…'}".rstrip()
    return Mistake(mutation, what, json.dumps(root))


def _at(root: Any, path: Pointer) -> Any:
    for step in path:
        root = root[step]
    return root


def _putting(new: Any) -> Callable[[Any, Any], None]:
    def put(parent: Any, last: Any) -> None:
        parent[last] = new

    return put


def _renaming(key: str) -> Callable[[Any, Any], None]:
    def rename(parent: Any, last: Any) -> None:
        parent[key] = parent.pop(last)

    return rename
