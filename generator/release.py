"""A release: which image an environment runs a service from, and what identifies it.

Two releases are the same when their content is the same, wherever and whenever it was written; the
commit that a release is read from (its *pin*) says where to look and is no part of the identity.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from functools import lru_cache

from generator.errors import InputError

# The reference grammar of the OCI distribution spec (distribution/reference), with a registry host optional.
_HOST = r"(?i:[a-z0-9]+(?:[._-]+[a-z0-9]+)*)(?::[0-9]{1,5})?"
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*"
_REPOSITORY = re.compile(f"(?:{_HOST}/)?{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True, slots=True)
class ImageReference:
    """`repository[:tag][@digest]` taken apart; `str()` puts it together again unchanged."""

    repository: str
    tag: str | None = None
    digest: str | None = None

    def __str__(self) -> str:
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.repository}{tag}{digest}"

    @property
    def short(self) -> str:
        """The tag, or the first twelve digits of the digest: what people call this image."""
        return self.tag or (self.digest or "latest").removeprefix("sha256:")[:12]


@lru_cache(maxsize=1024)
def parse_image(text: str) -> ImageReference:
    """Take an image reference apart; raises `InputError` for what no registry would accept."""
    rest, at, digest = text.partition("@")
    colon = rest.rfind(":")
    tagged = colon > rest.rfind("/")
    repository, tag = (rest[:colon], rest[colon + 1 :]) if tagged else (rest, None)
    if (
        not _REPOSITORY.fullmatch(repository)
        or (tag is not None and not _TAG.fullmatch(tag))
        or (at and not _DIGEST.fullmatch(digest))
    ):
        raise InputError(
            f"{text!r} is no image reference",
            next="write repository:tag, repository@sha256:… or repository:tag@sha256:…, the repository in lower case",
        )
    return ImageReference(repository, tag, digest or None)


def is_commit(text: str) -> bool:
    """Whether `text` is a full commit id: the only kind of revision that is ever handed to git."""
    return bool(_COMMIT.fullmatch(text))


Others = tuple[tuple[str, str], ...]
"""The images of a release besides its main one: (name, reference as written), sorted by name."""


@dataclass(frozen=True, slots=True)
class Release:
    """What an overlay's `release:` says: the image as written, the pinned commit, if any, and further images."""

    image: str
    revision: str | None = None
    others: Others = ()

    def with_image(self, name: str | None, image: str) -> Release:
        """The release with another image of that name, None for the main one."""
        if name is None:
            return replace(self, image=image)
        return replace(self, others=tuple(sorted({**dict(self.others), name: image}.items())))


@dataclass(frozen=True, slots=True)
class ReleaseId:
    """The identity of a release: its content.

    `image` is the reference as written and `others` the further images, `config` the sha256 (64 hex digits) of the
    rendering part of the base spec and of the template files, and `digest` the sha256 of all: the same in every
    environment.
    """

    image: str
    config: str
    digest: str
    others: Others = ()

    @property
    def images(self) -> str:
        """All images as one text, equal exactly where they are the same: the main one, then `name=reference`."""
        return " ".join([self.image, *(f"{name}={image}" for name, image in self.others)])

    @property
    def references(self) -> tuple[str, ...]:
        """Every image, the main one first."""
        return (self.image, *(image for _, image in self.others))

    @property
    def to12(self) -> str:
        """The first twelve digits, as branches and trailers show it."""
        return self.digest[:12]

    @property
    def short(self) -> str:
        """How people name it: the image's tag, and the content."""
        return f"{parse_image(self.image).short} ({self.digest[:7]})"


def short_images(images: str) -> str:
    """What people call what `ReleaseId.images` says: the tag of the main image."""
    return parse_image(images.partition(" ")[0]).short
