"""Functions of texts, which count characters.

Source: github.com/google/cel-go, ext/strings.go, and Go's strings.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from generator.cel.run.numbers import text_of
from generator.cel.run.values import Failure, Function, List, Steps

_SPACES: Final = "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
_ALL_SPACES: Final = f"{_SPACES}\u2028\u2029\u202f\u205f\u3000"
_UPPER: Final = {ord(letter): letter.upper() for letter in "abcdefghijklmnopqrstuvwxyz"}
_LOWER: Final = {ord(upper): chr(letter) for letter, upper in _UPPER.items()}
_QUOTED: Final = {ord(one): f"\\{letter}" for one, letter in zip('\a\b\f\n\r\t\v\\"', 'abfnrtv\\"', strict=True)}


def _out_of_range(index: int) -> Failure:
    return Failure(f"index out of range: {index}")


def _char_at(text: str, at: int) -> str:
    if not 0 <= at <= len(text):
        raise _out_of_range(at)
    return text[at : at + 1]


def index_of(text: str, part: str, start: int = 0) -> int:
    """Where a part begins first."""
    if not part:
        return start
    if start < 0:
        raise _out_of_range(start)
    return text.find(part, start)


def last_index_of(text: str, part: str, start: int | None = None) -> int:
    """Where a part begins last."""
    if not part:
        return len(text) if start is None else start
    if start is None:
        return text.rfind(part)
    if start < 0:
        raise _out_of_range(start)
    return -1 if start >= len(text) else text.rfind(part, 0, start + len(part))


def _substring(text: str, start: int, end: int | None = None) -> str:
    if end is not None and start > end:
        raise Failure(f"the text has no part from {start} to {end}")
    for index in (start, len(text) if end is None else end):
        if not 0 <= index <= len(text):
            raise _out_of_range(index)
    return text[start:end]


def _replaced(steps: Steps, text: str, old: str, new: str, most: int = -1) -> str:
    found = text.count(old)
    times = found if most < 0 else min(found, most)
    steps.through(len(text) + times * len(new))
    return text.replace(old, new, times)


def _split(steps: Steps, text: str, between: str, most: int = -1) -> List:
    if most == 0:
        return List([])
    if not between:
        characters = list(text) if most < 0 or most >= len(text) else [*text[: most - 1], text[most - 1 :]]
        steps.through(8 * len(characters))
        return List(characters)
    found = text.split(between, most - 1 if most > 0 else -1)
    steps.through(len(text) + 8 * len(found))
    return List(list(found))


def _joined(steps: Steps, parts: Any, between: str = "") -> str:
    texts = list(parts)
    for one in texts:
        if not isinstance(one, str):
            raise Failure(f"join is for texts, and not for {one}")
    steps.through(sum(map(len, texts)) + len(between) * len(texts))
    return between.join(texts)


FUNCTIONS: Final[Mapping[str, Function]] = {
    "charAt": _char_at,
    "substring": _substring,
    "contains": lambda text, part: part in text,
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "lowerAscii": lambda text: text.translate(_LOWER),
    "upperAscii": lambda text: text.translate(_UPPER),
    "trim": lambda text: text.strip(_ALL_SPACES),
    "strings.quote": lambda text: f'"{text_of(text).translate(_QUOTED)}"',
    "jsonpatch.escapeKey": lambda text: text.replace("~", "~0").replace("/", "~1"),
}
COUNTED: Final[Mapping[str, Function]] = {"replace": _replaced, "split": _split, "join": _joined}
