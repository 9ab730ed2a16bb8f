"""The file of an environment that an import creates, with what the manifests tell about it."""

from __future__ import annotations

from typing import Any, Final

from generator.adoption.collect import Collected
from generator.adoption.grouping import needed
from generator.adoption.spec_text import spec_text
from generator.schemas import kinds

_EXTERNAL: Final = {
    "Secret": "secrets",
    "ConfigMap": "configMaps",
    "ServiceAccount": "serviceAccounts",
    "PersistentVolumeClaim": "persistentVolumeClaims",
}
_ALWAYS_THERE: Final = {("ServiceAccount", "default"), ("ConfigMap", "kube-root-ca.crt")}
_NO_NAME: Final = ("None", "")  # an empty name stands for the default account
_RIGHTS: Final = "rbac.authorization.k8s.io/"


def environment_file(found: Collected, after: str | None, version: str, controller: str) -> str:
    """The text of environment.yaml: `external` are names that pods need and that are not among the objects."""
    data: dict[str, Any] = {"after": [after]} if after else {}
    data["cluster"] = {"name": found.environment, "kubernetesVersion": version, "controller": controller}
    data["namespace"] = found.namespace
    if external := _external(found):
        data["external"] = external
    if allowed := _beyond(found, version):
        data["allow"] = {"kinds": allowed}
    head = "# Made by `towpath import`: correct what manifests do not tell, such as cluster and controller.\n"
    return head + spec_text(data)


def _external(found: Collected) -> dict[str, list[str]]:
    missing: dict[str, set[str]] = {}
    for obj in found.objects.values():
        for kind, name in needed(obj):
            if name not in _NO_NAME and (kind, name) not in _ALWAYS_THERE and (kind, name) not in found.objects:
                missing.setdefault(_EXTERNAL[kind], set()).add(name)
    return {field: sorted(names) for field, names in sorted(missing.items())}


def _beyond(found: Collected, version: str) -> list[str]:
    """The kinds that reach beyond a service: those of the whole cluster, and rights."""
    served = kinds(version)
    return sorted(
        {
            str(obj["kind"])
            for obj in found.objects.values()
            if str(obj.get("apiVersion")).startswith(_RIGHTS)
            or ((known := served.get((str(obj.get("apiVersion")), str(obj["kind"])))) and not known.namespaced)
        }
    )
