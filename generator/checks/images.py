"""Images: do they say which bytes run?"""

from __future__ import annotations

from collections.abc import Iterator

from generator.checks.check import Check, Problem, RenderedObject, Scope
from generator.errors import InputError
from generator.finding import Severity
from generator.release import ImageReference, parse_image
from generator.repository import Pointer
from generator.workload import containers


def _images(scope: Scope) -> Iterator[tuple[RenderedObject, Pointer, ImageReference]]:
    for placed in scope.objects:
        for pointer, container in containers(placed.value):
            try:
                yield placed, (*pointer, "image"), parse_image(str(container.get("image", "")))
            except InputError:
                continue  # `invalid-image` says so


def _invalid(scope: Scope) -> Iterator[Problem]:
    for placed in scope.objects:
        for pointer, container in containers(placed.value):
            try:
                parse_image(str(container.get("image", "")))
            except InputError as error:
                yield Problem(placed, (*pointer, "image"), error.what)


def _untagged(scope: Scope) -> Iterator[Problem]:
    for placed, pointer, image in _images(scope):
        if image.tag is None and image.digest is None:
            yield Problem(placed, pointer, f"the image {image} has neither tag nor digest")


def _latest(scope: Scope) -> Iterator[Problem]:
    for placed, pointer, image in _images(scope):
        if image.tag == "latest" and image.digest is None:
            yield Problem(placed, pointer, f"the image {image} is whatever was pushed last")


def _undigested(scope: Scope) -> Iterator[Problem]:
    for placed, pointer, image in _images(scope):
        if image.digest is None:
            yield Problem(placed, pointer, f"the image {image} has no digest")


CHECKS = (
    Check("invalid-image", Severity.ERROR, "no registry accepts the name", "write repository:tag@sha256:…", _invalid),
    Check(
        "image-tag",
        Severity.ERROR,
        "without a tag or digest, what runs is whatever `latest` happens to be",
        "name a version: repository:tag, better repository:tag@sha256:…",
        _untagged,
    ),
    Check(
        "image-latest",
        Severity.ERROR,
        "the bytes behind `latest` change without a commit, so nothing can be promoted or taken back",
        "name a version: repository:tag, better repository:tag@sha256:…",
        _latest,
    ),
    Check(
        "image-digest",
        None,
        "a tag can be moved to other bytes; a digest cannot",
        "let 'towpath bump' write the digest, or add @sha256:… yourself",
        _undigested,
    ),
)
