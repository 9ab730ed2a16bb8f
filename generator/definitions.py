"""CustomResourceDefinitions that lie in a repository: found when somebody first asks for a kind of theirs."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any, Final

from generator.crds import KIND, CustomKind, defined
from generator.errors import InputError
from generator.k8syaml import load_all
from generator.tree import Tree

FOLDERS: Final = ("schemas", "crds", "manifests", "infrastructure", "clusters")
"""Where definitions are looked for: below the root and below each folder of `environments/`."""
_SUFFIXES: Final = (".yaml", ".yml", ".json")

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
    """The definitions of a tree. Those below `environments/<environment>/` are for that environment only."""

    tree: Tree

    def of(self, environment: str) -> Kinds:
        """The kinds of an environment; its own come before those for all."""
        own, base = f"environments/{environment}/", "environments/base/"
        return Kinds(lambda: {**self._below(""), **self._below(base), **self._below(own)})

    def _below(self, folder: str) -> dict[Key, CustomKind]:
        found: dict[Key, CustomKind] = {}
        for name in FOLDERS:
            for path in self._files(f"{folder}{name}"):
                content = self.tree.read(path)
                if content is not None and KIND.encode() in content:
                    found |= {(one.kind.api_version, one.kind.kind): one for one in kinds_in(path, content)}
        return found

    def _files(self, folder: str) -> list[str]:
        try:
            return [path for path in self.tree.files(folder) if path.endswith(_SUFFIXES)]
        except InputError:  # a link: nothing here is followed, and nothing that is applied lies here
            return []


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
