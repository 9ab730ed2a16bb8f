"""What libyaml refuses, in words for people who have never heard of tokens and block mappings."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from yaml import MarkedYAMLError

_CLOSING: Final = {"{": "}", "[": "]"}
_QUOTES: Final = ("'", '"')
_CONFLICT: Final = (re.compile(r"^<{7} ", re.M), "\n=======\n", "\n>>>>>>> ")
"""How git-merge(1) marks what it leaves to people."""


class Refusal(NamedTuple):
    """What is wrong, where in the text (characters from its start), and what to do."""

    what: str
    place: int
    next: str = ""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where libyaml stopped (`index`), and where that began which it was reading (`start`, in the line `first`)."""

    text: str
    index: int
    start: int
    first: int

    @property
    def opening(self) -> str:
        return self.text[self.start : self.start + 1]

    @property
    def before(self) -> str:
        """What stands before it in its line."""
        return self.text[self.text.rfind("\n", 0, self.index) + 1 : self.index]


def worded(error: MarkedYAMLError, text: str, lines_before: int) -> Refusal:
    """A refusal of libyaml's in words, at the place that has to be changed; `lines_before` the text are others."""
    begins, *marks = _CONFLICT
    if all(mark in text for mark in marks) and (conflict := begins.search(text)):
        next = "keep what is right of the lines from <<<<<<< to >>>>>>>, and remove these marks"
        return Refusal("git could not merge this and has left both sides", conflict.start(), next)
    problem = str(error.problem)
    index = error.problem_mark.index if error.problem_mark else 0
    start = error.context_mark.index if error.context_mark else index
    words = _WORDS.get(problem)
    found = words(_Place(text, index, start, lines_before + 1 + text.count("\n", 0, start))) if words else None
    return found or Refusal(problem, index)


def _no_key(at: _Place) -> Refusal | None:
    if not at.before.strip(" "):
        return _misplaced(at, in_list=False)
    if at.text[: at.index].rstrip().endswith(_QUOTES):
        next = "inside of quotes, write '' for ' and \\\" for \""
        return Refusal("the text goes on after its closing quote", at.index, next)
    return None


def _no_item(at: _Place) -> Refusal | None:
    return None if at.before.strip(" ") else _misplaced(at, in_list=True)


def _misplaced(at: _Place, *, in_list: bool) -> Refusal:
    """A line whose indentation fits nothing above it, or that is an item among keys or a key among items."""
    beside = len(at.before) == at.start - (at.text.rfind("\n", 0, at.start) + 1)
    is_item = at.text.startswith(("- ", "-\n"), at.index)
    if beside and is_item is not in_list:
        found, others = ("an item of a list", "the keys of a map") if is_item else ("a key", "the items of a list")
        return Refusal(f"{found} cannot stand beside {others}", at.index, "indent it like what it belongs to")
    what = f"this line is indented like nothing in the {'list' if in_list else 'map'} that begins in line {at.first}"
    return Refusal(what, at.index, "indent it like the lines that it belongs to, here or just above")


def _not_closed(at: _Place) -> Refusal | None:
    if at.opening not in _CLOSING:
        return None
    closing = _CLOSING[at.opening]
    where = f" of line {at.first}" if "\n" in at.text[at.start : at.index].rstrip() else ""
    what = f"the {at.opening}{where} is not closed: expected ',' or '{closing}'"
    return Refusal(what, at.index, f"add the {closing}")


def _unexpected_colon(at: _Place) -> Refusal:
    if ": " in at.before or at.before.rstrip().endswith(":"):
        return Refusal("a second ':' in one line", at.index, "put text that holds ': ' in quotes")
    return Refusal("a key cannot begin here: above it is a value", at.index, "mend the indentation, here or just above")


def _bad_beginning(at: _Place) -> Refusal:
    here = at.text[at.index : at.index + 1]
    if here == "\t":
        return Refusal("a tab, and YAML is indented with spaces", at.index, "replace each tab by spaces")
    return Refusal(f"a value cannot begin with {here}", at.index, "put it in quotes")


def _open_quote(at: _Place) -> Refusal | None:
    if at.opening not in _QUOTES:
        return None
    return Refusal(f"the {at.opening} that opens here is never closed", at.start, f"add the closing {at.opening}")


def _bad_escape(at: _Place) -> Refusal:
    escape = at.text[at.index : at.index + 2]
    next = "write \\\\ for a backslash, or put the text in single quotes"
    return Refusal(f"{escape} means nothing in double quotes", at.index, next)


def _no_colon(at: _Place) -> Refusal:
    return Refusal("a key needs a ':' after it", at.start, "add the ':', or indent the line if it is more text")


def _item_here(at: _Place) -> Refusal:
    return Refusal("an item of a list cannot begin here", at.index, "begin each item on a line of its own")


def _after_block(at: _Place) -> Refusal:
    next = "begin the text on the next line"
    return Refusal("nothing but a comment can follow | or > on its line", at.index, next)


_WORDS: Final[Mapping[str, Callable[[_Place], Refusal | None]]] = {
    "did not find expected key": _no_key,
    "did not find expected '-' indicator": _no_item,
    "did not find expected ',' or '}'": _not_closed,
    "did not find expected ',' or ']'": _not_closed,
    "mapping values are not allowed in this context": _unexpected_colon,
    "could not find expected ':'": _no_colon,
    "found character that cannot start any token": _bad_beginning,
    "block sequence entries are not allowed in this context": _item_here,
    "found unexpected end of stream": _open_quote,
    "found unknown escape character": _bad_escape,
    "did not find expected node content": lambda at: Refusal("expected a value here", at.index),
    "did not find expected comment or line break": _after_block,
}
