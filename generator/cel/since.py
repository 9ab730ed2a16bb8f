"""From which minor version of Kubernetes on an API server takes an expression.

It takes in new objects what the version before it could evaluate too: one minor version after a library came
(k8s.io/apiserver, pkg/cel/environment/base.go). Whoever calls a function of what a library makes calls one that makes
it, so those are enough.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from generator.cel.check import Called, Checked
from generator.cel.nodes import Loop

_FUNCTIONS: Final[Mapping[str, int]] = {
    **dict.fromkeys(("quantity", "isQuantity", "optional.of", "optional.none", "optional.ofNonZeroValue"), 29),
    **dict.fromkeys(("_?._", "_[?_]"), 29),
    **dict.fromkeys(("format", "sets.contains", "sets.equivalent", "sets.intersects", "strings.quote"), 30),
    **dict.fromkeys(("cidr", "ip", "ip.isCanonical", "isCIDR", "isIP"), 31),
    **dict.fromkeys(("first", "last", "optional.unwrap", "unwrapOpt"), 33),
    **dict.fromkeys(("semver", "isSemver"), 34),
    **dict.fromkeys(("distinct", "flatten", "lists.range", "reverse", "slice", "sort"), 35),
}
_FORMATS, _OF_NUMBERS, _PAIRS, _SORTED_BY = 32, 29, 33, 35
_COMPARISONS: Final = ("_<_", "_<=_", "_>_", "_>=_")


def too_new(expression: Checked, number: int) -> str:
    """What a minor version (30 for 1.30) does not know yet of an expression; nothing if it knows all of it."""
    needed = max(_needed(expression), default=(0, ""))
    return f"{needed[1]} is known since Kubernetes 1.{needed[0]}" if needed[0] > number else ""


def _needed(expression: Checked) -> Iterator[tuple[int, str]]:
    for called in expression.called.values():
        yield _of_call(called)
    if any(isinstance(node, Loop) and len(node.variables) > 1 for node in expression.of):
        yield _PAIRS, "a macro with two variables"


def _of_call(called: Called) -> tuple[int, str]:
    name = called.function
    if name == "@sortByAssociatedKeys":
        return _SORTED_BY, "sortBy"
    if name.startswith("format."):
        return _FORMATS, name
    if name in _COMPARISONS and all(len(set(one.parameters)) > 1 for one in called.overloads):
        return _OF_NUMBERS, "a comparison of numbers of two types"
    return _FUNCTIONS.get(name, 0), name
