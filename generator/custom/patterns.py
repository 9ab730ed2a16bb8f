"""Go's regular expressions (https://pkg.go.dev/regexp/syntax), which the API server reads, in the words of ECMA 262.

The validator of JSON Schema reads those, as linear as Go does. Both write nearly everything alike.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Final

_SHARED: Final = r"\\[pPx]\{[^}]*\}|\\0[0-7]{0,2}|\\[1-7][0-7]{1,2}|\\."
_OUTSIDE: Final = re.compile(
    rf"\\Q.*?(?:\\E|\Z)|{_SHARED}|\[\^?\]?|\(\?P?<\w+>|\(\?[imsU]*(?:-[imsU]+)?[:)]|\{{[0-9]+(?:,[0-9]*)?\}}|.",
    re.DOTALL | re.ASCII,
)
_INSIDE: Final = re.compile(rf"{_SHARED}|\[:\^?[a-z]+:\]|.", re.DOTALL)
"""The tokens outside of brackets, and in them."""
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
_OTHERWISE: Final[Mapping[str, str]] = {r"\a": r"\x07", r"\<": "<", r"\>": ">"}
_SPACE: Final = r"\t\n\f\r "
"""The spaces of ASCII; the validator knows those of all scripts."""
_BESIDE_ASCII: Final = r"\x{80}-\x{10FFFF}"
_SPECIAL: Final = frozenset("\\^$.|?*+()[]{}")


@lru_cache(maxsize=1024)
def ecma(pattern: str) -> str:
    """The same expression for the validator: what it reads otherwise is spelt out or has a `\\`."""
    return "".join(_tokens(pattern))


def _tokens(pattern: str) -> Iterator[str]:
    place, inside, before = 0, False, ""
    while found := (_INSIDE if inside else _OUTSIDE).match(pattern, place):
        place, token = found.end(), found[0]
        if inside:
            inside = token != "]"
            yield _inside(token, before)
        elif token[0] == "[":
            inside = True
            yield token.replace("]", r"\]")
        else:
            yield _outside(token)
        before = token


def _inside(token: str, before: str) -> str:
    """What stands in brackets, after another token."""
    if token in ("[", "{", "}") or (token == "-" and _is_class(before)):
        return f"\\{token}"
    if token.startswith("[:^"):
        named = _CLASSES.get(token.replace("^", ""))
        return _all_but(named) if named else token
    if token in (r"\s", r"\S"):
        return _SPACE if token == r"\s" else _all_but(_SPACE)
    return _CLASSES.get(token) or _escape(token)


def _all_but(characters: str) -> str:
    """What stands in brackets for all characters but those of ASCII."""
    named = re.compile(f"[{characters}]")
    return "".join(f"\\x{{{one:X}}}" for one in range(128) if not named.match(chr(one))) + _BESIDE_ASCII


def _is_class(token: str) -> bool:
    return token.startswith((r"\p", r"\P", "[:")) or token in (r"\d", r"\D", r"\w", r"\W", r"\s", r"\S")


def _outside(token: str) -> str:
    if token.startswith(r"\Q"):
        return "".join(f"\\{one}" if one in _SPECIAL else one for one in token[2:].removesuffix(r"\E"))
    if token.startswith("(?") and token.endswith(">"):
        return "(?:"  # names may be there twice, and nobody asks for them
    if token.startswith("(?"):
        return _flags(token)
    if token in (r"\s", r"\S"):
        return f"[{'^' * (token[1] == 'S')}{_SPACE}]"
    if token in (r"\b", r"\B"):
        return f"(?-u:{token})"
    return f"\\{token}" if token in ("{", "}") else _escape(token)


def _flags(token: str) -> str:
    on, _, off = token[2:-1].partition("-")
    kept = "".join(sorted(set(on) - set(off))) + ("-" if off else "") + "".join(sorted(set(off)))
    return f"(?{kept}{token[-1]}" if kept or token[-1] == ":" else ""


def _escape(token: str) -> str:
    """What begins with a `\\`, where the validator writes it otherwise."""
    if token in _OTHERWISE:
        return _OTHERWISE[token]
    if re.fullmatch(r"\\[0-7]+", token) and (token[1] == "0" or len(token) > 2):
        return f"\\x{{{int(token[1:], 8):X}}}"
    if token.startswith((r"\p{^", r"\P{^")):
        return f"\\{token[1].swapcase()}{{{token[4:]}"
    return token


def is_pattern(text: str) -> bool:
    """Whether a text is a regular expression of the API server's, which takes no more than linear time."""
    import jsonschema_rs

    try:
        jsonschema_rs.Draft202012Validator({"pattern": ecma(text)}, pattern_options=jsonschema_rs.RegexOptions())
    except jsonschema_rs.ValidationError:
        return False
    return True
