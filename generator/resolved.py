"""A service in an environment: what it is made of, and what it is once its values are merged and its files read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from generator.own_files.templates import Template
from generator.release import ImageReference, Release
from generator.repository import Environment, Foreign, Overlay, Patch, ServiceSpec
from generator.trees.tree import Tree
from generator.values import Origins


@dataclass(frozen=True, slots=True)
class PlainFile:
    """A file of plain manifests, by its path in the repository."""

    path: str
    content: bytes

    @property
    def name(self) -> str:
        """The name of the file, in both folders."""
        return self.path.rpartition("/")[2]


@dataclass(frozen=True, slots=True)
class Pinned:
    """What a release is made of, read from `tree`: the pinned commit, or the newest tree where nothing is pinned.

    `revision` is the pinned commit, `base` the tree that the overlay is in, and `newest` the service's template there,
    None where that is `template` itself.
    """

    spec: ServiceSpec
    template: Template
    tree: Tree
    base: Tree
    newest: Template | None = None
    revision: str | None = None


@dataclass(frozen=True, slots=True)
class ResolvedService:
    """A service in an environment, ready to render.

    `tree` is where template files are read, `image` the mirrored one, `images` the mirrored others by name. `files` is
    the content of each of the `files` by its path in the container, `manifests` its plain manifests. Every declared
    value is in `values`: None stands for one that is not set. `patches` are those of the spec and then of the overlay.
    `foreign` is rendered by a program of this `version`, and a chart from what is `given`: the values less its own.
    """

    environment: Environment
    service: str
    namespace: str
    template: Template
    tree: Tree
    release: Release
    image: ImageReference
    images: Mapping[str, ImageReference]
    values: Mapping[str, Any]
    origins: Origins
    foreign: Foreign | None
    given: Mapping[str, Any]
    version: str
    files: Mapping[str, bytes]
    manifests: tuple[PlainFile, ...]
    patches: tuple[Patch, ...]
    owner: str | None
    spec: ServiceSpec = field(repr=False)
    overlay: Overlay = field(repr=False)
