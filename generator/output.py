"""All that a service renders: what its template, chart or kustomization writes, its plain manifests, and patches."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from generator.errors import InputError, Location
from generator.foreign.placing import Placing
from generator.foreign.program import Runner
from generator.manifest import Manifest
from generator.patches.patching import patched
from generator.plain_manifests import manifests
from generator.rendering.render import render

if TYPE_CHECKING:
    from generator.resolved import ResolvedService


def output(resolved: ResolvedService, run: Runner) -> tuple[Manifest, ...]:
    """The manifests of a service, those of its template first; charts and kustomizations are rendered with `run`.

    Raises `InputError` with the line that somebody wrote for whatever goes wrong, and what `run` raises.
    """
    placing = Placing(resolved)
    rendered = _foreign(resolved, run, placing) if resolved.foreign else render(resolved)
    if resolved.manifests:
        rendered = (*rendered, *_beside(resolved, rendered, placing))
    if not resolved.template.files:
        placing.check()
    return patched(rendered, resolved.patches) if resolved.patches else rendered


def _foreign(resolved: ResolvedService, run: Runner, placing: Placing) -> tuple[Manifest, ...]:
    from generator.foreign.manifests import manifests as foreign  # it loads much, and most repositories have no charts

    return tuple(foreign(resolved, run, placing))


def _beside(resolved: ResolvedService, rendered: Sequence[Manifest], placing: Placing) -> tuple[Manifest, ...]:
    taken = {manifest.path: manifest.template for manifest in rendered}
    found = tuple(manifests(resolved, placing))
    for manifest in found:
        if manifest.path in taken:
            what = f"{taken[manifest.path]} renders a file of this name too"
            next = "give the file another name, and change what the template renders with `patches:`"
            raise InputError(what, where=Location(manifest.template), next=next)
    return found
