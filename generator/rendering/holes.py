"""Where the holes of a template are: every `{{ }}` must be a whole value, a whole item or a whole key.

A template is looked at line by line, with a mark for each hole. A tag stands on a line of its own and leaves no
trace, so that a line of the output is a line of some template, and a hole has the same column in both.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

from jinja2 import TemplateSyntaxError

MARK: Final = "\ue000"
"""Stands for a hole where text is looked at as YAML; a private character that templates may not contain."""

# Not `print`, `filter` and `call`, which write text past the holes, nor `autoescape`.
_TAGS: Final = frozenset(
    "if elif else endif for endfor set endset block endblock extends include import from"
    " macro endmacro with endwith raw endraw".split()
)
_KEY: Final = r"""(?:[A-Za-z0-9_][A-Za-z0-9_./-]*|"[^"\\]*"|'[^']*')"""
_LINE: Final = re.compile(
    rf"(?P<margin> *(?P<dashes>(?:- )*))"
    rf"(?:(?P<key>{MARK}):(?: +(?P<value>{MARK})| [^{MARK}]*)?|{_KEY}: +(?P<of_key>{MARK})|(?P<item>{MARK}))"
)
_SIGN: Final = re.compile(r"\{[{%#][-+]|[-+][}%#]\}")


class Hole(NamedTuple):
    """What the text around a hole says about it: the column of its key or dash, and its part there.

    The part is `key`, `value` (of a key) or `item` (of a list).
    """

    column: int
    part: str


class Lexeme(NamedTuple):
    """A token as Jinja's lexer yields it: its line, its kind and its text as written."""

    line: int
    kind: str
    text: str


def holes(tokens: Sequence[Lexeme], name: str | None) -> list[Hole]:
    """The holes of a template in their order; raises `TemplateSyntaxError` for one that is no whole node."""
    return _Layout(name).read(tokens)


class _Layout:
    """Reads the tokens of a template line by line and finds the holes, or what is wrong with them."""

    def __init__(self, name: str | None) -> None:
        self.name = name
        self.holes: list[Hole] = []
        self.text = ""  # the line so far
        self.starts: list[int] = []  # the template lines of its holes, and what is written in them
        self.expressions: list[str] = []
        self.in_hole = False
        self.after_tag = False  # a tag ended on this line

    def read(self, tokens: Sequence[Lexeme]) -> list[Hole]:
        """The holes in their order; raises `TemplateSyntaxError`."""
        for index, token in enumerate(tokens):
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
        self._end_line()
        return self.holes

    def _take_text(self, token: Lexeme) -> None:
        if MARK in token.text or "\0" in token.text:
            raise self._error("a control or private character in the text", token.line)
        first, *rest = token.text.split("\n")
        self._add(first, token.line)
        for offset, line in enumerate(rest, start=1):
            self._end_line()
            self._add(line, token.line + offset)

    def _add(self, text: str, line: int) -> None:
        if self.after_tag and text.strip(" "):
            raise self._error("text beside a tag: give the tag a line of its own", line)
        self.text += text

    def _open_hole(self, token: Lexeme) -> None:
        self._unsigned(token)
        if self.after_tag:
            raise self._error("{{ }} beside a tag: give the tag a line of its own", token.line)
        self.text += MARK
        self.starts.append(token.line)
        self.expressions.append("")
        self.in_hole = True

    def _close_hole(self, token: Lexeme) -> None:
        self._unsigned(token)
        if not self.expressions[-1].strip():
            raise self._error("{{ }} without an expression", token.line)
        self.in_hole = False

    def _take_tag(self, token: Lexeme, word: str) -> None:
        self._unsigned(token)
        if word not in _TAGS:
            raise self._error(f"the tag {word!r} is not for templates of manifests", token.line)
        if self.text.strip(" "):
            raise self._error(
                f"a tag behind text: give it a line of its own, or write {_inline_if(self.text)}", token.line
            )
        self.text = ""
        self.after_tag = not token.text.endswith("\n")

    def _trimmed(self, token: Lexeme) -> None:
        self._unsigned(token)
        self.after_tag = not token.text.endswith("\n")

    def _unsigned(self, token: Lexeme) -> None:
        if _SIGN.search(token.text):
            raise self._error("a sign that trims white space: leave out the - or +, tags leave no lines", token.line)

    def _end_line(self) -> None:
        if self.starts:
            self.holes += self._placed()
        self.text, self.starts, self.expressions, self.after_tag = "", [], [], False

    def _placed(self) -> Iterator[Hole]:
        found = _LINE.fullmatch(self.text.rstrip(" "))
        if found is None or (found["item"] and not found["dashes"]):
            raise self._error(_advice(self.text, self.expressions), self.starts[0])
        column = len(found["margin"])
        if found["key"]:
            yield Hole(column, "key")
        if found["value"] or found["of_key"]:
            yield Hole(column, "value")
        if found["item"]:
            yield Hole(column - 2, "item")

    def _error(self, message: str, line: int) -> TemplateSyntaxError:
        return TemplateSyntaxError(message, line, self.name)


def _word(tokens: Sequence[Lexeme]) -> str:
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
