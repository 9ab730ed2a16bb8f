"""Trees that list files without looking at the disk again: what a path names is read there all the same."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from itertools import islice, takewhile

from generator.trees.looks import OURS, Looks, unpacked
from generator.trees.tree import Entries, Tree


class _Below:
    """What another tree says."""

    def __init__(self, tree: Tree) -> None:
        self._tree = tree

    def read(self, path: str) -> bytes | None:
        return self._tree.read(path)

    def files(self, folder: str) -> Iterator[str]:
        return self._tree.files(folder)

    def entries(self, folder: str) -> Entries:
        return self._tree.entries(folder)

    def blob_id(self, path: str) -> str | None:
        return self._tree.blob_id(path)

    def folder_id(self, path: str) -> str | None:
        return None


class SeenTree(_Below):
    """A tree that has been looked at: it lists the files of ours that were there then, and looks for no others.

    Most services have no folder of their own, and each is asked for several times. `ahead` gives the content of a file
    that has been read since.
    """

    def __init__(self, tree: Tree, looks: Looks, ahead: Callable[[str], bytes | None] = lambda _: None) -> None:
        super().__init__(tree)
        self._looks = looks
        self._ahead = ahead
        self._folders = sorted(looks)

    def read(self, path: str) -> bytes | None:
        return self._ahead(path) or self._tree.read(path)

    def files(self, folder: str) -> Iterator[str]:
        if folder.partition("/")[0] not in OURS:
            return self._tree.files(folder)
        first, end = (bisect_left(self._folders, f"{folder}{after}") for after in ("/", "0"))  # 0 comes after /
        places = [folder, *self._folders[first:end]]
        return iter(sorted(f"{place}/{name}" for place in places for name in unpacked(self._looks.get(place))))


class PartTree(_Below):
    """A tree that lists these files only, which are sorted. Definitions are found wherever they are."""

    def __init__(self, tree: Tree, paths: Sequence[str]) -> None:
        super().__init__(tree)
        self._paths = paths

    def files(self, folder: str) -> Iterator[str]:
        start = bisect_left(self._paths, f"{folder}/")
        return takewhile(lambda path: path.startswith(f"{folder}/"), islice(self._paths, start, None))
