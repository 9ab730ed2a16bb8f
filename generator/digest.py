"""The identity of a release, out of nothing but content: image, service spec and template files.

Never in it: environments, mirrors, policy, gates, owners, comments, and which version of the tool computes it. So
it is the same in every environment, and for ever.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from generator.release import Others, ReleaseId
from generator.repository import BASE, ServiceSpec, manifests_path
from generator.templates import paths
from generator.tree import Tree, safe_path


def release_id(
    tree: Tree, spec: ServiceSpec, image: str, others: Others = (), templates: Mapping[str, str] | None = None
) -> ReleaseId:
    """The identity of images (as written, before mirroring) rendered by `spec` with the templates of `tree`.

    `templates` are the paths of the template, from whoever has read it already. Each hash is the sha256 of canonical
    JSON: sorted keys, no spaces, UTF-8.
    """
    rendering: dict[str, Any] = {"template": spec.template, "values": spec.values}
    if spec.patches:
        rendering["patches"] = spec.source.data["patches"]
    config = {
        "spec": rendering,
        "templates": sorted((_template(tree, spec) if templates is None else templates).items()),
        "files": sorted(beside(tree, spec).items()),
    }
    images: dict[str, Any] = {"image": image}
    if others:
        images["images"] = dict(others)
    return ReleaseId(image, _sha256(config), _sha256({**images, **config}), others)


def content_paths(tree: Tree, spec: ServiceSpec) -> Mapping[str, str]:
    """path → blob id of all files that a release is made of: the spec, what lies beside it, and its templates.

    A pin names a commit by these; template.yaml counts as `generator.templates.paths` says.
    """
    return {
        spec.source.path: tree.blob_id(spec.source.path) or "",
        **beside(tree, spec),
        **_template(tree, spec),
    }


def _template(tree: Tree, spec: ServiceSpec) -> Mapping[str, str]:
    return {} if spec.template is None else paths(tree, spec.template)


def beside(tree: Tree, spec: ServiceSpec) -> Mapping[str, str]:
    """path → blob id of what a spec is rendered with and what lies beside it: plain manifests, and mounted files.

    Those are the files that its own `files:` name; an overlay's may stand beside itself.
    """
    names = spec.values.get("files")
    wanted = names.values() if isinstance(names, Mapping) else ()
    found = {f"{BASE}/{safe_path(name)}" for name in wanted if isinstance(name, str)}
    found.update(tree.files(manifests_path(spec.name)))
    return {path: object_id for path in sorted(found) if (object_id := tree.blob_id(path))}


def _sha256(data: Mapping[str, Any]) -> str:
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
