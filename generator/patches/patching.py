"""Carrying out `patches:` on what a service renders: those of the service spec, then those of the overlay."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from generator.errors import InputError, Location
from generator.file_schemas import key_location
from generator.manifest import Manifest
from generator.patches import json_patch, strategic_merge
from generator.patches.sourced import Node, RenderedFile, patch_text, sourced, written
from generator.patches.strategic_merge import PatchError
from generator.repository import Patch
from generator.workload import at

_Head = tuple[Any, Any]
"""What stands at the kind and the name of an object."""


def patched(manifests: Sequence[Manifest], patches: Iterable[Patch]) -> tuple[Manifest, ...]:
    """The manifests after all patches; a file that nothing is left of is gone.

    Raises `InputError` with the line of a patch that changes nothing or cannot be carried out.
    """
    files = [_File(manifest) for manifest in manifests]
    for patch in patches:
        if not sum([file.take(patch) for file in files]):
            raise _unmatched(patch, files)
    return tuple(made for file in files if (made := file.manifest()) is not None)


class _File:
    """A manifest while it is being patched; its nodes are made for the first patch that is for it."""

    def __init__(self, before: Manifest) -> None:
        self.before = before
        self.nodes: list[Node] | None = None
        self.heads: list[_Head] = [(at(one, ("kind",)), at(one, ("metadata", "name"))) for one in before.objects]

    def take(self, patch: Patch) -> int:
        """Apply a patch to the objects that it is for; their number."""
        meant = [
            index for index, (kind, name) in enumerate(self.heads) if kind == patch.kind and patch.name in (None, name)
        ]
        if meant:
            nodes = RenderedFile(self.before).nodes() if self.nodes is None else self.nodes
            changed = [_applied(patch, nodes[index]) for index in meant]
            for index, node in zip(reversed(meant), reversed(changed), strict=True):
                nodes[index : index + 1] = [] if node is None else [node]
                self.heads[index : index + 1] = [] if node is None else [_head(node)]
            self.nodes = nodes
        return len(meant)

    def manifest(self) -> Manifest | None:
        """The file as it is now."""
        if self.nodes is None:
            return self.before
        if not self.nodes:
            return None
        header = self.before.text.partition("\n")[0]
        made = written(self.before.path, header, self.nodes, self.before.template)
        return replace(made, origins=self.before.origins)


def _head(node: Node) -> _Head:
    return _text(node, "kind"), _text(node, "metadata", "name")


def _text(node: Node, *pointer: str) -> Any:
    for step in pointer:
        if not isinstance(node.value, dict) or step not in node.value:
            return None
        node = node.value[step]
    return node.value


def _applied(patch: Patch, node: Node) -> Node | None:
    change = sourced(patch.change, patch_text(patch.source, patch.pointer))
    try:
        if patch.is_json:
            return json_patch.apply(node, change)
        api_version, kind = (str(_text(node, field)) for field in ("apiVersion", "kind"))
        return strategic_merge.merge(node, change, api_version, kind)
    except PatchError as error:
        where = key_location(patch.source, (*patch.pointer, *error.node.pointer))
        raise InputError(error.what, where=where, next=f"correct the patch of {_title(patch)}") from error


def _unmatched(patch: Patch, files: Iterable[_File]) -> InputError:
    names = (f"{kind} {name}" for file in files for kind, name in file.heads)
    next = f"there is: {', '.join(sorted(names)) or 'nothing'}; correct the target, or remove the patch"
    where: Location = patch.source.at((*patch.entry, "target"))
    return InputError(f"the patch changes nothing: there is no {_title(patch)}", where=where, next=next)


def _title(patch: Patch) -> str:
    return f"{patch.kind} {patch.name}" if patch.name else patch.kind
