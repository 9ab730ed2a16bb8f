"""The identity of a release, out of nothing but content: image, service spec and the files of its template or chart.

Never in it: environments, mirrors, policy, gates, owners, comments, and which version of the tool computes it. So
it is the same in every environment, and for ever.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import lru_cache
from typing import Any, Final

from generator.own_files.templates import FOLDER, paths
from generator.release import Others, ReleaseId
from generator.repository import BASE, CHARTS, KUSTOMIZATIONS, ServiceSpec, manifests_path
from generator.trees.tree import Tree, safe_path

SOURCES: Final = (FOLDER, CHARTS, KUSTOMIZATIONS)
"""The folders of what services are rendered from."""

_CANONICAL: Final = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def release_id(
    tree: Tree, spec: ServiceSpec, image: str, others: Others = (), templates: Mapping[str, str] | None = None
) -> ReleaseId:
    """The identity of images (as written, before mirroring) rendered by `spec` with the templates of `tree`.

    `templates` are its `source_paths`, from whoever has read them already. Each hash is the sha256 of canonical
    JSON: sorted keys, no spaces, UTF-8. Parts that services share are written once.
    """
    rendering: dict[str, Any] = {"template": spec.template, "values": spec.values}
    if spec.foreign is not None:
        rendering[spec.foreign.program] = asdict(spec.foreign)
    if spec.patches:
        rendering["patches"] = spec.source.data["patches"]
    templates = source_paths(tree, spec) if templates is None else templates
    files = _member("files", sorted(beside(tree, spec).items()))
    config = f"{_member('spec', rendering)},{_templates(tuple(sorted(templates.items())))}"
    images = _member("image", image) + (f",{_member('images', dict(others))}" if others else "")
    return ReleaseId(image, _sha256(f"{{{files},{config}}}"), _sha256(f"{{{files},{images},{config}}}"), others)


@lru_cache(maxsize=64)
def _templates(paths: tuple[tuple[str, str], ...]) -> str:
    return _member("templates", paths)


def _member(name: str, value: Any) -> str:
    """A member of a JSON object, canonical."""
    return f'"{name}":{_CANONICAL.encode(value)}'


def content_paths(tree: Tree, spec: ServiceSpec) -> Mapping[str, str]:
    """path → blob id of all files that a release is made of: the spec, what lies beside it, and its templates.

    A pin names a commit by these; template.yaml counts as `generator.own_files.templates.paths` says.
    """
    return {
        spec.source.path: tree.blob_id(spec.source.path) or "",
        **beside(tree, spec),
        **source_paths(tree, spec),
    }


def source_paths(tree: Tree, spec: ServiceSpec) -> Mapping[str, str]:
    """path → blob id of all files of the template, the chart or the kustomization of a spec."""
    if spec.template is not None:
        return paths(tree, spec.template)
    folder = spec.foreign.folder if spec.foreign else None
    return {path: tree.blob_id(path) or "" for path in tree.files(folder)} if folder else {}


def beside(tree: Tree, spec: ServiceSpec) -> Mapping[str, str]:
    """path → blob id of what a spec is rendered with and what lies beside it: plain manifests, and mounted files.

    Those are the files that its own `files:` name; an overlay's may stand beside itself.
    """
    names = spec.values.get("files") if spec.template else None
    wanted = names.values() if isinstance(names, Mapping) else ()
    found = {f"{BASE}/{safe_path(name)}" for name in wanted if isinstance(name, str)}
    found.update(tree.files(manifests_path(spec.name)))
    return {path: object_id for path in sorted(found) if (object_id := tree.blob_id(path))}


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
