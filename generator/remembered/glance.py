"""A first look at a repository, and `towpath render` where nothing is to do: that ends before the program is loaded.

Nearly all of the time is the look at its files, for which a copy of this process is at work from the first moment on.
"""

from __future__ import annotations

import os
import sys

from generator.remembered import cache
from generator.trees.looks import SETTINGS, Looking

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from generator.trees.looks import Looks

_begun: dict[str, Glance] = {}


class Glance:
    """How a repository looks, and what an earlier run has left. `clock` is the time before that look.

    `ahead` gives the content of files that are read from now on: those of services, unless a run has left something.
    Raises `InputError` for links and folders without end.
    """

    def __init__(self, root: str) -> None:
        self.clock = cache.clock(root)  # before the look: whatever changes after that has a later time
        self._looking = Looking(root)
        self._now: Looks | None = None
        self.head, self.recalled = cache.head(root), cache.recall(root)
        self.ahead: Callable[[str], bytes | None] = lambda _: None
        if self.recalled is None:  # all files will be read
            from generator.remembered.ahead import Ahead

            self.ahead = Ahead(root, self._looking.first).content

    @property
    def now(self) -> Looks:
        """How all files look; waits for that."""
        if self._now is None:
            self._now = self._looking.all()
        return self._now

    @property
    def rests(self) -> bool:
        """Whether nothing has changed since. If one of the files that people write has, this waits for nothing."""
        was = self.recalled
        if was is None or any(was.looks.get(folder) != own for folder, own in self._looking.first.items()):
            return False
        return was.rests(self.now, self.head)


def glance(root: str) -> Glance:
    """The look that has begun, or a new one."""
    return _begun.pop(root, None) or Glance(root)


def repository_above(start: str) -> str | None:
    """The nearest folder that has a towpath.yaml, from the folder `start` upwards; None where there is none.

    Upwards by its name: `..` may lead to somewhere else, as behind a link.
    """
    parts = [part for part in os.path.join(os.getcwd(), start).split("/") if part not in ("", ".")]
    for depth in range(len(parts), -1, -1) if os.path.isdir(start) else ():
        folder = "/" + "/".join(parts[:depth])
        if os.path.isfile(f"{folder}/{SETTINGS}"):
            return folder
    return None


def is_done(arguments: Sequence[str]) -> bool:
    """Whether this is `towpath render` with nothing to do and nothing to tell but that, which it does.

    For everything else there is the whole program, what goes wrong here included. It takes over the look.
    """
    if list(arguments[:1]) != ["render"] or (arguments[1:2] not in ([], ["-C"])) or len(arguments) not in (1, 3):
        return False
    try:
        root = repository_above(*arguments[2:] or ["."])
        if root is None:
            return False
        _begun[root] = seen = Glance(root)
        if not seen.rests or seen.recalled is None or seen.recalled.findings:
            return False
        sys.stderr.write(f"0 files written, 0 removed, {seen.recalled.files} unchanged; no findings\n")
        sys.stderr.flush()
    except Exception:  # noqa: BLE001 - it goes wrong in the whole program once more, which can tell it
        _begun.clear()
        return False
    return True
