"""Objects that none of our templates wrote, put into a service of an environment.

An object without a namespace gets that of the environment, a container that runs an image of the release gets the image
that is released, and all images come through the environment's mirrors.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING

from generator.custom.catalogue import Catalogue
from generator.errors import InputError
from generator.images import full_repository, mirrored
from generator.patches.sourced import Node, changed, plain
from generator.release import parse_image
from generator.repository import Pointer
from generator.workload import CONTAINERS

if TYPE_CHECKING:
    from generator.resolved import ResolvedService


class Placing:
    """Places the objects of a service; it knows afterwards which images they run."""

    def __init__(self, resolved: ResolvedService) -> None:
        self._resolved = resolved
        written = {resolved.service: resolved.release.image, **dict(resolved.release.others)}
        self._by_repository: dict[str, list[str]] = {}
        for name, image in written.items():
            self._by_repository.setdefault(full_repository(parse_image(image).repository), []).append(name)
        self._images = {resolved.service: resolved.image, **resolved.images}
        self._others: set[str] = set()
        self._is_run = False

    def placed(self, node: Node) -> Node:
        """The object as the service has it in its environment."""
        return _in_namespace(self._with_images(node), self._resolved)

    def _with_images(self, node: Node) -> Node:
        for pointer, container in _containers(node, ()):
            made = self._image(container.value["image"], container.value.get("name"))
            if made is not None:
                node = changed(node, (*pointer, "image"), partial(Node.holding, value=made))
        return node

    def _image(self, node: Node, container: Node | None) -> str | None:
        try:
            written = parse_image(node.value)
        except InputError:
            return None  # `invalid-image` says so
        names = self._by_repository.get(full_repository(written.repository))
        if names is None:
            self._others.add(node.value)
            return str(mirrored(written, self._resolved.environment.mirrors))
        self._is_run = True
        named = container.value if container is not None and container.value in names else names[0]
        return str(self._images[named])

    def check(self) -> None:
        """Raises `InputError` where containers run other images than that of the release: a bump would do nothing."""
        if not self._others or self._is_run:
            return
        release = self._resolved.overlay.source.at(("release", "image"))
        next = f"release one of {', '.join(sorted(self._others))}, or write its repository where the container is"
        raise InputError(f"no container runs {' or '.join(self._by_repository)}", where=release, next=next)


def _in_namespace(node: Node, resolved: ResolvedService) -> Node:
    """The object in the environment's namespace, unless it names one or belongs in none."""
    metadata = node.value.get("metadata")
    if metadata is None or not isinstance(metadata.value, dict) or "namespace" in metadata.value:
        return node
    api_version, kind = (str(plain(node.value[key])) if key in node.value else "" for key in ("apiVersion", "kind"))
    known = Catalogue().kind(resolved.environment.cluster.kubernetes_version, api_version, kind)
    if known is not None and not known.namespaced:
        return node
    first = {"name": metadata.value["name"]} if "name" in metadata.value else {}
    fields = {**first, "namespace": metadata.holding(resolved.namespace), **metadata.value}
    return changed(node, ("metadata",), lambda there: there.holding(fields))


def _containers(node: Node, pointer: Pointer) -> Iterator[tuple[Pointer, Node]]:
    """All containers with an image in an object, whatever its kind: what stands in lists of containers."""
    if isinstance(node.value, dict):
        for key, inner in node.value.items():
            if key in CONTAINERS and isinstance(inner.value, list):
                for index, container in enumerate(inner.value):
                    image = container.value.get("image") if isinstance(container.value, dict) else None
                    if image is not None and isinstance(image.value, str):
                        yield (*pointer, key, index), container
            else:
                yield from _containers(inner, (*pointer, key))
    elif isinstance(node.value, list):
        for index, inner in enumerate(node.value):
            yield from _containers(inner, (*pointer, index))
