"""Reading a stream of manifests."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from generator.k8syaml import everyday
from generator.k8syaml.compose import Composer
from generator.k8syaml.limits import MAX_NODES
from generator.k8syaml.lines import START, Place
from generator.k8syaml.stream import RefusedError, parts


def load_all(text: str, path: str = "") -> list[Any]:
    """Every document of a stream, as the JSON value that Kubernetes makes of it.

    Strict, as kubectl and the API server are where they validate: a key that is set twice is an error,
    and so is a key that both `<<` and the map itself set, or two keys that become one in JSON (1 and
    "1"). As kubectl does, documents that are empty or null are dropped (a stream of nothing else gives
    `[None]`), and so is whatever follows a document before the next `---`.

    Raises `YamlError` with line and column for what Kubernetes refuses, and at the limits of
    `generator.k8syaml.limits`. `path` is only for the error.
    """
    values = [value for value, _ in documents(text, path)]
    return [value for value in values if value is not None] or [None]


def documents(
    text: str, path: str = "", *, whole: bool = False, most: int = MAX_NODES, start: Place = START
) -> Iterator[tuple[Any, int]]:
    """The documents of a stream with the lines (from 1) where they start, empty ones included.

    With `whole`, text that Kubernetes would silently ignore after a document is an error; so are more than `most` nodes
    in one. `start` is where the stream begins in its file.
    """
    found = everyday.read_before(text)
    if everyday.few(text, most) and (found or (everyday.pays() and (found := everyday.read(text)))):
        value, line = found
        yield value, line + start[0] - 1
    else:
        yield from composed(text, path, whole=whole, most=most, start=start)


def composed(
    text: str, path: str = "", *, whole: bool = False, most: int = MAX_NODES, start: Place = START
) -> Iterator[tuple[Any, int]]:
    """`documents` for any text, by the rules of Kubernetes alone."""
    for part in parts(text, path, start):
        composer = Composer(part.text, most)
        handlers = composer.handlers
        try:
            for event in part.events(whole=whole):
                handlers[type(event)](event)
        except RefusedError as error:
            raise part.error(error) from None
        if composer.started:
            yield composer.value, part.start_line
