"""Series selectors: the one part of PromQL that gates are written in.

A selector is a metric name with label matchers and nothing else, so that the bot can add the pods of the release
and count by itself. Grammar: prometheus.io/docs/prometheus/latest/querying/basics, "Instant vector selectors",
"Literals" and "Escape sequences" of Go.
"""

from __future__ import annotations

import re

from bot.series import Matcher, Selector
from generator.errors import InputError

_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_OPERATOR = re.compile(r"=~|!~|!=|=")
_SPACE = re.compile(r"[ \t\r\n]*")
_QUOTED = re.compile(r'"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'')
_RAW = re.compile(r"`[^`]*`")
_ESCAPE = re.compile(
    r"\\(?:([abfnrtv\\\"'])|([0-7]{3})|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.|$))", re.S
)
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_LONGEST = 4096


class SelectorError(InputError):
    """A text is no series selector; `column` counts from 1."""

    def __init__(self, problem: str, text: str, position: int) -> None:
        self.column = position + 1
        super().__init__(
            f"{problem} at column {self.column} of the selector {text!r}",
            next='write a metric name and label matchers only, like requests_total{code=~"5.."}: '
            "the pods, the window and the counting are added",
        )


def parse(text: str) -> Selector:
    """Read a selector such as `http_requests_total{code=~"5..", job="web"}`; raises `SelectorError`."""
    if len(text) > _LONGEST:
        raise SelectorError(f"longer than {_LONGEST} characters", text[:60] + "…", _LONGEST)
    reader = _Reader(text)
    metric = reader.take(_METRIC, "expected a metric name")
    matchers: list[Matcher] = []
    if reader.skip("{"):
        while not reader.skip("}"):
            matchers.append(reader.matcher())
            if not reader.skip(","):
                reader.require("}", "expected ',' or '}'")
                break
    reader.end()
    return Selector(metric, tuple(matchers))


def promql(selector: Selector, *added: Matcher) -> str:
    """A selector, with more matchers added, as PromQL. Every value is escaped; the same input gives the same text."""
    matchers = ",".join(
        f"{matcher.label}{matcher.operator}{quote(matcher.value)}" for matcher in (*selector.matchers, *added)
    )
    return f"{selector.metric}{{{matchers}}}" if matchers else selector.metric


def quote(value: str) -> str:
    """A string literal of PromQL that means exactly `value`."""
    return f'"{escape(value)}"'


def escape(value: str) -> str:
    """The inside of a double-quoted string literal of PromQL that means exactly `value`."""
    special = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t"}
    return "".join(special.get(c) or (c if c.isprintable() else f"\\U{ord(c):08x}") for c in value)


class _Reader:
    """A position in a text that moves forward token by token, over white space."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0

    def _space(self) -> None:
        self.position = _SPACE.match(self.text, self.position).end()  # type: ignore[union-attr]  # `*` always matches

    def take(self, token: re.Pattern[str], problem: str) -> str:
        """The next token of this kind."""
        self._space()
        found = token.match(self.text, self.position)
        if not found:
            raise SelectorError(problem, self.text, self.position)
        self.position = found.end()
        return found.group()

    def skip(self, token: str) -> bool:
        """Whether this token comes next; if so it is behind us."""
        self._space()
        if not self.text.startswith(token, self.position):
            return False
        self.position += len(token)
        return True

    def require(self, token: str, problem: str) -> None:
        """This token and no other."""
        if not self.skip(token):
            raise SelectorError(problem, self.text, self.position)

    def matcher(self) -> Matcher:
        """A label, an operator and a quoted value."""
        start = self.position
        label = self.take(_LABEL, "expected a label name")
        if label == "__name__":
            raise SelectorError("the metric is named in front of the braces, not by __name__", self.text, start)
        operator = self.take(_OPERATOR, "expected one of = != =~ !~")
        return Matcher(label, operator, self._string())

    def _string(self) -> str:
        self._space()
        start = self.position
        if self.text.startswith("`", start):
            return self.take(_RAW, "this string has no end")[1:-1]
        if not self.text.startswith(('"', "'"), start):
            raise SelectorError("expected a quoted string", self.text, start)
        return _ESCAPE.sub(
            lambda found: self._unescape(found, start + 1), self.take(_QUOTED, "this string has no end")[1:-1]
        )

    def _unescape(self, found: re.Match[str], offset: int) -> str:
        simple, *numbers, unknown = found.groups()
        if simple:
            return _SIMPLE.get(simple, simple)
        digits = next((number for number in numbers if number), None)
        code = int(digits, 8 if digits == numbers[0] else 16) if digits else -1
        if unknown is not None or not 0 <= code <= 0x10FFFF or 0xD800 <= code <= 0xDFFF:
            raise SelectorError("unknown escape sequence", self.text, offset + found.start())
        return chr(code)

    def end(self) -> None:
        """Nothing may follow."""
        self._space()
        rest = self.text[self.position : self.position + 1]
        if rest == "[":
            raise SelectorError("a range is added by the bot, not written here", self.text, self.position)
        if rest == "(":
            raise SelectorError("functions are not allowed", self.text, self.position)
        if rest:
            raise SelectorError("expected the end", self.text, self.position)
