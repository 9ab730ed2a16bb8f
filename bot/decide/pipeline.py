"""The shape of the pipeline: which environments come before which, for a service (P2)."""

from __future__ import annotations

from generator.repository import Repository


def parents(repository: Repository, environment: str, service: str) -> tuple[str, ...]:
    """The environments that a release must have passed in, sorted.

    P2: a parent that doesn't have the service is replaced by its own parents; with none left the service enters
    here, as in a root.
    """
    found, seen = set[str](), {environment}
    waiting = list(_after(repository, environment))
    while waiting:
        name = waiting.pop()
        if name in seen:
            continue
        seen.add(name)
        if (name, service) in repository.overlays:
            found.add(name)
        else:
            waiting.extend(_after(repository, name))
    return tuple(sorted(found))


def ancestors(repository: Repository, environment: str) -> tuple[str, ...]:
    """All environments before this one, nearest first."""
    found: list[str] = []
    waiting = list(_after(repository, environment))
    while waiting:
        name = waiting.pop(0)
        if name not in found and name != environment:
            found.append(name)
            waiting.extend(_after(repository, name))
    return tuple(found)


def order(repository: Repository) -> tuple[str, ...]:
    """All environments, each behind everything that comes before it; by name where the pipeline leaves it open."""
    depths = {name: len(ancestors(repository, name)) for name in repository.environments}
    return tuple(sorted(depths, key=lambda name: (depths[name], name)))


def _after(repository: Repository, environment: str) -> tuple[str, ...]:
    found = repository.environments.get(environment)
    return tuple(sorted(name for name in found.after if name in repository.environments)) if found else ()
