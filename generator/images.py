"""Where an environment gets an image from, and whether it may run it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from fnmatch import fnmatchcase

from generator.release import ImageReference

_HUB = "docker.io"


def full_repository(repository: str) -> str:
    """A repository with its registry: `redis` is `docker.io/library/redis`, `acme/web` is `docker.io/acme/web`.

    The first part is a registry when it has a dot or a port, or is `localhost` (distribution/reference, normalize.go).
    """
    first, slash, rest = repository.partition("/")
    if not slash:
        return f"{_HUB}/library/{repository}"
    if first == f"index.{_HUB}":
        first = _HUB
    elif not ("." in first or ":" in first or first == "localhost"):
        return f"{_HUB}/{repository}"
    return f"{_HUB}/library/{rest}" if first == _HUB and "/" not in rest else f"{first}/{rest}"


def mirrored(image: ImageReference, mirrors: Mapping[str, str]) -> ImageReference:
    """The image as an environment pulls it: the longest prefix that ends at a `/` is replaced, if there is one."""
    full = full_repository(image.repository)
    fitting = [prefix for prefix in mirrors if full == prefix or full.startswith(f"{prefix}/")]
    if not fitting:
        return image
    longest = max(fitting, key=len)
    return replace(image, repository=mirrors[longest] + full.removeprefix(longest))


def is_allowed(image: str, patterns: Iterable[str]) -> bool:
    """Whether an image as written matches one of the patterns (`*` matches any text), or there are none."""
    written = tuple(patterns)
    return not written or any(fnmatchcase(image, pattern) for pattern in written)
