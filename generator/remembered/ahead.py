"""The files of services, most of those that people write, are read while the program is still being loaded."""

from __future__ import annotations

import os
from contextlib import suppress
from functools import partial

from generator.beside import available, beside
from generator.trees.looks import ENVIRONMENTS, paths

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from generator.trees.looks import Looks

    Share = tuple[dict[str, bytes], dict[str, tuple[Any, int]]]
    """Contents by path, and what `generator.k8syaml.everyday` has made of texts."""

_MANY = 256
"""Files that are worth a process."""


class Ahead:
    """Files that have been looked at are read in other processes."""

    def __init__(self, root: str, looks: Looks) -> None:
        files = list(paths(looks, _has_services))
        count = min(available() - 1, len(files) // _MANY)
        self._shares = [_begun(root, files[start::count]) for start in range(count)]
        self._files = frozenset(files if count else ())
        self._contents: dict[str, bytes] = {}

    def content(self, path: str) -> bytes | None:
        """The content of a file, its text parsed already where that can be; waits for all. None for other files."""
        if path not in self._files:
            return None
        while self._shares:
            from generator.k8syaml import everyday

            contents, values = self._shares.pop()()
            self._contents.update(contents)
            everyday.take(values)
        return self._contents.get(path)


def _has_services(folder: str) -> bool:
    parts = folder.split("/")
    return len(parts) == 3 and parts[0] == ENVIRONMENTS and parts[2] == "services"


def _begun(root: str, files: Sequence[str]) -> Callable[[], Share]:
    return beside(lambda: _read(root, files))


def _read(root: str, files: Sequence[str]) -> Share:
    from generator.k8syaml.everyday import LONGEST, read

    contents, values = {}, {}
    for path in files:
        with suppress(OSError, UnicodeDecodeError):  # whoever reads it then tells what is the matter
            content = _content(f"{root}/{path}", LONGEST)
            if content is not None:
                contents[path] = content
                text = content.decode()
                if path.endswith(".yaml") and (found := read(text)):
                    values[text] = found
    return contents, values


def _content(path: str, longest: int) -> bytes | None:
    """The content of a file; None where it is longer."""
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        size = os.fstat(handle).st_size
        return b"".join(iter(partial(os.read, handle, size + 1), b"")) if size <= longest else None
    finally:
        os.close(handle)
