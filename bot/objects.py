"""Write the objects of a git repository without git: what a process costs is many times what there is to do."""

from __future__ import annotations

import hashlib
import os
import tempfile
import zlib
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from stat import S_IMODE
from typing import Literal

from generator.errors import OutsideError
from generator.trees.git import FOLDER

Kind = Literal["blob", "tree", "commit"]
# As git calls a file that is not there yet: what a dead process left of them, git-gc(1) removes.
_UNFINISHED = "tmp_obj_"


def write_object(folder: Path, kind: Kind, content: bytes) -> str:
    """Have an object in a repository (gitrepository-layout(5)), and return its id. Raises `OutsideError`."""
    whole = b"%s %d\0%s" % (kind.encode(), len(content), content)
    object_id = hashlib.sha1(whole, usedforsecurity=False).hexdigest()
    objects = folder / "objects"
    place = objects / object_id[:2] / object_id[2:]
    try:
        if not _is_kept(place):
            _write(place, zlib.compress(whole, 1), S_IMODE(objects.stat().st_mode))
    except OSError as failed:
        raise OutsideError(
            f"cannot write to the repository {folder}: {failed.strerror}", next="see who may write there, and its disk"
        ) from failed
    return object_id


def _is_kept(place: Path) -> bool:
    """Whether an object is there, as new now as one that is written: git removes old ones that nothing points at."""
    try:
        os.utime(place)
    except FileNotFoundError:
        return False
    except PermissionError:  # it is somebody else's
        return place.exists()
    return True


def _write(place: Path, content: bytes, mode: int) -> None:
    """Put a file in its place as a whole, for everybody whom the repository is for by the `mode` of its objects."""
    with suppress(FileExistsError):
        place.parent.mkdir()
        place.parent.chmod(mode)
    with tempfile.NamedTemporaryFile(prefix=_UNFINISHED, dir=place.parent, delete=False) as file:
        try:
            file.write(content)
            os.fchmod(file.fileno(), mode & 0o444)
            file.close()
            Path(file.name).rename(place)
        except BaseException:
            Path(file.name).unlink()
            raise


def tree_content(entries: Mapping[bytes, tuple[bytes, bytes]]) -> bytes:
    """A tree object of name → (mode, object id), in git's order, which sees a slash behind the name of a folder."""
    ordered = sorted(entries.items(), key=lambda entry: entry[0] + b"/" * (entry[1][0] == FOLDER))
    return b"".join(b"%s %s\0%s" % (mode, name, object_id) for name, (mode, object_id) in ordered)
