"""All that a service renders: what its template writes, its plain manifests, and its patches on both."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from generator.errors import InputError, Location
from generator.manifest import Manifest
from generator.patching import patched
from generator.plain_manifests import manifests
from generator.render import render

if TYPE_CHECKING:
    from generator.resolve import ResolvedService


def output(resolved: ResolvedService) -> tuple[Manifest, ...]:
    """The manifests of a service, those of its template first.

    Raises `InputError` with the line that somebody wrote for whatever goes wrong.
    """
    rendered = render(resolved)
    if resolved.manifests:
        rendered = (*rendered, *_beside(resolved, rendered))
    return patched(rendered, resolved.patches) if resolved.patches else rendered


def _beside(resolved: ResolvedService, rendered: Sequence[Manifest]) -> tuple[Manifest, ...]:
    taken = {manifest.path: manifest.template for manifest in rendered}
    found = tuple(manifests(resolved))
    for manifest in found:
        if manifest.path in taken:
            what = f"{taken[manifest.path]} renders a file of this name too"
            next = "give the file another name, and change what the template renders with `patches:`"
            raise InputError(what, where=Location(manifest.template), next=next)
    return found
