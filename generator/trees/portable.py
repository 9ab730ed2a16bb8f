"""Names of files that every system can hold, and that git lets into no repository or only into some."""

from __future__ import annotations

import re
from typing import Final

# «Naming Files, Paths, and Namespaces» (Microsoft): devices, whatever ending follows.
_DEVICE: Final = re.compile(r"(?:con|prn|aux|nul|com[0-9]|lpt[0-9])(?:\.|\Z)", re.IGNORECASE)
# What HFS+ leaves out of names, and NTFS at their end and behind a colon: git's is_hfs_dotgit and is_ntfs_dotgit.
_IGNORED: Final = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
_GIT: Final = re.compile(r"(?:\.git|git~[0-9]+)[. ]*(?::.*)?", re.IGNORECASE | re.DOTALL)


def is_device(name: str) -> bool:
    """Whether Windows takes a name for a device, so that nobody could check it out there."""
    return _DEVICE.match(name) is not None


def is_git(name: str) -> bool:
    """Whether some file system takes a name for `.git`."""
    return _GIT.fullmatch(_IGNORED.sub("", name)) is not None
