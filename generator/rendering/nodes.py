"""Every `{{ }}` of a template is one whole YAML node or key, whatever its value.

A template is text with holes. `whole_nodes` refuses, when a template is loaded, every hole that is not the
whole value of a key (`name: {{ x }}`), a whole item (`- {{ x }}`) or a whole key (`{{ x }}: …`), and makes the
others write their value as YAML that Kubernetes reads back as that value, in block style at their column.
Each `Piece` of the output says which template line it came from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, Undefined, nodes
from jinja2.compiler import CodeGenerator
from jinja2.exceptions import SecurityError
from jinja2.ext import Extension

from generator.k8syaml import dump_at, scalar
from generator.rendering.holes import MARK, Lexeme, holes
from generator.rendering.provenance import Flag, pointer_of

if TYPE_CHECKING:
    from jinja2.compiler import Frame

    from generator.repository import Pointer

LITERAL: Final = object()
"""The `value` of a piece of text that the template itself holds."""

_LONGEST_KEY: Final = 1000
DEEPEST: Final = 20
"""Levels of a value that is written without looking at it again."""

_REMEMBERED: Final = 1024
"""Texts that a hole remembers, and how long they may be: services share most of their values."""

_FILTER: Final = "_node"
# Not `values.x.items()`: the name before a parenthesis is a method.
_MENTION: Final = re.compile(r"(?<![\w.])values\.([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\b(?!\s*\()(?<!\.)")


class Piece(str):
    """Some text of the output and the template line where it starts.

    For a hole, `value` is what is written there (shared by whoever writes the same, so not to be changed), and
    `pointer` where it stands among the service's values; where it was computed, where the value stands that the
    expression names. `mark` stands for the piece where only the shape of
    the output matters: the text itself, or for a hole a mark that says what kind of node is written there. It is
    None where the text must be read to know what it does to the lines around it.
    """

    __slots__ = ("line", "mark", "pointer", "template", "value")

    template: str
    line: int
    value: Any
    pointer: Pointer | None
    mark: str | None

    def saying(self, text: str, value: Any) -> Piece:
        """What the same hole writes for another value of the same shape."""
        piece = Piece(text)
        piece.template, piece.line, piece.value, piece.pointer = self.template, self.line, value, self.pointer
        piece.mark = self.mark
        return piece


def literal(text: str, template: str, line: int) -> Piece:
    """A piece of a template's own text."""
    piece = Piece(text)
    piece.template, piece.line, piece.value, piece.pointer, piece.mark = template, line, LITERAL, None, text
    return piece


@dataclass(frozen=True, slots=True)
class Site:
    """Where a hole stands, and how it writes: column and part are those of `Hole`, `gap` are the spaces before it.

    `mentioned` is the value that its expression names, as `a.b`.
    """

    template: str
    line: int
    column: int
    part: str
    gap: str
    mentioned: str

    def piece(self, value: Any) -> Piece:
        """The value as YAML. Raises `TypeError` and `YamlError` for what cannot be written."""
        if self.part == "key":
            meant: Any = _plain_key(value)
            text = scalar(meant)
        else:
            meant = plain(value)
            text = dump_at(meant, self.column, in_sequence=self.part == "item")
        broken = text.startswith("\n")
        pointer = pointer_of(value)
        if pointer is None and self.mentioned:
            pointer = tuple(self.mentioned.split("."))
        piece = Piece(text if broken else self.gap + text)
        piece.template, piece.line, piece.value, piece.pointer = self.template, self.line, meant, pointer
        piece.mark = f"{self.gap}{MARK}{'b' if broken else 's'}{MARK}" if _regular(meant, DEEPEST) else None
        return piece


def hole(site: Site, weighed: Callable[[Any], Any] = lambda value: value) -> Callable[[Any], Piece]:
    """What writes the values of a hole, weighed before. It remembers what it has written."""
    texts: dict[str, Piece] = {}
    others: dict[tuple[type, str], Piece] = {}

    def write(value: Any) -> Piece:
        kind = value.__class__
        known: dict[Any, Piece]
        if kind is str:
            known, key = texts, value
        elif kind in _REPEATABLE:
            known, key = others, (kind, repr(weighed(value)))
        else:  # one that knows its pointer, or something that is no value at all
            return site.piece(weighed(value))
        return known.get(key) or kept(known, key, site.piece(value))

    return write


def kept(known: dict[Any, Piece], key: Any, piece: Piece) -> Piece:
    """The piece, which is remembered unless it is too long."""
    if len(piece) <= _REMEMBERED:
        if len(known) >= _REMEMBERED:
            known.clear()
        known[key] = piece
    return piece


_REPEATABLE: Final = frozenset({int, bool, type(None), dict, list})
"""Types whose `repr` says all about a value."""


class NodeWriter(CodeGenerator):
    """Compiles templates so that their output is pieces: those of their own text are made once."""

    def visit_Template(self, node: nodes.Template, frame: Frame | None = None) -> None:  # noqa: N802 - Jinja's name
        """The module of a template, with its pieces and holes behind it."""
        self._made: list[str] = []
        super().visit_Template(node, frame)
        for number, made in enumerate(self._made):
            self.writeline(f"piece_{number} = environment.{made}")

    def visit_Output(self, node: nodes.Output, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        """Yields, or collects, a piece for each text and each hole."""
        if frame.require_output_check:
            if self.has_known_extends:
                return
            self.writeline("if parent_template is None:")
            self.indent()
        for child in node.nodes:
            self.writeline("yield " if frame.buffer is None else f"{frame.buffer}.append(", child)
            self._write(child, frame)
            self.write("" if frame.buffer is None else ")")
        if frame.require_output_check:
            self.outdent()

    def visit_For(self, node: nodes.For, frame: Frame) -> None:  # noqa: N802 - Jinja's name
        """No loop that calls itself: what it writes would be one text without places."""
        if node.recursive:
            self.fail("a loop cannot be recursive here: write a loop for each level", node.lineno)
        super().visit_For(node, frame)

    def _write(self, child: nodes.Expr, frame: Frame) -> None:
        number = len(self._made)
        if isinstance(child, nodes.TemplateData):
            self._made.append(f"literal({child.data!r}, {self.name!r}, {child.lineno})")
            self.write(f"piece_{number}")
        elif isinstance(child, nodes.Filter) and child.name == _FILTER and child.node is not None:
            arguments = [argument.as_const() for argument in child.args]
            self._made.append(f"hole(environment.Site({', '.join(map(repr, arguments))}))")
            self.write(f"piece_{number}(")
            self.visit(child.node, frame)
            self.write(")")
        else:
            self.fail("only text and {{ }} can be written", child.lineno)


class WholeNodes(Extension):
    """The Jinja extension that compiles the holes of a template so that they write YAML."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.code_generator_class = NodeWriter
        environment.filters[_FILTER] = _no_filter
        environment.extend(literal=literal, hole=hole, Site=Site)


def whole_nodes(read: Iterable[tuple[int, str, str]], name: str | None) -> Iterator[Lexeme]:
    """The tokens of a template with `key: {{ x }}` turned into `key:{{ (x)|_node(…) }}`.

    Raises `TemplateSyntaxError`.
    """
    tokens = [Lexeme(*token) for token in read]
    found = iter(holes(tokens, name))
    start, gap = 0, ""
    for index, token in enumerate(tokens):
        after = tokens[index + 1].kind if index + 1 < len(tokens) else ""
        if token.kind == "data" and after == "variable_begin":
            text = token.text.rstrip(" ")
            gap = token.text[len(text) :] if text.endswith(":") else ""
            yield token._replace(text=text) if gap else token
        elif token.kind == "variable_begin":
            start = index
            yield token
            yield Lexeme(token.line, "operator", "(")
        elif token.kind == "variable_end":
            hole, line = next(found), tokens[start].line
            mentioned = _mentioned("".join(inside.text for inside in tokens[start + 1 : index]))
            yield from _filtered(token.line, (name, line, hole.column, hole.part, gap, mentioned))
            yield token
            gap = ""
        else:
            yield token


def _filtered(line: int, arguments: Iterable[str | int | None]) -> Iterator[Lexeme]:
    """`)|_node(…)`."""
    yield from (Lexeme(line, "operator", ")"), Lexeme(line, "operator", "|"), Lexeme(line, "name", _FILTER))
    yield Lexeme(line, "operator", "(")
    for argument in arguments:
        kind = "integer" if isinstance(argument, int) else "string" if isinstance(argument, str) else "name"
        yield Lexeme(line, kind, json.dumps(argument))
        yield Lexeme(line, "operator", ",")
    yield Lexeme(line, "operator", ")")


def _no_filter(*_arguments: Any) -> Any:
    raise SecurityError(f"{_FILTER!r} is not for templates")


def _mentioned(expression: str) -> str:
    """The first of the service's values that an expression mentions, as `a.b`; empty if it mentions none."""
    found = _MENTION.search(expression)
    return found[1] if found else ""


def plain(value: Any) -> Any:
    """The JSON value of what an expression gave; `TypeError` for what is none."""
    if isinstance(value, Undefined):
        str(value)  # what is missing raises its own error here
        raise TypeError("no value: the `if` is false and has no `else`")
    if isinstance(value, str):
        return str.__str__(value) if type(value) is not str else value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, Flag):
        return bool(value)
    if isinstance(value, (int, float)):
        return int(value) if isinstance(value, int) else float(value)
    if isinstance(value, Mapping):
        return {_plain_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} is no YAML value; write `| list` after what gives many values")


def _plain_key(key: Any) -> str:
    if isinstance(key, (bool, Flag)) or not isinstance(key, (str, int)):
        raise TypeError(f"a key is a string, not {type(key).__name__}")
    text: str = plain(str(key))
    if len(scalar(text)) > _LONGEST_KEY:
        raise TypeError(f"a key is no longer than {_LONGEST_KEY} characters")
    return text


def _regular(value: Any, levels: int) -> bool:
    """Whether the text of a value has no say in how the lines behind it are read, and comes back as it is.

    Not so a block of text, nor a value so deep that the manifest may become too deep; a float may come back as an
    integer, and an integer beyond 64 bits as a float.
    """
    if isinstance(value, str):
        return "\n" not in value
    if isinstance(value, dict):
        return levels > 0 and all(_regular(key, 1) and _regular(item, levels - 1) for key, item in value.items())
    if isinstance(value, list):
        return levels > 0 and all(_regular(item, levels - 1) for item in value)
    if isinstance(value, float):
        return False
    return value is None or abs(value) < 2**63
