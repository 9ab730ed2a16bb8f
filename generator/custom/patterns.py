"""Go's regular expressions (https://pkg.go.dev/regexp/syntax), which the API server reads, in the words of ECMA 262.

The validator of JSON Schema reads those, as linear as Go does. Both write nearly everything alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

_TOKEN: Final = re.compile(r"\\[pPx]\{[^}]*\}|\\.|\[:[a-z]+:\]|\{[0-9]+(?:,[0-9]*)?\}|.", re.DOTALL)
_CLASSES: Final[Mapping[str, str]] = {
    "[:alnum:]": "0-9A-Za-z",
    "[:alpha:]": "A-Za-z",
    "[:ascii:]": r"\x00-\x7F",
    "[:blank:]": r"\t ",
    "[:cntrl:]": r"\x00-\x1F\x7F",
    "[:digit:]": "0-9",
    "[:graph:]": "!-~",
    "[:lower:]": "a-z",
    "[:print:]": " -~",
    "[:punct:]": r"!-\/:-@\[-`{-~",
    "[:space:]": r"\t\n\v\f\r ",
    "[:upper:]": "A-Z",
    "[:word:]": "0-9A-Za-z_",
    "[:xdigit:]": "0-9A-Fa-f",
}
_PLAIN: Final = frozenset("[{}")
"""What needs a `\\` in ECMA 262 where it stands for itself."""


@lru_cache(maxsize=1024)
def ecma(pattern: str) -> str:
    """The same expression for the validator: names of classes are spelt out, and what is meant as it is has a `\\`."""
    return "".join(_tokens(pattern))


def _tokens(pattern: str) -> Iterator[str]:
    inside = first = False  # of brackets, and just after the opening one
    for token in _TOKEN.findall(pattern):
        if inside:
            inside = token != "]" or first
            escaped = token in _PLAIN or (token == "]" and first)
            yield f"\\{token}" if escaped else _CLASSES.get(token, token)
            first = first and token == "^"
        else:
            inside = first = token == "["
            yield f"\\{token}" if token in "{}" else token


def is_pattern(text: str) -> bool:
    """Whether a text is a regular expression of the API server's, which takes no more than linear time."""
    import jsonschema_rs

    try:
        jsonschema_rs.Draft202012Validator({"pattern": ecma(text)}, pattern_options=jsonschema_rs.RegexOptions())
    except jsonschema_rs.ValidationError:
        return False
    return True
