"""Whether an arrival is live, from what the cluster says and what git says of the commits it names (V5)."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from bot.cluster.interface import Application, Progress, ServiceState, Workload
from bot.evidence import RolloutStatus, Stage


def status(
    environment: str,
    service: str,
    state: ServiceState | None,
    *,
    contains: bool,
    same_tree: bool,
    attempting: bool = False,
    expected_images: frozenset[str] | None = None,
) -> RolloutStatus:
    """How far the cluster has come with a commit.

    `state` is None where the sync controller does not know the service. `contains`: the applied revision is, or
    descends from, the commit. `same_tree`: its `rendered/<service>` is the same tree as at the commit.
    `attempting`: both hold for the attempted revision. `expected_images` are the digests of the images that this
    release runs as elsewhere, given only for references without a digest: a tag that moved is not what was tested.
    """
    reached = RolloutStatus(environment, service, Stage.UNAPPLIED)
    if state is None:
        return replace(reached, message="the sync controller does not know the service yet")
    if contains and not same_tree:
        return replace(reached, stage=Stage.SUPERSEDED, message="the cluster has moved on to other manifests")
    if contains:
        return _applied(reached, state, expected_images)
    return _attempted(reached, state) if attempting else replace(reached, message=_waiting(state.application))


def _applied(reached: RolloutStatus, state: ServiceState, expected: frozenset[str] | None) -> RolloutStatus:
    """The files are in the cluster; the workloads say what became of them."""
    stuck, moving = _with(state, Progress.STUCK), _with(state, Progress.PROGRESSING)
    if stuck:
        return replace(reached, stage=Stage.FAILED, since=_latest(stuck), message=_explain(stuck))
    if moving:
        return replace(reached, stage=Stage.ROLLING, message=_explain(moving))
    if not state.workloads and not state.application.ready:
        return replace(reached, stage=Stage.ROLLING, message=state.application.message)
    return _live(reached, state, expected)


def _live(reached: RolloutStatus, state: ServiceState, expected: frozenset[str] | None) -> RolloutStatus:
    # A mirror has another name for the same bytes.
    images = {image.rpartition("@")[2] for workload in state.workloads for image in workload.image_ids}
    if expected is not None and images - expected:
        moved = f"the tag has moved: it runs {', '.join(sorted(images - expected))} here"
        return replace(reached, stage=Stage.UNKNOWN, message=moved)
    undated = [workload for workload in state.workloads if workload.since is None]
    since = max(filter(None, (_latest(state.workloads), state.application.since)), default=None)
    if undated or since is None:
        return replace(reached, stage=Stage.UNKNOWN, message="the cluster does not say since when")
    pods = "|".join(f"(?:{workload.pods})" for workload in state.workloads if workload.pods)
    return replace(reached, stage=Stage.LIVE, since=since, pods=pods, images=tuple(sorted(images)))


def _attempted(reached: RolloutStatus, state: ServiceState) -> RolloutStatus:
    """A controller that waits for health names the commit as attempted while its workloads roll out, or never do.

    Until it has given up, a stuck workload may still be the commit's predecessor, which ours is about to mend.
    """
    stuck = _with(state, Progress.STUCK)
    if stuck and state.application.ready is False:
        return replace(reached, stage=Stage.FAILED, since=_latest(stuck), message=_explain(stuck))
    return replace(reached, stage=Stage.ROLLING, message=state.application.message)


def _with(state: ServiceState, progress: Progress) -> tuple[Workload, ...]:
    return tuple(workload for workload in state.workloads if workload.progress is progress)


def _latest(workloads: tuple[Workload, ...]) -> datetime | None:
    return max((workload.since for workload in workloads if workload.since), default=None)


def _explain(workloads: tuple[Workload, ...]) -> str:
    return "; ".join(f"{workload.name}: {workload.message or workload.progress.value}" for workload in workloads)


def _waiting(application: Application) -> str:
    if application.message:
        return application.message
    if application.revision:
        return f"the sync controller is still at {application.revision[:12]}"
    return "the sync controller has not applied anything yet"
