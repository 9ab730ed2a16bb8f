"""The YAML that most files are made of, read by a compiled parser.

Reading by yaml-rs takes a sixth of the time of the composer, but as YAML 1.2, in which `yes`, `0777` or `1_000` mean
something else than to Kubernetes, and dates are dates. So a text goes to it only if every line is of a few forms of
which all readers think alike: one key or dash a line, then a text that starts with a letter or a slash, quotes without
escapes, a whole number, `true`, `false`, `null`, or a short `{ }` or `[ ]` of those. Whatever else it is, or
whatever is wrong with it, is for the composer, which has the last word; a test holds the two against each other.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import count
from typing import Any, Final

from generator.k8syaml.limits import MAX_KEYS

LONGEST: Final = 256 * 1024
"""Characters of a text that is read here."""
_MANY: Final = 32
"""Texts that are worth loading the parser and compiling the pattern, which takes as long as to compose 80 specs."""

_WORDS: Final = "(?i:y|n|yes|no|on|off|true|false|null|nan|inf|infinity)"
"""What some reader takes for something else, where it is all of a scalar."""

_WORD: Final = rf"(?!{_WORDS}(?![\w./@+=;()$~%*-]|[ ][\w(]))"
_TEXT: Final = rf"{_WORD}[A-Za-z/](?:[\w./@+=;()$~%*&!,<>-]|:(?=[\w/])|[ ](?=[\w(]))*+"
_FLOW_TEXT: Final = rf"{_WORD}[A-Za-z/](?:[\w./@+=;()$~%*-]|[ ](?=[\w(]))*+"
_NO_DATE: Final = r"(?![0-9]+[-:])"
"""yaml-rs makes dates and times of quoted texts too."""

_OTHER: Final = (
    r"(?:true|false|null|0|[1-9][0-9]{0,17}(?:m|h|s|[KMGTP]i|[kMGTP]|%)?)(?![^\s,\]}])"
    rf"""|"{_NO_DATE}[ !#-\[\]-~]*"|'{_NO_DATE}[ -&(-~]*'"""
)
_KEY: Final = (
    rf"(?:(?!{_WORDS}(?![\w./-]))[A-Za-z/][\w./-]{{0,200}}+"
    rf"""|"{_NO_DATE}[ !#-\[\]-~]{{0,200}}"|'{_NO_DATE}[ -&(-~]{{0,200}}')"""
)


def _flow(value: str) -> str:
    """A map or list on one line with these values: after a comma comes another one.

    Each form is named once, here and below, for the pattern is compiled whenever many texts are read.
    """
    return (
        rf"""\{{[ ]?(?:{_KEY}:[ ]{value}(?:,[ ](?=[A-Za-z/"'])|(?=[ ]?\}})))*+[ ]?\}}"""
        rf"|\[(?:{value}(?:,[ ](?!\])|(?=\])))*+\]"
    )


_SCALAR: Final = rf"(?:{_OTHER}|{_FLOW_TEXT})"
_INNER: Final = rf"(?:{_SCALAR}|{_flow(rf'(?:{_SCALAR}|{_flow(_SCALAR)})')})"
_VALUE: Final = rf"(?:{_OTHER}|{_TEXT}|{_flow(_INNER)})"
_COMMENT: Final = r"(?:[ ]+#[ -~]*+)?+"
_START: Final = rf"(?:(?:-[ ]){{0,3}}+{_KEY}:[ ]+|(?:-[ ]){{1,3}}+)"
_LINE: Final = rf"[ ]{{0,60}}+(?:{_START}{_VALUE}|(?:-[ ]){{0,3}}+{_KEY}:)[ ]*+{_COMMENT}\n"
_NOTHING: Final = r"[ ]*+(?:#[ -~]*+)?+\n"
_EVERYDAY: Final = rf"(?P<before>(?:{_NOTHING})*+)(?!\Z)(?:{_LINE}|{_NOTHING})*+"


_asked = count(1)


def pays() -> bool:
    """Whether this process has read so many texts that it pays to read them here."""
    return next(_asked) > _MANY


@lru_cache(maxsize=1)
def _pattern() -> re.Pattern[str]:
    return re.compile(_EVERYDAY, re.ASCII)


_before: dict[str, tuple[Any, int]] = {}


def take(found: dict[str, tuple[Any, int]]) -> None:
    """Take what `read` has made of texts in another process. Each is given to whoever asks for it first."""
    _before.update(found)


def read_before(text: str) -> tuple[Any, int] | None:
    """What `read` has made of a text elsewhere; None for nothing."""
    return _before.pop(text, None) if _before else None


def few(text: str, most: int) -> bool:
    """Whether there are surely no more than `most` nodes in a text, and no map with too many keys."""
    keys = text.count(":")
    return keys <= MAX_KEYS and 2 * (keys + sum(map(text.count, ",-[{"))) < most


def read(text: str) -> tuple[Any, int] | None:
    """The value of a document and the line (from 1) where it starts; None if somebody else must read it."""
    found = _pattern().fullmatch(text) if len(text) <= LONGEST else None
    if found is None:
        return None
    import yaml_rs

    try:
        return yaml_rs.loads(text), text.count("\n", 0, found.end("before")) + 1
    except yaml_rs.YAMLDecodeError:
        return None
