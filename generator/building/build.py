"""Build what `rendered/<service>/` must hold: pins → resolve → render → files. No files but those of a `Tree`.

What is wrong with one service becomes its findings; the others are built all the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from generator.building import ownership
from generator.errors import InputError, Location
from generator.file_schemas import findings_of
from generator.finding import Finding, errors
from generator.foreign import programs
from generator.foreign.program import Runner
from generator.manifest import Manifest
from generator.output import output
from generator.own_files import load
from generator.release import Release, ReleaseId
from generator.repository import Overlay, Repository, rendered_path, spec_path
from generator.resolved import Pinned, ResolvedService
from generator.resolving.digest import release_id
from generator.resolving.pins import Pins
from generator.resolving.resolve import resolve
from generator.trees.tree import Tree, blob_id


@dataclass(frozen=True, slots=True)
class Build:
    """A service in an environment, rendered.

    `files` are all files that its rendered folder must hold, by path in the repository, `.towpath` included; none
    for an overlay without a release. `inputs` is the hash of what was rendered from (R7), `mounted` the names of the
    files that the service mounts, as its values say them. With an ERROR among the `findings` nothing was rendered, and
    nothing is known of what the folder must hold.
    """

    environment: str
    service: str
    release: ReleaseId | None = None
    manifests: tuple[Manifest, ...] = ()
    files: Mapping[str, bytes] = field(default_factory=dict)
    inputs: str = ""
    mounted: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()

    @property
    def folder(self) -> str:
        """The rendered folder of the service."""
        return rendered_path(self.environment, self.service)

    @property
    def failed(self) -> bool:
        """Whether it could not be rendered."""
        return bool(errors(self.findings))


@dataclass(frozen=True, slots=True)
class Built:
    """All builds that were asked for, and the findings about the repository as a whole.

    `repository` is None when its own files are so wrong that nothing could be built.
    """

    repository: Repository | None
    builds: tuple[Build, ...]
    findings: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Resolved:
    """A service ready to be rendered: which release it is, and the hash of everything it is rendered from."""

    service: ResolvedService
    release: ReleaseId
    inputs: str


Reuse = Callable[[Overlay, str], tuple[Manifest, ...] | None]
"""The manifests of an overlay as they are already rendered from inputs with this hash; None to render them."""


class Builder:
    """Builds services of one tree."""

    def __init__(
        self,
        tree: Tree,
        repository: Repository,
        pins: Pins,
        reuse: Reuse | None = None,
        run: Runner = programs.run,
    ) -> None:
        self._run = run
        self._tree = tree
        self._repository = repository
        self._pins = pins
        self._reuse = reuse
        self._identities: dict[tuple[str, Release], ReleaseId] = {}

    def build(self, environment: str, service: str) -> Build:
        """Build a service; what is wrong with it is in the findings."""
        overlay = self._repository.overlays[environment, service]
        if overlay.release is None:
            return Build(environment, service)
        try:
            return self._render(overlay, self.resolve(overlay))
        except InputError as error:
            return Build(environment, service, findings=tuple(_about(overlay, one) for one in findings_of(error)))

    def resolve(self, overlay: Overlay) -> Resolved:
        """Bring values, template and release of an overlay together. Raises `InputError`."""
        pinned = self._pins.pinned(self._tree, self._repository, overlay)
        resolved = resolve(self._repository, pinned, overlay)
        identity = self._identity(pinned, overlay.service, resolved.release)
        return Resolved(resolved, identity, _inputs(self._repository, resolved, identity))

    def _identity(self, pinned: Pinned, service: str, release: Release) -> ReleaseId:
        """The identity of a release, which is the same in every environment."""
        key = service, release
        if key not in self._identities:
            paths = pinned.template.paths
            self._identities[key] = release_id(pinned.tree, pinned.spec, release.image, release.others, paths)
        return self._identities[key]

    def _render(self, overlay: Overlay, resolved: Resolved) -> Build:
        reused = self._reuse(overlay, resolved.inputs) if self._reuse else None
        manifests = output(resolved.service, self._run) if reused is None else reused
        content = {manifest.name: manifest.text.encode() for manifest in manifests}
        listed = ownership.format(resolved.release.digest, resolved.inputs, content)
        folder = overlay.rendered
        files = {f"{folder}/{name}": text for name, text in {**content, ownership.NAME: listed}.items()}
        mounted = tuple(resolved.service.values["files"].values()) if resolved.service.files else ()
        return Build(overlay.environment, overlay.service, resolved.release, manifests, files, resolved.inputs, mounted)


def _about(overlay: Overlay, finding: Finding) -> Finding:
    """A finding that keeps a service from being built; one in a file of several services says which it is."""
    own = (overlay.source.path, spec_path(overlay.service))
    if finding.where.path in own or any(place.path in own for _, place in finding.origins):
        return finding
    return replace(finding, origins=(*finding.origins, ("overlay", Location(overlay.source.path))))


def _inputs(repository: Repository, resolved: ResolvedService, release: ReleaseId) -> str:
    """The hash of what is rendered from: the release, and what the overlay, the environment and settings add to it.

    Comments, policy and the pin itself are no part of it: they change no rendered byte.
    """
    environment = resolved.environment
    facts: dict[str, Any] = {
        "version": repository.settings.version,
        "release": release.digest,
        "environment": environment.name,
        "namespace": environment.namespace,
        "defaults": environment.defaults,
        "mirrors": environment.mirrors,
        "values": resolved.overlay.values,
        "files": {name: blob_id(content) for name, content in resolved.files.items()},
    }
    if resolved.foreign is not None:
        facts[resolved.foreign.program] = {
            "version": resolved.version,
            "kubernetes": environment.cluster.kubernetes_version,
            "served": environment.cluster.api_versions,
            **asdict(resolved.foreign),
        }
    if resolved.overlay.patches:
        facts["patches"] = resolved.overlay.source.data["patches"]
    if resolved.manifests:
        facts["manifests"] = {file.name: blob_id(file.content) for file in resolved.manifests}
    return ownership.inputs_hash(facts)


def build(tree: Tree, repository: Repository, environment: str, service: str, pins: Pins) -> Build:
    """Build one service of an environment; what is wrong with it is in the findings."""
    return Builder(tree, repository, pins).build(environment, service)


def inputs(tree: Tree, repository: Repository, environment: str, service: str, pins: Pins) -> str | None:
    """The hash of what a service is rendered from, without rendering; None for an overlay that renders nothing.

    Raises `InputError` when it could not be rendered.
    """
    overlay = repository.overlays.get((environment, service))
    if overlay is None or overlay.release is None:
        return None
    return Builder(tree, repository, pins).resolve(overlay).inputs


def build_all(
    tree: Tree,
    pins: Pins,
    environments: Iterable[str] = (),
    services: Iterable[str] = (),
    reuse: Reuse | None = None,
    policy: Repository | None = None,
    run: Runner = programs.run,
) -> Built:
    """Build the named services of the named environments; without names, all of them.

    What is permitted is for `policy` to say, by default the tree itself; `run` runs programs. A service whose own
    files are wrong is not built: the findings say it already.
    """
    repository, findings = load.check(tree, policy)
    if repository is None:
        return Built(None, (), tuple(findings))
    wrong = {finding.where.path for finding in errors(findings)}
    builder = Builder(tree, repository, pins, reuse, run)
    builds = [
        builder.build(overlay.environment, overlay.service)
        for overlay in chosen(repository, set(environments), set(services))
        if not wrong & {overlay.source.path, spec_path(overlay.service)}
    ]
    return Built(repository, tuple(builds), tuple(findings))


def chosen(repository: Repository, environments: set[str], services: set[str]) -> Iterator[Overlay]:
    """The overlays of these environments and services, in order; an empty set stands for all."""
    for (environment, service), overlay in sorted(repository.overlays.items()):
        if environment in (environments or {environment}) and service in (services or {service}):
            yield overlay
