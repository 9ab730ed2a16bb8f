"""What a service says about its chart or its kustomization: where it is, its values, the program that renders it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from generator.errors import InputError, Location
from generator.file_schemas import key_location
from generator.repository import Foreign, Kustomization, Overlay, ServiceSpec, Settings

if TYPE_CHECKING:
    from generator.resolved import Pinned


def foreign_of(pinned: Pinned, overlay: Overlay) -> Foreign | None:
    """What is rendered by another program, if anything is; an overlay may name another kustomization of the folder.

    Raises `InputError` where there is no such folder.
    """
    foreign = pinned.spec.foreign
    if overlay.kustomization is not None:
        foreign = _own(foreign, overlay.kustomization, overlay)
    if foreign is not None and not pinned.template.paths:
        when = f" (as of {pinned.revision[:12]})" if pinned.revision else ""
        what = f"there is no {foreign.folder}{when}"
        raise InputError(what, where=foreign_location(pinned.spec), next="add it, or correct the name")
    return foreign


def _own(foreign: Foreign | None, own: Kustomization, overlay: Overlay) -> Kustomization:
    where = key_location(overlay.source, ("kustomization",))
    if not isinstance(foreign, Kustomization):
        what = f"{overlay.service} is not rendered from a kustomization"
        raise InputError(what, where=where, next="remove the line, or name one in the service spec")
    if own.folder != foreign.folder:
        next = "name one in that folder, which is what a release is made of"
        raise InputError(f"{own.place} is not in {foreign.folder}", where=where, next=next)
    return own


def foreign_location(spec: ServiceSpec) -> Location:
    """Where a spec names its chart or its kustomization."""
    return spec.source.at(("kustomization" if isinstance(spec.foreign, Kustomization) else "chart",))


def program_version(settings: Settings, spec: ServiceSpec) -> str:
    """The version of the program that renders a service, "" where none does.

    Raises `InputError` where towpath.yaml does not say it.
    """
    if spec.foreign is None:
        return ""
    name = spec.foreign.program
    if name not in settings.programs:
        next = f"add `programs: {{{name}: VERSION}}` to it: what is rendered depends on the version"
        what = f"towpath.yaml does not say which version of {name} renders {spec.name}"
        raise InputError(what, where=foreign_location(spec), next=next)
    return settings.programs[name]
