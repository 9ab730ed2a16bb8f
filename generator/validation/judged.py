"""What is known of services once they are validated: of each by itself, and of what they are together."""

from __future__ import annotations

import marshal
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from generator.checks.objects import RenderedObject
from generator.custom.crds import KIND
from generator.finding import Finding
from generator.repository import Pointer
from generator.validation.outline import outline
from generator.validation.suppressions import Suppression

Place = tuple[str, str]
"""An environment and a service."""


@dataclass(frozen=True, slots=True)
class Outlined:
    """A service of an environment, as those checks see it that look across services: `packed` are its objects."""

    place: Place
    packed: bytes

    def objects(self) -> Iterator[RenderedObject]:
        """The outlines as objects."""
        for path, index, value in marshal.loads(self.packed):  # noqa: S302 - of `pack`, see `generator.remembered.cache`
            yield RenderedObject(self.place[1], path, index, value)


def pack(objects: Iterable[RenderedObject]) -> bytes:
    """The outlines of objects, which are nothing but plain values: equal ones give the same bytes."""
    outlines = tuple((one.path, one.index, outline(one.value)) for one in objects)
    return marshal.dumps(outlines, 2)  # later formats write the same value in several ways


@dataclass(frozen=True, slots=True)
class Judged(Outlined):
    """A service of an environment after the checks that need nothing but itself.

    `kinds` are the API versions and kinds of its objects. `findings` come with the rank of their check, `used` are the
    suppressions that hid something.
    """

    kinds: frozenset[tuple[str, str]]
    failed: bool
    findings: tuple[tuple[int, Finding], ...]
    used: frozenset[Suppression]

    @property
    def defining(self) -> bool:
        """Whether any of its objects defines kinds."""
        return any(kind == KIND for _, kind in self.kinds)


Key = tuple[str, str, str, int, Pointer, str, str]
"""A problem in nothing but plain values: check, weight, path, index, pointer, message, fix."""


@dataclass(frozen=True, slots=True)
class Across:
    """What the checks across the services of an environment found.

    `told` are the findings, each with the rank of its check, by problem; `used` are the suppressions that hid any.
    """

    told: Mapping[Key, tuple[int, Finding]] = field(default_factory=dict)
    used: frozenset[Suppression] = frozenset()


class Rest(Protocol):
    """What is known of the services of a repository that nobody looks at now."""

    @property
    def shared(self) -> bool:
        """Whether something that services share is looked at."""

    @property
    def given(self) -> Sequence[Suppression]:
        """The suppressions in their files."""

    @property
    def used(self) -> frozenset[Suppression]:
        """Those of all suppressions that hide what is to be said about one of them by itself."""

    def judged(self, environment: str) -> Sequence[Outlined]:
        """Those that are in an environment."""

    def defining(self, environment: str) -> Sequence[Outlined]:
        """Those of them that define kinds."""

    def known(self, environment: str) -> Across:
        """What was found across all services of an environment, less what is about those that are looked at now."""

    def across(self, environment: str, judged: Sequence[Judged], given: Iterable[Suppression]) -> Across | None:
        """All of it, where it still holds beside these services that are looked at, with their suppressions."""


class Nothing:
    """Every service is looked at."""

    shared = True
    given: Sequence[Suppression] = ()
    used: frozenset[Suppression] = frozenset()

    def judged(self, environment: str) -> Sequence[Outlined]:
        return ()

    def defining(self, environment: str) -> Sequence[Outlined]:
        return ()

    def known(self, environment: str) -> Across:
        return Across()

    def across(self, environment: str, judged: Sequence[Judged], given: Iterable[Suppression]) -> Across | None:
        return None


@dataclass(frozen=True, slots=True)
class Whole:
    """Everything that the checks have against services: `general`, each by itself, and what they are together.

    `unused` are findings about suppressions, which depend on all of it.
    """

    general: tuple[Finding, ...]
    judged: tuple[Judged, ...]
    across: Mapping[str, Across]
    unused: tuple[Finding, ...]

    @property
    def findings(self) -> list[Finding]:
        """All of it, in the order of files."""
        ranked = [one for each in self.judged for one in each.findings]
        ranked += (one for each in self.across.values() for one in each.told.values())
        ranked.sort(key=lambda one: (one[1].where.path, one[0]))
        return [*self.general, *(finding for _, finding in ranked), *self.unused]
