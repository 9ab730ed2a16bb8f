"""Writing JSON values as block style YAML on which every reader agrees.

Maps keep their order, two spaces a level, and the items of a list stand under their key as kubectl
writes them. A string is quoted exactly if Kubernetes, or a reader of YAML 1.1 or 1.2, would otherwise
read something else; text of several lines is a literal block, unless a character of it, or a space at
the end of a line (which editors and hooks like to strip), can only be kept by escapes.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, Final

from generator.k8syaml.error import YamlError
from generator.k8syaml.limits import MAX_DEPTH
from generator.k8syaml.scalars import plain_value

_WORDS: Final = frozenset({"y", "n", "yes", "no", "on", "off", "true", "false", "null", "~", "", "=", "<<"})
"""What YAML 1.1 or 1.2 reads as something else, in any case."""

_NUMBER: Final = re.compile(
    r"[-+]?(0b[-+]?[01]*|0o[0-7]*|0x[0-9a-f]*|[0-9]+(:[0-9]+)+(\.[0-9]*)?"
    r"|([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[-+]?[0-9]*)?|\.(inf|nan))",
    re.IGNORECASE,
)
_NO_DIGITS: Final = re.compile(r"[-+]?\.?_+")
"""YAML 1.1 takes underscores for digits, even without any digit."""

_DATE: Final = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt \t].*)?")
_INDICATOR: Final = re.compile(r"[\]\[{}#&*!|>'\"%@`,\s]|[-?:](?:\s|\Z)|---|\.\.\.")
_MEANT: Final = re.compile(r": |:\Z| #|\s\Z")
_LITERAL_BREAKER: Final = re.compile(r"[ \t](?:\n|\Z)")
_ESCAPES: Final = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r", "\0": "\\0"}
_LONGEST_KEY: Final = 1000
"""A key on one line may be 1024 characters, counted from its first to its colon."""


def dump(value: Any) -> str:
    """A document, ending with a line break; `load_all` reads an equal value out of it.

    A float without a fraction comes back as the integer that Kubernetes makes of it. Raises `YamlError`
    for what YAML or Kubernetes cannot hold: half a character (a lone surrogate), a float that is not
    finite, an integer that neither 64 bits nor a double hold, more than `MAX_DEPTH` levels. Raises
    `TypeError` for what is not JSON.
    """
    if isinstance(value, (dict, list)) and value:
        return "\n".join(_lines(value, 0, 1)) + "\n"
    return dump_at(value, 0) + "\n"


def dump_at(value: Any, indent: int, *, in_sequence: bool = False) -> str:
    """The text of a node to write after `key:` and a space, or, `in_sequence`, after `- `.

    `indent` is the column (from 0) of the key or of the dash. After a key, a map or list that is not empty
    starts with a line break, and the space before it is better left out; in an item it starts right behind
    the dash. There is no line break at the end.
    """
    return _node(value, indent, in_sequence, 1)


def _node(value: Any, indent: int, in_sequence: bool, level: int) -> str:
    if isinstance(value, str) and "\n" in value and _fits_literal(value):
        return "\n".join(_literal(value, indent + 2))
    if not isinstance(value, (dict, list)) or not value:
        return scalar(value)
    column = indent + 2 if in_sequence or isinstance(value, dict) else indent
    text = "\n".join(_lines(value, column, level))
    return text.lstrip(" ") if in_sequence else "\n" + text


def scalar(value: Any) -> str:
    """A scalar, or an empty map or list, on one line."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _short(value) if len(value) < _SHORT else _text(value)
    if isinstance(value, (int, float)):
        return _number(value)
    if value == {} and isinstance(value, dict):
        return "{}"
    if value == [] and isinstance(value, list):
        return "[]"
    raise TypeError(f"not a JSON scalar: {type(value).__name__}")


def _number(value: int | float) -> str:
    text = repr(value)
    read = None if isinstance(value, float) and not math.isfinite(value) else plain_value(text)
    if not isinstance(read, (int, float)) or type(value)(read) != value:
        raise YamlError(f"{text} is not a number that Kubernetes can hold", next="use a string")
    # YAML 1.1 wants a point in a float; repr leaves it out before an exponent.
    return text.replace("e", ".0e") if "e" in text and "." not in text else text


def _text(text: str) -> str:
    return text if _is_plain(text) else _quoted(text)


_SHORT: Final = 100
_short: Final = lru_cache(maxsize=4096)(_text)
"""Most texts are short, and written again and again: keys, and the name of a service in all that it renders."""


def _is_plain(text: str) -> bool:
    """Whether every reader takes this for the same string without quotes."""
    if text.lower() in _WORDS or not text.isprintable() or _INDICATOR.match(text) or _MEANT.search(text):
        return False
    if text[0] not in "0123456789+-.":
        return True
    digits = text.replace("_", "")
    return not (_NUMBER.fullmatch(digits) or _NO_DIGITS.fullmatch(text) or _DATE.fullmatch(text))


def _quoted(text: str) -> str:
    if text.isprintable():
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return '"' + "".join(char if char.isprintable() and char not in '"\\' else _escape(char) for char in text) + '"'


def _escape(char: str) -> str:
    if char in _ESCAPES:
        return _ESCAPES[char]
    code = ord(char)
    if 0xD800 <= code <= 0xDFFF:
        raise YamlError(f"U+{code:04X} is half of a character and cannot be written")
    if code > 0xFFFF:
        return f"\\U{code:08X}"
    return f"\\u{code:04X}" if code > 0xFF else f"\\x{code:02X}"


def _key(key: Any) -> str:
    if not isinstance(key, str):
        raise TypeError(f"not a JSON key: {type(key).__name__}")
    return scalar(key)


def _fits_literal(text: str) -> bool:
    """Whether a literal block keeps this text of several lines as it is, in an editor too."""
    if not text.strip("\n") or _LITERAL_BREAKER.search(text):
        return False
    return all(line.replace("\t", "").isprintable() for line in text.split("\n"))


def _literal(text: str, column: int) -> Iterator[str]:
    """`|` with its indicators, then the lines at this column."""
    # The column of the first line is found by its spaces, unless it starts with some itself.
    explicit = "2" if text.lstrip("\n")[0] in " \t" else ""
    chomping = "-" if not text.endswith("\n") else "+" if text.endswith("\n\n") else ""
    yield f"|{explicit}{chomping}"
    margin = " " * column
    for line in text.removesuffix("\n").split("\n"):
        yield margin + line if line else ""


def _lines(value: dict[Any, Any] | list[Any], column: int, level: int) -> Iterator[str]:
    """The lines of a map or list that is not empty, each with its margin."""
    if level > MAX_DEPTH:
        raise YamlError(f"more than {MAX_DEPTH} levels of maps and lists")
    margin = " " * column
    if isinstance(value, list):
        for item in value:
            yield f"{margin}- {_node(item, column, True, level + 1)}"
        return
    for key, item in value.items():
        name = _key(key)
        text = _node(item, column, False, level + 1)
        gap = "" if text.startswith("\n") else " "
        # A key this long needs the long form: `? key`, then `: value` on its own line.
        start = margin + name if len(name) <= _LONGEST_KEY else f"{margin}? {name}\n{margin}"
        yield f"{start}:{gap}{text}"
