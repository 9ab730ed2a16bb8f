"""How simulated workloads roll out: generations of pods that replace each other one by one, or get stuck."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from bot.cluster.interface import Progress, Workload
from bot.simulate.behaviour import Load
from bot.simulate.controller import Deployment
from bot.simulate.manifests import WorkloadSpec
from bot.simulate.traffic import Pod, uniform

_LETTERS = "bcdfghjklmnpqrstvwxz2456789"  # what Kubernetes makes pod names of


@dataclass(frozen=True, slots=True)
class Generation:
    """One pod template of a workload. `spec` is None where the workload was removed.

    `finished` is when its last pod became ready: None if it is stuck, or was replaced before it got there.
    """

    spec: WorkloadSpec | None
    started: datetime
    finished: datetime | None


def generations(
    deployments: Sequence[Deployment], name: str, duration: timedelta, stuck: Callable[[WorkloadSpec], bool]
) -> tuple[Generation, ...]:
    """The generations of one workload, oldest first. An unchanged pod template starts no new pods."""
    changes: list[tuple[datetime, WorkloadSpec | None]] = []
    for deployment in deployments:
        spec = next((one for one in deployment.workloads if one.name == name), None)
        if not changes or _template(changes[-1][1]) != _template(spec):
            changes.append((deployment.at, spec))
    ends = [*(at for at, _ in changes[1:]), None]
    return tuple(
        Generation(spec, at, _finish(at, spec, until, duration, stuck))
        for (at, spec), until in zip(changes, ends, strict=True)
    )


def _finish(
    at: datetime,
    spec: WorkloadSpec | None,
    until: datetime | None,
    duration: timedelta,
    stuck: Callable[[WorkloadSpec], bool],
) -> datetime | None:
    if spec is None:
        return at
    done = at + duration
    return None if stuck(spec) or (until is not None and until < done) else done


def _template(spec: WorkloadSpec | None) -> str | None:
    return spec.template if spec else None


def report(generation: Generation, now: datetime) -> Workload | None:
    """What the cluster says of the current generation of a workload; None once it is gone."""
    spec = generation.spec
    if spec is None:
        return None
    given_up = generation.started + timedelta(seconds=spec.progress_deadline)
    if generation.finished and generation.finished <= now:
        return Workload(spec.name, Progress.COMPLETE, generation.finished, spec.pods, spec.image_ids)
    if generation.finished is None and given_up <= now:
        message = "simulation: ProgressDeadlineExceeded, the pods never become ready"
        return Workload(spec.name, Progress.STUCK, given_up, spec.pods, (), message)
    return Workload(spec.name, Progress.PROGRESSING, None, spec.pods, (), "simulation: rolling out")


def pods(
    environment: str, service: str, all_generations: Sequence[Generation], loads: Callable[[WorkloadSpec], Load]
) -> Iterator[Pod]:
    """The pods of a workload, past and present. The i-th becomes ready as the i-th of its predecessors leaves."""
    finished = [one for one in all_generations if one.finished]
    following = [*(after for _, after in pairwise(finished)), None]
    for generation, after in zip(finished, following, strict=True):
        spec = generation.spec
        if spec is None:
            continue
        for index in range(spec.replicas):
            part = (index + 1) / spec.replicas
            yield Pod(
                environment,
                spec.namespace,
                service,
                _name(spec, generation, environment, index),
                loads(spec),
                1 / spec.replicas,
                _moment(generation, part),
                _moment(after, part) if after else None,
            )


def _moment(generation: Generation, part: float) -> datetime:
    finished = generation.finished or generation.started
    return generation.started + (finished - generation.started) * part


def _name(spec: WorkloadSpec, generation: Generation, environment: str, index: int) -> str:
    if spec.kind == "StatefulSet":
        return f"{spec.name}-{index}"
    number = int(uniform(environment, spec.name, generation.started, index) * len(_LETTERS) ** 5)
    suffix = "".join(_LETTERS[number // len(_LETTERS) ** place % len(_LETTERS)] for place in range(5))
    return f"{spec.name}-{spec.template}-{suffix}"
