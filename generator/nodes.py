"""Every `{{ }}` of a template is one whole YAML node or key, whatever its value.

A template is text with holes. `WholeNodes` refuses, when a template is loaded, every hole that is not the
whole value of a key (`name: {{ x }}`), a whole item (`- {{ x }}`) or a whole key (`{{ x }}: …`), and makes the
others write their value as YAML that Kubernetes reads back as that value, in block style at their column.

A tag (`{% if %}`, `{% raw %}`, a comment) stands on a line of its own and leaves no trace, so that a line
of the output is a line of some template, and a hole has the same column in both. Each `Piece` of the
output says which template line it came from.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from jinja2 import Environment, TemplateSyntaxError, Undefined, pass_context
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream

from generator.k8syaml import dump_at, scalar
from generator.provenance import pointer_of

if TYPE_CHECKING:
    from jinja2.runtime import Context

    from generator.repository import Pointer

MARK: Final = "\ue000"
"""Stands for a hole where text is looked at as YAML; a private character that templates may not contain."""

LITERAL: Final = object()
"""The `value` of a piece of text that the template itself holds."""

# Not `print`, `filter` and `call`, which write text past the holes, nor `autoescape`.
TAGS: Final = frozenset(
    "if elif else endif for endfor set endset block endblock extends include import from"
    " macro endmacro with endwith raw endraw".split()
)
_LONGEST_KEY: Final = 1000
_KEY: Final = r"""(?:[A-Za-z0-9_][A-Za-z0-9_./-]*|"[^"\\]*"|'[^']*')"""
_LINE: Final = re.compile(
    rf"(?P<margin> *(?P<dashes>(?:- )*))"
    rf"(?:(?P<key>{MARK}):(?: +(?P<value>{MARK})| [^{MARK}]*)?|{_KEY}: +(?P<of_key>{MARK})|(?P<item>{MARK}))"
)
_SIGN: Final = re.compile(r"\{[{%#][-+]|[-+][}%#]\}")


class Piece(str):
    """Some text of the output and the template line where it starts.

    For a hole, `value` is what is written there, and `pointer` where it stands among the service's values.
    """

    __slots__ = ("line", "pointer", "template", "value")

    template: str
    line: int
    value: Any
    pointer: Pointer | None

    def __str__(self) -> Piece:
        # The compiled template calls str() on all it writes; the piece must stay what it is.
        return self


class _Hole(NamedTuple):
    """What the text around a hole says about it: the column of its key or dash, and its part there."""

    column: int
    part: str


class _Tag(NamedTuple):
    """A token as the lexer yields it."""

    line: int
    kind: str
    text: str


class WholeNodes(Extension):
    """The Jinja extension that checks the holes of a template and makes them write YAML."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.filters |= {"_node": _node, "_text": _text}

    def preprocess(self, source: str, name: str | None, filename: str | None = None) -> str:
        """The template with `{{ x }}` turned into `{{ (x)|_node(…) }}`; raises `TemplateSyntaxError`."""
        tokens = [_Tag(*token) for token in self.environment.lexer.tokeniter(source, name, filename)]
        holes = iter(_Layout(name).read(tokens))
        rewritten = []
        for token in tokens:
            if token.kind == "variable_begin":
                hole = next(holes)
                rewritten.append("{{(")
                closing = f')|_node({json.dumps(name)},{token.line},{hole.column},"{hole.part}")}}}}'
            else:
                rewritten.append(closing if token.kind == "variable_end" else token.text)
        return "".join(rewritten)

    def filter_stream(self, stream: TokenStream) -> Iterator[Token]:
        """The template's own text becomes pieces that know their line."""
        for token in stream:
            if token.type == "data":
                yield from _as_filter(token.lineno, token.value, stream.name)
            else:
                yield token


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
    if value is None or isinstance(value, bool | int | float):
        return value
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
def _node(_context: Context, value: Any, template: str, line: int, column: int, part: str) -> Piece:
    """The filter behind every hole. `part` is `key`, `value` (of a key) or `item` (of a list)."""
    meant = _plain_key(value) if part == "key" else plain(value)
    text = scalar(meant) if part == "key" else dump_at(meant, column, in_sequence=part == "item")
    return _piece(text, template, line, meant, pointer_of(value))


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


class _Layout:
    """Reads the tokens of a template line by line and finds the holes, or what is wrong with them."""

    def __init__(self, name: str | None) -> None:
        self.name = name
        self.holes: list[_Hole] = []
        self.text = ""  # the line so far
        self.starts: list[int] = []  # the template lines of its holes, and what is written in them
        self.expressions: list[str] = []
        self.in_hole = False
        self.after_tag = False  # a tag ended on this line

    def read(self, tokens: Sequence[_Tag]) -> list[_Hole]:
        """The holes in their order; raises `TemplateSyntaxError`."""
        last = 1
        for index, token in enumerate(tokens):
            last = token.line
            match token.kind:
                case "data":
                    self._take_text(token)
                case "variable_begin":
                    self._open_hole(token)
                case "variable_end":
                    self._close_hole(token)
                case "block_begin":
                    self._take_tag(token, _word(tokens[index + 1 : index + 3]))
                case "raw_begin" | "raw_end" | "comment_begin":
                    self._take_tag(token, "raw")
                case "block_end" | "comment_end":
                    self._trimmed(token)
                case _ if self.in_hole:
                    self.expressions[-1] += token.text
        self._end_line(last)
        return self.holes

    def _take_text(self, token: _Tag) -> None:
        if MARK in token.text or "\0" in token.text:
            raise self._error("a control or private character in the text", token.line)
        first, *rest = token.text.split("\n")
        self._add(first, token.line)
        for offset, line in enumerate(rest, start=1):
            self._end_line(token.line + offset - 1)
            self._add(line, token.line + offset)

    def _add(self, text: str, line: int) -> None:
        if self.after_tag and text.strip(" "):
            raise self._error("text beside a tag: give the tag a line of its own", line)
        self.text += text

    def _open_hole(self, token: _Tag) -> None:
        self._unsigned(token)
        if self.after_tag:
            raise self._error("{{ }} beside a tag: give the tag a line of its own", token.line)
        self.text += MARK
        self.starts.append(token.line)
        self.expressions.append("")
        self.in_hole = True

    def _close_hole(self, token: _Tag) -> None:
        self._unsigned(token)
        if not self.expressions[-1].strip():
            raise self._error("{{ }} without an expression", token.line)
        self.in_hole = False

    def _take_tag(self, token: _Tag, word: str) -> None:
        self._unsigned(token)
        if word not in TAGS:
            raise self._error(f"the tag {word!r} is not for templates of manifests", token.line)
        if self.text.strip(" "):
            raise self._error(
                f"a tag behind text: give it a line of its own, or write {_inline_if(self.text)}", token.line
            )
        self.text = ""
        self.after_tag = not token.text.endswith("\n")

    def _trimmed(self, token: _Tag) -> None:
        self._unsigned(token)
        self.after_tag = not token.text.endswith("\n")

    def _unsigned(self, token: _Tag) -> None:
        if _SIGN.search(token.text):
            raise self._error("a sign that trims white space: leave out the - or +, tags leave no lines", token.line)

    def _end_line(self, line: int) -> None:
        if self.starts:
            self.holes += self._placed(line)
        self.text, self.starts, self.expressions, self.after_tag = "", [], [], False

    def _placed(self, line: int) -> Iterator[_Hole]:
        found = _LINE.fullmatch(self.text.rstrip(" "))
        if found is None or (found["item"] and not found["dashes"]):
            raise self._error(_advice(self.text, self.expressions), self.starts[0])
        column = len(found["margin"])
        if found["key"]:
            yield _Hole(column, "key")
        if found["value"] or found["of_key"]:
            yield _Hole(column, "value")
        if found["item"]:
            yield _Hole(column - 2, "item")

    def _error(self, message: str, line: int) -> TemplateSyntaxError:
        return TemplateSyntaxError(message, line, self.name)


def _word(tokens: Sequence[_Tag]) -> str:
    """The name of the tag whose inside starts here."""
    return next((token.text for token in tokens if token.kind == "name"), "")


def _inline_if(text: str) -> str:
    key = text.partition(":")[0].strip(" ") if ":" in text else "key"
    return f"`{key.replace(MARK, 'key')}: {{{{ a if condition else b }}}}`"


def _advice(line: str, expressions: Sequence[str]) -> str:
    """What to write instead of a line whose hole is not a whole node."""
    text = line.strip(" ")
    before, _, after = text.partition(MARK)
    if text.startswith("#") or " #" in before:
        return "{{ }} inside a comment: YAML would not read it; use a template comment, {# #}"
    if " #" in after:
        return "a comment behind {{ }}: put it on a line of its own, the value may take several lines"
    value = re.sub(rf"^(?:- )*(?:{_KEY}: +)?", "", text)
    if value == MARK:
        return "{{ }} alone on its line: write it behind its key (`labels: {{ labels }}`) or behind `- `"
    if value.startswith(("{", "[")):
        return "{{ }} inside { } or [ ]: write the collection in block style, or as one expression"
    return f"{{{{ }}}} is not a whole YAML node here: write {{{{ {_joined(value, expressions)} }}}}"


def _joined(text: str, expressions: Sequence[str]) -> str:
    """The Jinja expression for text with holes: `x-{{ a }}` is `'x-' ~ a`."""
    names = iter(expression.strip() for expression in expressions)
    parts = [part for part in re.split(f"({MARK})", text.strip("\"'")) if part]
    return " ~ ".join(next(names) if part == MARK else f"'{part}'" for part in parts)
