"""The GitOps repository as data: settings, environments, service specs and overlays, each with its source.

`generator.own_files.load.load` makes a `Repository` out of a `Tree`. The values are those of the files, unmerged;
`generator.resolving.resolve` merges them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from generator.errors import Location
from generator.k8syaml import Document
from generator.k8syaml.lines import line_of
from generator.policy import HoldOrder, Lift, Promotion, Verify
from generator.release import Release

if TYPE_CHECKING:
    from generator.custom.definitions import Definitions

BASE = "environments/base/services"
CHARTS = "charts"
KUSTOMIZATIONS = "kustomizations"
Pointer = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """A parsed YAML file: its path, its text, and where each of its nodes stands."""

    path: str
    text: str
    document: Document

    @property
    def data(self) -> Mapping[str, Any]:
        """The value of the file: a mapping, possibly empty."""
        return self.document.value or {}

    def at(self, pointer: Pointer = ()) -> Location:
        """The place of a node; of the nearest ancestor where the node itself is not written."""
        return self.shown(*self.document.position(pointer))

    def shown(self, line: int, column: int) -> Location:
        """A place in the file, with as much of its line as anybody reads."""
        return Location(self.path, line, column, line_of(self.text, line))


@dataclass(frozen=True, slots=True)
class Forge:
    """`forge:` of towpath.yaml: where pull requests live. `branch` is the base branch."""

    kind: str = "local"
    branch: str = "main"


@dataclass(frozen=True, slots=True)
class Settings:
    """towpath.yaml. `version` fixes how YAML is printed, `immutable_tags` is `images: {tags: immutable}` (P8).

    `programs` are the versions of the programs that render charts and kustomizations, by name.
    `acknowledged` are landed commits that differ from what was validated and that a person accepted (R6).
    """

    version: int
    required_version: str | None
    forge: Forge
    immutable_tags: bool
    checks: Mapping[str, str | bool]
    hold: HoldOrder | None
    acknowledged: frozenset[str]
    source: Source
    programs: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Cluster:
    """`cluster:` of an environment; `controller` is the sync controller that applies it.

    `api_versions` are what it serves besides Kubernetes' own, for charts that ask.
    """

    name: str
    kubernetes_version: str
    controller: str
    api_versions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Environment:
    """An `environment.yaml`; the name is that of its folder, `after` names its parents in the pipeline.

    `mirrors` maps an image registry or prefix to what replaces it when rendering. `external` maps a kind
    (`secrets`, `configMaps`) to names that exist in the cluster but not in git.
    """

    name: str
    after: tuple[str, ...]
    cluster: Cluster
    namespace: str
    defaults: Mapping[str, Any]
    mirrors: Mapping[str, str]
    prometheus: str | None
    external: Mapping[str, tuple[str, ...]]
    allowed_images: tuple[str, ...]
    allowed_kinds: tuple[str, ...]
    promotion: Promotion
    verify: Verify
    hold: HoldOrder | None
    source: Source

    @property
    def is_root(self) -> bool:
        """Whether releases enter the pipeline here."""
        return not self.after

    @property
    def path(self) -> str:
        """The folder of this environment."""
        return f"environments/{self.name}"


@dataclass(frozen=True, slots=True)
class Patch:
    """An entry of `patches:`, what it changes and how: `change` is a strategic merge or the operations of a JSON patch.

    It changes every rendered object of this kind, or only the one of this name. `change` stands at `pointer` in
    `source`, the whole entry at `entry`.
    """

    kind: str
    name: str | None
    change: Any
    is_json: bool
    source: Source
    entry: Pointer
    pointer: Pointer


@dataclass(frozen=True, slots=True)
class Chart:
    """`chart:` of a spec: a Helm chart in `charts/`. `hooks` says what becomes of hooks, which nobody here runs."""

    program: ClassVar = "helm"
    name: str
    hooks: Literal["keep", "drop"] | None = None

    @property
    def folder(self) -> str:
        """Where the chart is; it is rendered from all that lies there."""
        return f"{CHARTS}/{self.name}"


@dataclass(frozen=True, slots=True)
class Kustomization:
    """`kustomization:` of a spec: a folder with a kustomization.yaml below `kustomizations/`."""

    program: ClassVar = "kustomize"
    path: str

    @property
    def folder(self) -> str:
        """The folder that holds it and all that it may refer to."""
        return f"{KUSTOMIZATIONS}/{self.path.partition('/')[0]}"

    @property
    def place(self) -> str:
        """The folder that is built."""
        return f"{KUSTOMIZATIONS}/{self.path}"


Foreign = Chart | Kustomization
"""What a service is rendered from by a program that is not ours."""


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """A base spec: what a service is, the same in every environment.

    It is rendered from a template or from something foreign; with neither, it is its plain manifests alone.
    `forward_only` lists images that a rollback must not leave.
    """

    name: str
    template: str | None
    owner: str | None
    values: Mapping[str, Any]
    forward_only: tuple[str, ...]
    source: Source
    patches: tuple[Patch, ...] = ()
    foreign: Foreign | None = None


@dataclass(frozen=True, slots=True)
class Overlay:
    """A service in an environment: it exists there exactly if this file does (P7: without `release`, not yet).

    `kustomization` is built instead of the spec's, which is in the same folder of `kustomizations/`.
    """

    environment: str
    service: str
    values: Mapping[str, Any]
    release: Release | None
    hold: HoldOrder | None
    lifted: tuple[Lift, ...]
    source: Source
    patches: tuple[Patch, ...] = ()
    kustomization: Kustomization | None = None

    @property
    def rendered(self) -> str:
        """The folder of the manifests rendered from this overlay."""
        return rendered_path(self.environment, self.service)


@dataclass(frozen=True, slots=True)
class Repository:
    """Everything that is written in a tree, checked against the schemas of our own files.

    `definitions` are the CustomResourceDefinitions that lie in it.
    """

    settings: Settings
    environments: Mapping[str, Environment]
    services: Mapping[str, ServiceSpec]
    overlays: Mapping[tuple[str, str], Overlay]
    definitions: Definitions | None = field(default=None, compare=False)

    def children(self, environment: str) -> tuple[str, ...]:
        """The environments that come directly after this one, sorted."""
        return tuple(sorted(name for name, other in self.environments.items() if environment in other.after))

    def under(self, policy: Repository) -> Repository:
        """This repository with what another one permits: its `checks:`, and the `allow:` of its environments (R4)."""
        allowed = {name: (one.allowed_images, one.allowed_kinds) for name, one in policy.environments.items()}
        environments = {}
        for name, one in self.environments.items():
            images, kinds = allowed.get(name, ((), ()))
            environments[name] = replace(one, allowed_images=images, allowed_kinds=kinds)
        return replace(self, settings=replace(self.settings, checks=policy.settings.checks), environments=environments)


def overlay_path(environment: str, service: str) -> str:
    """Where the overlay of a service in an environment is written."""
    return f"environments/{environment}/services/{service}.yaml"


def rendered_path(environment: str, service: str) -> str:
    """The folder that the manifests of a service in an environment are rendered into."""
    return f"environments/{environment}/rendered/{service}"


def manifests_path(service: str, environment: str = "base") -> str:
    """The folder of the plain manifests of a service: those of all environments, or of one."""
    return f"environments/{environment}/services/{service}/manifests"


def spec_path(service: str) -> str:
    """Where the base spec of a service is written."""
    return f"{BASE}/{service}.yaml"
