"""What a simulated cluster needs to know of rendered manifests: the workloads, their pods and images."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from generator.release import parse_image

_KINDS = ("Deployment", "StatefulSet", "DaemonSet")
_DEADLINE = 600  # Kubernetes' default of spec.progressDeadlineSeconds


@dataclass(frozen=True, slots=True)
class WorkloadSpec:
    """A workload as its manifest says. `template` identifies the pod template: another one means new pods."""

    kind: str
    name: str
    namespace: str
    replicas: int
    template: str
    images: tuple[str, ...]
    progress_deadline: int

    @property
    def pods(self) -> str:
        """An anchored regular expression (RE2) for the pods of this template."""
        if self.kind == "StatefulSet":
            return f"{self.name}-[0-9]+"
        return f"{self.name}-{self.template}-[a-z0-9]+"

    @property
    def tag(self) -> str | None:
        """The tag of the main container's image."""
        return parse_image(self.images[0]).tag if self.images else None

    @property
    def image_ids(self) -> tuple[str, ...]:
        """What the kubelet would report for the images; the content of a tag is made up, and always the same."""
        return tuple(_image_id(image) for image in self.images)


def workloads(objects: Iterable[Any], environment: str) -> tuple[WorkloadSpec, ...]:
    """The workloads among Kubernetes objects; the number of replicas is the autoscaler's minimum where there is one."""
    known = [one for one in objects if isinstance(one, dict)]
    minimums = {
        one["spec"]["scaleTargetRef"]["name"]: one["spec"].get("minReplicas", 1)
        for one in known
        if one.get("kind") == "HorizontalPodAutoscaler"
    }
    return tuple(_workload(one, environment, minimums) for one in known if one.get("kind") in _KINDS)


def _workload(manifest: Mapping[str, Any], environment: str, minimums: Mapping[str, int]) -> WorkloadSpec:
    metadata, spec = manifest["metadata"], manifest["spec"]
    pod = spec["template"]["spec"]
    containers = [*pod.get("containers", ()), *pod.get("initContainers", ())]
    text = json.dumps(spec["template"], sort_keys=True)
    return WorkloadSpec(
        manifest["kind"],
        metadata["name"],
        metadata.get("namespace", environment),
        int(spec.get("replicas", minimums.get(metadata["name"], 1))),
        hashlib.sha256(text.encode()).hexdigest()[:10],
        tuple(container["image"] for container in containers),
        int(spec.get("progressDeadlineSeconds", _DEADLINE)),
    )


def _image_id(image: str) -> str:
    reference = parse_image(image)
    digest = reference.digest or f"sha256:{hashlib.sha256(image.encode()).hexdigest()}"
    return f"{reference.repository}@{digest}"
