"""Read an object of a git repository from its own file (gitformat-loose(5)), where it has one: no process is needed."""

from __future__ import annotations

import os
import re
import zlib
from pathlib import Path
from typing import Final

from generator.trees.refusals import LARGEST

_HEADER: Final = re.compile(rb"(blob|tree|commit|tag) ([0-9]{1,12})\0")
_LONGEST_HEADER: Final = 32


def objects_of(folder: Path) -> Path | None:
    """Where a repository, or a work tree that has its own, keeps objects; None where only git finds that."""
    for place in (folder / ".git", folder):
        if (place / "HEAD").is_file() and (place / "objects").is_dir():
            return place / "objects"
    return None


def read_loose(objects: Path, object_id: str) -> tuple[bytes, bytes] | None:
    """Kind and content of an object; None where it has no file, is too large to be ours, or only git can read it."""
    try:
        file = os.open(f"{objects}/{object_id[:2]}/{object_id[2:]}", os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return None
    with os.fdopen(file, "rb", buffering=0) as opened:
        if os.fstat(file).st_size > LARGEST:
            return None
        packed = opened.readall()
    try:
        return _unpacked(packed)
    except zlib.error:
        return None


def _unpacked(packed: bytes) -> tuple[bytes, bytes] | None:
    """No more is unpacked than the size that the object says it has."""
    unpack = zlib.decompressobj()
    start = unpack.decompress(packed, _LONGEST_HEADER)
    header = _HEADER.match(start)
    if header is None or (size := int(header[2])) > LARGEST:
        return None
    content = start[header.end() :]
    if len(content) > size:
        return None
    # One byte more than there should be, to see that there is none.
    content += unpack.decompress(unpack.unconsumed_tail, size - len(content) + 1)
    return (header[1], content) if len(content) == size and unpack.eof else None
