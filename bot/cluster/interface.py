"""The port to a cluster: read-only facts about what a sync controller applied and what rolled out.

The adapter reports; `bot.observe.rollout` decides from these facts and from git whether an arrival is live (V5).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Application:
    """What the sync controller says of the folder of a service.

    `revision` is the commit it applied last, `attempted` the one it is trying or tried last; they differ while it
    works and after a failed health check. `ready` is its own opinion of health, None while it is unknown. `since` is
    when it first applied the files that are there now, None where it does not say; a later commit that leaves the
    service alone does not change it. Without it, a change that starts no new pods would count as live before it came.
    """

    revision: str | None
    attempted: str | None
    ready: bool | None
    message: str = ""
    since: datetime | None = None


class Progress(Enum):
    """How far the rollout of one workload has come; STUCK is said of the current generation only."""

    COMPLETE = "complete"
    PROGRESSING = "progressing"
    STUCK = "stuck"


@dataclass(frozen=True, slots=True)
class Workload:
    """One Deployment, StatefulSet or DaemonSet of a service.

    COMPLETE means the observed generation is the current one and updated = desired = available replicas. `since` is
    when it became so, by the cluster's timestamps, or when the cluster gave up a STUCK one. `pods` is an anchored RE2
    expression for the pods of the current template only. `image_ids` are the image ids (`…@sha256:…`) that its ready
    pods report.
    """

    name: str
    progress: Progress
    since: datetime | None
    pods: str
    image_ids: tuple[str, ...] = ()
    message: str = ""


@dataclass(frozen=True, slots=True)
class ServiceState:
    """The facts of one service in one environment."""

    application: Application
    workloads: tuple[Workload, ...]


class Cluster(Protocol):
    """Read access to the clusters of all environments."""

    def services(self, environment: str, names: Sequence[str]) -> Mapping[str, ServiceState]:
        """The state of each named service that the sync controller knows; absent when it does not know it.

        Raises `OutsideError` when the cluster cannot be asked.
        """
