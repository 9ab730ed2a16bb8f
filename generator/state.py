"""What is kept beside the files of a repository: `.towpath/` at its top, and the user's own folder for caches.

`.towpath/` has temporaries and the lock of whoever writes. Where nothing is to do, this is loaded and pathlib is not.
"""

from __future__ import annotations

import errno
import os
import stat

TYPE_CHECKING = False
if TYPE_CHECKING:
    from pathlib import Path
    from typing import IO, Any

    from generator.errors import InputError

STATE = ".towpath"


def cache_folder() -> str | None:
    """`$XDG_CACHE_HOME/towpath`, else `~/.cache/towpath`: no repository reaches it. None where nobody is at home.

    A relative path is ignored, as the XDG Base Directory Specification says: it could lead into a repository.
    """
    named, home = os.environ.get("XDG_CACHE_HOME", ""), os.path.expanduser("~")
    if os.path.isabs(named):
        return f"{named}/towpath"
    return f"{home}/.cache/towpath" if os.path.isabs(home) else None


def open_own(place: str | Path, mode: str) -> IO[Any]:
    """Open a regular file of this user that nobody else may write to, like `open`. Raises OSError for any other."""
    return open(place, mode, encoding=None if "b" in mode else "utf-8", opener=_own)


def _own(name: str, flags: int) -> int:
    opened = os.open(name, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o600)
    seen = os.fstat(opened)
    if not stat.S_ISREG(seen.st_mode) or seen.st_uid != os.geteuid() or seen.st_mode & 0o022:
        os.close(opened)
        raise PermissionError(errno.EPERM, "not a file of ours", name)
    return opened


def state_folder(root: str | Path) -> str:
    """`.towpath/` of a repository: safe to delete, and ignored by git even where .gitignore forgets it."""
    folder = f"{root}/{STATE}"
    if os.path.islink(folder):
        raise _refused("links are not followed", STATE)
    os.makedirs(folder, exist_ok=True)
    with open_regular(f"{folder}/.gitignore", "a") as ignore:
        if os.fstat(ignore.fileno()).st_size == 0:  # it is new, or a full disk has left it empty
            ignore.write("*\n")
    return folder


def open_regular(place: str, mode: str) -> IO[Any]:
    """Open a file of `.towpath/` like `open`. Raises `InputError` where a link, a pipe or the like is in its place.

    A repository can bring a `.towpath/` of its own, with links to your files.
    """
    return open(place, mode, encoding=None if "b" in mode else "utf-8", opener=_regular)


def _regular(name: str, flags: int) -> int:
    where = f"{STATE}/{name.rpartition('/')[2]}"
    try:
        opened = os.open(name, flags | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, 0o666)
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):
            raise _no_file(where) from error
        raise
    if not stat.S_ISREG(os.fstat(opened).st_mode):
        os.close(opened)
        raise _no_file(where)
    return opened


def _no_file(where: str) -> InputError:
    return _refused("a link or a pipe is in the place of a file", where)


def _refused(what: str, where: str) -> InputError:
    from generator.errors import InputError, Location

    return InputError(what, where=Location(where), next="remove it: it is only a cache")
