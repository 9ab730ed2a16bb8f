"""Taking rendered files from disk instead of rendering them again, where nothing has changed."""

from __future__ import annotations

from collections.abc import Mapping

from generator import ownership
from generator.build import Reuse
from generator.k8syaml import YamlError, load_all
from generator.manifest import Manifest
from generator.repository import Overlay
from generator.tree import Tree

UNKNOWN_TEMPLATE = ""
"""The template of a manifest that was not rendered in this run."""


def from_disk(tree: Tree, rendered: Mapping[str, str]) -> Reuse:
    """Reuse the folders that the running code has written: `rendered` gives the blob id of their ownership files.

    A folder counts only if its files are those that its ownership file lists, and its inputs those of today.
    """

    def reuse(overlay: Overlay, inputs: str) -> tuple[Manifest, ...] | None:
        folder = overlay.rendered
        known = rendered.get(folder)
        if known is None or known != tree.blob_id(f"{folder}/{ownership.NAME}"):
            return None
        if ownership.stale(tree, folder, inputs):
            return None
        listed = ownership.read(tree, folder)
        try:
            return tuple(_manifest(tree, f"{folder}/{name}") for name in sorted(listed.files if listed else ()))
        except YamlError:
            return None

    return reuse


def _manifest(tree: Tree, path: str) -> Manifest:
    text = (tree.read(path) or b"").decode()
    return Manifest(path, text, tuple(load_all(text, path)), UNKNOWN_TEMPLATE)
