"""What is wrong with a CEL expression before it is evaluated: what it refers to, and of which type it is.

The library knows no types of objects, so fields are looked up here, in structural schemas, as far as they are reached
by a path (`self.spec.size`) or from the variable of a loop over one; the fields that hold single values, lists and
maps of these are told to the library. Whoever uses a function that only Kubernetes has is not judged.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any, Final

from generator.cel.names import escaped
from generator.custom.cel import environment, syntax_error
from generator.custom.structural import Node, is_pattern
from generator.workload import mapping

ANY: Final[Node] = {}
"""The schema of what may be anything, and whose type nobody knows before it is there."""
Roots = Mapping[str, Node | None]
"""The names that an expression may use with their schemas; None where the schema is not known here."""

_NAME: Final = r"[A-Za-z_]\w*"
_CHAIN: Final = re.compile(rf"(?<![\w.\])}}])({_NAME})((?:\s*\.\s*{_NAME})*)(?!\s*\.\?)(\s*\()?")
_MACRO: Final = rf"\.(?:all|exists|exists_one|existsOne|filter|map)\s*\(\s*({_NAME})\s*,"
_LOOP: Final = re.compile(_MACRO)
_LOOP_OVER: Final = re.compile(rf"(?<![\w.\])}}?])({_NAME})((?:\.{_NAME})*?){_MACRO}")
_OTHER_VARIABLES: Final = re.compile(rf"\.\s*\w+\s*\(\s*({_NAME})\s*,\s*({_NAME})\s*,")
_BOUND: Final = re.compile(rf"[(,]\s*({_NAME})\s*(?=,)")
_TEXT: Final = re.compile(r"""[rRbB]*('''.*?'''|\"\"\".*?\"\"\"|'(?:\\.|[^'\\])*'|"(?:\\.|[^"\\])*")""", re.DOTALL)
_PATTERN: Final = re.compile(r"""\.matches\(\s*(r?'(?:\\.|[^'\\])*'|r?"(?:\\.|[^"\\])*")\s*\)""")
_HAS: Final = re.compile(r"\bhas\s*\(\s*(\w+)\.[\w.]*\s*\)")
_HAS_NO_FIELD: Final = re.compile(r"\bhas\s*\(\s*(\w+|[^()]*\])\s*\)")
_HAS_TYPE: Final = r"([\1] == [\1])"
"""What is of the type of `has(…)`, which itself the library does not understand of a path that it was told of."""
_UNDECLARED: Final = re.compile(r"undeclared reference to '\.?(\w+)[^']*'")
_NO_OVERLOAD: Final = re.compile(r"found no matching overload for '([^']+)' applied to '([^\n]*)'")
_OF_MANY: Final = ("all", "exists", "exists_one", "existsOne", "filter", "map", "size")
_ORDERED: Final = ("_<_", "_<=_", "_>_", "_>=_")
_NUMBERS: Final = {"int", "uint", "double"}
"""The types that Kubernetes compares with each other by these."""
_OPERATORS: Final = {"size", "@in", "startsWith", "endsWith", "matches", "contains"}
_OF_KUBERNETES: Final = frozenset(
    # https://kubernetes.io/docs/reference/using-api/cel/ and the macros of CEL that the library has not.
    "add all allowed asApproximateFloat asInteger authorizer bool build byte charAt check cidr compareTo contains "
    "containsCIDR containsIP date datetime distinct dns1035Label dns1035LabelPrefix dns1123Label dns1123LabelPrefix "
    "dns1123Subdomain dns1123SubdomainPrefix dyn equivalent error errored escapeKey exists exists_one existsOne "
    "family fieldSelector find findAll first flatten format getEscapedPath getHost getHostname getPort getQuery "
    "getScheme group hasValue indexOf insert intersects ip isCanonical isCIDR isGlobalUnicast isGreaterThan isInteger "
    "isIP isLessThan isLinkLocalMulticast isLinkLocalUnicast isLoopback isQuantity isSemver isUnspecified isURL join "
    "JSONPatch jsonpatch labelSelector labelValue last lastIndexOf lists lowerAscii major masked minor name named "
    "namespace none Object of ofNonZeroValue optFlatMap optional optMap orValue patch path prefixLength qualifiedName "
    "quantity quote range reason replace requestResource resource reverse semver serviceAccount sets sign slice sort "
    "sortBy split strings sub subresource substring transformList transformMap transformMapEntry trim unwrap "
    "unwrapOpt upperAscii uri url uuid validate value".split()
)


def mistake(expression: str, roots: Roots, wanted: tuple[str, ...] = ()) -> str:
    """What keeps an expression from being taken: a name or field that there is not, or a type.

    `wanted` are the types that it may be of (`BOOL`); without them it may be of any. Says nothing where the library is
    not installed, or where the expression is beyond what is known here.
    """
    if syntax := syntax_error(expression):
        return f"it is no CEL: {syntax}"
    plain = _TEXT.sub(lambda text: "'" + "_" * (len(text[0]) - 2) + "'", expression)
    if wrong := _HAS_NO_FIELD.search(plain):
        return f"{wrong[0]}: has takes a field, such as has(self.spec)"
    known = {**roots, **_loops(plain, roots)}
    for name, steps in _chains(plain):
        if name in known and (field := unknown_field(known[name], steps)):
            return f"{'.'.join((name, *steps))}: there is no field {field}"
    if misused := _misused(plain, known):
        return f"{misused}: it has fields, and is no list or map"
    for literal in _PATTERN.findall(expression):
        if not is_pattern(_text(literal)):
            return f"{literal} is no regular expression of Go's"
    return _of_library(expression, plain, roots, wanted)


def _text(literal: str) -> str:
    """What a text of an expression stands for."""
    declared = environment()
    return str(declared.compile(literal).eval(data={"self": None}).value()) if declared else ""


def type_of(expression: str, roots: Roots) -> Node | None:
    """The schema of what an expression makes; None where that is not known."""
    plain = _TEXT.sub("''", expression)
    declared = environment(_types(plain, roots))
    try:
        found = declared.compile(_HAS.sub(_HAS_TYPE, expression)).return_type().name() if declared else ""
    except Exception:  # noqa: BLE001 - the library raises its own errors as plain ones
        return None
    named = {word: type_ for type_, word in _SCALARS.items()}
    return {"type": named[found]} if found in named else None


def _of_library(expression: str, plain: str, roots: Roots, wanted: tuple[str, ...]) -> str:
    declared = environment(_types(plain, roots))
    if declared is None:
        return ""
    try:
        found = declared.compile(_HAS.sub(_HAS_TYPE, expression)).return_type().name()
    except Exception as error:  # noqa: BLE001 - the library raises its own errors as plain ones
        return _said(str(error), set(_BOUND.findall(plain)))
    unsure = found == "DYN" and any(name in roots and roots[name] is not ANY for name, _ in _chains(plain))
    if not wanted or found in wanted or unsure:
        return ""
    expected = " or ".join(one.lower() for one in wanted if one != "DYN")
    return f"it has to be of the type {expected}, and is {found.lower()}"


def _said(error: str, bound: set[str]) -> str:
    """The first thing that the library says and that holds in Kubernetes too; `bound` are variables of macros."""
    names = [name for name in _UNDECLARED.findall(error) if name not in bound and name not in _OF_KUBERNETES]
    if names:
        return f"there is nothing named {names[0]}"
    for function, types in _NO_OVERLOAD.findall(error):
        numbers = function in _ORDERED and not set(re.findall(r"\w+", types)) - _NUMBERS
        if not numbers and (function in _OPERATORS or "_" in function):
            return f"{function.replace('@', '').replace('_', ' ').strip()} cannot be applied to {types}"
    return ""


def _chains(plain: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The paths that an expression without its texts has: a name, and the fields below it."""
    for found in _CHAIN.finditer(plain):
        steps = tuple(step.strip() for step in found[2].split(".")[1:])
        if found[3] and not steps:
            continue
        yield found[1], steps[:-1] if found[3] else steps


def _misused(plain: str, known: Roots) -> str:
    """The first path to a value with fields that is treated as a list or a map."""
    for found in _CHAIN.finditer(plain):
        steps = tuple(step.strip() for step in found[2].split(".")[1:])
        above = steps[:-1] if found[3] else steps
        of_many = steps[-1:] and steps[-1] in _OF_MANY if found[3] else plain[found.end() :].lstrip().startswith("[")
        if of_many and _has_fields(_below(known.get(found[1]), above)):
            return ".".join((found[1], *above))
    return ""


def _has_fields(node: Node | None) -> bool:
    return node is not None and bool(node.get("properties")) and "additionalProperties" not in node


def _loops(plain: str, roots: Roots) -> dict[str, Node | None]:
    """The variables of loops, with the schemas of what they go over; None for one that is used for several."""
    found: dict[str, Node | None] = {}
    over: dict[str, list[Node | None]] = {}
    for loop in _LOOP_OVER.finditer(plain):
        root, steps, name = loop[1], tuple(loop[2].split(".")[1:]), loop[3]
        over.setdefault(name, []).append(_element(_below({**roots, **found}.get(root), steps)))
        found[name] = over[name][0] if all(one is over[name][0] for one in over[name]) else None
    times = Counter(loop[1] for loop in _LOOP.finditer(plain))
    found |= {name: None for name, count in times.items() if count != len(over.get(name, ()))}
    for other in _OTHER_VARIABLES.finditer(plain):
        found.update(dict.fromkeys(other.groups()))
    return found


def _element(node: Node | None) -> Node | None:
    """What a loop over a list goes over; over a map it is the keys."""
    if node is None or node is ANY:
        return node
    return _inside(node, "items") if node.get("type") == "array" else {"type": "string"}


def unknown_field(node: Node | None, steps: tuple[str, ...]) -> str:
    """The first step that leads to no field of a schema; empty where all do, or nobody knows."""
    for step in steps:
        if node is None or node is ANY or node.get("type") != "object":
            return ""
        if node.get("x-kubernetes-embedded-resource") and step in ("apiVersion", "kind", "metadata"):
            return ""
        if _name(node, step) is None and "additionalProperties" not in node:
            return step
        node = _below(node, (step,))
    return ""


def _below(node: Node | None, steps: tuple[str, ...]) -> Node | None:
    for step in steps:
        if node:
            name = _name(node, step)
            node = _inside(node, "additionalProperties") if name is None else _inside(node["properties"], name)
    return node


def _name(node: Node, step: str) -> str | None:
    """The name of the field that an expression calls so; None where a schema has none."""
    named = mapping(node, "properties")
    if "__" in step:
        return next((name for name in named if escaped(name) == step), None)
    return step if step in named else None


def _inside(node: Node, key: str) -> Node | None:
    found = node.get(key)
    return found if isinstance(found, Mapping) else None


def _types(plain: str, roots: Roots) -> dict[str, Any]:
    """The types of all paths of an expression, each under its own name."""
    paths = {
        (name, steps[:end])
        for name, steps in _chains(plain)
        for end in range(len(steps[:_DEEPEST]) + 1)
        if name in roots
    }
    found = {".".join((name, *steps)): _type(_below(roots[name], steps)) for name, steps in paths}
    return dict.fromkeys(roots) | {path: type_ for path, type_ in found.items() if type_ is not None}


_DEEPEST: Final = 32
"""How deep the fields of a path lie whose types are told to the library."""
_SCALARS: Final = {"string": "STRING", "integer": "INT", "number": "DOUBLE", "boolean": "BOOL"}
_FORMATS: Final = {
    **dict.fromkeys(("date", "date-time", "datetime"), "TIMESTAMP"),
    "duration": "DURATION",
    "byte": "BYTES",
}


def _type(node: Node | None) -> Any:
    """How the library is told of what a schema holds: the name of a type, or (kind, that of its values)."""
    if not node or node.get("nullable") or node.get("x-kubernetes-int-or-string"):
        return None
    if node.get("type") == "array":
        return ("list", _type(_inside(node, "items")))
    if node.get("type") == "object" and (values := _inside(node, "additionalProperties")):
        return ("map", _type(values))
    return _FORMATS.get(str(node.get("format")), "") or _SCALARS.get(str(node.get("type")))
