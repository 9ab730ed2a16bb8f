"""From YAML text to the events of its documents: Kubernetes says where a document ends, libyaml parses it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import islice
from typing import Final, cast

import yaml
from yaml.error import Mark
from yaml.events import DocumentEndEvent, DocumentStartEvent, Event, ScalarEvent, StreamEndEvent

from generator.k8syaml.dialect import stand_ins
from generator.k8syaml.error import YamlError
from generator.k8syaml.libyaml import CParser
from generator.k8syaml.limits import MAX_DOCUMENTS, MAX_TEXT
from generator.k8syaml.lines import START, Place, breaks, place_of, shown

_SEPARATOR: Final = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_PROLOGUE: Final = re.compile(r"(?:[ \t]*+(?:#.*+)?+\r?\n|%.*+\n)*+")
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


def parts(text: str, path: str = "", start: Place = START) -> Iterator[Part]:
    """The parts of a text that Kubernetes cuts out at lines with `---`; each holds one document, or none.

    Comments and directives before the first `---` belong to the part behind it. `start` is where the text begins in
    its file.
    """
    if len(text) > MAX_TEXT:
        next = "split the file"
        raise YamlError(f"more than {MAX_TEXT:,} characters of YAML", line=1, column=1, path=path, next=next)
    text = text.removeprefix("\ufeff")
    separators = islice(_SEPARATOR.finditer(text), MAX_DOCUMENTS + 1) if "---" in text else ()
    cuts = [found.start() for found in separators]
    if cuts and _PROLOGUE.fullmatch(text, 0, cuts[0]):
        del cuts[0]
    if len(cuts) >= MAX_DOCUMENTS:
        raise too_many(path)
    for first, end in zip([0, *cuts], [*cuts, len(text)], strict=True):
        part = Part(text[first:end], start, path)
        yield part
        start = (start[0] + breaks(part.text), 1)


def too_many(path: str) -> YamlError:
    """The error for a file of more documents than are read."""
    what = f"more than {MAX_DOCUMENTS:,} documents"
    return YamlError(what, line=1, column=1, path=path, next="split the file")


class Part:
    """The text of one document, and where it begins in its file."""

    __slots__ = ("path", "start", "start_line", "text")

    def __init__(self, text: str, start: Place, path: str) -> None:
        self.text = text
        self.start = start
        self.path = path
        self.start_line = start[0]

    def events(self, *, whole: bool = False) -> Iterator[Event]:
        """The events of the document's nodes; `start_line` is right once the first has come.

        Kubernetes silently ignores what follows the document in its part; with `whole` that is an error.
        """
        try:
            readable, originals = stand_ins(self.text)
            next_event = CParser(readable).get_event
            next_event()
            start = next_event()
            if not isinstance(start, DocumentStartEvent):
                return
            self._check_start(start)
            while (event := next_event()) is not None and type(event) is not DocumentEndEvent:
                if originals and isinstance(event, ScalarEvent):
                    event.value = event.value.translate(originals)
                yield event
        except (yaml.YAMLError, UnicodeEncodeError) as error:
            raise self._syntax_error(error) from None
        if whole and event is not None:
            self._check_end(next_event, event)

    def _check_start(self, start: DocumentStartEvent) -> None:
        self.start_line = self.start[0] + breaks(self.text[: start_of(start).index])
        if start.version not in (None, (1, 1)):
            refused = RefusedError("found incompatible YAML document", start, "remove the line with %YAML")
            raise self.error(refused)

    def _check_end(self, next_event: Callable[[], Event | None], end: Event) -> None:
        try:
            if isinstance(next_event(), StreamEndEvent):
                return
        except yaml.YAMLError:
            pass
        what = "Kubernetes would ignore what follows here"
        raise self._at(what, end_of(end).index, "put --- between documents, or remove the rest")

    def error(self, refused: RefusedError) -> YamlError:
        """A refusal with its place."""
        return self._at(refused.what, start_of(refused.event).index, refused.next)

    def _syntax_error(self, error: Exception) -> YamlError:
        """What libyaml refused, with its place; at the end of the text, that of the last thing there."""
        if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark is not None:
            from generator.k8syaml.wording import worded

            what, index, next = worded(error, self.text, self.start[0] - 1)
            return self._at(what, min(index, len(self.text.rstrip())), next)
        found = _FORBIDDEN.search(self.text)
        if found is None:
            return self._at(str(error), 0)
        return self._at(f"U+{ord(found[0]):04X} is not allowed in YAML", found.start())

    def _at(self, what: str, index: int, next: str = "") -> YamlError:
        line, column = place_of(self.text, index, self.start)
        return YamlError(what, line=line, column=column, path=self.path, shown=shown(self.text, index), next=next)
