"""Plain manifests: the objects in files, folders and standard input, each with the place where it stands."""

from __future__ import annotations

import errno
import json
import os
import re
import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple, cast

from generator.checks.objects import RenderedObject
from generator.errors import InputError, Location
from generator.file_schemas import decoded, findings_of, problem
from generator.finding import Finding
from generator.k8syaml import MAX_DOCUMENTS, Document, parse
from generator.k8syaml.lines import Lines, line_of
from generator.k8syaml.stream import too_many
from generator.repository import Pointer
from generator.schemas import kinds, supported_versions
from generator.trees.refusals import LARGEST, too_large
from generator.workload import at

SUFFIXES: Final = (".yaml", ".yml", ".json")
_TEMPLATE: Final = (
    "render the template first (helm template CHART | towpath validate -), "
    "and leave it out with --ignore-filename-pattern"
)
_READABLE: Final = "name a file that can be read, a folder, or - for standard input"
_SKIPPED: Final = frozenset({".git", ".towpath"})
_HANDED: Final = ("/dev/stdin", "/dev/fd/", "/proc/self/fd/")
"""Where standard input is, and what a shell makes of `<(…)`."""
_SPACE = re.compile(r"[ \t\r\n]*")
_ESCAPE = re.compile(r"\\(u[dD][89a-fA-F][0-9a-fA-F]{2}|.)")


@dataclass(frozen=True)
class ManifestFile:
    """A file of manifests; `finding` says why nothing of it could be read."""

    path: str
    text: str = ""
    objects: tuple[RenderedObject, ...] = ()
    finding: Finding | None = None

    def place(self, placed: RenderedObject, pointer: Pointer = ()) -> Location:
        """Where a key of an object stands."""
        if not self._placed:
            return Location(self.path, 1)
        line, column = self._placed[placed.index].key_position((*placed.within, *pointer))
        return Location(self.path, line, column, line_of(self.text, line))

    @cached_property
    def documents(self) -> list[Document]:
        """Its documents, with the places of everything in them."""
        text, lines = self.text, Lines(self.text)
        found = [(_positions(text[one.start : one.end]), lines.place(one.start)) for one in _json(text, self.path)]
        return [one for alone, start in found for one in parse(alone, self.path, start=start)] or parse(text, self.path)

    @cached_property
    def _placed(self) -> list[Document]:
        """Its documents; none for JSON in which YAML's reader refuses a key of more than 1,024 characters, say."""
        try:
            return self.documents
        except InputError:
            return []


def files_below(paths: Iterable[Path], ignored: Iterable[re.Pattern[str]] = ()) -> Iterator[Path]:
    """The files that paths name: files themselves, and manifests by their suffix in folders, sorted.

    Raises `InputError` for a path where there is nothing, and for a link in a folder that leads out of it.
    """
    patterns = tuple(ignored)
    for path in paths:
        if not path.exists():
            raise InputError(f"there is no file or folder {path}", next="correct the path")
        for file in sorted(_below(path)) if path.is_dir() else (path,):
            if not any(pattern.search(file.as_posix()) for pattern in patterns):
                if file != path and file.is_symlink() and not file.resolve().is_relative_to(path.resolve()):
                    next = "name what it leads to, or leave it out with --ignore-filename-pattern"
                    where = Location(file.as_posix())
                    raise InputError("a link that leads out of the folder is not followed", where=where, next=next)
                yield file


def _below(folder: Path) -> Iterator[Path]:
    for entry in folder.iterdir():
        if entry.is_dir():
            if entry.name not in _SKIPPED and not entry.is_symlink():
                yield from _below(entry)
        elif entry.suffix.lower() in SUFFIXES and entry.is_file():
            yield entry


def read_file(path: Path) -> ManifestFile:
    """The objects of a file, or what keeps it from being read."""
    try:
        return read_bytes(path.as_posix(), _content(path))
    except OSError as error:
        where = Location(path.as_posix())
        return ManifestFile(path.as_posix(), finding=problem("unreadable", str(error.strerror), where, _READABLE))


def _content(path: Path) -> bytes:
    """What is in a file, or comes through a pipe that was handed to us.

    Raises `OSError` for anything else: it may have us wait for ever.
    """
    waits = 0 if path.as_posix().startswith(_HANDED) else os.O_NONBLOCK
    with os.fdopen(os.open(path, os.O_RDONLY | os.O_CLOEXEC | waits), "rb") as stream:
        if waits and not stat.S_ISREG(os.fstat(stream.fileno()).st_mode):
            raise OSError(errno.EINVAL, "neither a file nor a folder")
        content = cast("bytes | None", stream.read(LARGEST + 1))
    if content is None:  # a file of the kernel that has nothing just now, such as /proc/kmsg
        raise OSError(errno.EAGAIN, "nothing can be read now")
    return content


def read_bytes(path: str, content: bytes) -> ManifestFile:
    """The objects of a file's content, or what keeps it from being read."""
    try:
        if len(content) > LARGEST:
            raise too_large(path)
        text = decoded(path, content)
        values = [one.value for one in _json(text, path)] or [document.value for document in parse(text, path)]
    except InputError as error:
        return ManifestFile(path, finding=_unread(error))
    there = (value for value in values if value is not None)
    whole = (RenderedObject("", path, index, value) for index, value in enumerate(there))
    objects = tuple(one for placed in whole for one in _objects(placed))
    return ManifestFile(path, text, objects)


def _unread(error: InputError) -> Finding:
    """What keeps a file from being read; YAML that is a template of Helm's reads only once it is rendered."""
    found = findings_of(error)[0]
    if "{{" not in (found.where.text or ""):
        return found
    return replace(found, message=f"this line is of a template, and no YAML yet: {found.message}", fix=_TEMPLATE)


class _Json(NamedTuple):
    """A value in a text, and the characters that it is written with."""

    value: Any
    start: int
    end: int


def _json(text: str, path: str) -> list[_Json]:
    """The values of JSON, none if YAML's reader has to say what is wrong. Raises `YamlError` for too many.

    kubectl tells JSON from YAML by its brace, and reads one value after the other, as `jq` writes them.
    """
    decoder, found, end = json.JSONDecoder(object_pairs_hook=_unique), list[_Json](), 0
    try:
        while (start := _after_space(text, end)) < len(text) and (found or text[start] == "{"):
            value, end = decoder.raw_decode(text, start)
            found.append(_Json(value, start, end))
            if len(found) > MAX_DOCUMENTS:
                raise too_many(path)
    except (ValueError, RecursionError):
        return []
    return [one for one in found if one.value is not None]


def _after_space(text: str, start: int) -> int:
    space = _SPACE.match(text, start)
    return space.end() if space else start


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key is set twice")
    return found


def _positions(text: str) -> str:
    """JSON with each thing that YAML's reader does not know replaced by something as long."""
    return _ESCAPE.sub(_position, text.replace("\t", " "))


def _position(escape: re.Match[str]) -> str:
    if escape[1] == "/":
        return "//"
    return r"\u0020" if len(escape[1]) > 1 else escape[0]


def _objects(placed: RenderedObject) -> Iterator[RenderedObject]:
    """The object itself, or those of a List: kubectl applies each on its own."""
    items = at(placed.value, ("items",))
    if not isinstance(items, list) or not placed.kind.endswith("List") or _is_kind(placed):
        yield placed
        return
    api_version, kind = placed.api_version, placed.kind.removesuffix("List")
    for index, item in enumerate(items):
        if kind and isinstance(item, Mapping):
            item = {"apiVersion": api_version, "kind": kind, **item}
        yield from _objects(RenderedObject("", placed.path, placed.index, item, (*placed.within, "items", index)))


def _is_kind(placed: RenderedObject) -> bool:
    """Whether it only looks like a list."""
    return (placed.api_version, placed.kind) in kinds(supported_versions()[-1])
