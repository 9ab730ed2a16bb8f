"""What go-yaml v2 reads and libyaml does not: a text with stand-ins that libyaml takes for the same.

Three things differ. Between brackets go-yaml lets a plain scalar end with a colon (`{a:}` is the key
"a:"); between double quotes it knows the escape `\\'`; and a byte order mark that starts a line, but not
the text, is a character like others. Each is replaced by one private character, so that every line and
column stays, and put back in the scalars that come out.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

import yaml
from yaml.events import CollectionEndEvent, CollectionStartEvent

from generator.k8syaml.libyaml import CParser
from generator.k8syaml.limits import MAX_DEPTH

_BOM: Final = "\ufeff"
_HINT: Final = re.compile(r"[^\"']:[,?\[\]{}]|\\'")
_ESCAPE: Final = re.compile(r"\\(?:u|U0000)([0-9a-fA-F]{4})")
_MOST_TEXT: Final = 64 * 1024
_MOST_REPAIRS: Final = 16
_PRIVATE: Final = range(0xE000, 0xF900)


def stand_ins(text: str) -> tuple[str, Mapping[int, str]]:
    """A text of the same length for libyaml, and the table for `str.translate` that restores scalars.

    Nearly every text needs nothing and comes back as it is, with an empty table. Only texts of up to
    64 KiB are repaired, in up to 16 places; beyond, libyaml's error stands.
    """
    colons = len(text) <= _MOST_TEXT and _HINT.search(text)
    if not colons and _BOM not in text:
        return text, {}
    bom, colon, nothing = (chr(code) for code in _unused(text))
    text = text.replace(_BOM, bom)
    table = {ord(bom): _BOM, ord(colon): ":", ord(nothing): ""}
    if colons:
        text = _repaired(text, {":": colon, "\\": nothing})
    return text, table


def _unused(text: str) -> list[int]:
    """Three private characters that no scalar of the text has, as they are or by an escape."""
    present = {ord(char) for char in set(text)} | {int(found[1], 16) for found in _ESCAPE.finditer(text)}
    free = [code for code in _PRIVATE if code not in present]
    return (free + [0xE000] * 3)[:3]


def _repaired(text: str, replacements: Mapping[str, str]) -> str:
    for _ in range(_MOST_REPAIRS):
        index = _first_difference(text)
        if index is None:
            break
        text = text[:index] + replacements[text[index]] + text[index + 1 :]
    return text


def _first_difference(text: str) -> int | None:
    """Where libyaml stops at something that only go-yaml reads; None if it does not."""
    depth = 0
    try:
        parser = CParser(text)
        while (event := parser.get_event()) is not None and depth <= MAX_DEPTH:
            depth += isinstance(event, CollectionStartEvent) - isinstance(event, CollectionEndEvent)
    except yaml.MarkedYAMLError as error:
        index = error.problem_mark.index if error.problem_mark else 0
        if error.problem == "found unexpected ':'" and text[index] == ":":
            return index
        if error.problem == "found unknown escape character" and text.startswith("\\'", index):
            return index
    except (yaml.YAMLError, UnicodeEncodeError):
        pass
    return None
