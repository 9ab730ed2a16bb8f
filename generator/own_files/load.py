"""From a tree of files to a `Repository`, with every problem of our own files found in one go."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Final, TypeVar

from generator.custom.definitions import Definitions
from generator.errors import InputError, Location
from generator.file_schemas import InvalidInput, findings_of, place_order, problem, read_checked
from generator.finding import Finding, errors
from generator.own_files import decode, templates
from generator.own_files.consistency import contradictions, shortcomings
from generator.repository import BASE, Environment, Overlay, Repository, ServiceSpec, Settings, overlay_path, spec_path
from generator.trees.portable import is_device
from generator.trees.tree import Tree

SETTINGS: Final = "towpath.yaml"
_ENVIRONMENTS: Final = "environments"
_RESERVED: Final = "base"
_LABEL: Final = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")

T = TypeVar("T")


def load(tree: Tree) -> Repository:
    """The repository that a tree holds.

    Raises `InvalidInput` when a file cannot be read, its schema refuses it, or files contradict each other. What
    concerns single services only (an image that is not allowed, a pin in a root) stops those when they are
    resolved, and `check` finds it.
    """
    repository, findings = _read(tree)
    if repository is None or errors(findings):
        raise InvalidInput(errors(findings))
    return repository


def check(tree: Tree, policy: Repository | None = None, shared: bool = True) -> tuple[Repository | None, list[Finding]]:
    """The repository, as far as anything is permitted under that `policy`, and everything wrong with its own files.

    It is None when a file cannot be read or its schema refuses it. It is there when files only do not fit
    together, so that the rest can still be looked at. What services share is only checked if it is asked for.
    """
    repository, found = _read(tree, shared)
    if repository is not None:
        repository = repository.under(policy) if policy else repository
        found += shortcomings(tree, repository, shared)
    return repository, sorted(dict.fromkeys(found), key=place_order)


def _read(tree: Tree, shared: bool = True) -> tuple[Repository | None, list[Finding]]:
    reader = _Reader(tree)
    repository = reader.repository(shared)
    found = list(reader.findings)
    if repository is not None:
        found += contradictions(tree, repository, shared)
    return repository, found


def load_spec(tree: Tree, service: str) -> ServiceSpec:
    """One service spec. Raises `InvalidInput` with everything that is wrong about the file, or when there is none."""
    return decode.service(service, read_checked(tree, spec_path(service), "service"))


def load_overlay(tree: Tree, environment: str, service: str) -> Overlay:
    """One overlay. Raises `InvalidInput` with everything that is wrong about the file, or when there is none."""
    source = read_checked(tree, overlay_path(environment, service), "overlay")
    return decode.overlay(environment, service, source)


def load_environment(tree: Tree, environment: str) -> Environment:
    """One environment. Raises `InvalidInput` with everything that is wrong about the file, or when there is none."""
    path = f"{_ENVIRONMENTS}/{environment}/environment.yaml"
    return decode.environment(environment, read_checked(tree, path, "environment"))


def is_label(name: str) -> bool:
    """Whether Kubernetes takes this for the name of a namespace or a Service: a DNS label (RFC 1123)."""
    return _LABEL.fullmatch(name) is not None


def load_settings(tree: Tree) -> Settings:
    """towpath.yaml. Raises `InvalidInput` with everything that is wrong about it, or when there is none."""
    if tree.read(SETTINGS) is None:
        fix = "go to the top folder of a towpath repository, or make one with `towpath init`"
        raise InvalidInput([problem("missing-file", f"there is no {SETTINGS}", Location(SETTINGS), fix)])
    return decode.settings(read_checked(tree, SETTINGS, "towpath"))


class _Reader:
    """Reads every file of ours in a tree, and goes on after a problem."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.findings: list[Finding] = []

    def repository(self, shared: bool) -> Repository | None:
        """All of it, or None if anything is missing from it."""
        settings = self._try(load_settings)
        self.findings += templates.findings(self.tree) if shared else ()
        environments, overlays = self._environments()
        services = self._services(BASE)
        if settings is None or errors(self.findings):
            return None
        return Repository(settings, environments, services, overlays, Definitions(self.tree))

    def _try(self, read: Callable[..., T], *names: str) -> T | None:
        """What one file says, or None after taking down what is wrong with it."""
        try:
            return read(self.tree, *names)
        except InputError as error:
            self.findings += findings_of(error)
            return None

    def _environments(self) -> tuple[dict[str, Environment], dict[tuple[str, str], Overlay]]:
        environments: dict[str, Environment] = {}
        overlays: dict[tuple[str, str], Overlay] = {}
        for name in self._folders(_ENVIRONMENTS):
            if name == _RESERVED:
                self._refuse_reserved(f"{_ENVIRONMENTS}/{name}/environment.yaml")
                continue
            made = self._try(load_environment, name)
            if made is not None:
                environments[name] = made
            overlays |= self._overlays(name)
        return environments, overlays

    def _refuse_reserved(self, path: str) -> None:
        if self.tree.read(path) is not None:
            message = f"'{_RESERVED}' is reserved for service specs and cannot be an environment"
            self.findings.append(problem("reserved-name", message, Location(path), "rename the folder"))

    def _overlays(self, environment: str) -> Iterator[tuple[tuple[str, str], Overlay]]:
        for service in self._names(f"{_ENVIRONMENTS}/{environment}/services"):
            made = self._try(load_overlay, environment, service)
            if made is not None:
                yield (environment, service), made

    def _services(self, folder: str) -> dict[str, ServiceSpec]:
        services = {}
        for name in self._names(folder):
            made = self._try(load_spec, name)
            if made is not None:
                services[name] = made
        return services

    def _folders(self, folder: str) -> list[str]:
        self._refuse_file(folder)
        found = sorted({path.split("/")[1] for path in self.tree.files(folder) if path.count("/") > 1})
        return [name for name in found if self._named(f"{folder}/{name}", name)]

    def _names(self, folder: str) -> list[str]:
        """The services that have a file in a folder; other endings are only for the files that services mount."""
        self._refuse_file(folder)
        found = []
        for path in self.tree.files(folder):
            name, dot, ending = path.removeprefix(f"{folder}/").rpartition(".")
            if "/" in name or ending.lower() not in ("yaml", "yml"):
                continue
            if ending != "yaml":
                message = f"{path} is not read: the ending must be .yaml"
                self.findings.append(problem("bad-name", message, Location(path), f"rename it to {name}{dot}yaml"))
            elif self._named(path, name):
                found.append(name)
        return found

    def _refuse_file(self, path: str) -> None:
        if self.tree.read(path) is not None:
            message = f"{path} is a file, and must be a folder"
            self.findings.append(problem("not-a-folder", message, Location(path), "move it away"))

    def _named(self, path: str, name: str) -> bool:
        if is_label(name) and not is_device(name):
            return True
        message = f"{name!r} is no name for Kubernetes: lower case letters, digits and '-', at most 63"
        if is_device(name):
            message = f"'{name}' is a device to Windows, where nobody could check this repository out"
        self.findings.append(problem("bad-name", message, Location(path), "rename it"))
        return False
