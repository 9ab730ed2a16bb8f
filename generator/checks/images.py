"""Images: do they say which bytes run?"""

from __future__ import annotations

from collections.abc import Iterator

from generator.checks.check import Basis, Check, Family, Problem, Scope
from generator.checks.example import deployment
from generator.checks.objects import Container
from generator.errors import InputError
from generator.finding import Severity
from generator.release import ImageReference, parse_image


def _images(scope: Scope) -> Iterator[tuple[Container, ImageReference]]:
    for container in scope.containers:
        try:
            yield container, parse_image(str(container.value.get("image", "")))
        except InputError:
            continue  # `invalid-image` says so


def _invalid(scope: Scope) -> Iterator[Problem]:
    for container in scope.containers:
        image = container.value.get("image")
        if not image:
            continue  # `empty-field` says so
        try:
            parse_image(str(image))
        except InputError as error:
            yield _at(container, error.what)


def _untagged(scope: Scope) -> Iterator[Problem]:
    for container, image in _images(scope):
        if image.tag is None and image.digest is None:
            yield _at(container, f"the image {image} has neither tag nor digest")


def _latest(scope: Scope) -> Iterator[Problem]:
    for container, image in _images(scope):
        if image.tag == "latest" and image.digest is None:
            yield _at(container, f"the image {image} is whatever was pushed last")


def _undigested(scope: Scope) -> Iterator[Problem]:
    for container, image in _images(scope):
        if image.digest is None:
            yield _at(container, f"the image {image} has no digest")


def _at(container: Container, message: str) -> Problem:
    return Problem(container.placed, (*container.pointer, "image"), message)


def _with(image: str) -> str:
    return deployment().replace("ghcr.io/acme/web:1.4.2", image)


FAMILY = Family(
    "images",
    "Images",
    "Whether an image reference says which bytes run.",
    (
        Check(
            "invalid-image",
            Severity.ERROR,
            Basis.BROKEN,
            "no registry accepts the name",
            "write repository:tag@sha256:…",
            _invalid,
            _with("ghcr.io/acme/web:1.4.2"),
            _with("ghcr.io/acme/web 1.4.2"),
        ),
        Check(
            "image-tag",
            Severity.ERROR,
            Basis.PRACTICE,
            "without a tag or digest, what runs is whatever `latest` happens to be",
            "name a version: repository:tag, better repository:tag@sha256:…",
            _untagged,
            _with("ghcr.io/acme/web:1.4.2"),
            _with("ghcr.io/acme/web"),
        ),
        Check(
            "image-latest",
            Severity.ERROR,
            Basis.PRACTICE,
            "the bytes behind `latest` change without a commit, so nothing can be promoted or taken back",
            "name a version: repository:tag, better repository:tag@sha256:…",
            _latest,
            _with("ghcr.io/acme/web:1.4.2"),
            _with("ghcr.io/acme/web:latest"),
        ),
        Check(
            "image-digest",
            None,
            Basis.PRACTICE,
            "a tag can be moved to other bytes; a digest cannot",
            "let 'towpath bump' write the digest, or add @sha256:… yourself",
            _undigested,
            _with(f"ghcr.io/acme/web:1.4.2@sha256:{'0123456789abcdef' * 4}"),
            _with("ghcr.io/acme/web:1.4.2"),
        ),
    ),
)
