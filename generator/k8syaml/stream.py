"""From YAML text to the events of its documents: libyaml scans and parses, Kubernetes says what a document is.

Two spellings that only go-yaml v2 reads are refused, since no other reader agrees with it: a plain key
glued to the bracket behind it (`{a:}`), and the escape `\\'` between double quotes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, cast

import yaml
from yaml.error import Mark
from yaml.events import DocumentEndEvent, DocumentStartEvent, Event, StreamEndEvent

from generator.k8syaml.error import YamlError, line_of, place_of
from generator.k8syaml.limits import MAX_TEXT

try:
    from yaml._yaml import CParser
except ImportError as error:
    raise ImportError(
        "PyYAML lacks its C extension; install a wheel of it: pip install --force-reinstall --only-binary :all: pyyaml"
    ) from error

_SEPARATOR: Final = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_FORBIDDEN: Final = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def start_of(event: Event) -> Mark:
    """Where an event starts; libyaml always says so, only the type leaves it open."""
    return cast(Mark, event.start_mark)


def end_of(event: Event) -> Mark:
    """Where an event ends."""
    return cast(Mark, event.end_mark)


class RefusedError(Exception):
    """Something that Kubernetes refuses, at an event."""

    def __init__(self, what: str, event: Event, next: str = "") -> None:
        super().__init__(what)
        self.what, self.event, self.next = what, event, next


class Stream:
    """The documents of a text, one after the other: `next_document`, then its `events`."""

    def __init__(self, text: str, path: str = "", *, whole: bool = False) -> None:
        """`whole` makes an error of text that Kubernetes would silently ignore after a document."""
        self.path = path
        self.whole = whole
        self.lines_before = 0
        if len(text) > MAX_TEXT:
            raise YamlError(f"more than {MAX_TEXT} characters of YAML", line=1, column=1, path=path)
        self.text = text.removeprefix("\ufeff")
        self.end: Event | None = None
        self._open()

    def _open(self) -> None:
        try:
            self.parser = CParser(self.text)
            self.parser.get_event()
        except (yaml.YAMLError, UnicodeEncodeError) as error:
            raise self.syntax_error(error) from None

    def next_document(self) -> int | None:
        """The line (from 1) where the next document starts; None after the last one."""
        try:
            event = self.parser.get_event()
            refused = None
        except yaml.YAMLError as error:
            event, refused = None, error
        if self.end is not None and not isinstance(event, StreamEndEvent) and not _is_explicit(event):
            if self.whole:
                raise self.ignored()
            if not self._skip_to_separator():
                return None
            self.end = None
            return self.next_document()
        if refused is not None:
            raise self.syntax_error(refused)
        return self._start(event)

    def _start(self, event: Event | None) -> int | None:
        if not isinstance(event, DocumentStartEvent):
            return None
        if event.version not in (None, (1, 1)):
            raise self.error(
                RefusedError("found incompatible YAML document", event, "Remove %YAML; Kubernetes reads YAML 1.1.")
            )
        return self.lines_before + start_of(event).line + 1

    def events(self) -> Iterator[Event]:
        """The events of the document's nodes."""
        next_event = self.parser.get_event
        try:
            while (event := next_event()) is not None and type(event) is not DocumentEndEvent:
                yield event
            self.end = event
        except yaml.YAMLError as error:
            raise self.syntax_error(error) from None

    def _skip_to_separator(self) -> bool:
        """Go on at the next `---`: Kubernetes cuts a stream there first and reads one document of each piece."""
        found = self.end and _SEPARATOR.search(self.text, end_of(self.end).index)
        if not found:
            return False
        self.lines_before += place_of(self.text, found.start())[0] - 1
        self.text = self.text[found.start() :]
        self._open()
        return True

    def error(self, refusal: RefusedError) -> YamlError:
        """A refusal with its place."""
        mark = start_of(refusal.event)
        return self._at(refusal.what, mark.line, mark.column, refusal.next)

    def ignored(self) -> YamlError:
        """The error for text that Kubernetes would drop."""
        assert self.end is not None  # noqa: S101 - for the type checker
        mark = end_of(self.end)
        return self._at(
            "Kubernetes would ignore what follows here", mark.line, mark.column, "Separate documents with ---."
        )

    def syntax_error(self, error: Exception) -> YamlError:
        """What libyaml refused, with its place."""
        if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
            mark = error.problem_mark
            return self._at(str(error.problem), mark.line, mark.column)
        found = _FORBIDDEN.search(self.text)
        line, column = place_of(self.text, found.start()) if found else (1, 1)
        shown = f"U+{ord(found[0]):04X} is not allowed in YAML" if found else str(error)
        return self._at(shown, line - 1, column - 1)

    def _at(self, what: str, line: int, column: int, next: str = "") -> YamlError:
        shown = line_of(self.text, line + 1)
        line += self.lines_before
        return YamlError(what, line=line + 1, column=column + 1, path=self.path, shown=shown, next=next)


def _is_explicit(event: Event | None) -> bool:
    return isinstance(event, DocumentStartEvent) and bool(event.explicit)
