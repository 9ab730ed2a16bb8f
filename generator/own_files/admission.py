"""What an environment has against a release that an overlay gives it: its image and its pin."""

from __future__ import annotations

from collections.abc import Iterator

from generator.file_schemas import key_location, problem
from generator.finding import Finding, Severity
from generator.images import is_allowed
from generator.release import parse_image
from generator.repository import Environment, Overlay, Pointer


def objections(environment: Environment, overlay: Overlay) -> Iterator[Finding]:
    """Everything that is wrong about the release of an overlay, and a warning where it is not pinned."""
    if overlay.release is not None:
        yield from _image(environment, overlay, overlay.release.image, ("release", "image"))
        for name, image in overlay.release.others:
            yield from _image(environment, overlay, image, ("release", "images", name))
        yield from _pin(environment, overlay, overlay.release.revision)


def _image(environment: Environment, overlay: Overlay, written: str, at: Pointer) -> Iterator[Finding]:
    image = parse_image(written)
    if not image.tag and not image.digest:
        message = f"{image} has neither a tag nor a digest"
        yield problem("image-without-tag", message, overlay.source.at(at), "say which version to run")
    if not is_allowed(written, environment.allowed_images):
        message = f"{environment.name} does not allow the image {image}"
        fix = f"use an image that matches {' or '.join(environment.allowed_images)}, or add a pattern to allow.images"
        yield problem("image-not-allowed", message, overlay.source.at(at), fix)


def _pin(environment: Environment, overlay: Overlay, revision: str | None) -> Iterator[Finding]:
    if environment.is_root and revision is not None:
        where = key_location(overlay.source, ("release", "revision"))
        message = f"{environment.name} comes after no environment: it follows the tree and takes no revision"
        yield problem("pin-in-root", message, where, "remove the line")
    if not environment.is_root and revision is None:
        message = f"{overlay.service} in {environment.name} is not pinned: it renders the templates as they are now"
        fix = "the bot pins it with the next promotion"
        yield Finding("unpinned", Severity.WARNING, message, key_location(overlay.source, ("release",)), fix=fix)
