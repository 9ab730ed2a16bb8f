"""Every `{{ }}` of a template is one whole YAML node or key, whatever its value.

A template is text with holes. `WholeNodes` refuses, when a template is loaded, every hole that is not the
whole value of a key (`name: {{ x }}`), a whole item (`- {{ x }}`) or a whole key (`{{ x }}: …`), and makes the
others write their value as YAML that Kubernetes reads back as that value, in block style at their column.
Each `Piece` of the output says which template line it came from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, Final

from jinja2 import Environment, Undefined, pass_context
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

from generator.holes import Lexeme, holes
from generator.k8syaml import dump_at, scalar
from generator.provenance import pointer_of

if TYPE_CHECKING:
    from jinja2.runtime import Context

    from generator.repository import Pointer

LITERAL: Final = object()
"""The `value` of a piece of text that the template itself holds."""

_LONGEST_KEY: Final = 1000
# Not `values.x.items()`: the name before a parenthesis is a method.
_MENTION: Final = re.compile(r"(?<![\w.])values\.([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)\b(?!\s*\()(?<!\.)")


class Piece(str):
    """Some text of the output and the template line where it starts.

    For a hole, `value` is what is written there, and `pointer` where it stands among the service's values; where it
    was computed (or is a boolean, which cannot be followed), where the value stands that the expression names.
    """

    __slots__ = ("line", "pointer", "template", "value")

    template: str
    line: int
    value: Any
    pointer: Pointer | None

    def __str__(self) -> Piece:
        # The compiled template calls str() on all it writes; the piece must stay what it is.
        return self


class WholeNodes(Extension):
    """The Jinja extension that checks the holes of a template and makes them write YAML."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.filters |= {"_node": _node, "_text": _text}

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """The template with `{{ x }}` turned into `{{ (x)|_node(…) }}`; raises `TemplateSyntaxError`."""
        tokens = [Lexeme(*token) for token in self.environment.lexer.tokeniter(source, name, filename)]
        found = iter(holes(tokens, name))
        rewritten, start = [], 0
        for index, token in enumerate(tokens):
            if token.kind == "variable_begin":
                rewritten.append("{{(")
                start = index
            elif token.kind == "variable_end":
                hole, line = next(found), tokens[start].line
                mentioned = _mentioned("".join(inside.text for inside in tokens[start + 1 : index]))
                rewritten.append(f')|_node({json.dumps(name)},{line},{hole.column},"{hole.part}","{mentioned}")}}}}')
            else:
                rewritten.append(token.text)
        return "".join(rewritten)

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """The template's own text becomes pieces that know their line."""
        for token in stream:
            if token.type == "data":
                yield from _as_filter(token.lineno, token.value, stream.name)
            else:
                yield token


def _mentioned(expression: str) -> str:
    """The first of the service's values that an expression mentions, as `a.b`; empty if it mentions none."""
    found = _MENTION.search(expression)
    return found[1] if found else ""


def join(pieces: Iterable[str]) -> str:
    """The text of a template's output; a map or list that starts on a new line leaves no space before it."""
    text: list[str] = []
    for piece in pieces:
        if text and piece.startswith("\n") and text[-1].endswith(" "):
            text[-1] = text[-1].rstrip(" ")
        text.append(piece)
    return "".join(text)


def plain(value: Any) -> Any:
    """The JSON value of what an expression gave; `TypeError` for what is none."""
    if isinstance(value, Undefined):
        str(value)  # what is missing raises its own error here
        raise TypeError("no value: the `if` is false and has no `else`")
    if isinstance(value, str):
        return str.__str__(value) if type(value) is not str else value
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return int(value) if isinstance(value, int) else float(value)
    if isinstance(value, Mapping):
        return {_plain_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    raise TypeError(f"{type(value).__name__} is no YAML value; write `| list` after what gives many values")


def _plain_key(key: Any) -> str:
    if isinstance(key, bool) or not isinstance(key, str | int):
        raise TypeError(f"a key is a string, not {type(key).__name__}")
    text: str = plain(str(key))
    if len(scalar(text)) > _LONGEST_KEY:
        raise TypeError(f"a key is no longer than {_LONGEST_KEY} characters")
    return text


@pass_context
def _node(_context: Context, value: Any, template: str, line: int, column: int, part: str, mentioned: str) -> Piece:
    """The filter behind every hole; column and part are those of `Hole`, `mentioned` is what its expression names."""
    meant = _plain_key(value) if part == "key" else plain(value)
    text = scalar(meant) if part == "key" else dump_at(meant, column, in_sequence=part == "item")
    pointer = pointer_of(value)
    if pointer is None and mentioned:
        pointer = tuple(mentioned.split("."))
    return _piece(text, template, line, meant, pointer)


@pass_context
def _text(_context: Context, text: str, template: str, line: int) -> Piece:
    """The filter behind a template's own text. Taking the context keeps Jinja from folding it away."""
    return _piece(text, template, line, LITERAL, None)


def _piece(text: str, template: str, line: int, value: Any, pointer: Pointer | None) -> Piece:
    piece = Piece(text)
    piece.template, piece.line, piece.value, piece.pointer = template, line, value, pointer
    return piece


def _as_filter(line: int, text: str, name: str | None) -> Iterator[Token]:
    call = (
        ("variable_begin", "{{"),
        ("string", text),
        ("pipe", "|"),
        ("name", "_text"),
        ("lparen", "("),
        ("string", name or ""),
        ("comma", ","),
        ("integer", line),
        ("rparen", ")"),
        ("variable_end", "}}"),
    )
    # Token is declared for text, but the lexer itself puts a number into an integer token.
    return (Token(line, kind, value) for kind, value in call)  # type: ignore[arg-type]
