"""The objects as a tree has them rendered: what a change of them is compared with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from generator.k8syaml import YamlError, load_all
from generator.trees.tree import Tree, blob_id, flat_folder_id
from generator.workload import at, mapping

Identity = tuple[str, str, str, str]
"""What makes an object one to the cluster: the group of its API, its kind, its namespace and its name."""


def applied(
    tree: Tree, folders: Iterable[tuple[str, Mapping[str, bytes]]], namespace: str
) -> Mapping[Identity, Mapping[str, Any]]:
    """What a tree has rendered into folders, less the files that are the same in those that come with them.

    Files that cannot be read hold nothing that could have been applied.
    """
    found = {}
    for folder, files in folders:
        if _is_same(tree, folder, files):
            continue
        for path in tree.files(folder):
            now = files.get(path)
            if not path.endswith(".yaml") or (now is not None and tree.blob_id(path) == blob_id(now)):
                continue
            for value in _objects(tree, path):
                found[_identity(value, namespace)] = value
    return found


def _is_same(tree: Tree, folder: str, files: Mapping[str, bytes]) -> bool:
    """Whether git says of a folder, without a look into it, that it holds these files."""
    known = tree.folder_id(folder)
    return known is not None and known == flat_folder_id(
        {path.removeprefix(f"{folder}/"): content for path, content in files.items()}
    )


def _objects(tree: Tree, path: str) -> Iterator[Mapping[str, Any]]:
    try:
        values = load_all((tree.read(path) or b"").decode(), path)
    except (YamlError, UnicodeDecodeError):
        return
    yield from (value for value in values if isinstance(value, dict))


def _identity(value: Mapping[str, Any], namespace: str) -> Identity:
    group = str(value.get("apiVersion") or "").rpartition("/")[0]
    metadata = mapping(value, "metadata")
    kind = str(at(value, ("kind",)) or "")
    return (group, kind, str(metadata.get("namespace") or namespace), str(metadata.get("name") or ""))
