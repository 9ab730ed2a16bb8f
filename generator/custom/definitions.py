"""CustomResourceDefinitions that lie in a repository: found when somebody first asks for a kind of theirs."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Final

from generator.custom.crds import KIND, CustomKind, defined
from generator.errors import InputError
from generator.k8syaml import load_all
from generator.trees.looks import DEEPEST, of_tools
from generator.trees.tree import Tree

_SUFFIXES: Final = (".yaml", ".yml", ".json")
_NAME: Final = KIND.encode()

# Not looked into: what is rendered (its objects are told apart from files), what loading reads, folders of tools.
_OURS: Final = re.compile(r"environments/[^/]+/(rendered(/.*)?|services/[^/]+\.yaml|environment\.yaml)|templates(/.*)?")
_ELSEWHERE: Final = re.compile(r"environments/[^/]+/")
_FIRST: Final = "schemas/"

Key = tuple[str, str]


class Kinds(Mapping[Key, CustomKind]):
    """Kinds by apiVersion and kind, read when somebody first asks."""

    def __init__(self, read: Callable[[], Mapping[Key, CustomKind]]) -> None:
        self._read = read

    @cached_property
    def _found(self) -> Mapping[Key, CustomKind]:
        return self._read()

    def __getitem__(self, key: Key) -> CustomKind:
        return self._found[key]

    def __iter__(self) -> Iterator[Key]:
        return iter(self._found)

    def __len__(self) -> int:
        return len(self._found)


@dataclass(frozen=True)
class Definitions:
    """The definitions of a tree, wherever they lie. Those below `environments/<environment>/` are for it only.

    Where a kind is defined twice, the environment's own definition counts, then that of `environments/base/`, then
    that of `schemas/`, then the first by path.
    """

    tree: Tree

    def of(self, environment: str) -> Kinds:
        """The kinds of an environment."""
        return Kinds(lambda: self._read(environment))

    def _read(self, environment: str) -> dict[Key, CustomKind]:
        own, base = f"environments/{environment}/", "environments/base/"
        here = [path for path in self._files if path.startswith((own, base)) or not _ELSEWHERE.match(path)]
        order = sorted(here, key=lambda path: (*(not path.startswith(one) for one in (own, base, _FIRST)), path))
        found: dict[Key, CustomKind] = {}
        for path in order:
            for one in kinds_in(path, self._files[path]):
                found.setdefault((one.kind.api_version, one.kind.kind), one)
        return found

    def defines(self, path: str) -> bool:
        """Whether a file that may lie anywhere defines kinds."""
        return path.endswith(_SUFFIXES) and not _OURS.fullmatch(path) and _NAME in (self._content(path) or b"")

    @property
    def paths(self) -> Iterable[str]:
        """The files that define kinds, wherever they lie."""
        return self._files

    @cached_property
    def _files(self) -> dict[str, bytes]:
        """The files that name a definition, with their content."""
        contents = ((path, self._content(path)) for path in self._manifests(""))
        return {path: content for path, content in contents if content is not None and _NAME in content}

    def _manifests(self, folder: str) -> Iterator[str]:
        files, folders = self.tree.entries(folder)
        yield from (path for path in files if path.endswith(_SUFFIXES) and not _OURS.fullmatch(path))
        for below in folders:
            if not (_OURS.fullmatch(below) or of_tools(below) or below.count("/") >= DEEPEST):
                yield from self._manifests(below)

    def _content(self, path: str) -> bytes | None:
        try:
            return self.tree.read(path)
        except InputError:  # too large, or of an odd name
            return None


@lru_cache(maxsize=1024)
def kinds_in(path: str, content: bytes) -> tuple[CustomKind, ...]:
    """The kinds that a file defines; none if it cannot be read."""
    try:
        text = content.decode()
        objects = [json.loads(text)] if path.endswith(".json") else load_all(text, path)
    except (ValueError, InputError):
        return ()
    return tuple(kind for one in objects for kind in kinds_of(one, path))


def kinds_of(value: Any, origin: str) -> Iterator[CustomKind]:
    """The kinds that an object, or each item of a List, defines."""
    if not isinstance(value, Mapping):
        return
    yield from defined(value, origin)
    items = value.get("items")
    if isinstance(items, list) and str(value.get("kind", "")).endswith("List"):
        for item in items:
            yield from kinds_of(item, origin)
